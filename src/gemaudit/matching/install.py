"""Which file of a gem an environment installs."""

from functools import lru_cache
from typing import Literal

from gemaudit.model.environment import CPUS, Environment, Fact
from gemaudit.model.platform import Platform, best_variant
from gemaudit.model.version import Version

Installed = Literal["precompiled", "source"]

_SOURCE = str(Platform.RUBY)
_JAVA = Platform.parse("java")
#: What the processor may be where nobody says so.
_LIKELY_CPUS = tuple(cpu for cpu in CPUS if cpu in {"x86_64", "arm64"})
_BUNDLER_TELLS_LIBCS = Version.parse("2.3.21")
_RUBYGEMS_TELLS_LIBCS = Version.parse("3.3.22")
#: A RubyGems of every generation that matches platforms in its own way.
_GENERATIONS = ("3.3.17", "3.3.20", "3.3.22", "3.5.15")


def installed_as(platforms: tuple[str, ...], environment: Environment) -> tuple[Installed | None, Fact | None]:
    """Whether a precompiled variant or the source gem is installed, and the fact that decides between variants.

    None where the answer depends on something that nobody states, or where no variant fits.
    """
    if all(platform == _SOURCE for platform in platforms):
        return "source", None
    if _SOURCE not in platforms:
        return "precompiled", None
    kinds = {_kind(platforms, host, rubygems) for host in hosts(environment) for rubygems in _generations(environment)}
    if len(kinds) != 1 or (kind := kinds.pop()) is None:
        return None, None
    if environment.value("engine") == "jruby":
        return kind, environment.fact("engine")
    return kind, environment.fact("libc") or environment.fact("os")


def hosts(environment: Environment) -> tuple[Platform, ...]:
    """The platforms that the environment may be.

    There are several where the engine or the processor is not known, and none where the system is not.
    """
    system = environment.value("os")
    libc = environment.value("libc")
    engine = environment.value("engine")
    if engine == "jruby":
        return (_JAVA,)
    if system is None or (system == "linux" and libc is None):
        return ()
    cpu = environment.value("cpu")
    native = tuple(Platform.parse(_spell(name, system, libc)) for name in ((cpu,) if cpu else _LIKELY_CPUS))
    return native if engine else (*native, _JAVA)


def _spell(cpu: str, system: str, libc: str | None) -> str:
    if system == "linux":
        return f"{'aarch64' if cpu == 'arm64' else cpu}-linux-{libc}"
    if system == "windows":
        return {"x86_64": "x64-mingw-ucrt", "arm64": "aarch64-mingw-ucrt"}.get(cpu, f"{cpu}-mingw32")
    return f"{cpu}-{system}"


def _generations(environment: Environment) -> tuple[str, ...]:
    """The RubyGems versions whose rules may count.

    Bundler 2.3.21 brings the newer ones to an older RubyGems (`Bundler::GemHelpers`).
    """
    rubygems, bundler = environment.value("rubygems"), environment.value("bundler")
    own = (rubygems,) if rubygems else _GENERATIONS
    if bundler and Version.parse(bundler) < _BUNDLER_TELLS_LIBCS:
        return own
    brought = tuple(str(max(Version.parse(version), _RUBYGEMS_TELLS_LIBCS)) for version in own)
    return tuple(dict.fromkeys(brought if bundler else (*own, *brought)))


@lru_cache(maxsize=4096)
def _kind(platforms: tuple[str, ...], host: Platform, rubygems: str) -> Installed | None:
    candidates = (Platform.parse(platform) for platform in platforms)
    best = best_variant(candidates, host, rubygems=Version.parse(rubygems))
    if best is None:
        return None
    return "source" if best == Platform.RUBY else "precompiled"
