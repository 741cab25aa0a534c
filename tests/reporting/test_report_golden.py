import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from golden_files import FOLDER, assert_same
from report_sample import main_audit, report

from gemaudit import reporting
from gemaudit.model.policy import Policy
from gemaudit.model.report import DatabaseInfo, Report
from gemaudit.reporting import Style, render
from gemaudit.reporting.json_v1 import schema

SCHEMA = Path(reporting.__file__).parents[1] / "data" / "report-v1.schema.json"

STYLES = {
    "width-40": Style(width=40),
    "width-80": Style(width=80),
    "width-120": Style(width=120),
    "width-80-color": Style(width=80, color=True),
    "width-120-color": Style(width=120, color=True),
    "width-100-all": Style(width=100, show_all=True),
}


def ordinary() -> Report:
    database = DatabaseInfo(revision="4f2a91c0" * 8, advisories=712, built="2026-11-21")
    return Report(version="0.1.0", database=database, policy=Policy(), audits=(main_audit(),))


def validate(document: Any) -> None:
    jsonschema.validate(document, schema(), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", STYLES)
def test_text(name: str) -> None:
    assert_same(FOLDER / f"sample-{name}.txt", render("text", report(), STYLES[name]))


def test_text_of_an_ordinary_report() -> None:
    assert_same(FOLDER / "ordinary.txt", render("text", ordinary(), Style(width=100)))


def test_json() -> None:
    text = render("json", report(), Style())

    assert_same(FOLDER / "sample.json", text)
    validate(json.loads(text))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.name)
def test_every_golden_json_is_valid(path: Path) -> None:
    validate(json.loads(path.read_bytes()))


def test_the_shipped_schema_is_the_one_of_the_code() -> None:
    assert_same(SCHEMA, json.dumps(schema(), indent=2) + "\n")


def test_the_schema_ships_with_the_package() -> None:
    shipped = json.loads(files("gemaudit").joinpath("data/report-v1.schema.json").read_bytes())

    jsonschema.Draft202012Validator.check_schema(shipped)
    assert shipped["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert shipped["$id"] == "urn:gemaudit:schema:report:1"
