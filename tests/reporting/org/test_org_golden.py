"""Every format over scans with one of everything, hostile text included; JSON is checked against its schemas."""

import json
import re
import sys
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from golden_files import assert_same
from survey_sample import Sample, clean, first, large, small

from gemaudit import reporting
from gemaudit.reporting import org
from gemaudit.reporting.org import FORMAT_NAMES, FORMATS, Style, history, json_lines, json_v1, render

FOLDER = Path(__file__).parent / "golden"
DATA = Path(reporting.__file__).parents[1] / "data"
SCHEMAS = {"org-v1": json_v1.schema, "org-lines-v1": json_lines.schema, "org-history-v1": history.schema}
SAMPLES = {"small": small, "first": first, "clean": clean}
STYLES = {
    "100": Style(width=100),
    "40": Style(width=40),
    "100-all": Style(width=100, show_all=True),
    "120-color": Style(width=120, color=True),
}


def text_of(name: str, sample: Sample, style: Style | None = None, *, changed: bool = False) -> str:
    return "".join(render(name, *sample, style or Style(), changed=changed))


def without_assets(text: str) -> str:
    text = re.sub(r"<(style|script)>.*?</\1>", r"<\1>…</\1>", text, flags=re.DOTALL)
    return re.sub(r"sha256-[A-Za-z0-9+/=]+", "sha256-…", text)


def validate(name: str, documents: Iterable[Any]) -> None:
    validator = jsonschema.Draft202012Validator(json.loads((DATA / f"{name}.schema.json").read_bytes()))
    for document in documents:
        validator.validate(document)


@pytest.mark.parametrize("style", STYLES)
def test_text(style: str) -> None:
    assert_same(FOLDER / f"small-{style}.txt", text_of("text", small(), STYLES[style]))


@pytest.mark.parametrize("name", ["first", "clean"])
def test_text_of_other_scans(name: str) -> None:
    assert_same(FOLDER / f"{name}.txt", text_of("text", SAMPLES[name](), Style(width=100)))


def test_text_of_a_large_scan() -> None:
    assert_same(FOLDER / "large.txt", text_of("text", large(300), Style(width=100)))


@pytest.mark.parametrize("name", ["small", "first"])
def test_what_has_changed(name: str) -> None:
    assert_same(FOLDER / f"{name}-changed.txt", text_of("text", SAMPLES[name](), Style(width=100), changed=True))


@pytest.mark.parametrize("name", ["small", "first"])
def test_json(name: str) -> None:
    assert_same(FOLDER / f"{name}.json", text_of("json", SAMPLES[name]()))


def test_json_lines() -> None:
    assert_same(FOLDER / "small.jsonl", text_of("jsonl", small()))


def test_csv() -> None:
    assert_same(FOLDER / "small.csv", text_of("csv", small()))


def test_html() -> None:
    assert_same(FOLDER / "small.html", without_assets(text_of("html", small())))


@pytest.mark.parametrize("width", [60, 120])
def test_history(width: int) -> None:
    assert_same(FOLDER / f"history-{width}.txt", history.render_history(small()[0].trend, Style(width=width)))


def test_history_as_json() -> None:
    assert_same(FOLDER / "org-history.json", history.history_json(small()[0].trend))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json*")), ids=lambda path: path.name)
def test_every_golden_json_is_valid(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        validate("org-lines-v1", map(json.loads, text.split("\n")[:-1]))
    else:
        validate("org-history-v1" if path.stem == "org-history" else "org-v1", [json.loads(text)])


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_shipped_schema_is_the_one_of_the_code(name: str) -> None:
    assert_same(DATA / f"{name}.schema.json", json.dumps(SCHEMAS[name](), indent=2) + "\n")


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_ships_with_the_package(name: str) -> None:
    shipped = json.loads(files("gemaudit").joinpath(f"data/{name}.schema.json").read_bytes())

    jsonschema.Draft202012Validator.check_schema(shipped)
    assert shipped["$id"] == f"urn:gemaudit:schema:{name.removesuffix('-v1')}:1"


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_the_same_scan_gives_the_same_bytes(name: str) -> None:
    assert text_of(name, large(40)) == text_of(name, large(40))


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_a_report_ends_with_one_newline(name: str) -> None:
    text = text_of(name, small()).replace("\r", "")

    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("name", [name for name in FORMAT_NAMES if name != "text"])
def test_style_plays_no_part(name: str) -> None:
    assert text_of(name, small(), Style(width=7, color=True, show_all=True)) == text_of(name, small())


def test_every_format_of_the_folder_is_in_the_table() -> None:
    modules = {path.stem for path in Path(org.__file__).parent.glob("*.py") if "\nNAME = " in path.read_text()}

    assert modules == {*FORMATS.values(), "changes"}


def test_a_format_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="there is no format `pdf`; there are text, json"):
        render("pdf", *small(), Style())
