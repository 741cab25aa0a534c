"""Rows that begin with numbers, for the text reports."""

from collections.abc import Iterable, Iterator, Sequence

from gemaudit.reporting.org.words import number
from gemaudit.reporting.page import Page

#: Below this width, numbers are named in each row, for there is no room for columns.
_NARROW = 72


def section(title: str, lines: Iterable[str], page: Page) -> Iterator[str]:
    """The title and the lines; nothing where there is no line."""
    is_begun = False
    for line in lines:
        if not is_begun:
            yield from page.heading(title)
            is_begun = True
        yield line


def rows(heads: Sequence[str], items: Iterable[tuple[Sequence[int], str]], page: Page) -> Iterator[str]:
    """A line of names, then one for each item, its numbers below their names and its text after them."""
    if page.width < _NARROW:
        yield from _named(heads, items, page)
        return
    widths = [max(len(head), 4) for head in heads]
    is_begun = False
    for numbers, text in items:
        if not is_begun:
            yield page.paint(_lead(heads, widths), "faint").rstrip()
            is_begun = True
        shown = [number(value) if value else "-" for value in numbers]
        yield from page.lines(text, lead=_lead(shown, widths) + "  ")


def _named(heads: Sequence[str], items: Iterable[tuple[Sequence[int], str]], page: Page) -> Iterator[str]:
    for numbers, text in items:
        told = ", ".join(f"{head} {number(value)}" for value, head in zip(numbers, heads, strict=True) if value)
        yield from page.lines(f"{text} ({told})" if told else text, lead="  ", indent=4)


def _lead(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def most(items: Sequence[str], limit: int, page: Page) -> str:
    """The first items, and how many more there are, unless all are asked for."""
    if page.show_all or len(items) <= limit:
        return ", ".join(items)
    return f"{', '.join(items[:limit])} and {number(len(items) - limit)} more"
