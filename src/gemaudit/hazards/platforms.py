"""The platforms to lock for the environments of a finding."""

import shlex
from collections.abc import Iterable

from gemaudit.hazards.hazard import Project
from gemaudit.hazards.installed import cpu_of
from gemaudit.model.environment import Environment
from gemaudit.model.hosts import LIKELY_CPUS, native_platform
from gemaudit.model.platform import Platform


def lockable(environment: Environment, project: Project, libc: str | None = None) -> tuple[Platform, ...]:
    """The platforms that the bundle should lock for an environment; none where its system is not known.

    Where nobody states the processor, it is one for which the lockfile has entries for the system already.
    `libc` stands for the one that nobody states.
    """
    system = environment.value("os")
    libc = environment.value("libc") or libc
    if system is None or (system == "linux" and libc is None):
        return ()
    # Glibc goes without saying: `x86_64-linux` and `x86_64-linux-gnu` are the same to Bundler.
    named = libc if libc != "gnu" else None
    cpu = environment.value("cpu")
    return tuple(native_platform(one, system, named) for one in ((cpu,) if cpu else locked_cpus(project, system)))


def locked_cpus(project: Project, system: str) -> tuple[str, ...]:
    """The processors for which PLATFORMS has an entry of that system; the likely ones where there is none."""
    cpus = {cpu_of(platform) for platform in project.platforms if platform.os == system}
    return tuple(cpu for cpu in LIKELY_CPUS if cpu in cpus) or LIKELY_CPUS


def missing(platforms: Iterable[Platform], project: Project) -> tuple[str, ...]:
    """Those of the platforms that PLATFORMS does not list, each once, by name."""
    there = {_normal(platform) for platform in project.platforms}
    return tuple(sorted({str(platform) for platform in platforms if _normal(platform) not in there}, reverse=True))


def _normal(platform: Platform) -> Platform:
    return platform.with_libc(None) if platform.libc == "gnu" else platform


def add_platform(platforms: Iterable[str]) -> str:
    """The command that locks the bundle for further platforms as well."""
    return f"bundle lock --add-platform {shlex.join(platforms)}"
