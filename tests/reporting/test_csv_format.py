import csv
import io

import pytest
from hypothesis import given, settings
from msgspec.structs import replace
from report_sample import affected, main_audit, report
from rich_report import POISON, poisoned, rich

from gemaudit.model.report import Report
from gemaudit.reporting import Style, render
from gemaudit.reporting.csv_table import COLUMNS
from gemaudit.reporting.fingerprint import fingerprint

FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


def rows(of: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render("csv", of, Style()), newline=""), strict=True))


def row(advisory: str) -> dict[str, str]:
    return next(found for found in rows(report()) if found["advisory"] == advisory)


def test_a_row_says_what_the_json_report_says() -> None:
    found = row("GMSA-2024-0001")

    assert {name: found[name] for name in COLUMNS if found[name]} == {
        "severity": "high",
        "status": "affected",
        "confidence": "high",
        "fails_gate": "yes",
        "advisory": "GMSA-2024-0001",
        "aliases": "ffi/ffi#1079",
        "title": "FFI struct layouts can lose their field map to the garbage collector",
        "kind": "unsound",
        "class": "write-barrier",
        "cwe": "CWE-416",
        "package_kind": "gem",
        "package": "ffi",
        "version": "1.16.3",
        "lockfile": "Gemfile.lock",
        "path": "Gemfile.lock",
        "line": "31",
        "affected_in": "production | ci/test",
        "brought_in_by": "karafka > karafka-rdkafka > ffi | listen > rb-inotify > ffi",
        "remediation": "upgrade",
        "to": "1.17.4",
        "commands": "bundle update --conservative ffi",
        "fingerprint": fingerprint(affected()[0]),
    }


def test_every_finding_has_a_row() -> None:
    assert sorted(found["fingerprint"] for found in rows(rich())) == sorted(map(fingerprint, rich().findings))


def test_what_is_suppressed_says_why() -> None:
    assert row("GMSA-2022-0009")["suppressed"] == "Markdown is ours and reviewed, until 2027-01-31"
    assert row("GMSA-2026-0031")["workaround"] == "Use one generator for each thread. Or a mutex."


def test_lines_end_as_the_standard_has_it() -> None:
    text = render("csv", rich(), Style())

    assert text.startswith(",".join(COLUMNS) + "\r\n")
    assert not {"\r", "\n"} & set(text.replace("\r\n", ""))
    assert text.count("\r\n") == 1 + len(rich().findings)


@pytest.mark.parametrize("version", ["=1+1", "-1", "+1", "@x", "\uff1d1", "1;=1", "1,=1"])
def test_no_cell_is_a_formula(version: str) -> None:
    finding = replace(affected()[0], package=replace(affected()[0].package, version=version))
    (found,) = rows(replace(report(), audits=(replace(main_audit(), findings=(finding,)),)))

    assert "'" in found["version"]
    assert found["version"].replace("'", "") == version


@settings(max_examples=20, deadline=None)
@given(poison=POISON)
def test_every_row_comes_back_whole(poison: str) -> None:
    found = rows(poisoned(poison))

    assert len(found) == len(rich().findings)
    assert all(None not in one and None not in one.values() for one in found)
    assert [cell for one in found for cell in one.values() if cell.startswith(FORMULA)] == []
    parts = [part for one in found for cell in one.values() for part in cell.replace(",", ";").split(";")]
    assert [part for part in parts if part.startswith(FORMULA)] == []
