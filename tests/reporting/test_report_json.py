import json
from typing import Any

from msgspec.structs import replace
from report_sample import report

from gemaudit.model.report import Report
from gemaudit.reporting import Style, render
from gemaudit.reporting.fingerprint import fingerprint


def document(of: Report | None = None) -> Any:
    return json.loads(render("json", of or report(), Style()))


def finding(identity: str) -> Any:
    return next(found for found in document()["findings"] if found["advisory"] == identity)


def test_the_promised_keys_are_there() -> None:
    promised = "schema_version tool database inputs environments findings plan suppressed unused_ignores errors summary"

    assert set(promised.split()) <= document().keys()
    assert document()["schema_version"] == "1"


def test_style_plays_no_part() -> None:
    assert render("json", report(), Style(width=7, color=True, show_all=True)) == render("json", report(), Style())


def test_a_finding_carries_its_class_its_weakness_and_its_name() -> None:
    found = finding("GMSA-2026-0012")
    model = next(one for one in report().findings if one.advisory.id == "GMSA-2026-0012")

    assert (found["class"], found["cwe"]) == ("use-after-free", "CWE-416")
    assert found["package"] == {"kind": "ruby", "name": "ruby", "version": "3.4.5", "platforms": []}
    assert found["fingerprint"] == fingerprint(model)
    assert found["fails_gate"] is True


def test_what_nobody_states_is_null() -> None:
    condition = finding("GMSA-2025-0003")["environments"][0]["conditions"][1]

    assert condition == {
        "name": "feature",
        "expected": "ractor",
        "actual": None,
        "answer": "unknown",
        "path": None,
        "line": None,
    }


def test_remediation_is_what_the_plan_comes_to() -> None:
    outcomes = {found["advisory"]: found["remediation"] for found in document()["findings"]}

    assert outcomes["GMSA-2024-0001"]["commands"] == ["bundle update --conservative ffi"]
    assert outcomes["GMSA-2025-0007"] == {"outcome": "blocked", "to": "0.19.0", "commands": [], "workaround": None}
    assert outcomes["GMSA-2026-0031"]["outcome"] == "no_fix"
    assert outcomes["GMSA-2026-0031"]["workaround"].startswith("Use one generator")
    assert outcomes["GMSA-2023-0101"] is None


def test_suppressed_findings_stand_apart_with_their_reason() -> None:
    (hidden,) = document()["suppressed"]

    assert hidden["advisory"] == "GMSA-2022-0009"
    assert hidden["suppression"]["until"] == "2027-01-31"
    assert hidden["fails_gate"] is False


def test_an_environment_states_its_platform() -> None:
    test, production, *_ = document()["environments"]

    assert (test["id"], production["id"]) == ("ci/test", "production")
    assert production["platform"] == "x86_64-linux-musl"
    assert test["sanitizers"] == ["address"]
    assert production["bundler"] is None


def test_the_summary_counts_what_the_lists_hold() -> None:
    summary = document()["summary"]

    assert summary["severity"] == {"critical": 1, "high": 1, "medium": 3, "low": 3}
    assert summary["failing"] == sum(found["fails_gate"] for found in document()["findings"])
    assert summary["gate"] == {"fail_on": "medium", "strict": False, "tolerated": ["leak", "notice"]}
    assert summary["result"] == "fail"
    assert document(replace(report(), audits=report().audits[1:2]))["summary"]["result"] == "pass"
