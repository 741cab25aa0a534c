"""Hazards on their way through the whole audit."""

import datetime
import json

import jsonschema
import pytest

from gemaudit import audit
from gemaudit.advisories import Database, compile_database
from gemaudit.model.document import Document
from gemaudit.model.gate import gating, passes
from gemaudit.model.policy import Ignore, Policy
from gemaudit.model.report import Report
from gemaudit.reporting import Style, render
from gemaudit.reporting.json_v1 import schema

LOCK = """\
GEM
  remote: https://rubygems.org/
  specs:
    google-protobuf (3.25.0-x86_64-linux)
    grpc (1.62.0-x86_64-linux)
      google-protobuf (~> 3.25)

PLATFORMS
  x86_64-linux

DEPENDENCIES
  grpc
"""
TODAY = datetime.date(2026, 11, 21)


def report(image: str, policy: Policy | None = None, extra: str = "") -> Report:
    dockerfile = Document("Dockerfile", f"FROM {image}\n{extra}")
    # Hazards come from code; without advisories, nothing else is in the report.
    return audit(LOCK, documents=[dockerfile], policy=policy, today=TODAY, database=Database(compile_database(())))


def ids(found: Report) -> set[str]:
    return {
        one.advisory.id for one in found.findings if one.advisory.id.startswith("GMSH") and one.status == "affected"
    }


@pytest.mark.parametrize(
    ("image", "extra", "expected"),
    [
        ("ruby:3.4.5-alpine", "", {"GMSH-0001", "GMSH-0004"}),
        ("ruby:3.4.5-slim", "", set()),
        ("ruby:3.4.5", "", set()),
        ("--platform=linux/arm64 ruby:3.4.5-alpine", "", {"GMSH-0001", "GMSH-0004"}),
        ("--platform=linux/arm64 ruby:3.4.5-slim", "", {"GMSH-0004"}),
        ("ruby:3.4.5-alpine", "ENV BUNDLE_FORCE_RUBY_PLATFORM=true\n", {"GMSH-0004"}),
    ],
)
def test_it_depends_on_the_image(image: str, extra: str, expected: set[str]) -> None:
    assert ids(report(image, extra=extra)) == expected


def test_the_json_report_has_the_command_and_what_it_is_about() -> None:
    document = json.loads(render("json", report("ruby:3.4.5-alpine"), Style()))
    jsonschema.validate(document, schema(), cls=jsonschema.Draft202012Validator)
    found = {(one["advisory"], one["package"]["name"]): one for one in document["findings"]}
    protobuf = found["GMSH-0001", "google-protobuf"]
    assert protobuf["line"] == 4
    assert protobuf["paths"] == [["grpc", "google-protobuf"]]
    assert protobuf["fails_gate"]
    assert protobuf["remediation"]["commands"] == ["bundle lock --add-platform x86_64-linux-musl"]
    assert found["GMSH-0004", "PLATFORMS"]["package"]["kind"] == "bundle"
    [step] = [one for one in document["plan"] if "GMSH-0001" in one["closes"]]
    assert step["outcome"] == "configure"
    assert [one["name"] for one in step["packages"]] == ["google-protobuf", "grpc", "PLATFORMS"]
    assert [one["after"] for one in step["edits"]] == [
        'gem "google-protobuf", force_ruby_platform: true',
        'gem "grpc", force_ruby_platform: true',
    ]


def test_the_text_tells_gems_of_one_hazard_together() -> None:
    lines = render("text", report("ruby:3.4.5-alpine"), Style(width=120)).splitlines()
    assert sum(line.startswith("medium    GMSH-0001") for line in lines) == 1
    assert sum("bundle lock --add-platform" in line for line in lines) == 1


def test_an_ignore_hides_a_hazard_and_its_step() -> None:
    policy = Policy(ignores=(Ignore(id="gmsh-0001", reason="tried", gem="grpc"), Ignore(id="GMSH-0004", reason="x")))
    found = report("ruby:3.4.5-alpine", policy)
    hidden = {(one.advisory.id, one.package.name) for one in found.findings if one.suppression}
    assert hidden == {("GMSH-0001", "grpc"), ("GMSH-0004", "PLATFORMS")}
    [step] = [one for one in found.audits[0].plan.steps if one.outcome == "configure"]
    assert [one.name for one in step.packages] == ["google-protobuf"]
    assert not found.unused_ignores


def test_an_ignore_of_a_hazard_that_is_not_there_is_unused() -> None:
    found = report("ruby:3.4.5-slim", Policy(ignores=(Ignore(id="GMSH-0003", reason="x"),)))
    assert [one.reason for one in found.unused_ignores] == ["it matches no finding; remove it"]


def test_a_notice_does_not_fail_a_run() -> None:
    found = report("--platform=linux/arm64 ruby:3.4.5-slim", Policy(fail_on="low", strict=True))
    failing = {one.advisory.id for one in gating(found.findings, found.policy)}
    assert not any(id_.startswith("GMSH") for id_ in failing)


def test_the_end_of_a_ruby_is_a_warning_in_json_and_fails_nothing() -> None:
    found = audit("GEM\n  specs:\n    rack (3.0.0)\n", ruby="2.7.8", today=TODAY, policy=Policy(fail_on=None))
    document = json.loads(render("json", found, Style()))
    [warning] = [one for one in document["warnings"] if one["code"] == "ruby-end-of-life"]
    assert (warning["level"], warning["path"]) == ("notice", "<command line>")
    assert passes(found)
