"""Which file of a gem an environment installs."""

from functools import lru_cache
from typing import Literal

from gemaudit.model.environment import CPUS, Environment, Fact
from gemaudit.model.platform import Platform, best_variant
from gemaudit.model.version import Version

Installed = Literal["precompiled", "source"]

#: What the processor may be where nobody says so.
_LIKELY_CPUS = tuple(cpu for cpu in CPUS if cpu in {"x86_64", "arm64"})
_BUNDLER_TELLS_LIBCS = Version.parse("2.3.21")
_RUBYGEMS_TELLS_LIBCS = Version.parse("3.3.22")


def installed_as(platforms: tuple[str, ...], environment: Environment) -> tuple[Installed | None, Fact | None]:
    """Whether a precompiled variant or the source gem is installed, and the fact that decides between variants.

    None where the answer depends on something that nobody states, or where no variant fits.
    """
    if all(platform == Platform.RUBY.os for platform in platforms):
        return "source", None
    if Platform.RUBY.os not in platforms:
        return "precompiled", None
    chosen = {_chosen(platforms, host, environment) for host in hosts(environment)}
    decider = environment.fact("libc") or environment.fact("os")
    if len(chosen) != 1 or (platform := chosen.pop()) is None:
        return None, None
    return ("source" if platform == Platform.RUBY.os else "precompiled"), decider


def hosts(environment: Environment) -> tuple[Platform, ...]:
    """The platforms that the environment may be.

    There are several where the processor is not known, and none where the system is not.
    """
    system = environment.value("os")
    libc = environment.value("libc")
    engine = environment.value("engine")
    if engine == "jruby":
        return (Platform.parse("java"),)
    if system is None or (system == "linux" and libc is None):
        return ()
    cpus = (environment.value("cpu"),) if environment.value("cpu") else _LIKELY_CPUS
    return tuple(Platform.parse(_spell(cpu or "", system, libc)) for cpu in cpus)


def _spell(cpu: str, system: str, libc: str | None) -> str:
    if system == "linux":
        return f"{'aarch64' if cpu == 'arm64' else cpu}-linux-{libc}"
    if system == "windows":
        return {"x86_64": "x64-mingw-ucrt", "arm64": "aarch64-mingw-ucrt"}.get(cpu, f"{cpu}-mingw32")
    return f"{cpu}-{system}"


def _chosen(platforms: tuple[str, ...], host: Platform, environment: Environment) -> str | None:
    best = _best(platforms, host, _rules(environment))
    return str(best) if best is not None else None


def _rules(environment: Environment) -> str | None:
    """The RubyGems version whose rules count.

    Bundler 2.3.21 brings the newer ones to an older RubyGems (`Bundler::GemHelpers`).
    """
    rubygems, bundler = environment.value("rubygems"), environment.value("bundler")
    if rubygems and bundler and Version.parse(bundler) >= _BUNDLER_TELLS_LIBCS:
        return str(max(Version.parse(rubygems), _RUBYGEMS_TELLS_LIBCS))
    return rubygems


@lru_cache(maxsize=1024)
def _best(platforms: tuple[str, ...], host: Platform, rubygems: str | None) -> Platform | None:
    return best_variant(
        (Platform.parse(platform) for platform in platforms),
        host,
        rubygems=Version.parse(rubygems) if rubygems else None,
    )
