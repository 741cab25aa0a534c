"""SARIF against the schema of the standard, and against a checklist of what GitHub's code scanning asks for.

https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
"""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from msgspec.structs import replace
from report_sample import LOCK, affected, main_audit, others, report
from rich_report import HOSTILE, POISON, poisoned, rich

from gemaudit.model.finding import Answer, Finding, Verdict
from gemaudit.model.report import Audit, Report
from gemaudit.reporting import Style, render, sarif
from gemaudit.reporting.fingerprint import fingerprint
from gemaudit.reporting.sarif_results import literal, uri
from gemaudit.reporting.sarif_rules import SECURITY_SEVERITY

SCHEMA = json.loads((Path(__file__).parent.parent / "data" / "sarif" / "sarif-schema-2.1.0.json").read_bytes())
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)
CLEAN = Audit(path="docs/Gemfile.lock", sha256="ef" * 32, status="audited", packages=1)


def log(of: Report) -> Any:
    document = json.loads(render("sarif", of, Style()))
    VALIDATOR.validate(document)
    return document


def only(*findings: Finding, path: str = LOCK) -> Report:
    return replace(report(), audits=(replace(main_audit(), path=path, findings=findings),))


def results(of: Report) -> list[Any]:
    return [result for run in log(of)["runs"] for result in run["results"]]


def rules(of: Report) -> list[Any]:
    return [rule for run in log(of)["runs"] for rule in run["tool"]["driver"]["rules"]]


def monorepo(number: int) -> Report:
    audits = tuple(
        replace(
            CLEAN, path=f"app{index:02}/{LOCK}", findings=(replace(affected()[0], lockfile=f"app{index:02}/{LOCK}"),)
        )
        for index in range(number)
    )
    return replace(report(), audits=audits)


DOCUMENTS = {
    "sample": report(),
    "rich": rich(),
    "nothing": replace(report(), audits=()),
    "monorepo": monorepo(20),
    "too-many-lockfiles": monorepo(21),
}


@pytest.fixture(params=DOCUMENTS)
def document(request: pytest.FixtureRequest) -> Any:
    return log(DOCUMENTS[request.param])


