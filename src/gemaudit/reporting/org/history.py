"""The scans in the course of time."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.survey import Point
from gemaudit.reporting.json_text import json_text
from gemaudit.reporting.org import parts, shape
from gemaudit.reporting.org.words import moment, number
from gemaudit.reporting.page import Page
from gemaudit.reporting.sanitize import sanitized
from gemaudit.reporting.style import Style
from gemaudit.reporting.words import count

_BLOCKS = "▁▂▃▄▅▆▇█"
_MOST = 30
_COLUMNS = ("repositories", "failed", *SEVERITIES, "undecided", "requests")


def render_history(points: tuple[Point, ...], style: Style) -> str:
    """The course of each severity as a line of blocks, then the scans as a table, the newest last.

    Blocks stand for as many scans as the width has room for, scaled from nothing to the highest of them.
    """
    page = Page.of(style)
    if not points:
        return "no scan is recorded yet\n"
    shown = sanitized(points if page.show_all else points[-_MOST:])
    lines = [*_courses(points, page), "", *_table(shown, page)]
    left = len(points) - len(shown)
    if left:
        lines += page.lines(page.paint(f"{count(left, 'earlier scan')} (`--all` shows all)", "faint"))
    return "\n".join(lines) + "\n"


def history_json(points: tuple[Point, ...]) -> str:
    """The scans in the shape of version 1, in the order of time, with a final newline."""
    return json_text(shape.History(schema_version="1", scans=tuple(map(parts.point, points))), indent=2) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of a history, as the package ships it."""
    return {**shape.titled("org-history", "gemaudit history of scans"), **msgspec.json.schema(shape.History)}


def sparkline(values: Sequence[int]) -> str:
    """A block for each value, the lowest for nothing and the highest for the greatest of them."""
    top = max(values, default=0)
    return "".join(_BLOCKS[0 if top <= 0 else round(max(value, 0) / top * (len(_BLOCKS) - 1))] for value in values)


def _courses(points: tuple[Point, ...], page: Page) -> Iterator[str]:
    recent = points[-(page.width - 24) :]
    for name in (*SEVERITIES, "undecided"):
        values = [_value(point, name) for point in recent]
        line = page.paint(sparkline(values), "strong" if name == "undecided" else name)
        yield f"{name:<9}  {number(values[-1]):>9}  {line}"


def _table(points: tuple[Point, ...], page: Page) -> Iterator[str]:
    """The scans below the names of the columns; on a narrow page each scan has several lines."""
    width = 20 + sum(len(name) + 2 for name in _COLUMNS)
    if width > page.width:
        for point in points:
            told = ", ".join(f"{number(_value(point, name))} {name}" for name in _COLUMNS)
            yield from page.lines(f"{moment(point.started)}: {told}{_ending(point)}", indent=2)
        return
    yield page.paint(f"{'started':<20}" + "".join(f"  {name}" for name in _COLUMNS), "faint")
    for point in points:
        cells = "".join(f"  {number(_value(point, name)):>{len(name)}}" for name in _COLUMNS)
        yield f"{moment(point.started):<20}{cells}{_ending(point)}".replace("\N{NO-BREAK SPACE}", " ")


def _ending(point: Point) -> str:
    return "" if point.finished else "  not finished"


def _value(point: Point, name: str) -> int:
    if name in SEVERITIES:
        return point.affected.get(name, 0)
    value: int = getattr(point, name)
    return value
