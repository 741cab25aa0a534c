"""What every hazard offers, whatever it is about."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from urllib.parse import urlsplit

import pytest

from gemaudit import hazards
from gemaudit.hazards import HAZARDS, named
from gemaudit.hazards.hazard import Hazard
from gemaudit.hazards.musl_files import MUSL_FILES, MUSL_SINCE, MuslFile, known
from gemaudit.model.advisory import CLASSES, SEVERITIES
from gemaudit.model.platform import Platform
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

PAGE = (Path(__file__).parents[2] / "docs" / "hazards.md").read_text(encoding="utf-8")
BY_ID = pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard.ADVISORY.id)


def test_every_module_with_an_advisory_is_in_the_table() -> None:
    modules = [import_module(f"gemaudit.hazards.{found.name}") for found in iter_modules(hazards.__path__)]
    assert {module.__name__ for module in modules if hasattr(module, "ADVISORY") and hasattr(module, "find")} == {
        hazard.__name__  # type: ignore[attr-defined]
        for hazard in HAZARDS
    }


def test_ids_count_upwards() -> None:
    assert [hazard.ADVISORY.id for hazard in HAZARDS] == [f"GMSH-{number:04}" for number in range(1, len(HAZARDS) + 1)]


@BY_ID
def test_a_hazard_speaks_the_words_of_advisories(hazard: Hazard) -> None:
    advisory = hazard.ADVISORY
    assert advisory.class_ in CLASSES
    assert advisory.severity in SEVERITIES
    assert advisory.affected == ()
    assert advisory.published <= advisory.modified
    assert advisory.evidence
    assert all(urlsplit(item.url).scheme == "https" for item in advisory.evidence)
    assert advisory.workaround.strip()
    assert advisory.title[0].isupper()
    assert not advisory.title.endswith(".")


@BY_ID
def test_a_hazard_that_is_no_defect_is_low(hazard: Hazard) -> None:
    assert (hazard.ADVISORY.kind == "notice") == (hazard.ADVISORY.severity == "low")


@BY_ID
def test_a_hazard_has_a_section_of_the_page(hazard: Hazard) -> None:
    assert f"## {hazard.ADVISORY.id}\n" in PAGE
    assert hazard.ADVISORY.title in PAGE


def test_the_page_has_no_section_too_many() -> None:
    assert re.findall(r"^## (GMSH-\d+)$", PAGE, re.MULTILINE) == [hazard.ADVISORY.id for hazard in HAZARDS]


def test_a_hazard_is_found_by_its_id() -> None:
    assert [advisory.id for advisory in named("gmsh-0001")] == ["GMSH-0001"]
    assert named("GMSA-2024-0001") == ()


@pytest.mark.parametrize("entry", MUSL_FILES, ids=lambda entry: f"{entry.gem} {entry.requirement}")
def test_what_is_known_about_files_can_be_read_and_has_evidence(entry: MuslFile) -> None:
    Requirement.parse(entry.requirement)
    assert entry.url.startswith("https://github.com/")
    assert entry.note
    assert entry.has_source or not entry.works
    assert f"| {entry.gem} | " in PAGE


def test_versions_with_files_for_musl_can_be_read() -> None:
    assert all(Version.parse(version) for version in MUSL_SINCE.values())


@pytest.mark.parametrize(
    ("gem", "version", "platform", "works"),
    [
        ("nokogiri", "1.16.2", "x86_64-linux", True),
        ("nokogiri", "1.16.2", "aarch64-linux", False),
        ("nokogiri", "1.10.0", "x86_64-linux", None),
        ("google-protobuf", "3.25.0", "x86_64-linux", False),
        ("google-protobuf", "4.31.0", "x86_64-linux", None),
        ("sorbet-static", "0.5.1", "x86_64-linux", False),
        ("thruster", "0.1.8", "x86_64-linux", True),
        ("thruster", "0.1.9", "x86_64-linux", False),
        ("unheard-of", "1.0", "x86_64-linux", None),
    ],
)
def test_what_is_known_about_a_file(gem: str, version: str, platform: str, works: bool | None) -> None:
    entry = known(gem, version, Platform.parse(platform))
    assert (entry.works if entry else None) is works
