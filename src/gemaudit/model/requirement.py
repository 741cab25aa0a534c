"""Version requirements, with the operators and the verdicts of RubyGems."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NoReturn, final

from gemaudit.model.ranges import VersionRanges
from gemaudit.model.version import PATTERN, Version

# `Gem::Requirement::PATTERN`, rubygems/requirement.rb.
_WELL_FORMED = re.compile(rf"\s*(=|!=|>=|<=|~>|>|<)?\s*({PATTERN})\s*", re.ASCII)
_DEFAULT = ((">=", Version.parse("0")),)


@final
class Requirement:
    """An immutable conjunction of comparisons; the order of the comparisons is kept but does not count.

    Whether a version is a prerelease plays no part: `>= 1` admits `2.a`, for all is plain comparison.
    As in RubyGems, `~> 1` and `~> 1.0` differ, and `>= 1` and `>= 1.0` do not.
    """

    __slots__ = ("_identity", "comparators", "ranges")

    comparators: tuple[tuple[str, Version], ...]  # operator and version, as written
    ranges: VersionRanges  # the same versions as a set
    _identity: frozenset[tuple[str, Version, str]]

    def __init__(self, comparators: tuple[tuple[str, Version], ...]) -> None:
        assign = object.__setattr__
        assign(self, "comparators", comparators)
        assign(self, "ranges", VersionRanges.of(self))
        assign(self, "_identity", frozenset(map(_identity_of, comparators)))

    @staticmethod
    def parse(source: str | Iterable[str | None] | None) -> "Requirement":
        """Return the requirement that `source` states: one text with commas, or several texts.

        None and no text at all state `>= 0`, which is every release.
        Raise ValueError where `Gem::Requirement.parse` refuses a part; an empty part is one.
        """
        if source is None:
            return _parse(())
        if isinstance(source, str):
            return _parse((source,))
        return _parse(tuple(text for text in source if text is not None))

    @property
    def is_none(self) -> bool:
        """Whether this is the default, `>= 0`, and nothing else."""
        return self.comparators == _DEFAULT

    def admits(self, version: Version) -> bool:
        """Return what `Gem::Requirement#satisfied_by?` returns."""
        return self.ranges.contains(version)

    def as_list(self) -> tuple[str, ...]:
        """Return the comparisons as texts of the form `>= 1.2`."""
        return tuple(f"{name} {version}" for name, version in self.comparators)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Requirement):
            return NotImplemented
        return self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    def __str__(self) -> str:
        return ", ".join(self.as_list())

    def __repr__(self) -> str:
        return f"Requirement({str(self)!r})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        message = f"a requirement never changes; cannot set `{name}`"
        raise AttributeError(message)

    def __reduce__(self) -> tuple[object, tuple[tuple[tuple[str, Version], ...]]]:
        return Requirement, (self.comparators,)


@lru_cache(maxsize=16_384)
def _parse(sources: tuple[str, ...]) -> Requirement:
    # A dictionary keeps the order and drops repetitions, as `Array#uniq!` does in `#initialize`.
    parts = dict.fromkeys(part for text in sources for part in text.split(","))
    return Requirement(tuple(map(_comparator, parts)) or _DEFAULT)


def _comparator(part: str) -> tuple[str, Version]:
    found = _WELL_FORMED.fullmatch(part)
    if found is None:
        message = f"malformed requirement `{part.strip()}`"
        raise ValueError(message)
    name, version = found.groups()
    return name or "=", Version.parse(version)


def _identity_of(comparator: tuple[str, Version]) -> tuple[str, Version, str]:
    # Precision changes what `~>` admits, so `Gem::Requirement#==` compares the spelling there.
    name, version = comparator
    return name, version, version.text if name == "~>" else ""
