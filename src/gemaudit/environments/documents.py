"""Bytes to documents, as far as they are text that can be read."""

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document

#: What is larger is not read, in bytes.
LARGEST = 1024 * 1024


def document(path: str, content: bytes) -> Document | Diagnostic:
    """The content of a file as its readers see it, or why they do not."""
    if len(content) > LARGEST:
        return passed_over(path, "it has more than 1 MiB")
    try:
        return Document(path, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return passed_over(path, f"byte {error.start} of it is not UTF-8")


def passed_over(path: str, reason: str) -> Diagnostic:
    """The statement that a file plays no part."""
    return Diagnostic(
        code="passed-over",
        message=f"this file says nothing about where the bundle runs: {reason}",
        path=path,
        level="warning",
        hint="state the facts with `--ruby` and `--platform`, or in `.gemaudit.toml`",
    )