class TestWhatGitHubAsksFor:
    def test_schema_version_and_runs_are_there(self, document: Any) -> None:
        assert document["$schema"] == "https://json.schemastore.org/sarif-2.1.0.json"
        assert document["version"] == "2.1.0"
        assert 1 <= len(document["runs"]) <= 20

    def test_every_run_names_its_tool_and_version(self, document: Any) -> None:
        assert {run["tool"]["driver"]["name"] for run in document["runs"]} == {"gemaudit"}
        assert {run["tool"]["driver"]["version"] for run in document["runs"]} == {"0.1.0"}

    def test_no_two_runs_share_a_category(self, document: Any) -> None:
        categories = [run["automationDetails"]["id"] for run in document["runs"]]

        assert len(set(categories)) == len(categories)
        assert all(category.startswith("gemaudit/") and category.endswith("/") for category in categories)

    def test_rules_and_results_are_lists_even_where_they_are_empty(self, document: Any) -> None:
        for run in document["runs"]:
            assert isinstance(run["results"], list)
            assert isinstance(run["tool"]["driver"]["rules"], list)

    def test_every_rule_has_its_texts_within_their_limits(self, document: Any) -> None:
        for run in document["runs"]:
            for rule in run["tool"]["driver"]["rules"]:
                assert rule["id"]
                assert 1 <= len(rule["name"]) <= 255
                assert 1 <= len(rule["shortDescription"]["text"]) <= 1024
                assert 1 <= len(rule["fullDescription"]["text"]) <= 1024
                assert rule["help"]["text"]
                assert rule["help"]["markdown"]

    def test_every_rule_says_how_to_be_sorted(self, document: Any) -> None:
        for run in document["runs"]:
            for rule in run["tool"]["driver"]["rules"]:
                properties = rule["properties"]
                assert rule["defaultConfiguration"]["level"] in {"note", "warning", "error"}
                assert properties["precision"] in {"very-high", "high", "medium", "low"}
                assert properties["problem.severity"] in {"error", "warning", "recommendation"}
                assert 1 <= len(properties["tags"]) <= 10
                assert ("security-severity" in properties) == ("security" in properties["tags"])

    def test_rules_are_unique_and_results_point_at_theirs(self, document: Any) -> None:
        for run in document["runs"]:
            known = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
            assert len(set(known)) == len(known) <= 25_000
            assert all(known[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
            assert set(known) == {result["ruleId"] for result in run["results"]}

    def test_every_result_has_a_message_and_one_location_with_a_whole_region(self, document: Any) -> None:
        for run in document["runs"]:
            for result in run["results"]:
                assert result["message"]["text"]
                (location,) = result["locations"]
                physical = location["physicalLocation"]
                region = physical["region"]
                assert physical["artifactLocation"]["uri"]
                assert region.keys() == {"startLine", "startColumn", "endLine", "endColumn"}
                assert 1 <= region["startLine"] == region["endLine"]
                assert 1 <= region["startColumn"] <= region["endColumn"]

    def test_files_are_relative_to_the_repository(self, document: Any) -> None:
        uris = re.findall(r'"uri": ?"([^"]*)"', json.dumps(document))

        assert all(re.fullmatch(r"[\w\-.~/%]+", found) for found in uris)
        assert not any(found.startswith(("/", "./")) for found in uris)

    def test_every_result_has_a_fingerprint_of_its_own(self, document: Any) -> None:
        found = [
            result["partialFingerprints"]["primaryLocationLineHash"]
            for run in document["runs"]
            for result in run["results"]
        ]
        assert len(set(found)) == len(found)
        assert all(re.fullmatch(r"[0-9a-f]{32}:1", text) for text in found)

    def test_no_result_has_more_locations_than_are_shown(self, document: Any) -> None:
        for run in document["runs"]:
            for result in run["results"]:
                related = result.get("relatedLocations", [])
                assert len(result["locations"]) + len(related) <= 100
                assert [location["id"] for location in related] == list(range(1, len(related) + 1))

    def test_levels_are_those_that_are_shown(self, document: Any) -> None:
        levels = {result["level"] for run in document["runs"] for result in run["results"]}

        assert levels <= {"note", "warning", "error"}

    def test_the_file_is_small_enough(self, document: Any) -> None:
        assert len(gzip.compress(json.dumps(document).encode())) < 10_000_000


def test_severities_fall_into_the_bands_of_github() -> None:
    bands = {"critical": (9.0, 10.0), "high": (7.0, 8.9), "medium": (4.0, 6.9), "low": (0.1, 3.9)}

    for severity, (low, high) in bands.items():
        assert low <= float(SECURITY_SEVERITY[severity]) <= high  # type: ignore[index]
    assert float(SECURITY_SEVERITY["critical"]) > 9.0


def test_a_rule_says_nothing_of_the_project() -> None:
    here = only(affected()[0])
    there = only(
        replace(affected()[0], lockfile="b/Gemfile.lock", path="b/Gemfile.lock", line=7), path="b/Gemfile.lock"
    )
    there = replace(there, audits=tuple(replace(audit, plan=main_audit().plan.__class__()) for audit in there.audits))

    assert rules(here) == rules(there)


def test_a_result_says_where_why_and_what_to_run() -> None:
    (result,) = results(only(affected()[0]))

    assert result["message"]["text"].splitlines() == [
        "ffi 1.16.3: FFI struct layouts can lose their field map to the garbage collector.",
        "ffi 1.16.3 (Gemfile.lock:31), brought in by karafka > karafka-rdkafka > ffi and listen > rb-inotify > ffi",
        "applies in production and ci/test: the engine is ruby (Dockerfile:1, .github/workflows/ci.yml:14)",
        "you would see `undefined method 'default' for an instance of String` or `try to mark T_NONE object`",
        "fixed by step 1: ffi 1.17.4",
        "Run: bundle update --conservative ffi",
        "See [Dockerfile:1](1), [.github/workflows/ci.yml:14](2)",
    ]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 31, "startColumn": 5, "endLine": 31, "endColumn": 8}
    files = [one["physicalLocation"]["artifactLocation"]["uri"] for one in result["relatedLocations"]]
    assert files == ["Dockerfile", ".github/workflows/ci.yml"]


def test_fingerprints_outlive_moved_lines() -> None:
    moved = [replace(finding, line=finding.line + 10) for finding in affected()]

    assert sorted(one["partialFingerprints"]["primaryLocationLineHash"] for one in results(only(*moved))) == sorted(
        one["partialFingerprints"]["primaryLocationLineHash"] for one in results(only(*affected()))
    )
    assert {one["partialFingerprints"]["gemauditFinding/v1"] for one in results(only(*moved))} == set(
        map(fingerprint, affected())
    )


def test_what_is_ruled_out_is_left_out_and_all_else_is_in() -> None:
    shown = [finding for finding in report().findings if finding.status in {"affected", "under_investigation"}]

    assert sorted(one["partialFingerprints"]["gemauditFinding/v1"] for one in results(report())) == sorted(
        map(fingerprint, shown)
    )


def test_an_undecided_finding_is_no_security_alert() -> None:
    (result,) = results(only(others()[0]))
    (rule,) = rules(only(others()[0]))

    assert (result["ruleId"], result["level"]) == ("GMSA-2025-0003/undecided", "note")
    assert result["properties"]["status"] == "under_investigation"
    assert "security-severity" not in rule["properties"]
    assert rule["properties"]["precision"] == "low"


def test_a_suppressed_finding_is_marked_and_no_security_alert() -> None:
    (result,) = results(only(others()[-1]))

    assert (result["ruleId"], result["level"]) == ("GMSA-2022-0009/suppressed", "note")
    (suppression,) = result["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert suppression["justification"] == "Markdown is ours and reviewed, until 2027-01-31"
    physical = suppression["location"]["physicalLocation"]
    assert (physical["artifactLocation"]["uri"], physical["region"]["startLine"]) == (".gemaudit.toml", 12)
    assert "security-severity" not in rules(only(others()[-1]))[0]["properties"]


def test_a_notice_is_a_recommendation() -> None:
    notice = replace(affected()[0], advisory=replace(affected()[0].advisory, kind="notice"))
    (rule,) = rules(only(notice))

    assert rule["properties"]["problem.severity"] == "recommendation"
    assert "security" not in rule["properties"]["tags"]


def test_a_lockfile_that_could_not_be_read_closes_no_alerts() -> None:
    document = log(report())
    categories = [run["automationDetails"]["id"] for run in document["runs"]]
    notes = document["runs"][0]["invocations"][0]["toolExecutionNotifications"]

    assert "gemaudit/Gemfile.lock/" in categories
    assert "gemaudit/docs/Gemfile.lock/" in categories
    assert "gemaudit/broken/Gemfile.lock/" not in categories
    assert "unreadable-spec" in {note["descriptor"]["id"] for note in notes}
    assert [run["invocations"][0]["executionSuccessful"] for run in document["runs"][:2]] == [False, True]


def test_more_lockfiles_than_runs_share_one() -> None:
    assert len(log(monorepo(20))["runs"]) == 20
    (run,) = log(monorepo(21))["runs"]
    assert (run["automationDetails"]["id"], len(run["results"])) == ("gemaudit/", 21)


def test_of_too_many_results_the_worst_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 2)
    (run,) = log(only(*affected()))["runs"]
    notes = {note["descriptor"]["id"]: note for note in run["invocations"][0]["toolExecutionNotifications"]}

    assert [result["properties"]["severity"] for result in run["results"]] == ["high", "medium"]
    assert notes["too-many-results"]["message"]["text"] == "5 results left out"
    assert len(run["tool"]["driver"]["rules"]) == 2


def test_a_file_that_is_too_large_says_less(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = len(gzip.compress(render("sarif", report(), Style()).encode()))
    monkeypatch.setattr(sarif, "MOST_RESULTS", 16)
    monkeypatch.setattr(sarif, "MOST_BYTES", whole - 1)
    text = render("sarif", report(), Style())

    assert len(gzip.compress(text.encode())) < whole
    assert 0 < len(results(report())) <= 5
    assert "results left out" in text


def test_of_too_many_places_some_are_counted() -> None:
    answer = Answer(name="libc", expected="musl", actual="musl", answer="true", path="Dockerfile", line=0)
    verdicts = tuple(
        Verdict(environment=f"ci/{line}", status="affected", answers=(replace(answer, line=line),))
        for line in range(1, 151)
    )
    (result,) = results(only(replace(affected()[1], verdicts=verdicts)))

    assert len(result["relatedLocations"]) == 99
    assert result["message"]["text"].endswith("](99) and 51 places more")


def test_what_the_command_line_says_is_no_place() -> None:
    answer = Answer(name="libc", expected="musl", actual="musl", answer="true", path="<command line>")
    verdicts = (Verdict(environment="production", status="affected", answers=(answer,)),)
    (result,) = results(only(replace(affected()[1], verdicts=verdicts)))

    assert "relatedLocations" not in result


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Gemfile.lock", "Gemfile.lock"),
        ("./a/Gemfile.lock", "a/Gemfile.lock"),
        ("a b/é:#?%.lock", "a%20b/%C3%A9%3A%23%3F%25.lock"),
        ("/srv/Gemfile.lock", "file:///srv/Gemfile.lock"),
        ("<stdin>", "%3Cstdin%3E"),
    ],
)
def test_a_path_is_an_address(path: str, expected: str) -> None:
    assert uri(path) == expected


def test_brackets_are_escaped_as_the_standard_has_it() -> None:
    assert literal(r"a[b](c) \[d]") == r"a\[b\](c) \\\[d\]"


def test_hostile_text_is_no_link() -> None:
    texts = [result["message"]["text"] for result in results(rich())]
    links = {target for text in texts for target in re.findall(r"(?<!\\)\[(?:\\.|[^\]\\])*\]\(([^)]*)\)", text)}

    assert links <= {str(number) for number in range(1, 10)}
    assert any(literal("[x](https://evil.example)") in text for text in texts)


@settings(max_examples=15, deadline=None)
@given(poison=POISON)
def test_every_text_is_within_what_the_schema_allows(poison: str) -> None:
    document = json.loads(render("sarif", poisoned(poison), Style()))

    assert VALIDATOR.is_valid(document)
    texts = [result["message"]["text"] for run in document["runs"] for result in run["results"]]
    links = [target for text in texts for target in re.findall(r"(?<!\\)\[(?:\\.|[^\]\\])*\]\(([^)]*)\)", text)]
    assert all(target.isdigit() for target in links)
    assert HOSTILE not in json.dumps(document, ensure_ascii=False)
