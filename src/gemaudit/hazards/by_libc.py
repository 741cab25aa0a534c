"""Gems of which a file with some property is installed where the libc is this one."""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.hazards.hazard import LockedGem, Project, verdict, word
from gemaudit.hazards.installed import Libc, file_answer
from gemaudit.model.environment import Environment
from gemaudit.model.finding import Answer, Verdict
from gemaudit.model.platform import Platform


class Sighting(Struct, frozen=True, kw_only=True):
    """A gem, what is so in each environment, and the files that are meant wherever they may be installed."""

    gem: LockedGem
    verdicts: tuple[Verdict, ...]
    files: frozenset[Platform]

    @property
    def line(self) -> int:
        """The first line of those files."""
        return self.gem.line_of(map(str, self.files))


class _Place(Struct, frozen=True):
    """An environment with what holds for every gem in it; `settled` where that rules a finding out."""

    environment: Environment
    given: tuple[Answer, ...]
    settled: Verdict | None


def sightings(
    project: Project,
    environments: Iterable[Environment],
    libc: Libc,
    expected: str,
    is_meant: Callable[[LockedGem, Platform], bool],
) -> Iterator[Sighting]:
    """Every gem that is not ruled out in all of the environments, by name.

    Three things decide, in this order: the engine, the libc, and which file is installed, unless all gems are compiled.
    """
    places = [_place(environment, libc, project) for environment in environments]
    # Gems with the same variants, of which the same are meant, are seen alike.
    alike: dict[tuple[tuple[str, ...], frozenset[Platform]], Sighting] = {}
    for gem in project.precompiled if any(place.settled is None for place in places) else ():
        meant = frozenset(file for file in gem.files if is_meant(gem, file))
        if not meant:
            continue
        key = (gem.variants, meant)
        if key not in alike:
            alike[key] = _look(gem, places, libc, expected, meant)
        if any(given.status != "not_affected" for given in alike[key].verdicts):
            yield replace(alike[key], gem=gem)


def _place(environment: Environment, libc: Libc, project: Project) -> _Place:
    given = [word(environment, "engine", "ruby"), word(environment, "libc", libc)]
    if forced := project.compiles_all(environment):
        given.append(forced)
    is_settled = any(answer.answer == "false" for answer in given)
    return _Place(environment, tuple(given), verdict(environment, given) if is_settled else None)


def _look(
    gem: LockedGem,
    places: Iterable[_Place],
    libc: Libc,
    expected: str,
    meant: frozenset[Platform],
) -> Sighting:
    verdicts: list[Verdict] = []
    files: set[Platform] = set()
    for place in places:
        if place.settled:
            verdicts.append(place.settled)
            continue
        answer, found = file_answer(gem, place.environment, libc, expected, meant.__contains__)
        verdicts.append(verdict(place.environment, (*place.given, answer)))
        files.update(found)
    return Sighting(gem=gem, verdicts=tuple(verdicts), files=frozenset(files))
