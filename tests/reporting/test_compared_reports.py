"""What each format says of a report that was compared with an earlier one."""

import csv
import io
import json
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree as ET

import html5lib
import pytest
from golden_files import FOLDER, assert_same
from hypothesis import given, settings
from jsonschema import Draft7Validator
from msgspec.structs import replace
from report_sample import affected, main_audit, report
from rich_report import FREE, HOSTILE, POISON, rich
from test_html_page import without_assets
from test_junit_format import SCHEMA as JUNIT
from test_sarif_format import SCHEMA as SARIF
from workflow_commands import parse

from gemaudit.model.baseline import Past
from gemaudit.model.finding import Finding, State
from gemaudit.model.gate import gating, passes
from gemaudit.model.report import Audit, Report
from gemaudit.reporting import Style, render
from gemaudit.reporting.compared import news
from gemaudit.reporting.sanitize import mapped

NEW = "GMSA-2024-0001"
FILES = {"sarif": "sarif", "github": "github.txt", "markdown": "md", "junit": "xml", "csv": "csv", "html": "html"}
APPLIES = {"affected", "under_investigation"}


def past(advisory: str, *, text: str = "a defect", lockfile: str = "Gemfile.lock") -> Past:
    return Past(
        advisory=advisory,
        title=text,
        severity="high",
        status="affected",
        lockfile=lockfile,
        kind="gem",
        name="oj",
        version="3.16.0",
    )


def with_states(of: Report, *new: str) -> Report:
    """The report, in which those advisories are new and all others were there before."""

    def told(finding: Finding) -> Finding:
        state: State = "new" if finding.advisory.id in new else "unchanged"
        return replace(finding, state=state) if finding.status in APPLIES else finding

    audits = tuple(replace(audit, findings=tuple(map(told, audit.findings))) for audit in of.audits)
    return replace(of, audits=audits, baseline="git:main")


def only(*audits: Audit, new: tuple[str, ...] = (NEW,)) -> Report:
    return with_states(replace(report(), audits=audits, diagnostics=()), *new)


def hostile() -> Report:
    """The rich report, in which the hostile finding is new and hostile ones were fixed."""
    compared = with_states(rich(), NEW, "GMSA-2024-0099", "GMSA-2024-0097")
    fixed = (past("GMSA-2020-0001"), past("GMSA-2020-0002"), past(HOSTILE, text=HOSTILE, lockfile=HOSTILE))
    return replace(compared, baseline=f"git:{HOSTILE}", fixed=fixed)


def shown(name: str, of: Report) -> str:
    text = render(name, of, Style())
    return without_assets(text) if name == "html" else text


@pytest.mark.parametrize(("name", "ending"), FILES.items())
def test_golden(name: str, ending: str) -> None:
    assert_same(FOLDER / f"compared.{ending}", shown(name, hostile()))


class TestNews:
    """The report that says only what is new."""

    def test_is_the_same_where_nothing_was_compared(self) -> None:
        assert news(rich()) is rich() or news(rich()) == rich()

    def test_has_no_step_that_ends_nothing_new(self) -> None:
        (audit,) = news(only(main_audit())).audits
        assert audit.plan.steps
        assert all(NEW in {*step.closes, *step.remains} for step in audit.plan.steps)
        (nothing,) = news(only(main_audit(), new=())).audits
        assert nothing.plan.steps == ()

    def test_the_gate_says_the_same(self) -> None:
        for new in ((), (NEW,)):
            compared = only(main_audit(), new=new)
            assert passes(news(compared)) == passes(compared) == (not new)
            assert gating(news(compared).findings, compared.policy) == gating(compared.findings, compared.policy)


class TestSarif:
    """Alerts are all there, because GitHub closes what an upload leaves out."""

    def results(self, of: Report) -> list[Any]:
        return [one for run in json.loads(render("sarif", of, Style()))["runs"] for one in run["results"]]

    def test_states(self) -> None:
        states = {one["ruleId"]: one["baselineState"] for one in self.results(only(main_audit()))}
        assert states[NEW] == "new"
        assert {state for rule, state in states.items() if rule != NEW} == {"unchanged"}

    def test_nothing_is_lost_and_nothing_is_absent(self) -> None:
        compared = replace(only(main_audit()), fixed=(past("GMSA-2020-0001"),))
        plain = replace(report(), audits=(main_audit(),))
        assert [one["ruleId"] for one in self.results(compared)] == [one["ruleId"] for one in self.results(plain)]
        assert all("baselineState" not in one for one in self.results(plain))

    def test_the_schema_is_met(self) -> None:
        Draft7Validator(SARIF).validate(json.loads(render("sarif", hostile(), Style())))


