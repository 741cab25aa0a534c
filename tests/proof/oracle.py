"""What Bundler can do about a gem, asked by resolving from nothing in worlds that leave it only what is in question."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import get_args

from msgspec.structs import replace
from situation import Level, Reach, Release, without_requirements
from workshop import Project, Workshop

from gemaudit.model.version import Version

_Lift = Callable[[Release], Release]
#: What each level that is not about other gems makes easier in the releases.
_LIFTS: Mapping[Level, tuple[_Lift, ...]] = {
    "ruby": (lambda release: replace(release, ruby=""),),
    "rubygems": (lambda release: replace(release, rubygems=""),),
    "platform": (lambda release: replace(release, platforms=("ruby",)),),
}
_ALL: tuple[_Lift, ...] = tuple(lift for lifts in _LIFTS.values() for lift in lifts)
_LEVELS: tuple[Level, ...] = get_args(Level)[:-2]


def reach(workshop: Workshop, project: Project, gem: str, sound: Callable[[str], bool]) -> Reach:
    """The first level at which Bundler gets the gem to a later version that is `sound`, and the smallest such version.

    No gem goes back, and none to a prerelease unless it is at one.
    """
    versions = _candidates(project, gem, sound)
    if not versions:
        return Reach(gem=gem, level="no release")
    possible = partial(_possible, workshop, project, gem)
    level = next((level for level in _LEVELS if possible(level, [versions])[0]), None)
    if level is None:
        return Reach(gem=gem, level="nothing")
    one_by_one = possible(level, [[version] for version in versions])
    return Reach(gem=gem, level=level, to=versions[one_by_one.index(True)])


def _candidates(project: Project, gem: str, sound: Callable[[str], bool]) -> list[str]:
    current = project.versions[gem]
    offered = {release.version for release in project.situation.today if release.gem == gem}
    later = (version for version in offered if _is_later(version, current) and version != current)
    return sorted(filter(sound, later), key=Version.parse)


def _possible(
    workshop: Workshop, project: Project, gem: str, level: Level, choices: Sequence[Sequence[str]]
) -> list[bool]:
    """Whether the gem can be at one of the versions of each choice."""
    gemfile = project.situation.gemfile
    asked = without_requirements(gemfile) if level in {"gemfile", "several"} else gemfile
    worlds = [_world(project, gem, frozenset(choice), level) for choice in choices]
    outcomes = workshop.bundle([workshop.ask(project, asked, world) for world in worlds])
    return [outcome.status == 0 for outcome in outcomes]


def _world(project: Project, gem: str, choice: frozenset[str], level: Level) -> list[Release]:
    locked, kept = project.versions, _kept(project, gem, level)
    offered = {(release.gem, release.version) for release in project.situation.today}

    def stays(release: Release) -> bool:
        name, version, current = release.gem, release.version, locked.get(release.gem)
        if name == gem:
            return version in choice
        if current is None:
            return not Version.parse(version).is_prerelease
        # What was yanked cannot be kept.
        return version == current if name in kept and (name, current) in offered else _is_later(version, current)

    world = [release for release in project.situation.today if stays(release)]
    for lift in _LIFTS.get(level, _ALL if level == "several" else ()):
        world = [lift(release) for release in world]
    return world


def _kept(project: Project, gem: str, level: Level) -> frozenset[str]:
    """The gems that do not move."""
    if level == "alone":
        return frozenset(project.versions)
    if level == "dependencies":
        packages = project.locked.packages
        return frozenset(
            package.name for package in packages if gem in {dependency.name for dependency in package.dependencies}
        )
    return frozenset()


def _is_later(version: str, current: str) -> bool:
    """Whether a gem may go from the current version to this one, or stay."""
    wanted, known = Version.parse(version), Version.parse(current)
    return wanted >= known and (known.is_prerelease or not wanted.is_prerelease)
