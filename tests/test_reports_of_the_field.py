"""What the shipped advisories say about versions whose defects were measured or read in the code."""

from pathlib import Path

import pytest

from gemaudit import audit
from gemaudit.model.document import Document
from gemaudit.model.finding import Finding
from gemaudit.model.report import Report

EXAMPLE = Path(__file__).parent.parent / "examples" / "karafka"

WRITE_BARRIERS = "GMSA-2024-0001"
CALL_INFO = "Bug #22075"
WRITE_EFAULT = "Bug #20169"
MRUBY_ALIAS = "mruby/mruby#5534"


def lockfile(*gems: str, ruby: str = "") -> str:
    specs = "".join(f"    {name} ({version})\n" for name, version in (gem.split() for gem in gems))
    section = f"\nRUBY VERSION\n   {ruby}\n" if ruby else ""
    names = "".join(f"  {gem.split()[0]}\n" for gem in gems)
    return (
        f"GEM\n  remote: https://rubygems.org/\n  specs:\n{specs}\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n{names}{section}"
    )


def findings(report: Report, name: str) -> list[Finding]:
    return [finding for finding in report.findings if name in finding.advisory.names()]


def statuses(report: Report, name: str) -> set[str]:
    return {finding.status for finding in findings(report, name)}


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("1.15.5", "not_affected"),
        ("1.16.0", "affected"),
        ("1.16.3", "affected"),
        ("1.17.0.rc1", "affected"),
        ("1.17.0.rc2", "not_affected"),
    ],
)
def test_the_missing_write_barriers_of_ffi(version: str, status: str) -> None:
    assert statuses(audit(lockfile(f"ffi {version}"), ruby="3.4.5"), WRITE_BARRIERS) == {status}


def test_a_version_that_only_the_public_report_names_is_a_note() -> None:
    report = audit(lockfile("ffi 1.15.5"), ruby="3.4.5")
    [note] = findings(report, WRITE_BARRIERS)
    assert (note.status, note.confidence, note.basis) == ("not_affected", "low", "reported")
    double_free = [finding for finding in report.findings if "AutoPointer" in finding.advisory.title]
    assert [finding.status for finding in double_free] == ["affected"]


def test_the_fixed_release_has_no_note() -> None:
    assert findings(audit(lockfile("ffi 1.17.0"), ruby="3.4.5"), WRITE_BARRIERS) == []


@pytest.mark.parametrize(
    ("ruby", "features", "expected"),
    [
        ("3.2.11", ["ractor"], set()),
        ("3.3.0", ["ractor"], {"affected"}),
        ("3.4.5", ["ractor"], {"affected"}),
        ("4.0.5", ["ractor"], {"affected"}),
        ("4.0.5", [], {"under_investigation"}),
        ("4.0.5", ["no-ractor"], {"not_affected"}),
        ("4.0.6", ["ractor"], set()),
        ("4.0.7", ["ractor"], set()),
    ],
)
def test_call_infos_shared_by_ractors(ruby: str, features: list[str], expected: set[str]) -> None:
    assert statuses(audit(lockfile("rack 3.2.0"), ruby=ruby, features=features), CALL_INFO) == expected


def test_the_plan_for_call_infos_is_the_release_with_the_fix() -> None:
    report = audit(lockfile("rack 3.2.0"), ruby="4.0.5", features=["ractor"])
    [finding] = findings(report, CALL_INFO)
    [step] = [step for step in report.audits[0].plan.steps if step.kind == "ruby"]
    assert step.target.startswith("4.0.")
    assert int(step.target.split(".")[2]) >= 6
    assert finding.advisory.id in step.closes


@pytest.mark.parametrize(
    ("ruby", "status"),
    [
        ("2.7.8", set()),
        ("3.1.2", {"affected"}),
        ("3.2.5", {"affected"}),
        ("3.2.11", {"affected"}),
        ("3.3.1", {"affected"}),
        ("3.3.2", set()),
        ("3.4.0", set()),
    ],
)
def test_single_writes_during_compaction(ruby: str, status: set[str]) -> None:
    report = audit(lockfile("rack 3.2.0"), ruby=ruby, features=["compaction"])
    assert statuses(report, WRITE_EFAULT) == status


