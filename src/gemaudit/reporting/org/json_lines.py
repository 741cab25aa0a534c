"""A scan for programs, as lines of JSON: the scan, then what has changed, then the repositories."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from gemaudit.model.survey import Result, Survey
from gemaudit.reporting.json_text import json_text
from gemaudit.reporting.org import parts, shape
from gemaudit.reporting.org.compared import Compared
from gemaudit.reporting.style import Style

NAME = "jsonl"


def render(survey: Survey, results: Iterable[Result], _style: Style) -> Iterator[str]:
    """One object on each line, told apart by `type`, in a memory that does not grow with the repositories."""
    compared = Compared.of(survey)
    yield json_text(shape.ScanLine(**parts.head(survey))) + "\n"
    for change in survey.changes:
        yield json_text(shape.ChangeLine(**parts.change(change))) + "\n"
    for result in results:
        yield json_text(shape.RepositoryLine(**parts.repository(result, compared))) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of each line, as the package ships it."""
    lines = shape.ScanLine | shape.ChangeLine | shape.RepositoryLine
    return {**shape.titled("org-lines", "a line of a gemaudit scan of repositories"), **msgspec.json.schema(lines)}
