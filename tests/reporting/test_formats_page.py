"""What the page about formats says is so."""

import re
from pathlib import Path

import pytest

from gemaudit.reporting import FORMAT_NAMES, github, markdown, sarif
from gemaudit.reporting.sarif_results import MOST_LOCATIONS
from gemaudit.reporting.sarif_rules import LEVELS, SECURITY_SEVERITY

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    found = re.search(rf"^## `{name}`\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None
    return " ".join(found[1].split())


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_every_format_has_a_section_and_a_line_in_the_table(name: str) -> None:
    assert section(name)
    assert f"| [`{name}`](#{name}) |" in PAGE


def test_severities_of_sarif_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| (\w+) \| `(\w+)` \| ([\d.]+) \|", PAGE, re.MULTILINE)

    assert {severity: (level, number) for severity, level, number in rows} == {
        severity: (LEVELS[severity], SECURITY_SEVERITY[severity]) for severity in SECURITY_SEVERITY
    }


def test_limits_are_those_of_the_code() -> None:
    assert f"{sarif.MOST_RESULTS:,} results" in section("sarif")
    assert f"{MOST_LOCATIONS} locations" in section("sarif")
    assert f"More than {sarif.MOST_RUNS} lockfiles" in section("sarif")
    assert f"{sarif.MOST_BYTES // 1_000_000} MB compressed" in section("sarif")
    assert f"{markdown.MOST_CHARACTERS:,}" in section("markdown")
    assert github.MOST == 10
    assert "ten annotations" in section("github")