@pytest.mark.parametrize("ruby", ["3.3.2", "3.4.5", "4.0.5"])
def test_the_siblings_of_single_writes_have_no_fix(ruby: str) -> None:
    report = audit(lockfile("rack 3.2.0"), ruby=ruby, features=["compaction"])
    siblings = [finding for finding in report.findings if finding.advisory.id == "GMSA-2024-0502"]
    assert [finding.status for finding in siblings] == ["affected"]
    assert all(finding.advisory.workaround for finding in siblings)


@pytest.mark.parametrize(
    ("name", "expected"), [("mruby-2.0.1", set()), ("mruby-3.0.0", {"affected"}), ("mruby-3.1.0", set())]
)
def test_mruby_in_a_version_file(name: str, expected: set[str]) -> None:
    documents = [Document(".ruby-version", f"{name}\n")]
    assert statuses(audit(lockfile("rack 3.2.0"), documents=documents), "GMSA-2021-0501") == expected


HEAP_OVERFLOW_IN_JSON = "CVE-2026-54696"


def test_a_default_gem_counts_at_the_version_that_ruby_ships() -> None:
    [finding] = findings(audit(lockfile("rack 3.2.0"), ruby="3.4.5"), HEAP_OVERFLOW_IN_JSON)
    assert (finding.package.kind, finding.package.name, finding.package.version) == ("default-gem", "json", "2.9.1")


@pytest.mark.parametrize(("version", "expected"), [("2.13.2", {"gem"}), ("2.19.9", set())])
def test_a_listed_default_gem_counts_at_the_locked_version(version: str, expected: set[str]) -> None:
    found = findings(audit(lockfile(f"json {version}"), ruby="3.4.5"), HEAP_OVERFLOW_IN_JSON)
    assert {finding.package.kind for finding in found} == expected


@pytest.mark.parametrize(
    ("image", "expected"), [("ruby:3.4.5-alpine", {"affected"}), ("ruby:3.4.5-slim", {"not_affected"})]
)
def test_a_precompiled_gem_for_another_libc(image: str, expected: set[str]) -> None:
    text = (
        lockfile("google-protobuf 3.25.0")
        .replace("(3.25.0)", "(3.25.0-x86_64-linux)")
        .replace("  ruby\n", "  x86_64-linux\n")
    )
    report = audit(text, documents=[Document("Dockerfile", f"FROM {image}\n")])
    found = [finding for finding in report.findings if finding.advisory.id == "GMSH-0001"]
    assert {finding.status for finding in found} <= expected
    steps = [step for step in report.audits[0].plan.steps if "GMSH-0001" in step.closes]
    said = [text for step in steps for text in (*step.commands, *(edit.after for edit in step.edits))]
    assert any("google-protobuf" in text for text in said) == (expected == {"affected"})


def example() -> Report:
    names = ["Dockerfile", ".ruby-version", "Gemfile", ".github/workflows/ci.yml"]
    documents = [Document(name, (EXAMPLE / name).read_text(encoding="utf-8")) for name in names]
    return audit((EXAMPLE / "Gemfile.lock").read_text(encoding="utf-8"), documents=documents)


def test_the_example_names_path_and_evidence() -> None:
    [finding] = findings(example(), WRITE_BARRIERS)
    assert finding.status == "affected"
    assert finding.paths[0] == ("karafka", "karafka-rdkafka", "ffi")
    production = next(verdict for verdict in finding.verdicts if verdict.environment == "production")
    assert {answer.path for answer in production.answers} == {"Dockerfile"}


def test_the_example_plans_ffi_and_says_what_musl_needs() -> None:
    [step] = [step for step in example().audits[0].plan.steps if step.name == "ffi"]
    assert step.target.startswith("1.17.")
    assert step.commands == ("bundle update --conservative ffi",)
    assert {(need.name, need.requirement, need.met) for need in step.needs if "production" in need.environment} >= {
        ("rubygems", ">= 3.3.22", True),
        ("bundler", ">= 2.5.6", True),
    }


def test_the_report_is_the_same_twice() -> None:
    assert example() == example()
