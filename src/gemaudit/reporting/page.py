"""What the parts of the text report draw on."""

from msgspec import Struct

from gemaudit.reporting.style import Style
from gemaudit.reporting.wrap import RESET, cells, wrap

NARROWEST = 40

_CODES = {
    "critical": "\x1b[1;31m",
    "high": "\x1b[31m",
    "medium": "\x1b[33m",
    "low": "\x1b[36m",
    "good": "\x1b[32m",
    "strong": "\x1b[1m",
    "faint": "\x1b[2m",
}


class Page(Struct, frozen=True, kw_only=True):
    """A width, a set of colours that may be empty, and how much to show."""

    width: int
    color: bool
    show_all: bool

    @classmethod
    def of(cls, style: Style) -> "Page":
        """The page for a style, never narrower than a table of findings can be."""
        return cls(width=max(style.width, NARROWEST), color=style.color, show_all=style.show_all)

    def paint(self, text: str, tone: str) -> str:
        """The text in a colour that repeats what its words say."""
        return f"{_CODES[tone]}{text}{RESET}" if self.color and text else text

    def lines(self, text: str, *, lead: str = "", indent: int | None = None) -> list[str]:
        """The text after `lead`, with the lines that follow indented alike, or by `indent`."""
        return wrap(text, self.width, lead=lead, indent=cells(lead) if indent is None else indent)

    def heading(self, text: str) -> list[str]:
        """A line that begins a section."""
        return self.lines(self.paint(text, "strong"))
