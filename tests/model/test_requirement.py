"""Requirements read, print and admit as RubyGems has it."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from version_strategies import REQUIREMENTS, VERSIONS

from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version


def _holds(operator: str, version: Version, wanted: Version) -> bool:
    """The seven comparisons, one by one and without any ranges."""
    return {
        "=": version == wanted,
        "!=": version != wanted,
        ">": version > wanted,
        "<": version < wanted,
        ">=": version >= wanted,
        "<=": version <= wanted,
        "~>": version >= wanted and version.release < wanted.bump,
    }[operator]


@pytest.mark.parametrize(
    ("text", "admitted", "refused"),
    [
        ("1.0", "1 1.0 1.0.0", "1.0.1 1.0.a 0.9"),
        ("= 1.0.b", "1.b 1.0.b.0", "1.0 1.b.1"),
        ("!= 1.2", "1.2.a 1.3 0", "1.2 1.2.0"),
        ("> 1.2", "1.2.0.1 2.a", "1.2 1.2.0 1.2.rc1"),
        ("< 1.2", "1.2.rc1 1.1.9 0", "1.2 1.3.a"),
        (">= 1.2", "1.2 1.3.a", "1.2.rc9 1.1"),
        ("<= 1.2", "1.2.0 1.2.rc1", "1.2.0.1"),
        (">= 0", "0 0.0.1 1.a 99", "0.a"),
        ("~> 1", "1 1.9.9 1.99.a", "2 2.a 2.0.0.pre 1.a 0"),
        ("~> 1.2", "1.2 1.2.0 1.99 1.3.a", "2 2.0 2.a 2.0.0.rc1 1.2.rc1 1.1"),
        ("~> 1.2.3", "1.2.3 1.2.99 1.2.4.a", "1.3 1.3.0.pre 1.2.2 1.2.3.pre"),
        ("~> 1.2.3.rc1", "1.2.3.rc1 1.2.3.rc2 1.2.3 1.2.9", "1.2.3.beta 1.3 1.3.a"),
        ("~> 1.a", "1.a 1.b 1 1.9", "2 2.a 0.9"),
        ("~> 0", "0 0.9.9", "0.a 1 1.a"),
        ("~> 0.0.1", "0.0.1 0.0.9", "0.1 0.1.a 0"),
        ("~> 1.2, != 1.2.3", "1.2 1.2.4 1.2.3.a", "1.2.3 1.2.3.0 2"),
        ("> 1, < 1", "", "0 1 2"),
    ],
)
def test_admission(text: str, admitted: str, refused: str) -> None:
    requirement = Requirement.parse(text)
    assert [word for word in admitted.split() if not requirement.admits(Version.parse(word))] == []
    assert [word for word in refused.split() if requirement.admits(Version.parse(word))] == []


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "junk", "=> 1", "~>", "> = 1", "1 2", "== 1", "=~ 1", "^1.0", "1.*", "*", "! 1", "1.0,", ","),
        *("<> 1", "~ > 1", "> 1 < 2", ">= 1.", "1\u00a0", f"> {'9' * 257}"),
    ],
)
def test_a_malformed_requirement_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"malformed|at most"):
        Requirement.parse(text)
    with pytest.raises(ValueError, match=r"malformed|at most"):
        Requirement.parse([">= 1", text])


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("1.2", ("= 1.2",)),
        ("  ~>1-beta ", ("~> 1.pre.beta",)),
        (">= 1,<2", (">= 1", "< 2")),
        ([">= 1", "< 2", ">= 1"], (">= 1", "< 2")),
        (["!= 1.5, < 2", None, ">= 1"], ("!= 1.5", "< 2", ">= 1")),
        (None, (">= 0",)),
        ([], (">= 0",)),
        ([None], (">= 0",)),
    ],
)
def test_text(source: str | list[str | None] | None, parts: tuple[str, ...]) -> None:
    requirement = Requirement.parse(source)
    assert requirement.as_list() == parts
    assert str(requirement) == ", ".join(parts)
    assert Requirement.parse(str(requirement)) == requirement


@pytest.mark.parametrize(
    ("text", "is_none"), [(None, True), (">=0", True), (">= 0.0", True), (">= 0.a", False), (">= 0, < 1", False)]
)
def test_only_the_default_is_no_requirement(text: str | None, *, is_none: bool) -> None:
    assert Requirement.parse(text).is_none is is_none


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (">= 1", ">= 1.0", True),
        (">= 1, < 2", "< 2.0, >= 1", True),
        ("= 1", "1", True),
        ("~> 1", "~> 1.0", False),
        ("~> 1.0, > 1", "> 1.0, ~> 1.0", True),
        ("> 1", ">= 1", False),
    ],
)
def test_equality(left: str, right: str, *, equal: bool) -> None:
    one, other = Requirement.parse(left), Requirement.parse(right)
    assert (one == other) is equal
    assert not equal or hash(one) == hash(other)


def test_requirements_are_immutable_cached_values() -> None:
    requirement = Requirement.parse("~> 1.2, < 1.9")
    assert Requirement.parse("~> 1.2, < 1.9") is requirement
    assert copy.deepcopy(requirement) == requirement
    assert repr(requirement) == "Requirement('~> 1.2, < 1.9')"
    assert requirement != "~> 1.2, < 1.9"
    with pytest.raises(AttributeError, match="never changes"):
        requirement.comparators = ()


@given(REQUIREMENTS, VERSIONS)
def test_admission_is_every_comparison_and_membership_in_the_ranges(requirement: Requirement, version: Version) -> None:
    bounds = [wanted for _, wanted in requirement.comparators]
    near = [Version.parse(f"{bound.text}{end}") for bound in bounds for end in (".a", ".0", ".1", ".A.1", ".0.b")]
    for candidate in (version, *bounds, *near, *(bound.bump for bound in bounds), *(b.release for b in bounds)):
        expected = all(_holds(name, candidate, wanted) for name, wanted in requirement.comparators)
        assert requirement.admits(candidate) == expected
        assert requirement.ranges.contains(candidate) == expected


@given(st.text(max_size=40))
def test_any_text_is_a_requirement_or_a_value_error(text: str) -> None:
    try:
        requirement = Requirement.parse(text)
    except ValueError:
        return
    assert Requirement.parse(str(requirement)) == requirement
