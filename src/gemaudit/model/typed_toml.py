"""TOML read into a type, where whatever is wrong has a line."""

import re
from typing import TypeVar

import msgspec

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document

T = TypeVar("T")

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]#]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+|\"[^\"]*\")(?:\s*\.\s*([A-Za-z0-9_-]+))?\s*=")
_STEP = re.compile(r"([A-Za-z0-9_-]+)|\[(\d+)\]")
_WHERE = re.compile(r" - at `(?:key in )?`?([^`]*)`")
_UNKNOWN_FIELD = re.compile(r"unknown field `([^`]*)`")

Location = tuple[str | int, ...]


class Lines:
    """Where the tables and keys of a TOML text stand.

    A location reads like `("affected", 1, "ranges")`; the line of the longest known prefix is the answer,
    so that an item of an inline array points at the key that holds it.
    """

    def __init__(self, text: str) -> None:
        self._lines: dict[Location, int] = {}
        table: Location = ()
        counts: dict[str, int] = {}
        closing = ""
        for number, line in enumerate(text.splitlines(), 1):
            if closing:
                closing = "" if closing in line else closing
            elif header := _HEADER.match(line):
                table = _enter(header[1], header[2], counts)
                self._lines.setdefault(table, number)
            elif key := _KEY.match(line):
                self._lines.setdefault((*table, key[1].strip('"')), number)
                if key[2]:
                    self._lines.setdefault((*table, key[1].strip('"'), key[2]), number)
                closing = _opened(line)

    def of(self, location: Location) -> int:
        """The 1-based line of a location, or of the nearest table around it; 1 where none is known."""
        while location:
            if line := self._lines.get(location):
                return line
            location = location[:-1]
        return 1


def _enter(brackets: str, name: str, counts: dict[str, int]) -> Location:
    parts = tuple(part.strip().strip('"') for part in name.split("."))
    if brackets == "[[":
        counts[name] = counts.get(name, -1) + 1
        return (*parts, counts[name])
    return parts


def _opened(line: str) -> str:
    """The delimiter of a multi-line string that the line opens and does not close."""
    for quotes in ('"""', "'''"):
        if line.count(quotes) == 1:
            return quotes
    return ""


def parse(document: Document, type_: type[T], *, guide: str) -> tuple[T | None, Lines, tuple[Diagnostic, ...]]:
    """Return the value a TOML document states as `type_`, its lines, and what is wrong with it.

    The value is None exactly when there is a diagnostic. `guide` is the page that explains the keys.
    """
    import tomli  # noqa: PLC0415 - only what reads TOML pays for the import

    lines = Lines(document.text)
    try:
        raw = tomli.loads(document.text)
    except (tomli.TOMLDecodeError, RecursionError) as error:
        return None, lines, (_invalid_toml(document, error),)
    try:
        return msgspec.convert(raw, type_), lines, ()
    except msgspec.ValidationError as error:
        return None, lines, (_mismatch(document, lines, str(error), guide),)


def _invalid_toml(document: Document, error: Exception) -> Diagnostic:
    line = getattr(error, "lineno", 0)
    return Diagnostic(
        code="invalid-toml",
        message=f"this is not TOML: {getattr(error, 'msg', 'it is nested too deeply')}",
        path=document.path,
        line=line,
        column=getattr(error, "colno", 0),
        length=1,
        text=_text(document, line),
        hint="see https://toml.io for the syntax",
    )


def _mismatch(document: Document, lines: Lines, message: str, guide: str) -> Diagnostic:
    """The diagnostic for msgspec's message, which ends in ``- at `$.affected[0].ranges` ``."""
    where = _WHERE.search(message)
    location: Location = tuple(
        int(step[2]) if step[2] else step[1] for step in _STEP.finditer(where[1].removeprefix("$") if where else "")
    )
    said = message[: where.start()] if where else message
    if unknown := _UNKNOWN_FIELD.search(message):
        location = (*location, unknown[1])
        said = f"unknown key `{unknown[1]}`"
    line = lines.of(location)
    return Diagnostic(
        code="unknown-key" if unknown else "wrong-value",
        message=said[:1].lower() + said[1:] + (f" in `{_name(location)}`" if location and not unknown else ""),
        path=document.path,
        line=line,
        text=_text(document, line),
        hint=f"{guide} explains every key",
    )


def _name(location: Location) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def _text(document: Document, line: int) -> str:
    rows = document.text.splitlines()
    return rows[line - 1][:120] if 0 < line <= len(rows) else ""
