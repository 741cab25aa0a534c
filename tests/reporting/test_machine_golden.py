"""Every format for machines over one report that holds hostile text in every place."""

import pytest
from golden_files import FOLDER, assert_same
from report_sample import report
from rich_report import rich

from gemaudit.reporting import Style, render

FILES = {"sarif": "sarif", "github": "github.txt", "markdown": "md", "junit": "xml", "csv": "csv"}


@pytest.mark.parametrize(("name", "ending"), FILES.items())
def test_rich(name: str, ending: str) -> None:
    assert_same(FOLDER / f"rich.{ending}", render(name, rich(), Style()))


@pytest.mark.parametrize("name", FILES)
def test_style_plays_no_part(name: str) -> None:
    assert render(name, report(), Style(width=7, color=True, show_all=True)) == render(name, report(), Style())
