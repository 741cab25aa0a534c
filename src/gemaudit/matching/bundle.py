"""A lockfile seen as a graph of packages."""

from collections import deque
from functools import cached_property

from gemaudit.model.lockfile import Lockfile, Package
from gemaudit.model.platform import Platform
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

#: Longer lists of chains say nothing new to a reader.
_MOST_PATHS = 3


class Bundle:
    """The packages of a lockfile by name and version, and who brings them in."""

    def __init__(self, lockfile: Lockfile) -> None:
        self.lockfile = lockfile
        self.by_name: dict[str, dict[str, list[Package]]] = {}
        for package in lockfile.packages:
            self.by_name.setdefault(package.name, {}).setdefault(package.version, []).append(package)

    @property
    def versions(self) -> list[tuple[str, str, list[Package]]]:
        """Every name and version with its platform variants, in the order of names."""
        return [
            (name, version, variants)
            for name, versions in sorted(self.by_name.items())
            for version, variants in versions.items()
        ]

    def satisfies(self, wanted: str) -> Package | None:
        """The package that `name` or `name >= 1, < 2` speaks of, or None where the bundle locks no such gem."""
        name, _, text = wanted.partition(" ")
        requirement = Requirement.parse(text.strip() or None)
        for version, variants in self.by_name.get(name, {}).items():
            if requirement.admits(Version.parse(version)):
                return variants[0]
        return None

    @cached_property
    def _dependents(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, set[str]] = {}
        for package in self.lockfile.packages:
            for dependency in package.dependencies:
                found.setdefault(dependency.name, set()).add(package.name)
        return {name: tuple(sorted(names)) for name, names in found.items()}

    @cached_property
    def _direct(self) -> frozenset[str]:
        return frozenset(dependency.name for dependency in self.lockfile.dependencies)

    def paths(self, name: str) -> tuple[tuple[str, ...], ...]:
        """The shortest chains from a gem of the Gemfile to this one, shortest first, at most three.

        Each chain passes through another direct dependent. A gem that nothing asks for has no chain.
        """
        if name in self._direct:
            return ((name,),)
        chains = [chain for dependent in self._dependents.get(name, ()) if (chain := self._shortest(dependent, {name}))]
        chains.sort(key=lambda chain: (len(chain), chain))
        return tuple((*chain, name) for chain in chains[:_MOST_PATHS])

    def _shortest(self, start: str, seen: set[str]) -> tuple[str, ...] | None:
        queue: deque[tuple[str, ...]] = deque([(start,)])
        seen = {*seen, start}
        while queue:
            chain = queue.popleft()
            if chain[0] in self._direct:
                return chain
            for dependent in self._dependents.get(chain[0], ()):
                if dependent not in seen:
                    seen.add(dependent)
                    queue.append((dependent, *chain))
        return None


def platforms_of(variants: list[Package]) -> tuple[str, ...]:
    """The platforms of the variants of one version, `ruby` first."""
    return tuple(sorted({package.platform for package in variants}, key=lambda name: (name != Platform.RUBY.os, name)))
