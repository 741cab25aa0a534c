"""What a reader has to say about its input, pointing at the place."""

from typing import Literal

from msgspec import Struct

Level = Literal["error", "warning", "notice"]


class Diagnostic(Struct, frozen=True, kw_only=True):
    """A statement about one place of one file, in the words of docs/messages.md.

    An `error` means that the input could not be used (exit code 2); a `warning` that a part of it was passed over;
    a `notice` is worth knowing and changes no verdict.
    `line` and `column` are 1-based; 0 means that the statement is about the whole file.
    `length` is how many characters of `text` are meant.
    """

    code: str
    message: str
    path: str
    level: Level = "error"
    line: int = 0
    column: int = 0
    length: int = 0
    text: str = ""
    hint: str = ""
