"""A lockfile seen as a graph of packages."""

from collections import deque
from collections.abc import Iterator
from functools import cached_property

from gemaudit.model.lockfile import Lockfile, Package
from gemaudit.model.platform import Platform
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

#: Longer lists of chains say nothing new to a reader, nor do longer chains; real ones have a dozen gems at most.
_MOST_PATHS = 3
_MOST_STEPS = 64
#: Gems times dependencies.
_MOST_WORK = 5_000_000


class Bundle:
    """The packages of a lockfile by name and version, and who brings them in."""

    def __init__(self, lockfile: Lockfile) -> None:
        self.lockfile = lockfile
        self._paths: dict[str, tuple[tuple[str, ...], ...]] = {}

    @cached_property
    def by_name(self) -> dict[str, dict[str, list[Package]]]:
        """The platform variants of each version of each gem, whatever the order of the lockfile."""
        found: dict[str, dict[str, list[Package]]] = {}
        for package in sorted(self.lockfile.packages, key=_order):
            found.setdefault(package.name, {}).setdefault(package.version, []).append(package)
        return found

    @property
    def versions(self) -> Iterator[tuple[str, str, list[Package]]]:
        """Every name and version with its platform variants, in the order of names."""
        return (
            (name, version, variants)
            for name, versions in self.by_name.items()
            for version, variants in versions.items()
        )

    def satisfies(self, wanted: str) -> Package | None:
        """The package that `name` or `name >= 1, < 2` speaks of, or None where the bundle locks no such gem."""
        name, _, text = wanted.partition(" ")
        requirement = Requirement.parse(text.strip() or None)
        for version, variants in self.by_name.get(name, {}).items():
            if requirement.admits(Version.parse(version)):
                return variants[0]
        return None

    @cached_property
    def _asked(self) -> dict[str, tuple[str, ...]]:
        """What each gem asks for."""
        return {
            name: tuple(
                sorted({item.name for listed in versions.values() for one in listed for item in one.dependencies})
            )
            for name, versions in self.by_name.items()
        }

    @cached_property
    def _direct(self) -> tuple[str, ...]:
        return tuple(sorted({dependency.name for dependency in self.lockfile.dependencies}))

    def paths(self, name: str) -> tuple[tuple[str, ...], ...]:
        """The shortest chains from a gem of the Gemfile to this one, shortest first, at most three.

        Each chain passes through another direct dependent. A gem that nothing asks for, or only over more than 64 gems,
        has no chain, and one that the Gemfile names is a chain of its own.
        """
        if name not in self._paths:
            self._paths[name] = ((name,),) if name in self._direct else self._chains(name)
        return self._paths[name]

    @cached_property
    def _reached_from(self) -> dict[str, str]:
        return self._search()

    def _search(self, *, without: str = "") -> dict[str, str]:
        """By whom each gem is first reached from the Gemfile, breadth first and in that order; `without` never is."""
        reached_from = dict.fromkeys(self._direct, "")
        queue = deque(self._direct)
        while queue:
            current = queue.popleft()
            for asked in self._asked.get(current, ()):
                if asked not in reached_from and asked != without:
                    reached_from[asked] = current
                    queue.append(asked)
        return reached_from

    @cached_property
    def _dependents(self) -> dict[str, list[str]]:
        """Who asks for each gem, the first to be reached first."""
        dependents: dict[str, list[str]] = {}
        for one in self._reached_from:
            for asked in self._asked.get(one, ()):
                dependents.setdefault(asked, []).append(one)
        return dependents

    @cached_property
    def _is_small(self) -> bool:
        """Whether the bundle may be searched once for each gem; the largest known takes a seventh of that."""
        return len(self._asked) * sum(map(len, self._asked.values())) <= _MOST_WORK

    def _chains(self, name: str) -> tuple[tuple[str, ...], ...]:
        """The first to be reached of those that ask for a gem are on the shortest chains to it."""
        dependents, reached_from = self._dependents.get(name, []), self._reached_from
        chains = [_walk_back(one, reached_from) for one in dependents[:_MOST_PATHS]]
        if any(name in chain for chain in chains) and self._is_small:
            # Gems that ask for each other: no chain to a gem may lead through the gem itself.
            reached_from = self._search(without=name)
            dependents = [one for one in reached_from if name in self._asked.get(one, ())]
            chains = [_walk_back(one, reached_from) for one in dependents[:_MOST_PATHS]]
        return tuple((*chain, name) for chain in chains if chain and name not in chain)


def _walk_back(name: str, reached_from: dict[str, str]) -> tuple[str, ...]:
    """The chain to a gem; empty where it is longer than anybody reads."""
    chain = [name]
    while before := reached_from[chain[-1]]:
        if len(chain) == _MOST_STEPS:
            return ()
        chain.append(before)
    return tuple(reversed(chain))


def _order(package: Package) -> tuple[str, str, int, str]:
    return (package.name, package.version, package.line, package.platform)


def platforms_of(variants: list[Package]) -> tuple[str, ...]:
    """The platforms of the variants of one version, `ruby` first."""
    return tuple(sorted({package.platform for package in variants}, key=lambda name: (name != Platform.RUBY.os, name)))
