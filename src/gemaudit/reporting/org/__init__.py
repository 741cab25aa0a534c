"""A scan of many repositories as text, in the format that its reader wants.

A format is one module with a `NAME` and `render(survey, results, style)`, and one entry in `FORMATS`.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Protocol, cast

from msgspec.structs import replace

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
#: Formats that count and rank repositories, which would be wrong of a part of them.
_WHOLE = frozenset({"html", "digest"})


class Format(Protocol):
    """What a module of this package offers to be a format."""

    NAME: str

    def render(self, survey: Survey, results: Iterable[Result], style: Style) -> Iterator[str]:
        """The scan in pieces of text, the same for the same scan; `results` are read once, in their order."""


def render(
    name: str, survey: Survey, results: Iterable[Result], style: Style, *, changed: bool = False
) -> Iterator[str]:
    """The scan in the format of that name, in pieces; ValueError where there is none.

    `results` are all of the scan, worst first. `changed` leaves only what is new or fixed since the scan before, and
    what failed; the formats that tell this beside the rest stay whole.
    """
    if name not in FORMATS:
        raise ValueError(f"there is no format `{name}`; there are {', '.join(FORMAT_NAMES)}")
    chosen = FORMATS[name]
    if changed and name not in _WHOLE:
        results, chosen = Compared.of(survey).narrowed(results), _OF_CHANGES.get(name, chosen)
        survey = replace(survey, only_changes=True)
    module = cast("Format", import_module(f"gemaudit.reporting.org.{chosen}"))
    return module.render(survey, results, style)
