"""A report as text, in the format that its reader wants.

A format is one module with a `NAME` and `render(report, style)`, and one entry in `FORMATS`.
"""

from typing import Protocol

from gemaudit.model.report import Report
from gemaudit.reporting import json_v1, text
from gemaudit.reporting.diagnostics import render_diagnostic
from gemaudit.reporting.style import Style

__all__ = ["FORMATS", "FORMAT_NAMES", "Format", "Style", "render", "render_diagnostic"]


class Format(Protocol):
    """What a module of this package offers to be a format."""

    NAME: str

    def render(self, report: Report, style: Style) -> str:
        """The report, the same bytes for the same report."""


FORMATS: tuple[Format, ...] = (text, json_v1)

#: What `--format` accepts.
FORMAT_NAMES = tuple(module.NAME for module in FORMATS)


def render(name: str, report: Report, style: Style) -> str:
    """The report in the format of that name; ValueError where there is none."""
    for module in FORMATS:
        if name == module.NAME:
            return module.render(report, style)
    raise ValueError(f"there is no format `{name}`; there are {', '.join(FORMAT_NAMES)}")
