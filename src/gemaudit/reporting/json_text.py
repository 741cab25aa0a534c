"""JSON that a terminal shows as it is, and that every reader takes."""

import re
from typing import Any

import msgspec

from gemaudit.reporting.sanitize import is_hidden, mapped

_NOT_ASCII = re.compile(r"[^\n -~]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def json_text(document: Any, *, indent: int = -1) -> str:
    """The value as JSON, in ASCII wherever a character could not be seen; on one line without spaces by default.

    Lone surrogates, which UTF-8 has no place for, are replaced.
    """
    try:
        encoded = msgspec.json.encode(document)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(mapped(document, lambda _, text: _SURROGATE.sub("\ufffd", text)))
    text = (encoded if indent < 0 else msgspec.json.format(encoded, indent=indent)).decode()
    # Only strings hold a `#`, and GitHub's runner obeys `##[command]` wherever a job prints it.
    text = text.replace("##[", r"#\u0023[")
    return text if text.isascii() and text.isprintable() else _NOT_ASCII.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    if not is_hidden(match.group()):
        return match.group()
    units = match.group().encode("utf-16-be")
    return "".join(f"\\u{units[index]:02x}{units[index + 1]:02x}" for index in range(0, len(units), 2))
