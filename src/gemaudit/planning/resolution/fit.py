"""Whether a release can be installed where the bundle runs."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

from gemaudit.model.environment import Environment
from gemaudit.model.gem_index import GemFile
from gemaudit.model.hosts import LIKELY_CPUS, generations, native_platform
from gemaudit.model.lockfile import RUBY_PLATFORM
from gemaudit.model.plan import Need
from gemaudit.model.platform import Platform, best_variant
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version
from gemaudit.planning.resolution.catalogue import Release

_JVM = frozenset({"jruby"})


def obstacles(release: Release, environments: Iterable[Environment], platforms: Iterable[str]) -> tuple[Need, ...]:
    """What the release asks for and does not find: a Ruby, a RubyGems, or a file for a platform.

    A fact that nobody states is no obstacle. `platforms` are those of the lockfile,
    for each of which Bundler locks a file.
    """
    found = dict.fromkeys(need for place in environments for need in _unmet(release, place))
    locked = dict.fromkeys(
        Need(name="platform", requirement=name, met=False) for name in platforms if not _files_on(release.files, name)
    )
    return (*found, *locked)


def _unmet(release: Release, environment: Environment) -> tuple[Need, ...]:
    """What is missing on the machine that the environment may be on which least is missing."""
    return min((_missing_on(host, release, environment) for host in _hosts(environment)), key=len, default=())


def _missing_on(host: Platform | None, release: Release, environment: Environment) -> tuple[Need, ...]:
    files = [file for file in release.files if _installs(file, host, environment)]
    if not files:
        return (Need(name="platform", requirement=str(host), met=False, environment=environment.id),)
    return min((tuple(_refusals(file, environment)) for file in files), key=len)


def _hosts(environment: Environment) -> tuple[Platform | None, ...]:
    """The machines that the environment may be; None, which takes every file, where too little is known."""
    if environment.value("engine") in _JVM:
        return (Platform.parse("java"),)
    system, libc = environment.value("os"), environment.value("libc")
    if system is None or (system == "linux" and libc is None):
        return (None,)
    cpu = environment.value("cpu")
    return tuple(native_platform(one, system, libc) for one in ((cpu,) if cpu else LIKELY_CPUS))


def _installs(file: GemFile, host: Platform | None, environment: Environment) -> bool:
    if host is None:
        return True
    platform = Platform.parse(file.platform)
    return any(platform.installs_on(host, rubygems=Version.parse(rules)) for rules in generations(environment))


def _refusals(file: GemFile, environment: Environment) -> Iterator[Need]:
    asked: tuple[tuple[Literal["ruby", "rubygems"], str], ...] = (("ruby", file.ruby), ("rubygems", file.rubygems))
    for name, requirement in asked:
        fact = environment.fact(name)
        if not requirement or fact is None or not fact.exact or _admits(requirement, fact.value):
            continue
        yield Need(
            name=name,
            requirement=requirement,
            actual=fact.value,
            met=False,
            environment=environment.id,
            path=fact.path,
            line=fact.line,
        )


@lru_cache(maxsize=4096)
def _admits(requirement: str, version: str) -> bool:
    try:
        return Requirement.parse(requirement).admits(Version.parse(version))
    except ValueError:
        return True


def admits_ruby(file: GemFile, ruby: Version) -> bool:
    """Whether a file can be installed with a Ruby."""
    return not file.ruby or _admits(file.ruby, str(ruby))


def locked_files(
    release: Release, environments: Iterable[Environment], platforms: Iterable[str]
) -> tuple[GemFile, ...]:
    """The file that Bundler locks for each platform of a lockfile, of those that every environment can use."""
    usable = (file for file in release.files if not any(_refused(file, environments)))
    offered = {Platform.parse(file.platform): file for file in usable}
    best = {best_variant(offered, Platform.parse(name)) for name in platforms or (RUBY_PLATFORM,)}
    return tuple(offered[platform] for platform in sorted(best - {None}, key=str) if platform is not None)


def _refused(file: GemFile, environments: Iterable[Environment]) -> Iterator[Need]:
    return (need for place in environments for need in _refusals(file, place))


def _files_on(files: Iterable[GemFile], platform: str) -> tuple[GemFile, ...]:
    host = Platform.parse(platform)
    return tuple(file for file in files if Platform.parse(file.platform).installs_on(host))
