"""Versions read, print and sort as RubyGems has it."""

import copy
import pickle
from itertools import pairwise, zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st
from version_strategies import TEXTS, VERSIONS

from gemaudit.model.version import MAX_LENGTH, Version

RISING = (
    "0.a",
    "0.a.1",
    "0",
    "0.0.0.1",
    "0.9",
    "1.A",
    "1.Z.1",
    "1.a.A",
    "1.a.a",
    "1.a.0.b",
    "1.a.0.0.b",
    "1.a",
    "1.a.0.0.1",
    "1.a.0.1",
    "1.a.1",
    "1.a.9",
    "1.a.10",
    "1.b",
    "1.beta",
    "1.pre",
    "1.rc.9",
    "1.rc10",
    "1",
    "1.0.0.1.a",
    "1.0.0.1",
    "1.0.1",
    "1.1.rc1",
    "1.1",
    "1.2.b1",
    "1.2",
    "1.9.3",
    "1.10",
    "2.0.0.rc1",
    "2.0.0",
    "9" * 40,
)


def _order(left: Version, right: Version) -> int:
    """The comparison as RubyGems describes it: element by element, zeros for ever, words below numbers."""
    for one, other in zip_longest(_canonical(left), _canonical(right), fillvalue=0):
        if one == other:
            continue
        if isinstance(one, str) and isinstance(other, str):
            return -1 if one.encode() < other.encode() else 1
        if isinstance(one, int) and isinstance(other, int):
            return -1 if one < other else 1
        return -1 if isinstance(one, str) else 1
    return 0


def _canonical(version: Version) -> list[int | str]:
    words = [index for index, segment in enumerate(version.segments) if isinstance(segment, str)]
    first = words[0] if words else len(version.segments)
    numbers = list(version.segments[:first])
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return [*numbers, *version.segments[first:]]


@pytest.mark.parametrize(("low", "high"), list(pairwise(RISING)))
def test_versions_rise(low: str, high: str) -> None:
    assert Version.parse(low) < Version.parse(high)
    assert Version.parse(high) > Version.parse(low)
    assert Version.parse(low) != Version.parse(high)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1", "1.0"),
        ("1", "1.0.0"),
        ("1.0", " 1.0 "),
        ("0", ""),
        ("0.0", "00"),
        ("1.01", "1.1"),
        ("1.2.b1", "1.2.b.1"),
        ("1.0.a", "1.a"),
        ("1.0.0.a.0", "1.a"),
        ("1.rc1", "1.0.0.rc.1.0"),
        ("1-beta", "1.pre.beta"),
    ],
)
def test_spellings_of_one_version_are_equal(left: str, right: str) -> None:
    one, other = Version.parse(left), Version.parse(right)
    assert one == other
    assert hash(one) == hash(other)
    assert one <= other <= one


@pytest.mark.parametrize(
    "text",
    [
        *("junk", "1.2.", "1.2a.", "1.", ".1", "1..2", "a", "a.1", "v1.0", "1a", "1beta", "1.0+build", "1_0", "1.0-"),
        *("-1", "1,0", "1-.a", "1.-a", "1-a..b", "1\n2", "\uff11", "1.\u00e9", "1\u00a0", "1.0 beta", "1\x00"),
        "9" * (MAX_LENGTH + 1),
    ],
)
def test_a_malformed_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="version"):
        Version.parse(text)


@pytest.mark.parametrize(
    ("text", "printed", "segments", "release", "bump"),
    [
        ("", "0", (0,), "0", "1"),
        (" \n", "0", (0,), "0", "1"),
        ("5", "5", (5,), "5", "6"),
        ("5.3.1", "5.3.1", (5, 3, 1), "5.3.1", "5.4"),
        ("5.3.1.b.2", "5.3.1.b.2", (5, 3, 1, "b", 2), "5.3.1", "5.4"),
        ("1.2.0.rc10", "1.2.0.rc10", (1, 2, 0, "rc", 10), "1.2.0", "1.3"),
        ("1.a.2", "1.a.2", (1, "a", 2), "1", "2"),
        ("1.02a3", "1.02a3", (1, 2, "a", 3), "1.2", "2"),
        ("1.2.3-4", "1.2.3.pre.4", (1, 2, 3, "pre", 4), "1.2.3", "1.3"),
        ("1--a", "1.pre..pre.a", (1, "pre", "pre", "a"), "1", "2"),
        ("9" * 40, "9" * 40, (10**40 - 1,), "9" * 40, str(10**40)),
        ("9" * MAX_LENGTH, "9" * MAX_LENGTH, (10**MAX_LENGTH - 1,), "9" * MAX_LENGTH, str(10**MAX_LENGTH)),
    ],
)
def test_parts(text: str, printed: str, segments: tuple[int | str, ...], release: str, bump: str) -> None:
    version = Version.parse(text)
    assert str(version) == version.text == printed
    assert version.segments == segments
    assert version.is_prerelease == any(isinstance(segment, str) for segment in segments)
    assert version.release.text == release
    assert version.bump.text == bump


def test_versions_are_immutable_cached_values() -> None:
    version = Version.parse("1.2")
    assert Version("1.2") is version is Version.parse("1.2")
    assert repr(version) == "Version('1.2')"
    assert version != "1.2"
    with pytest.raises(AttributeError, match="never changes"):
        version.text = "1.3"
    with pytest.raises(AttributeError, match="never changes"):
        del version.text


@pytest.mark.parametrize("text", ["1.2.0.rc1", "1--a"])
def test_versions_survive_copying(text: str) -> None:
    version = Version.parse(text)
    for again in (copy.deepcopy(version), pickle.loads(pickle.dumps(version))):  # noqa: S301 - our own bytes
        assert again == version
        assert again.text == version.text


@given(VERSIONS, VERSIONS)
def test_the_order_is_that_of_padded_rows(left: Version, right: Version) -> None:
    expected = _order(left, right)
    assert (left > right) - (left < right) == expected
    assert (left == right) == (expected == 0)
    assert (left <= right) == (expected <= 0)
    assert (left >= right) == (expected >= 0)


@given(st.lists(VERSIONS, min_size=3, max_size=3))
def test_the_order_is_total_and_transitive(versions: list[Version]) -> None:
    low, middle, high = sorted(versions)
    assert _order(low, middle) <= 0
    assert _order(middle, high) <= 0
    assert _order(low, high) <= 0


@given(TEXTS, st.sampled_from([".0", ".0.0", ".00"]))
def test_trailing_zeros_do_not_count(text: str, zeros: str) -> None:
    assert Version.parse(text) == Version.parse(text + zeros)
    assert hash(Version.parse(text)) == hash(Version.parse(text + zeros))


@given(VERSIONS)
def test_a_prerelease_comes_before_its_release_and_both_before_the_bump(version: Version) -> None:
    assert version <= version.release < version.bump
    assert (version < version.release) == version.is_prerelease
    assert not version.release.is_prerelease
    assert not version.bump.is_prerelease


@given(st.text(max_size=300))
def test_any_text_is_a_version_or_a_value_error(text: str) -> None:
    try:
        version = Version.parse(text)
    except ValueError:
        return
    assert version == version.release or version.is_prerelease
