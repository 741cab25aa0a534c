"""Sets of versions: unions of intervals, with the algebra of sets.

A set is the rising row of *cuts* at which membership changes, beginning outside.
A cut is a place between versions, written as a tuple that compares with `Version.key`;
a version lies above a cut when its key is not smaller.
So the key of a version is the cut just below it, and no cut needs to say whether it is open or closed.
"""

from bisect import bisect_right
from collections.abc import Callable
from operator import ge
from typing import TYPE_CHECKING, NoReturn, TypeAlias, final

from gemaudit.model.version import NUMBER, WORD, Version

if TYPE_CHECKING:
    from gemaudit.model.requirement import Requirement

Cut: TypeAlias = tuple[int | str, ...]

_BELOW_ALL: Cut = ()
_BELOW_WORDS = WORD - 1
_ABOVE_END = NUMBER + 1  # any element will do, for no key goes on after its END


@final
class VersionRanges:
    """An immutable set of versions; two are equal when they hold the same versions.

    Every answer is exact for the order of all well-formed versions.
    That order is dense and has no first or last element (`1.a.A.A… < 1.a.A < 1.a < 1.a.0…0.1`),
    so between two different cuts there is always a version, published or not:
    `is_empty` means that no version *can* lie in the set, never that none has been released.
    """

    __slots__ = ("_cuts",)

    _cuts: tuple[Cut, ...]

    def __init__(self, cuts: tuple[Cut, ...] = ()) -> None:
        if any(map(ge, cuts, cuts[1:])):
            message = "the cuts of a set of versions must rise"
            raise ValueError(message)
        object.__setattr__(self, "_cuts", cuts)

    @staticmethod
    def all() -> "VersionRanges":
        """Return the set of every version."""
        return _ALL

    @staticmethod
    def none() -> "VersionRanges":
        """Return the set of no version."""
        return _NONE

    @staticmethod
    def between(
        introduced: Version | None, fixed: Version | None, *, last_affected: Version | None = None
    ) -> "VersionRanges":
        """Return the versions from `introduced` on, before `fixed` or up to and with `last_affected`.

        None leaves that side open. A range that ends before it begins holds nothing.
        """
        if fixed is not None and last_affected is not None:
            message = "a range ends with `fixed` or with `last_affected`, not with both"
            raise ValueError(message)
        low = _BELOW_ALL if introduced is None else introduced.key
        if fixed is not None:
            return _span(low, fixed.key)
        return _span(low, None if last_affected is None else _just_above(last_affected))

    @staticmethod
    def of(requirement: "Requirement") -> "VersionRanges":
        """Return the versions that `requirement` admits."""
        result = _ALL
        for operator, version in requirement.comparators:
            result &= _SPANS[operator](version)
        return result

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """The places at which membership changes, lowest first, for storing: `VersionRanges(cuts)` is the same set."""
        return self._cuts

    @property
    def is_empty(self) -> bool:
        """Whether no well-formed version can be in the set."""
        return not self._cuts

    def contains(self, version: Version) -> bool:
        """Return whether `version` is in the set."""
        return bisect_right(self._cuts, version.key) % 2 == 1

    def is_subset(self, other: "VersionRanges") -> bool:
        """Return whether every version of this set is in `other`."""
        return (self - other).is_empty

    def is_disjoint(self, other: "VersionRanges") -> bool:
        """Return whether no version is in both sets."""
        return (self & other).is_empty

    def __contains__(self, version: Version) -> bool:
        return self.contains(version)

    def __and__(self, other: "VersionRanges") -> "VersionRanges":
        return _combine(self._cuts, other._cuts, lambda here, there: here and there)

    def __or__(self, other: "VersionRanges") -> "VersionRanges":
        return _combine(self._cuts, other._cuts, lambda here, there: here or there)

    def __sub__(self, other: "VersionRanges") -> "VersionRanges":
        return _combine(self._cuts, other._cuts, lambda here, there: here and not there)

    def __invert__(self) -> "VersionRanges":
        return _combine(_ALL._cuts, self._cuts, lambda here, there: here and not there)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VersionRanges):
            return NotImplemented
        return self._cuts == other._cuts

    def __hash__(self) -> int:
        return hash(self._cuts)

    def __bool__(self) -> bool:
        return bool(self._cuts)

    def __str__(self) -> str:
        """The intervals in mathematical notation, versions in canonical form: `[1.16, 1.17.rc.2)`.

        `2-` is the place below every prerelease of `2`.
        """
        ends: tuple[Cut | None, ...] = (*self._cuts, None)
        spans = zip(ends[::2], ends[1::2], strict=False)
        return " | ".join(f"{_spell_low(low)}, {_spell_high(high)}" for low, high in spans) or "none"

    def __repr__(self) -> str:
        return f"<VersionRanges {self}>"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        message = f"a set of versions never changes; cannot set `{name}`"
        raise AttributeError(message)

    def __reduce__(self) -> tuple[object, tuple[tuple[Cut, ...]]]:
        return VersionRanges, (self._cuts,)


_NONE = VersionRanges()
_ALL = VersionRanges((_BELOW_ALL,))


def _just_above(version: Version) -> Cut:
    return (*version.key, _ABOVE_END)


def _below_prereleases(release: Version) -> Cut:
    return (*release.key[:-1], _BELOW_WORDS)


def _span(low: Cut, high: Cut | None) -> VersionRanges:
    if high is None:
        return VersionRanges((low,))
    return VersionRanges((low, high)) if low < high else _NONE


def _exactly(version: Version) -> VersionRanges:
    return _span(version.key, _just_above(version))


# `Gem::Requirement::OPS`, rubygems/requirement.rb. The rule of `~>`, `v.release < r.bump`, keeps out
# the prereleases of the bump as well, because a prerelease has the release it leads to.
_SPANS: dict[str, Callable[[Version], VersionRanges]] = {
    "=": _exactly,
    "!=": lambda version: ~_exactly(version),
    ">": lambda version: _span(_just_above(version), None),
    "<": lambda version: _span(_BELOW_ALL, version.key),
    ">=": lambda version: _span(version.key, None),
    "<=": lambda version: _span(_BELOW_ALL, _just_above(version)),
    "~>": lambda version: _span(version.key, _below_prereleases(version.bump)),
}


def _combine(left: tuple[Cut, ...], right: tuple[Cut, ...], keep: Callable[[bool, bool], bool]) -> VersionRanges:
    """Return the set of the places where `keep(in left, in right)`; `keep` is false outside both."""
    cuts: list[Cut] = []
    inside = False
    for cut in sorted({*left, *right}):
        now = keep(bisect_right(left, cut) % 2 == 1, bisect_right(right, cut) % 2 == 1)
        if now != inside:
            cuts.append(cut)
            inside = now
    return VersionRanges(tuple(cuts))


def _spell_low(cut: Cut | None) -> str:
    if not cut:
        return "(-inf"
    return f"({_spell(cut)}" if cut[-1] == _ABOVE_END else f"[{_spell(cut)}"


def _spell_high(cut: Cut | None) -> str:
    if cut is None:
        return "inf)"
    return f"{_spell(cut)}]" if cut[-1] == _ABOVE_END else f"{_spell(cut)})"


def _spell(cut: Cut) -> str:
    """Return the version at `cut`, read back from the triples of its key."""
    segments: list[str] = [] if cut[0] == NUMBER else ["0"]
    elements = iter(cut)
    while (tag := next(elements)) in {WORD, NUMBER}:
        segments += ["0"] * abs(int(next(elements)))
        segments.append(str(next(elements)))
    return ".".join(segments) + ("-" if tag == _BELOW_WORDS else "")
