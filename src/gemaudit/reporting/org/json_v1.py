"""A scan for programs, as one JSON object."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from gemaudit.model.survey import Result, Survey
from gemaudit.reporting.json_text import json_text
from gemaudit.reporting.org import parts, shape
from gemaudit.reporting.org.compared import Compared
from gemaudit.reporting.style import Style

NAME = "json"


def render(survey: Survey, results: Iterable[Result], _style: Style) -> Iterator[str]:
    """The scan in the shape of version 1, each change and each repository on a line of its own."""
    compared = Compared.of(survey)
    yield json_text(shape.Head(**parts.head(survey)), indent=2).removesuffix("\n}")
    yield ',\n  "changes": ['
    yield from _items(shape.Change(**parts.change(change)) for change in survey.changes)
    yield '],\n  "repositories": ['
    yield from _items(shape.Repository(**parts.repository(result, compared)) for result in results)
    yield "]\n}\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of a scan, as the package ships it."""
    return {**shape.titled("org", "gemaudit scan of repositories"), **msgspec.json.schema(shape.Survey)}


def _items(items: Iterable[msgspec.Struct]) -> Iterator[str]:
    lead = "\n    "
    for item in items:
        yield lead + json_text(item)
        lead = ",\n    "
    if lead.startswith(","):
        yield "\n  "
