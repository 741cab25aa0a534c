"""The sticky issue: open while something applies, harmless, small enough, and the same as long as nothing changes."""

import re
import sys
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec.structs import replace

from gemaudit.model.advisory import Evidence
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.finding import Finding
from gemaudit.model.plan import Plan
from gemaudit.model.report import Audit, Report
from gemaudit.reporting.org.issue import LABELS, MARKER, MOST_CHARACTERS, TITLE, issue

sys.path.insert(0, str(Path(__file__).parents[1]))

from report_sample import affected, main_audit, others, report
from rich_report import FREE, POISON, poisoned, rich

READER = MarkdownIt("commonmark", {"html": True}).enable("table")
OURS = re.compile(rf"{MARKER}\n?|<details>\n<summary>[\w ]+</summary>\n|</details>\n?|<br>")
CLEAN = Audit(path="Gemfile.lock", sha256="ef" * 32, status="audited", packages=48)
SAMPLE = replace(report(), audits=(main_audit(),), diagnostics=())


def of(*findings: Finding, plan: Plan | None = None) -> Report:
    return replace(SAMPLE, audits=(replace(main_audit(), findings=findings, plan=plan or Plan(), diagnostics=()),))


def body(of: Report) -> str:
    found = issue(of)
    assert found is not None
    return found.body


def tokens(text: str) -> list[Token]:
    return list(chain.from_iterable([token, *(token.children or ())] for token in READER.parse(text)))


def prose(text: str) -> str:
    """What a reader sees outside of code, where forges look for mentions and references."""
    return "\n".join(
        "".join(child.content for child in token.children or () if child.type in {"text", "text_special"})
        for token in READER.parse(text)
    )


def strange(text: str) -> list[str]:
    """What in the body is HTML, a picture or a link and was not meant to be."""
    found = tokens(text)
    markup = [token.content for token in found if token.type.startswith("html") and not OURS.fullmatch(token.content)]
    targets = [str(token.attrs["href"]) for token in found if token.type == "link_open"]
    pictures = [token.content for token in found if token.type == "image"]
    return markup + pictures + [one for one in targets if not one.startswith("https://example.org/")]


def test_what_applies_opens_the_issue() -> None:
    found = issue(SAMPLE)

    assert found is not None
    assert (found.title, found.state, found.labels, found.marker) == (TITLE, "open", LABELS, MARKER)
    assert found.body.splitlines()[0] == MARKER
    assert (
        found.body.splitlines()[2] == "**7 findings** of memory safety where this bundle runs: 1 high, 3 medium, 3 low."
    )
    assert "Beside that: 7 undecided, 1 suppressed; `gemaudit check` tells more of them." in found.body


def test_the_plan_is_there_to_be_pasted_and_the_evidence_to_be_followed() -> None:
    text = body(SAMPLE)
    fences = [token for token in tokens(text) if token.type == "fence"]

    assert "bundle update --conservative ffi\n" in [token.content for token in fences if token.info == "sh"]
    assert any("+FROM ruby:3.4.9-alpine\n" in token.content for token in fences if token.info == "diff")
    assert "- fix: [https\\://example.org/fix](<https://example.org/fix>)" in text


@pytest.mark.parametrize("findings", [(), tuple(one for one in others() if one.status != "affected")])
def test_what_does_not_apply_closes_it(findings: tuple[Finding, ...]) -> None:
    found = issue(of(*findings))

    assert found is not None
    assert found.state == "closed"
    assert "No known memory-safety defect applies to what the lockfiles name." in found.body


def test_what_is_suppressed_closes_it() -> None:
    hidden = [one for one in others() if one.suppression]

    assert hidden
    found = issue(of(*(replace(one, status="affected") for one in hidden)))
    assert found is not None
    assert found.state == "closed"
    assert "Beside that: 1 suppressed" in found.body


def test_a_repository_without_lockfiles_closes_it() -> None:
    found = issue(replace(SAMPLE, audits=()))

    assert found is not None
    assert found.state == "closed"
    assert "There is no lockfile any more." in found.body


@pytest.mark.parametrize(
    "unseen",
    [
        replace(SAMPLE, audits=(CLEAN, replace(CLEAN, path="b/Gemfile.lock", status="unreadable"))),
        replace(SAMPLE, audits=(CLEAN,), diagnostics=(Diagnostic(code="lfs-pointer", message="in LFS", path="x"),)),
    ],
    ids=["lockfile", "other"],
)
def test_what_could_not_be_read_neither_opens_nor_closes_it(unseen: Report) -> None:
    assert issue(unseen) is None


