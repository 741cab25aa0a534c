"""An advisory file that could be read, and how to point into it."""

from collections.abc import Callable

from msgspec import Struct

from gemaudit.model.advisory import Advisory, Example, Status
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document
from gemaudit.model.typed_toml import Lines


class Entry(Struct, frozen=True):
    """One advisory with its file; `evaluate` is the matching that users get."""

    document: Document
    advisory: Advisory
    lines: Lines
    evaluate: Callable[[Advisory, Example], Status]

    def problem(self, code: str, message: str, *location: str | int, hint: str = "") -> Diagnostic:
        """A diagnostic at the line of a key such as `"affected", 0, "ranges"`."""
        line = self.lines.of(location)
        return Diagnostic(
            code=code,
            message=message,
            path=self.document.path,
            line=line,
            text=self.lines.text(line),
            hint=hint or "see docs/advisory-format.md",
        )
