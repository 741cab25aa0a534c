"""How a report for people is drawn."""

from msgspec import Struct


class Style(Struct, frozen=True, kw_only=True):
    """The terminal that a text report is drawn for; formats for machines ignore it.

    `width` is in columns, `color` allows ANSI colours, and `show_all` asks for what a short report only counts.
    """

    width: int = 80
    color: bool = False
    show_all: bool = False
