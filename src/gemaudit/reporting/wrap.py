"""Lines of a width."""

import re
import unicodedata
from collections.abc import Iterator

from gemaudit.reporting.words import NBSP

RESET = "\x1b[0m"

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f\xa0]")
_COLOR = re.compile(r"\x1b\[[0-9;]*m")


def cells(text: str) -> int:
    """How many columns the text takes on a terminal."""
    if "\x1b" in text:
        text = _COLOR.sub("", text)
    if text.isascii():
        return len(text)
    return len(text) + sum(map(_extra_cells, _BEYOND_ASCII.findall(text)))


def wrap(text: str, width: int, *, lead: str = "", indent: int = 0) -> list[str]:
    """The text in lines of at most `width` columns, broken at spaces only, so that a longer word has a line to itself.

    Spaces that keep words together do so as long as the words fit into a line.
    The first line begins with `lead`, every other with `indent` spaces, and colours end with their line.
    """
    room = width - max(indent, cells(lead))
    words = [part for word in text.split(" ") for part in (word.split(NBSP) if cells(word) > room else [word])]
    lines = list(_lines(words, width, lead, " " * indent))
    return [line.replace(NBSP, " ").rstrip() for line in _recolored(lines, indent)]


def shorten(text: str, width: int) -> str:
    """The text, ending in an ellipsis where it would take more than `width` columns."""
    if cells(text) <= width:
        return text
    while text and cells(text) >= width:
        text = text[:-1]
    return text.rstrip() + "…" if width > 0 else ""


def pad(text: str, width: int) -> str:
    """The text followed by spaces up to `width` columns."""
    return text + " " * (width - cells(text))


def _extra_cells(character: str) -> int:
    """How many columns more than one a character takes: a wide one takes two, a combining one none."""
    if unicodedata.combining(character):
        return -1
    return 1 if unicodedata.east_asian_width(character) in "WF" else 0


def _lines(words: list[str], width: int, lead: str, margin: str) -> Iterator[str]:
    line, taken, is_fresh = lead, cells(lead), True
    for word in words:
        size = cells(word)
        if not is_fresh and taken + 1 + size > width:
            yield line
            line, taken, is_fresh = margin, len(margin), True
        line += word if is_fresh else " " + word
        taken += size if is_fresh else size + 1
        is_fresh = False
    yield line


def _recolored(lines: list[str], indent: int) -> Iterator[str]:
    """The lines with a colour that goes on ended at the end of each and begun again on the next."""
    current = ""
    for line in lines:
        result = line[:indent] + current + line[indent:] if current else line
        for code in _COLOR.findall(line):
            current = "" if code == RESET else code
        yield result + RESET if current else result
