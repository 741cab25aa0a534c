"""What holds for every report, however its inputs were chosen."""

import json
import random
import re
import unicodedata
from collections.abc import Iterable
from typing import Any, TypeVar

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from report_sample import main_audit, report

from gemaudit.model.report import Audit, Report
from gemaudit.reporting import FORMAT_NAMES, Style, render
from gemaudit.reporting.json_v1 import schema
from gemaudit.reporting.sanitize import mapped
from gemaudit.reporting.wrap import cells

T = TypeVar("T")

#: Fields that an input or an advisory may fill with anything.
FREE = frozenset(
    {"version", "path", "lockfile", "text", "value", "actual", "expected", "reason", "requirement", "target", "current"}
    | {"commands", "before", "after", "note", "otherwise", "message", "hint", "code", "title", "workarounds", "paths"}
    | {"aliases", "environment", "platforms", "sha256", "id", "frames"}
)
COLORS = re.compile(r"\x1b\[[0-9;]*m")
ANY_TEXT = st.text(st.characters(), max_size=8)
#: A whole report takes its time.
FEW = settings(max_examples=12, deadline=None)
STYLES = st.builds(Style, width=st.integers(0, 200), color=st.booleans(), show_all=st.booleans())
VALIDATOR = jsonschema.Draft202012Validator(schema())


def poisoned(poison: str, fields: Iterable[str]) -> Report:
    chosen = frozenset(fields)
    return mapped(report(), lambda name, text: f"{text}{poison}{text}" if name in chosen else text)


def hidden_characters(text: str) -> set[str]:
    return {char for char in text if char != "\n" and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}


def shuffled(values: tuple[T, ...], chance: random.Random) -> tuple[T, ...]:
    return tuple(chance.sample(values, len(values)))


def shuffled_audit(audit: Audit, chance: random.Random) -> Audit:
    findings = (
        replace(finding, verdicts=shuffled(finding.verdicts, chance), paths=shuffled(finding.paths, chance))
        for finding in shuffled(audit.findings, chance)
    )
    return replace(
        audit,
        findings=tuple(findings),
        environments=tuple(
            replace(environment, facts=shuffled(environment.facts, chance))
            for environment in shuffled(audit.environments, chance)
        ),
        unaudited=shuffled(audit.unaudited, chance),
        diagnostics=shuffled(audit.diagnostics, chance),
    )


@pytest.mark.parametrize("name", FORMAT_NAMES)
@FEW
@given(poison=ANY_TEXT, fields=st.sets(st.sampled_from(sorted(FREE))), style=STYLES)
def test_no_format_lets_a_control_character_through(name: str, poison: str, fields: set[str], style: Style) -> None:
    text = render(name, poisoned(poison, fields), style)
    text = text.replace("\r\n", "\n") if name == "csv" else text

    text.encode()
    assert hidden_characters(COLORS.sub("", text) if style.color else text) == set()


@FEW
@given(poison=ANY_TEXT, style=STYLES)
def test_no_input_adds_a_line_to_a_wide_enough_text(poison: str, style: Style) -> None:
    style = replace(style, width=1_000_000)

    expected = render("text", poisoned("x", FREE), style).count("\n")
    assert render("text", poisoned(f"x{poison}x", FREE), style).count("\n") == expected


@FEW
@given(poison=ANY_TEXT, fields=st.sets(st.sampled_from(sorted(FREE))))
def test_json_stays_valid(poison: str, fields: set[str]) -> None:
    document = json.loads(render("json", poisoned(poison, fields), Style()))

    assert VALIDATOR.is_valid(document)


def test_json_keeps_every_character_but_lone_surrogates() -> None:
    poison = "\x00\x1b\x7f\x9b\u202e\u2028\U000e0041\ud800é"
    document = json.loads(render("json", poisoned(poison, ["title"]), Style()))
    titles: list[str] = [finding["title"] for finding in document["findings"]]

    assert all("\x00\x1b\x7f\x9b\u202e\u2028\U000e0041\ufffdé" in title for title in titles)


@pytest.mark.parametrize("name", FORMAT_NAMES)
@FEW
@given(seed=st.integers(), show_all=st.booleans())
def test_order_of_the_input_changes_nothing(name: str, seed: int, *, show_all: bool) -> None:
    chance, original = random.Random(seed), report()  # noqa: S311
    other = replace(
        original,
        audits=tuple(shuffled_audit(audit, chance) for audit in shuffled(original.audits, chance)),
        unused_ignores=shuffled(original.unused_ignores, chance),
    )
    style = Style(show_all=show_all)

    assert render(name, other, style) == render(name, original, style)


@FEW
@given(width=st.integers(40, 160), show_all=st.booleans())
def test_text_keeps_to_the_width(width: int, *, show_all: bool) -> None:
    text = render("text", replace(report(), audits=(main_audit(),)), Style(width=width, show_all=show_all))
    commands = {command for step in main_audit().plan.steps for command in step.commands}
    words = {line for line in text.split("\n") if " " in line.strip() and not any(name in line for name in commands)}

    assert {line for line in words if cells(line) > width and "[sources-disagree]" not in line} == set()


@FEW
@given(style=STYLES)
def test_colour_carries_no_meaning_alone(style: Style) -> None:
    colored = render("text", report(), replace(style, color=True))

    assert COLORS.sub("", colored) == render("text", report(), replace(style, color=False))


def nothing_is_missing(document: Any) -> bool:
    return len(document["findings"]) + len(document["suppressed"]) == len(report().findings)


def test_json_conserves_findings() -> None:
    document = json.loads(render("json", report(), Style()))

    assert nothing_is_missing(document)
    assert sum(document["summary"]["status"].values()) == len(document["findings"])


@pytest.mark.parametrize("show_all", [False, True])
def test_text_names_every_finding_that_applies(*, show_all: bool) -> None:
    text = render("text", report(), Style(show_all=show_all))
    shown = {"affected", *(("under_investigation", "not_affected", "fixed") if show_all else ())}
    ids = {finding.advisory.id for finding in report().findings if finding.status in shown and not finding.suppression}

    assert {identity for identity in ids if identity not in text} == set()
