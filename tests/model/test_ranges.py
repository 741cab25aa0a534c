"""Sets of versions obey the algebra of sets, and their emptiness is exact."""

import copy
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from version_strategies import REQUIREMENTS, VERSIONS

from gemaudit.model.ranges import VersionRanges
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

RANGES = st.recursive(
    st.one_of(
        REQUIREMENTS.map(VersionRanges.of),
        st.builds(VersionRanges.between, st.none() | VERSIONS, st.none() | VERSIONS),
        st.sampled_from([VersionRanges.all(), VersionRanges.none()]),
    ),
    lambda inner: st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1]) | inner.map(lambda one: ~one),
    max_leaves=4,
)


def _ranges(text: str) -> VersionRanges:
    return Requirement.parse(text).ranges


def _v(text: str) -> Version:
    return Version.parse(text)


@pytest.mark.parametrize(
    ("introduced", "fixed", "inside", "outside"),
    [
        ("1.16.0", "1.17.0.rc2", "1.16 1.16.3 1.17.0.rc1", "1.16.0.rc1 1.15 1.17.0.rc2 1.17"),
        (None, "1.2", "0 0.a 1.1 1.2.rc1", "1.2 1.2.0 2"),
        ("1.2", None, "1.2 99 2.a", "1.2.a 1.1"),
        (None, None, "0.a 0 99", ""),
        ("2", "1", "", "0 1 1.5 2 3"),
        ("1", "1", "", "0 1 2"),
    ],
)
def test_between(introduced: str | None, fixed: str | None, inside: str, outside: str) -> None:
    ranges = VersionRanges.between(_v(introduced) if introduced else None, _v(fixed) if fixed else None)
    assert all(_v(text) in ranges for text in inside.split())
    assert not any(_v(text) in ranges for text in outside.split())
    assert ranges.is_empty == (inside == "")


def test_the_last_affected_version_is_inside() -> None:
    ranges = VersionRanges.between(_v("1"), None, last_affected=_v("1.2"))
    assert _v("1.2.0") in ranges
    assert _v("1.2.0.1") not in ranges
    assert VersionRanges.between(_v("1.2"), None, last_affected=_v("1.2")) == _ranges("= 1.2")
    assert VersionRanges.between(_v("1.3"), None, last_affected=_v("1.2")).is_empty


def test_a_range_has_one_end() -> None:
    with pytest.raises(ValueError, match="not with both"):
        VersionRanges.between(None, _v("2"), last_affected=_v("1"))


def test_cuts_must_rise() -> None:
    with pytest.raises(ValueError, match="must rise"):
        VersionRanges((_v("2").key, _v("1").key))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("> 1, < 1.0.0.0.1", None),
        ("> 1.a, < 1.b", None),
        ("< 0.A", None),
        ("> 999", None),
        ("~> 1.2", None),
        ("< 2.A", "~> 1.0"),
    ],
)
def test_between_two_places_there_is_always_a_version(left: str, right: str | None) -> None:
    assert not (_ranges(left) - (_ranges(right) if right else VersionRanges.none())).is_empty


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        (">= 0, < 0", "none"),
        ("~> 1.2, != 1.2.3", "[1.2, 1.2.3) | (1.2.3, 2-)"),
        (">= 1.16.0, < 1.17.0.rc2", "[1.16, 1.17.rc.2)"),
        ("> 0.a, <= 1.0.0.3.b.0.1", "(0.a, 1.0.0.3.b.0.1]"),
        ("!= 3", "(-inf, 3) | (3, inf)"),
        ("~> 0", "[0, 1-)"),
        ("!= 0", "(-inf, 0) | (0, inf)"),
    ],
)
def test_spelling(text: str, spelled: str) -> None:
    assert str(_ranges(text)) == spelled
    assert repr(_ranges(text)) == f"<VersionRanges {spelled}>"


def test_sets_of_versions_are_immutable_values() -> None:
    ranges = _ranges("~> 1.2")
    assert copy.deepcopy(ranges) == ranges == _ranges(">= 1.2, ~> 1.0")
    assert hash(ranges) == hash(_ranges(">= 1.2.0, ~> 1.0"))
    assert ranges != "~> 1.2"
    assert ranges
    assert not VersionRanges.none()
    with pytest.raises(AttributeError, match="never changes"):
        ranges._cuts = ()


def test_subset_and_disjoint() -> None:
    assert _ranges("~> 1.2.3").is_subset(_ranges("~> 1.2"))
    assert not _ranges("~> 1.2").is_subset(_ranges("~> 1.2.3"))
    assert _ranges("~> 1.2").is_disjoint(_ranges(">= 2.a"))
    assert not _ranges("< 2").is_disjoint(_ranges(">= 2.a"))


@given(RANGES, RANGES, VERSIONS)
def test_the_operators_are_those_of_membership(left: VersionRanges, right: VersionRanges, version: Version) -> None:
    here, there = version in left, version in right
    assert (version in left & right) == (here and there)
    assert (version in left | right) == (here or there)
    assert (version in left - right) == (here and not there)
    assert (version in ~left) == (not here)


@given(RANGES, RANGES, RANGES)
def test_the_laws_of_sets_hold_as_equalities(a: VersionRanges, b: VersionRanges, c: VersionRanges) -> None:
    assert ~(a & b) == ~a | ~b
    assert ~(a | b) == ~a & ~b
    assert ~~a == a
    assert a - b == a & ~b
    assert a & (b | c) == (a & b) | (a & c)
    assert a | (a & b) == a
    assert (a & ~a).is_empty
    assert a | ~a == VersionRanges.all()


@given(RANGES, RANGES)
def test_subset_and_disjoint_follow_from_the_operators(left: VersionRanges, right: VersionRanges) -> None:
    assert (left & right).is_subset(left)
    assert left.is_subset(left | right)
    assert (left - right).is_disjoint(right)
    assert left.is_subset(right) == (left & right == left)
    assert (left.is_subset(right) and right.is_subset(left)) == (left == right)


@given(RANGES)
def test_what_is_not_empty_holds_a_version(ranges: VersionRanges) -> None:
    """The witness of density: next to a place, on the inside, there is a version that can be written down."""
    ends = {text for cut in (ranges, ~ranges) for text in _numbers_in(str(cut))} | {"0", "0.A"}
    tails = ("", ".0.0.0.0.0.0.0.0.1", ".A", ".A.A", ".A.A.A.A.A.A.A", ".1")
    candidates = [Version(f"{end}{tail}") for end, tail in product(ends, tails)]
    assert ranges.is_empty or any(candidate in ranges for candidate in candidates)


def _numbers_in(spelled: str) -> list[str]:
    words = spelled.replace("(", "").replace(")", "").replace("[", "").replace("]", "").replace(" |", ",").split(", ")
    return [word.removesuffix("-") for word in words if word[0].isdigit()]
