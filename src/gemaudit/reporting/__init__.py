"""A report as text, in the format that its reader wants.

A format is one module with a `NAME` and `render(report, style)`, and one entry in `FORMATS`.
"""

from importlib import import_module
from typing import Protocol, cast

from gemaudit.model.report import Report
from gemaudit.reporting.diagnostics import render_diagnostic
from gemaudit.reporting.style import Style

__all__ = ["FORMATS", "FORMAT_NAMES", "Format", "Style", "render", "render_diagnostic"]

#: What `--format` accepts, and the module of this package that renders it; only the one that is asked for is imported.
FORMATS: dict[str, str] = {
    "text": "text",
    "json": "json_v1",
    "html": "html_page",
    "sarif": "sarif",
    "github": "github",
    "markdown": "markdown",
    "junit": "junit",
    "csv": "csv_table",
}
FORMAT_NAMES = tuple(FORMATS)


class Format(Protocol):
    """What a module of this package offers to be a format."""

    NAME: str

    def render(self, report: Report, style: Style) -> str:
        """The report, the same bytes for the same report."""


def render(name: str, report: Report, style: Style) -> str:
    """The report in the format of that name; ValueError where there is none."""
    if name not in FORMATS:
        raise ValueError(f"there is no format `{name}`; there are {', '.join(FORMAT_NAMES)}")
    module = cast("Format", import_module(f"gemaudit.reporting.{FORMATS[name]}"))
    return module.render(report, style)
