from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import given, settings
from msgspec.structs import replace
from report_sample import main_audit, report
from rich_report import HOSTILE, POISON, poisoned, rich

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.gate import gating, passes
from gemaudit.model.policy import Policy
from gemaudit.model.report import Audit, Report
from gemaudit.reporting import Style, render
from gemaudit.reporting.sanitize import visible

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parent.parent / "data" / "junit" / "junit-10.xsd"))
CLEAN = Audit(path="docs/Gemfile.lock", sha256="ef" * 32, status="audited", packages=1)
EMPTY = Audit(path="empty/Gemfile.lock", sha256="23" * 32, status="empty")
UNREADABLE = Audit(path="broken/Gemfile.lock", sha256="01" * 32, status="unreadable")
NO_LOCKFILE = Diagnostic(code="no-lockfile", message="there is no lockfile here", path=".")


def root_of(of: Report) -> ET.Element:
    return ET.fromstring(render("junit", of, Style()))  # noqa: S314 - expat, of our own text


def of_audits(*audits: Audit, diagnostics: tuple[Diagnostic, ...] = ()) -> Report:
    return replace(report(), audits=audits, diagnostics=diagnostics)


def case(name: str) -> ET.Element:
    return next(found for found in root_of(report()).iter("testcase") if found.get("name", "").startswith(name))


@pytest.mark.parametrize(
    "of", [report(), rich(), of_audits(), of_audits(EMPTY)], ids=["sample", "rich", "none", "empty"]
)
def test_the_schema_of_jenkins_is_met(of: Report) -> None:
    SCHEMA.validate(render("junit", of, Style()))


def test_every_lockfile_is_a_suite_and_every_finding_a_case() -> None:
    suites = {suite.get("name"): suite for suite in root_of(report())}
    names = [found.get("name", "") for found in suites["Gemfile.lock"].iter("testcase")]

    assert list(suites)[:4] == ["Gemfile.lock", "broken/Gemfile.lock", "docs/Gemfile.lock", "empty/Gemfile.lock"]
    assert names[0] == "audit"
    assert {name.split()[0] for name in names[1:]} == {finding.advisory.id for finding in main_audit().findings}


def test_the_gate_decides_what_fails() -> None:
    failed = {
        found.get("name", "").split()[0] for found in root_of(report()).iter("testcase") if list(found.iter("failure"))
    }

    assert failed == {finding.advisory.id for finding in gating(report().findings, report().policy)}


def test_a_failure_says_what_to_do() -> None:
    failure = case("GMSA-2024-0001").find("failure")

    assert failure is not None
    assert failure.get("type") == "GMSA-2024-0001"
    assert failure.get("message") == (
        "high: FFI struct layouts can lose their field map to the garbage collector (ffi 1.16.3, Gemfile.lock:31)"
    )
    assert "run bundle update --conservative ffi" in (failure.text or "").splitlines()


@pytest.mark.parametrize(
    ("advisory", "message"),
    [
        ("GMSA-2022-0009", "suppressed: Markdown is ours and reviewed, until 2027-01-31"),
        ("GMSA-2025-0003", "not decided: it would apply if the application runs Ractors"),
    ],
)
def test_what_is_hidden_or_open_is_skipped(advisory: str, message: str) -> None:
    skipped = case(advisory).find("skipped")

    assert skipped is not None
    assert skipped.get("message") == message


def test_what_cannot_be_read_is_an_error() -> None:
    error = case("unreadable-spec").find("error")

    assert error is not None
    assert error.get("message") == "this line names no gem version"
    assert "hint: a specification reads `name (version)`; run `bundle lock` to rewrite it" in (error.text or "")


@pytest.mark.parametrize(
    "of",
    [
        report(),
        rich(),
        of_audits(),
        of_audits(CLEAN),
        of_audits(EMPTY),
        of_audits(CLEAN, EMPTY),
        of_audits(CLEAN, UNREADABLE),
        of_audits(main_audit()),
        of_audits(diagnostics=(NO_LOCKFILE,)),
        replace(of_audits(main_audit()), policy=Policy(fail_on=None)),
        replace(of_audits(main_audit()), policy=Policy(fail_on="low", strict=True, tolerated=())),
    ],
)
def test_the_results_are_green_exactly_where_the_run_passes(of: Report) -> None:
    root = root_of(of)

    assert (root.get("failures") == root.get("errors") == "0") == passes(of)


def test_the_numbers_are_those_of_the_cases() -> None:
    for suite in root_of(rich()):
        results = Counter(child.tag for found in suite.iter("testcase") for child in found)

        assert int(suite.get("tests", "")) == len(list(suite.iter("testcase")))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(attribute, "")) == results[tag]


def test_hostile_text_is_text() -> None:
    texts = "".join(root_of(rich()).itertext())

    assert "<script>alert(1)</script>" in texts
    assert visible(HOSTILE.partition("\n")[2][:20]) in texts
    assert {element.tag for element in root_of(rich()).iter()} <= set(SCHEMA.maps.elements)


@settings(max_examples=20, deadline=None)
@given(poison=POISON)
def test_every_text_is_within_what_xml_and_the_schema_allow(poison: str) -> None:
    text = render("junit", poisoned(poison), Style())

    assert SCHEMA.is_valid(text)
    assert len(list(ET.fromstring(text).iter("testcase"))) == len(list(root_of(rich()).iter("testcase")))  # noqa: S314
