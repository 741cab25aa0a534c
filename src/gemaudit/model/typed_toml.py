"""TOML read into a type, where whatever is wrong has a line."""

import re
from functools import cached_property
from typing import TypeVar

import msgspec

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document

T = TypeVar("T")

# Every audit imports this module and few read TOML, so `re` compiles these when they are used.

#: Only what decides where keys stand; a comment is passed over, and so is whatever matches nothing here.
_PARTS = r"""(?xs)
    (?P<string> \"{3} (?:[^\\]|\\.)*? \"{3,5} | '{3} .*? '{3,5} | "(?:[^"\\\n]|\\.)*" | '[^'\n]*' )
    | (?P<comment> \#[^\n]* )
    | (?P<word> [A-Za-z0-9_-]+ )
    | (?P<mark> [][{}=,\n] )
"""
_STEP = r"([A-Za-z0-9_-]+)|\[(\d+)\]"
_WHERE = r" - at `(?:key in )?`?([^`]*)`"
_UNKNOWN_FIELD = r"unknown field `([^`]*)`"
_LONGEST_TEXT = 120

Location = tuple[str | int, ...]


class Lines:
    """Where the tables, keys and items of a TOML text stand.

    A location reads like `("affected", 1, "ranges", 0)`; the line of the longest known prefix is the answer.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _found(self) -> dict[Location, int]:
        return _Scanner(self._text).found

    @cached_property
    def _rows(self) -> list[str]:
        return self._text.split("\n")

    def of(self, location: Location) -> int:
        """The 1-based line of a location, or of the nearest table around it; 1 where none is known."""
        while location:
            if line := self._found.get(location):
                return line
            location = location[:-1]
        return 1

    def text(self, line: int) -> str:
        """What a line says, as far as a message quotes it; empty where there is no such line."""
        return self._rows[line - 1].rstrip("\r")[:_LONGEST_TEXT] if 0 < line <= len(self._rows) else ""


class _Scanner:
    """One pass over the tokens of a valid TOML text; `found` has the first line of every location."""

    def __init__(self, text: str) -> None:
        self.found: dict[Location, int] = {}
        self._line = 1
        self._table: Location = ()
        self._tables: dict[Location, int] = {}  # the position of the last table in each array of tables
        self._key: list[str] = []
        self._brackets = 0
        self._in_key = True
        self._value: Location = ()
        self._open: list[tuple[Location, list[int]]] = []  # arrays with the position in them, inline tables without
        for token in re.finditer(_PARTS, text):
            if token["mark"]:
                self._mark(token[0])
            elif not token["comment"]:
                self._text(token[0].strip("\"'"))
            self._line += token[0].count("\n")

    def _text(self, text: str) -> None:
        if self._in_key:
            self._key.append(text)
        else:
            self._note(self._here())

    def _mark(self, mark: str) -> None:
        if mark == "\n":
            if not self._open:
                self._begin_key()
        elif mark == "=":
            self._value = self._name(self._open[-1][0] if self._open else self._table)
            self._in_key = False
        elif self._in_key and not self._open:
            self._header(mark)
        elif mark in "[{":
            here = self._here()
            self._note(here)
            self._open.append((here, [0] if mark == "[" else []))
            if mark == "{":
                self._begin_key()
        elif mark in "]}":
            self._open.pop()
            self._in_key = False
        elif position := self._open[-1][1]:
            position[0] += 1
        else:
            self._begin_key()

    def _begin_key(self) -> None:
        self._key, self._brackets, self._in_key = [], 0, True

    def _header(self, mark: str) -> None:
        if mark == "[":
            self._brackets += 1
        elif self._key:
            self._table = self._name((), is_array=self._brackets > 1)
            self._key = []

    def _name(self, base: Location, *, is_array: bool = False) -> Location:
        """The location that the parts of a key lead to; an array of tables is entered at its last table."""
        for part in self._key:
            base = (*base, part)
            self._note(base)
            if is_array and part is self._key[-1]:
                self._tables[base] = self._tables.get(base, -1) + 1
            if base in self._tables:
                base = (*base, self._tables[base])
                self._note(base)
        return base

    def _here(self) -> Location:
        """The location of the value that begins."""
        if self._open and (position := self._open[-1][1]):
            return (*self._open[-1][0], position[0])
        return self._value

    def _note(self, location: Location) -> None:
        self.found.setdefault(location, self._line)


def parse(document: Document, type_: type[T], *, guide: str) -> tuple[T | None, Lines, tuple[Diagnostic, ...]]:
    """Return the value a TOML document states as `type_`, where its keys stand, and what is wrong with it.

    The value is None exactly when there is a diagnostic; `guide` is the page that lists the keys.
    """
    import tomli  # noqa: PLC0415 - only what reads TOML pays for the import

    lines = Lines(document.text)
    try:
        raw = tomli.loads(document.text)
    except (ValueError, RecursionError) as error:
        return None, lines, (_invalid_toml(document, lines, error),)
    try:
        return msgspec.convert(raw, type_), lines, ()
    except msgspec.ValidationError as error:
        return None, lines, (_mismatch(document, lines, str(error), guide),)


def _invalid_toml(document: Document, lines: Lines, error: Exception) -> Diagnostic:
    """The diagnostic for what tomli refuses, which has no place where a number or the nesting is too large."""
    line = getattr(error, "lineno", 0)
    return Diagnostic(
        code="invalid-toml",
        message=f"this is not TOML: {getattr(error, 'msg', 'a number or the nesting is too large')}",
        path=document.path,
        line=line,
        column=getattr(error, "colno", 0),
        length=1 if line else 0,
        text=lines.text(line),
        hint="see https://toml.io for the syntax",
    )


def _mismatch(document: Document, lines: Lines, message: str, guide: str) -> Diagnostic:
    """The diagnostic for msgspec's message, which ends in ``- at `$.affected[0].ranges` ``."""
    where = re.search(_WHERE, message)
    location: Location = tuple(
        int(step[2]) if step[2] else step[1] for step in re.finditer(_STEP, where[1].removeprefix("$") if where else "")
    )
    said = message[: where.start()] if where else message
    if unknown := re.search(_UNKNOWN_FIELD, message):
        location = (*location, unknown[1])
        said = f"unknown key `{unknown[1]}`"
    line = lines.of(location)
    return Diagnostic(
        code="unknown-key" if unknown else "wrong-value",
        message=said[:1].lower() + said[1:] + (f" in `{_name(location)}`" if location and not unknown else ""),
        path=document.path,
        line=line,
        text=lines.text(line),
        hint=f"see {guide}",
    )


def _name(location: Location) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
