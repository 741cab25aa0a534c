import datetime

import pytest
from hazard_cases import machine

from builders import environment, fact
from gemaudit.adapters.tables import ruby_releases
from gemaudit.hazards.end_of_life import ruby_end_of_life
from gemaudit.model.environment import Environment
from gemaudit.model.rubies import Branch, Release, RubyReleases

DAY = datetime.date(2026, 1, 1)
TABLE = RubyReleases(
    generated=DAY,
    website="",
    branches=(
        Branch(name="3.1", status="eol", end_of_life=datetime.date(2025, 3, 26), newest="3.1.7"),
        Branch(
            name="3.2", status="security", end_of_life=datetime.date(2026, 3, 31), end_is_expected=True, newest="3.2.9"
        ),
        Branch(
            name="3.4", status="normal", end_of_life=datetime.date(2028, 3, 31), end_is_expected=True, newest="3.4.8"
        ),
        Branch(name="4.0", status="normal", newest="4.0.1"),
    ),
    releases=tuple(Release(version=it, date=DAY) for it in ("3.1.2", "3.1.7", "3.2.9", "3.4.5", "3.4.8", "4.0.1")),
)

OVER = "ruby-end-of-life ruby 3.2 was expected to get no more fixes from 2026-03-31 on; its last release is 3.2.9"


def codes(today: datetime.date, *places: Environment) -> list[str]:
    return [f"{one.code} {one.message}" for one in ruby_end_of_life(places, TABLE, today)]


@pytest.mark.parametrize(
    ("version", "today", "expected"),
    [
        ("3.1.2", DAY, ["ruby-end-of-life ruby 3.1 has had no fixes since 2025-03-26; its last release is 3.1.7"]),
        ("~> 3.1.0", DAY, ["ruby-end-of-life ruby 3.1 has had no fixes since 2025-03-26; its last release is 3.1.7"]),
        ("3.2.9", DAY, ["ruby-end-of-life-soon ruby 3.2 is expected to end on 2026-03-31"]),
        ("3.2.9", datetime.date(2025, 12, 30), []),
        (
            "3.2.9",
            datetime.date(2026, 3, 31),
            [OVER],
        ),
        ("3.4.5", DAY, []),
        ("4.0.1", DAY, []),
        ("~> 3.0", DAY, []),
        ("9.9.9", DAY, []),
    ],
)
def test_when_a_branch_ends(version: str, today: datetime.date, expected: list[str]) -> None:
    assert codes(today, machine(ruby=version)) == expected


def test_a_branch_is_told_once_at_the_line_of_production() -> None:
    def place(id_: str, line: int) -> Environment:
        return environment(id_, fact("ruby", "3.1.2", path="Dockerfile", line=line, text="FROM ruby:3.1.2"))

    [notice] = ruby_end_of_life([place("ci", 9), place("production", 1), place("a", 5)], TABLE, DAY)
    assert (notice.level, notice.path, notice.line, notice.text) == ("notice", "Dockerfile", 1, "FROM ruby:3.1.2")
    assert notice.hint == "move to ruby 3.2.9"


def test_a_branch_that_has_ended_is_no_successor() -> None:
    [notice] = ruby_end_of_life([machine(ruby="3.1.2")], TABLE, datetime.date(2027, 1, 1))
    assert notice.hint == "move to ruby 3.4.8"


def test_another_engine_has_branches_of_its_own() -> None:
    assert codes(DAY, machine(engine="jruby", ruby="3.1.2")) == []


def test_the_real_table() -> None:
    [notice] = ruby_end_of_life([machine(ruby="3.1.2")], ruby_releases(), datetime.date(2026, 11, 21))
    assert notice.message.startswith("ruby 3.1 has had no fixes since 2025-03")