class TestGithub:
    """Annotations."""

    def commands(self, of: Report) -> list[str]:
        return [line for line in render("github", of, Style()).splitlines() if parse(line)]

    def test_only_what_is_new(self) -> None:
        (command,) = self.commands(only(replace(main_audit(), diagnostics=())))
        assert NEW in command

    def test_silence_where_nothing_is_new(self) -> None:
        text = render("github", only(main_audit(), new=()), Style())
        assert self.commands(only(main_audit(), new=())) == []
        assert text.startswith("gemaudit: pass (")
        assert "0 new" in text

    def test_input_that_cannot_be_used_is_told(self) -> None:
        broken = next(audit for audit in report().audits if audit.status == "unreadable")
        (command,) = self.commands(only(main_audit(), broken, new=()))
        assert command.startswith("::error ")


class TestMarkdown:
    """Summaries and comments."""

    def test_only_what_is_new_is_told_and_the_rest_counted(self) -> None:
        text = render("markdown", replace(only(main_audit()), fixed=(past("GMSA-2020-0001"),)), Style())
        old = {one.advisory.id for one in affected()} - {NEW}
        assert f"({NEW})" in text.replace("\\", "")
        assert [name for name in old if name in text.replace("\\", "").partition("####")[0]] == []
        assert "Against `git:main`: 1 new, " in text
        assert "- fixed in `Gemfile.lock`: GMSA-2020-0001 (oj 3.16.0)" in text

    def test_nothing_new(self) -> None:
        text = render("markdown", only(main_audit(), new=()), Style())
        assert text.startswith("## gemaudit: pass\n")
        assert "Nothing new in " in text
        assert "####" not in text


class TestJunit:
    """Test results."""

    def test_what_was_there_before_passes(self) -> None:
        root = ET.fromstring(render("junit", only(main_audit(), new=()), Style()))  # noqa: S314 - our own text
        assert root.get("failures") == "0"
        cases = [case for case in root.iter("testcase") if "unchanged: it was there before" in "".join(case.itertext())]
        expected = [one for one in main_audit().findings if one.status in APPLIES and not one.suppression]
        assert len(cases) == len(expected)

    def test_what_is_new_fails(self) -> None:
        root = ET.fromstring(render("junit", only(main_audit()), Style()))  # noqa: S314 - our own text
        assert root.get("failures") == "1"

    def test_the_schema_is_met(self) -> None:
        JUNIT.validate(render("junit", hostile(), Style()))


def test_csv_has_a_column() -> None:
    rows = {row["advisory"]: row for row in csv.DictReader(io.StringIO(render("csv", only(main_audit()), Style())))}
    assert rows[NEW]["state"] == "new"
    assert rows[NEW]["fails_gate"] == "yes"
    assert {row["state"] for name, row in rows.items() if name != NEW} == {"unchanged", ""}
    assert {row["fails_gate"] for name, row in rows.items() if name != NEW} == {"no"}


class TestHtml:
    """The page."""

    def test_findings_say_what_the_filter_asks(self) -> None:
        root = html5lib.parse(render("html", only(main_audit()), Style()), namespaceHTMLElements=False)
        boxes = [one.get("value") for one in root.iter("input") if one.get("name") == "state"]
        states = [one.get("data-state") for one in root.iter("details") if one.get("class") == "finding"]
        assert boxes == ["new", "unchanged"]
        assert states.count("new") == 1
        assert states.count("unchanged") == sum(one.status in APPLIES for one in main_audit().findings) - 1

    def test_what_is_fixed_is_listed(self) -> None:
        page = render("html", replace(only(main_audit()), fixed=(past("GMSA-2020-0001"),)), Style())
        assert 'href="#fixed"' in page
        assert 'id="fixed"' in page
        assert "GMSA-2020-0001" in page

    def test_nothing_of_it_where_nothing_was_compared(self) -> None:
        page = without_assets(render("html", report(), Style()))
        assert 'name="state"' not in page
        assert "data-state" not in page


@lru_cache(maxsize=2)
def skeletons(text: str) -> tuple[Any, ...]:
    old = past("GMSA-2020-0001", text=text, lockfile=text)
    fixed = mapped(old, lambda name, value: value + text if name in FREE | {"name", "version"} else value)
    of = replace(only(main_audit()), baseline=text, fixed=(fixed,))
    page = html5lib.parse(render("html", of, Style()), namespaceHTMLElements=False)
    return (
        [parse(line) and line.partition(" ")[0] for line in render("github", of, Style()).splitlines()],
        [element.tag for element in page.iter() if element.tag not in {"wbr", "code"}],
        [element.tag for element in ET.fromstring(render("junit", of, Style())).iter()],  # noqa: S314 - our own
        render("csv", of, Style()),
    )


@settings(max_examples=12, deadline=None)
@given(poison=POISON)
def test_no_text_is_more_than_text(poison: str) -> None:
    """The skeleton of every format is the same whatever the baseline and what was fixed are called."""
    assert skeletons(f"x{poison}x") == skeletons("xx")
