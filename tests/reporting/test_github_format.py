from functools import cache

import pytest
from hypothesis import given, settings
from msgspec.structs import replace
from report_sample import affected, main_audit, others, report
from rich_report import HOSTILE, POISON, poisoned, rich
from workflow_commands import Command, parse

from gemaudit.model.finding import Finding
from gemaudit.model.policy import Policy
from gemaudit.model.report import Report
from gemaudit.reporting import Style, render
from gemaudit.reporting.github import LEVELS, MOST
from gemaudit.reporting.sanitize import prose, visible


def text_of(of: Report) -> str:
    return render("github", of, Style())


def commands(of: Report) -> list[Command]:
    return [command for line in text_of(of).splitlines() if (command := parse(line))]


def only(*findings: Finding) -> Report:
    return replace(report(), audits=(replace(main_audit(), findings=findings, diagnostics=()),), unused_ignores=())


def many(number: int) -> tuple[Finding, ...]:
    first = affected()[0]
    return tuple(
        replace(first, line=line, package=replace(first.package, name=f"gem{line}")) for line in range(1, number + 1)
    )


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("::error file=a%2Cb,line=3::50%25%0Amore", Command("error", {"file": "a,b", "line": "3"}, "50%\nmore")),
        ("  ::notice::x", Command("notice", {}, "x")),
        ("words ##[error]x", Command("error", {}, "x")),
        ("words ::error::x", None),
    ],
)
def test_the_parser_reads_as_the_runner_does(line: str, command: Command | None) -> None:
    assert parse(line) == command


def test_a_finding_is_annotated_on_its_line() -> None:
    (command,) = commands(only(affected()[0]))

    assert command.name == "error"
    assert command.properties == {
        "file": "Gemfile.lock",
        "line": "31",
        "title": "FFI struct layouts can lose their field map to the garbage collector (high, GMSA-2024-0001)",
    }
    assert command.data.splitlines()[-2:] == [
        "fixed by step 1: ffi 1.17.4",
        "run `bundle update --conservative ffi`",
    ]


def test_the_gate_decides_the_level() -> None:
    levels = {command.properties["line"]: command.name for command in commands(only(*affected(), *others()))}

    assert levels["31"] == "error"
    assert levels["7"] == "warning"
    assert levels["8"] == "notice"
    laxer = replace(only(*affected()), policy=Policy(fail_on=None))
    assert {command.name for command in commands(laxer)} == {"warning"}
    stricter = replace(only(*others()), policy=Policy(fail_on="low", strict=True, tolerated=()))
    assert {command.name for command in commands(stricter)} == {"error"}


def test_what_is_suppressed_or_ruled_out_is_no_annotation() -> None:
    text = text_of(only(*others()))

    assert "GMSA-2022-0009" not in text
    assert "GMSA-2022-0003" not in text
    assert "1 suppressed" in text.splitlines()[-1]


def test_findings_of_one_package_share_an_annotation() -> None:
    first = affected()[0]
    same = tuple(
        replace(first, advisory=replace(first.advisory, id=f"GMSA-2026-{number:04}")) for number in range(1, 13)
    )
    (command,) = commands(only(*same))

    assert command.properties["title"] == "ffi 1.16.3: 12 findings, the worst high"
    assert command.data.splitlines()[MOST] == "and 2 findings more"


@pytest.mark.parametrize("number", [MOST, MOST + 1, 300])
def test_what_github_would_not_show_is_counted(number: int) -> None:
    text = text_of(only(*many(number)))
    left_out = [line for line in text.splitlines() if "GitHub would not show" in line]

    assert len(commands(only(*many(number)))) == MOST
    assert left_out == (
        [] if number == MOST else [f"and {number - MOST} error{'s' * (number > 11)} more, which GitHub would not show"]
    )


def test_the_worst_are_shown() -> None:
    worst = replace(affected()[0], package=replace(affected()[0].package, name="zzz"))
    worst = replace(worst, advisory=replace(worst.advisory, severity="critical", id="GMSA-2026-9999"))

    assert "GMSA-2026-9999" in commands(only(*many(50), worst))[0].properties["title"]


def test_a_file_that_is_none_is_not_named() -> None:
    (command,) = commands(only(replace(affected()[0], path="<stdin>")))

    assert command.properties.keys() == {"title"}


def test_a_path_begins_at_the_root_of_the_repository() -> None:
    (command,) = commands(only(replace(affected()[0], path="./web/Gemfile.lock")))

    assert command.properties["file"] == "web/Gemfile.lock"


def test_hostile_text_comes_out_of_the_runner_as_it_is_shown_elsewhere() -> None:
    found = commands(rich())

    assert prose(HOSTILE) in {command.data.partition("\nhint: ")[0] for command in found}
    assert visible(HOSTILE)[:399] in {command.properties.get("file", "")[:399] for command in found}


def poisoned_commands(poison: str) -> list[Command | None]:
    return [parse(line) for line in text_of(poisoned(f"x{poison}x")).splitlines()]


@cache
def names() -> list[str | None]:
    return [command and command.name for command in poisoned_commands("")]


@settings(max_examples=20, deadline=None)
@given(poison=POISON)
def test_no_text_adds_a_command_or_a_property(poison: str) -> None:
    parsed = poisoned_commands(poison)

    assert [command and command.name for command in parsed] == names()
    assert {command.name for command in parsed if command} <= set(LEVELS)
    assert all(command.properties.keys() <= {"file", "line", "col", "title"} for command in parsed if command)
    assert all(command.properties.get("line", "1").isdigit() for command in parsed if command)
