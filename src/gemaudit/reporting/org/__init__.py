"""A scan of many repositories as text, in the format that its reader wants.

A format is one module with a `NAME` and `render(survey, results, style)`, and one entry in `FORMATS`.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Protocol, cast

from gemaudit.model.survey import Result, Survey
from gemaudit.reporting.org.compared import Compared
from gemaudit.reporting.style import Style

__all__ = ["FORMATS", "FORMAT_NAMES", "Format", "Style", "render"]

#: What `--format` accepts, and the module of this package that renders it; only the one that is asked for is imported.
FORMATS: dict[str, str] = {
    "text": "text",
    "json": "json_v1",
    "jsonl": "json_lines",
    "csv": "csv_table",
    "html": "dashboard",
    "digest": "digest",
}
FORMAT_NAMES = tuple(FORMATS)
#: Formats that say what has changed in a way of their own.
_OF_CHANGES = {"text": "changes"}


class Format(Protocol):
    """What a module of this package offers to be a format."""

    NAME: str

    def render(self, survey: Survey, results: Iterable[Result], style: Style) -> Iterator[str]:
        """The scan in pieces of text, the same for the same scan; `results` are read once, in their order."""


def render(
    name: str, survey: Survey, results: Iterable[Result], style: Style, *, changed: bool = False
) -> Iterator[str]:
    """The scan in the format of that name, in pieces; ValueError where there is none.

    `results` come worst first. `changed` leaves only what is new or fixed since the scan before, and what failed;
    `results` may then be all, or those with changes and those that failed.
    """
    if name not in FORMATS:
        raise ValueError(f"there is no format `{name}`; there are {', '.join(FORMAT_NAMES)}")
    chosen = FORMATS[name]
    if changed:
        results, chosen = Compared.of(survey).narrowed(results), _OF_CHANGES.get(name, chosen)
    module = cast("Format", import_module(f"gemaudit.reporting.org.{chosen}"))
    return module.render(survey, results, style)