def test_what_could_not_be_read_is_told_beside_what_applies() -> None:
    problem = Diagnostic(code="lfs-pointer", message="this lockfile is kept in Git LFS", path="web/Gemfile.lock")

    assert "- **error**: this lockfile is kept in Git LFS (`web/Gemfile.lock`)" in body(
        replace(SAMPLE, diagnostics=(problem, replace(problem, level="notice", message="a trifle")))
    )
    assert "a trifle" not in body(replace(SAMPLE, diagnostics=(replace(problem, level="notice", message="a trifle"),)))


def test_lockfiles_in_which_nothing_applies_are_left_out() -> None:
    text = body(replace(SAMPLE, audits=(replace(CLEAN, path="clean/Gemfile.lock"), main_audit())))

    assert [line for line in text.splitlines() if line.startswith("### ")] == ["### `Gemfile.lock`"]


def test_neither_the_day_nor_the_database_changes_it() -> None:
    other = replace(SAMPLE.database, revision="0" * 64, built="2030-01-01", advisories=9_999)

    assert issue(SAMPLE) == issue(replace(SAMPLE, database=other, version="99.0"))


def test_the_order_of_findings_and_lockfiles_changes_nothing() -> None:
    second = replace(main_audit(), path="b/Gemfile.lock")
    audit = replace(main_audit(), findings=main_audit().findings[::-1])

    assert body(replace(SAMPLE, audits=(main_audit(), second))) == body(replace(SAMPLE, audits=(second, audit)))


def many(findings: int, lockfiles: int = 1) -> Report:
    found = (affected()[number % 7] for number in range(findings))
    named = tuple(replace(one, package=replace(one.package, name=f"gem{n}")) for n, one in enumerate(found))
    audits = (replace(main_audit(), path=f"app{n}/Gemfile.lock", findings=named) for n in range(lockfiles))
    return replace(SAMPLE, audits=tuple(audits))


@pytest.mark.parametrize(
    ("of", "left_out"),
    [
        (many(7), ""),
        (many(150), "the details of findings are left out"),
        (many(600), "only the worst findings and the plan are told"),
        (many(30, lockfiles=40), "only the worst findings are told"),
        (many(12, lockfiles=200), "only the worst findings are told"),
    ],
    ids=["all", "no-details", "worst-and-plan", "worst", "lockfiles"],
)
def test_what_no_issue_takes_is_left_out_a_part_at_a_time(of: Report, left_out: str) -> None:
    text = body(of)

    assert len(text) <= MOST_CHARACTERS
    assert (f"To keep within what an issue takes, {left_out}. " in text) == bool(left_out)
    assert ("To keep within" in text) == bool(left_out)


def test_whatever_was_found_something_fits() -> None:
    endless = replace(main_audit(), path="d/" * 190 + "Gemfile.lock")
    wordy = tuple(
        replace(one, advisory=replace(one.advisory, title="word " * 20_000), paths=()) for one in affected()[:5]
    )
    text = body(replace(SAMPLE, audits=(replace(endless, findings=wordy),)))

    assert len(text) <= MOST_CHARACTERS
    assert text.splitlines()[0] == MARKER
    assert "they do not fit into an issue" in text


def test_nothing_of_a_hostile_report_is_markup() -> None:
    text = body(replace(rich(), diagnostics=()))

    assert strange(text) == []
    assert text.splitlines().count(MARKER) == 1


@settings(max_examples=15, deadline=None)
@given(poison=POISON)
def test_no_text_is_markup_mentions_anybody_or_refers_to_anything(poison: str) -> None:
    text = body(poisoned(f"{poison} @team #1 GH-7 fixes acme/shop#3 ", FREE))

    assert strange(text) == []
    assert text.splitlines().count(MARKER) == 1
    assert not re.search(r"[@#]\w|\bGH-\d", prose(text))


@pytest.mark.parametrize("command", ["/close", "/assign me", "/label ~bug"])
def test_gitlab_finds_no_quick_action(command: str) -> None:
    (one, *_) = affected()
    text = body(of(replace(one, advisory=replace(one.advisory, description=f"It crashes.\n\n{command}"))))

    assert not any(line.startswith("/") for line in text.splitlines())
    assert f"\\{command.split(maxsplit=1)[0]}" in text


def test_upstream_issues_are_linked_without_telling_them() -> None:
    (one, *_) = affected()
    evidence = (Evidence(type="report", url="https://github.com/ffi/ffi/issues/1079"),)
    text = body(of(replace(one, advisory=replace(one.advisory, evidence=evidence))))

    assert "(<https://redirect.github.com/ffi/ffi/issues/1079>)" in text
    assert "(<https://github.com/" not in text
