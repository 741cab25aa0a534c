"""Advisory files into advisories."""

from gemaudit.model.advisory import Advisory
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document
from gemaudit.model.typed_toml import Lines, parse


def read(document: Document) -> tuple[Advisory | None, Lines, tuple[Diagnostic, ...]]:
    """Return the advisory that a file states, where its keys stand, and why it cannot be read.

    The advisory is None exactly when there is a diagnostic.
    """
    return parse(document, Advisory, guide="docs/advisory-format.md")
