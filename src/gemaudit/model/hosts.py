"""The machines that an environment may be, as RubyGems sees them."""

from functools import lru_cache

from gemaudit.model.environment import CPUS, Environment
from gemaudit.model.platform import Platform
from gemaudit.model.version import Version

#: What the processor may be where nobody says so.
LIKELY_CPUS = tuple(cpu for cpu in CPUS if cpu in {"x86_64", "arm64"})
#: The first Bundler that tells glibc from musl whatever the RubyGems below it, and the first RubyGems that does.
BUNDLER_TELLS_LIBCS = Version.parse("2.3.21")
RUBYGEMS_TELLS_LIBCS = Version.parse("3.3.22")
#: A RubyGems of every generation that matches platforms in its own way.
_GENERATIONS = ("3.3.17", "3.3.20", "3.3.22", "3.5.15")


def native_platform(cpu: str, system: str, libc: str | None = None) -> Platform:
    """The platform that RubyGems names on a machine, from the words of facts."""
    return Platform.parse(_spelled(cpu, system, libc))


def _spelled(cpu: str, system: str, libc: str | None) -> str:
    if system == "linux":
        return f"{'aarch64' if cpu == 'arm64' else cpu}-linux{f'-{libc}' if libc else ''}"
    if system == "windows":
        return {"x86_64": "x64-mingw-ucrt", "arm64": "aarch64-mingw-ucrt"}.get(cpu, f"{cpu}-mingw32")
    return f"{cpu}-{system}"


def generations(environment: Environment) -> tuple[str, ...]:
    """The RubyGems versions whose rules may count.

    Bundler 2.3.21 brings the newer ones to an older RubyGems (`Bundler::GemHelpers`).
    """
    return _generations(environment.value("rubygems"), environment.value("bundler"))


@lru_cache(maxsize=1024)
def _generations(rubygems: str | None, bundler: str | None) -> tuple[str, ...]:
    own = (rubygems,) if rubygems else _GENERATIONS
    if bundler and Version.parse(bundler) < BUNDLER_TELLS_LIBCS:
        return own
    brought = tuple(str(max(Version.parse(version), RUBYGEMS_TELLS_LIBCS)) for version in own)
    return tuple(dict.fromkeys(brought if bundler else (*own, *brought)))
