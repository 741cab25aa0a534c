"""Which file of a gem an environment installs."""

from functools import lru_cache
from typing import Literal

from gemaudit.model.environment import Environment, Fact
from gemaudit.model.hosts import LIKELY_CPUS, generations, native_platform
from gemaudit.model.platform import Platform, best_variant
from gemaudit.model.version import Version

Installed = Literal["precompiled", "source"]

_SOURCE = str(Platform.RUBY)
_JAVA = Platform.parse("java")


def installed_as(platforms: tuple[str, ...], environment: Environment) -> tuple[Installed | None, Fact | None]:
    """Whether a precompiled variant or the source gem is installed, and the fact that decides between variants.

    None where the answer depends on something that nobody states, or where no variant fits.
    """
    if all(platform == _SOURCE for platform in platforms):
        return "source", None
    if _SOURCE not in platforms:
        return "precompiled", None
    kinds = {_kind(platforms, host, rubygems) for host in hosts(environment) for rubygems in generations(environment)}
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
    native = tuple(native_platform(name, system, libc) for name in ((cpu,) if cpu else LIKELY_CPUS))
    return native if engine else (*native, _JAVA)


@lru_cache(maxsize=4096)
def _kind(platforms: tuple[str, ...], host: Platform, rubygems: str) -> Installed | None:
    candidates = (Platform.parse(platform) for platform in platforms)
    best = best_variant(candidates, host, rubygems=Version.parse(rubygems))
    if best is None:
        return None
    return "source" if best == Platform.RUBY else "precompiled"
