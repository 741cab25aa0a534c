"""docs/environments.md says what is read, in the order of who is believed."""

import re
from pathlib import Path

from gemaudit.environments.gemfile_lock import USED
from gemaudit.environments.sources import PRECEDENCE, SOURCES
from gemaudit.environments.switches import command_traits

PAGE = (Path(__file__).parents[2] / "docs/environments.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| `(?P<name>[a-z-]+)` \| (?P<files>[^|]*) \| (?P<says>[^|]+) \| (?P<grammar>[^|]+) \|$", re.MULTILINE
)


def test_every_source_has_its_row_in_the_order_of_precedence() -> None:
    assert tuple(row["name"] for row in ROW.finditer(PAGE)) == PRECEDENCE


def test_the_files_of_a_source_are_those_it_asks_for() -> None:
    written = {row["name"]: tuple(re.findall(r"`([^`]+)`", row["files"])) for row in ROW.finditer(PAGE)}
    assert {source.name: written[source.name] for source in SOURCES} == {
        source.name: source.patterns for source in SOURCES
    }


def test_every_gem_that_proves_something_is_named_with_what_it_proves() -> None:
    (sentence,) = re.findall(r"servers count: ([^.]*)\.", " ".join(PAGE.split()))
    written = {
        gem: (clause.rpartition("`")[0].rpartition("`")[2],)
        for clause in sentence.split("; ")
        for gem in re.findall(r"`([^`]+)`", clause)[:-1]
    }
    assert written == USED


def test_the_commands_of_the_page_start_what_it_says() -> None:
    rows = re.findall(r"^\| a command that starts ([^|]+) \| `([a-z-]+)` \|$", PAGE, re.MULTILINE)
    assert len(rows) == 3
    for commands, feature in rows:
        for command in re.findall(r"`([^`]+)`", commands):
            start = "rake resque:work" if command == "resque" else command
            assert feature in {trait.value for trait in command_traits(start)}, command
