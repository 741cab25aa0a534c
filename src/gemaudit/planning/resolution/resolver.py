"""Bundler's choice of versions, found by a general resolver under Bundler's own rules.

Locked gems stay unless they are free to move (`bundle update --conservative`), no gem moves back, prereleases count
only where someone asks for one, and `--patch` and `--minor` prefer releases of the series that is locked
(`Bundler::GemVersionPromoter#sort_dep_specs`). The rules are those of Bundler 2.2 and later.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from msgspec import Struct
from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible, ResolutionTooDeep, Resolver

from gemaudit.model.lockfile import Dependency
from gemaudit.model.plan import GEMFILE
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version
from gemaudit.planning.resolution.lock import Lock, Locked
from gemaudit.planning.resolution.offers import Offers

Level = Literal["patch", "minor", "major"]

#: Bundler brings itself; no lockfile lists it among the gems.
_NOT_LOCKED = frozenset({"bundler"})
_MOST_ROUNDS = 2000
_SERIES: dict[Level, int] = {"patch": 2, "minor": 1, "major": 0}


class Ask(NamedTuple):
    """Somebody, `by`, asks for a gem."""

    name: str
    requirement: str
    by: str


class Answer(Struct, frozen=True, kw_only=True):
    """What Bundler would lock, or None with everyone whose wish, or whose own place, stood in the way somewhere."""

    lock: Lock | None = None
    in_the_way: frozenset[Ask] = frozenset()


class Question(Struct, frozen=True, kw_only=True):
    """Which versions Bundler chooses when some gems are free to move.

    `only` narrows the choice of a gem to some versions.
    """

    lock: Lock
    free: frozenset[str]
    only: Mapping[str, frozenset[Version]] = {}
    level: Level = "major"


def resolve(question: Question, offers: Offers) -> Answer:
    """Return the state after the move."""
    held = question.lock.held(question.free)
    provider = _Provider(question, offers, held)
    resolver: Resolver[Ask, Locked, str] = Resolver(provider, BaseReporter())
    try:
        result = resolver.resolve(_roots(question.lock, held), max_rounds=_MOST_ROUNDS)
    except (ResolutionImpossible, ResolutionTooDeep):
        return Answer(in_the_way=provider.in_the_way())
    moved = (gem for name, gem in result.mapping.items() if name not in held)
    return Answer(lock=question.lock.after(held, moved))


def _roots(lock: Lock, held: frozenset[str]) -> list[Ask]:
    """What is asked of the gems that may change, by those that cannot."""
    wishes = (Ask(wish.name, wish.requirement, GEMFILE) for wish in lock.wishes if wish.name not in held)
    asked = (
        Ask(dependency.name, dependency.requirement, name)
        for name in sorted(held)
        for dependency in lock.gems[name].dependencies
        if dependency.name not in held and dependency.name in lock.gems
    )
    return [ask for ask in (*wishes, *asked) if ask.name not in _NOT_LOCKED]


class _Provider(AbstractProvider[Ask, Locked, str]):
    def __init__(self, question: Question, offers: Offers, held: frozenset[str]) -> None:
        self._asked: dict[str, set[Ask]] = {}
        self._refused: set[str] = set()
        self._question = question
        self._offers = offers
        self._held = held

    def identify(self, requirement_or_candidate: Ask | Locked) -> str:
        return requirement_or_candidate.name

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Locked],  # noqa: ARG002
        candidates: Mapping[str, Iterator[Locked]],  # noqa: ARG002
        information: Mapping[str, Iterator[Any]],  # noqa: ARG002
        backtrack_causes: Sequence[Any],
    ) -> tuple[bool, bool, str]:
        """Locked gems first, as in `Bundler::Resolver#sort_dependencies`, then whatever has just failed."""
        failed = any(identifier == cause.requirement.name for cause in backtrack_causes)
        return self._is_free(identifier), not failed, identifier

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Ask]],
        incompatibilities: Mapping[str, Iterator[Locked]],
    ) -> list[Locked]:
        asked = list(requirements[identifier])
        refused = {gem.version for gem in incompatibilities[identifier]}
        wanted = [Requirement.parse(ask.requirement) for ask in asked]
        choice = self._choice(identifier, wanted)
        found = [gem for gem in choice if gem.version not in refused and all(one.admits(gem.version) for one in wanted)]
        self._asked.setdefault(identifier, set()).update(
            ask
            for ask, requirement in zip(asked, wanted, strict=True)
            if not choice or not all(requirement.admits(gem.version) for gem in choice)
        )
        if not found:
            self._refused.add(identifier)
        return found

    def in_the_way(self) -> frozenset[Ask]:
        """Everyone who ruled out versions of a gem of which none was left, and so on for each of those who did."""
        reached: set[str] = set()
        waiting = list(self._refused)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += (ask.by for ask in self._asked.get(name, ()))
        return frozenset(ask for name in reached for ask in self._asked.get(name, ()))

    def is_satisfied_by(self, requirement: Ask, candidate: Locked) -> bool:
        return Requirement.parse(requirement.requirement).admits(candidate.version)

    def get_dependencies(self, candidate: Locked) -> list[Ask]:
        if candidate.name in self._held:
            return []
        known = self._question.lock.gems
        return [
            Ask(dependency.name, dependency.requirement, candidate.name)
            for dependency in candidate.dependencies
            if dependency.name not in _NOT_LOCKED and self._counts(candidate, dependency, known)
        ]

    def _counts(self, candidate: Locked, dependency: Dependency, known: Mapping[str, Locked]) -> bool:
        """Whether a dependency is resolved: one that the lockfile left out is of a platform that it does not lock."""
        return dependency.name in known or candidate is not known.get(candidate.name)

    def _is_free(self, name: str) -> bool:
        return name in self._question.free or name not in self._question.lock.gems

    def _choice(self, name: str, wanted: list[Requirement]) -> Sequence[Locked]:
        """The versions that a gem may take, the best first."""
        locked = self._question.lock.gems.get(name)
        if locked is not None and name not in self._question.free:
            return (locked,)
        only = self._question.only.get(name)
        offered = [gem for gem in self._offers.of(name, self._question.lock) if only is None or gem.version in only]
        later = [gem for gem in offered if locked is None or gem.version >= locked.version]
        asks_early = any(version.is_prerelease for one in wanted for _, version in one.comparators)
        with_early = asks_early or (locked is not None and locked.version.is_prerelease)
        finals = [gem for gem in later if not gem.version.is_prerelease]
        level = self._question.level if locked is not None else "major"
        return _preferred(later if with_early or not finals else finals, level)


def _preferred(gems: Sequence[Locked], level: Level) -> list[Locked]:
    """The nearest series first, and within it the newest release."""
    newest_first = sorted(gems, key=lambda gem: gem.version, reverse=True)
    return sorted(newest_first, key=lambda gem: _series(gem.version, _SERIES[level]))


def _series(version: Version, depth: int) -> Version:
    return Version.parse(".".join(map(str, version.segments[:depth])) or "0")
