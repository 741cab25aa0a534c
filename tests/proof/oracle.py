"""What Bundler can do about a gem, asked by resolving from nothing in worlds that leave it only what is in question."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import get_args

from msgspec.structs import replace
from situation import Level, Reach, Release, without_requirements
from workshop import Project, Workshop, versions

from gemaudit.model.version import Version

_Lift = Callable[[Release], Release]
#: What each level that is not about other gems makes easier in the releases.
_LIFTS: Mapping[Level, tuple[_Lift, ...]] = {
    "ruby": (lambda release: replace(release, ruby=""),),
    "rubygems": (lambda release: replace(release, rubygems=""),),
    "platform": (lambda release: replace(release, platforms=("ruby",)),),
}
_ALL: tuple[_Lift, ...] = tuple(lift for lifts in _LIFTS.values() for lift in lifts)
#: Those at which a project needs nothing but its own Gemfile and lockfile to change.
_WITHIN: tuple[Level, ...] = ("alone", "dependencies", "parents", "gemfile")
_BEYOND = tuple(level for level in get_args(Level)[:-2] if level not in _WITHIN)


def reach(workshop: Workshop, project: Project, gem: str) -> Reach:
    """How a gem loses as many defects as it can: the first level at which it does, and the smallest version.

    Gems never go back, and to a prerelease only from a prerelease. What the project can do by itself comes first.
    """
    defects = [defect for defect in project.situation.defects if defect.gem == gem]
    choices = [_choice(project, gem, remains) for remains in range(len(defects))]
    for levels in (_WITHIN, _BEYOND if any(choices) else ()):
        for remains, choice in enumerate(choices):
            for level in _tried(workshop, project, gem, levels, choice):
                found = _least(workshop, project, gem, level, choice)
                if found is not None:
                    return Reach(gem=gem, level=level, to=found, remains=remains if found else 0)
    return Reach(gem=gem, level="nothing" if any(choices) else "no release")


def _tried(
    workshop: Workshop, project: Project, gem: str, levels: Sequence[Level], choice: Sequence[str]
) -> Iterator[Level]:
    """The levels worth trying: where the last, which frees most, does not do, none in between does."""
    yield from levels[:1]
    if levels and _asked(workshop, project, gem, levels[-1], [choice]) != [None]:
        yield from levels[1:]


def works(workshop: Workshop, project: Project, gem: str, level: Level, version: str) -> bool:
    """Whether Bundler gets the gem to the version with what is free at the level."""
    return bool(_asked(workshop, project, gem, level, [[version]])[0])


def _least(workshop: Workshop, project: Project, gem: str, level: Level, choice: Sequence[str]) -> str | None:
    """The first of the versions that Bundler gets the gem to, empty where it leaves; None where neither is possible."""
    (found,) = _asked(workshop, project, gem, level, [choice])
    if not found:
        return found
    one_by_one = _asked(workshop, project, gem, level, [[version] for version in choice])
    return next(version for version in one_by_one if version is not None)


def _choice(project: Project, gem: str, remains: int) -> list[str]:
    """The later versions with at most so many defects, smallest first."""
    situation, current = project.situation, project.versions[gem]

    def remaining(version: str) -> int:
        return sum(defect.spoils(version) for defect in situation.defects if defect.gem == gem)

    servers = {server for name, server in project.origins if name == gem}
    offered = {release.version for release in situation.today if release.gem == gem and release.server in servers}
    later = (version for version in offered if version != current and _is_later(version, current))
    return sorted((version for version in later if remaining(version) <= remains), key=Version.parse)


def _asked(
    workshop: Workshop, project: Project, gem: str, level: Level, choices: Sequence[Sequence[str]]
) -> list[str | None]:
    """Where the gem ends with each choice: its version, nothing where it leaves, None where Bundler finds no way."""
    gemfile = project.situation.gemfile
    asked = without_requirements(gemfile) if level in {"gemfile", "several"} else gemfile
    worlds = [_world(project, gem, frozenset(choice), level) for choice in choices]
    questions = [workshop.question(project, asked, world) for world in worlds]
    outcomes = workshop.bundle(questions)
    return [
        _place(versions(question.folder / project.situation.lockfile).get(gem, ""), choice)
        if outcome.status == 0
        else None
        for question, outcome, choice in zip(questions, outcomes, choices, strict=True)
    ]


def _place(version: str, choice: Sequence[str]) -> str | None:
    # A gem from a folder or from Git stays where it is, whatever the servers have.
    return version if not version or version in choice else None


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
