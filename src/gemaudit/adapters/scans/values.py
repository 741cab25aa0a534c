"""How values go into columns and come out again."""

import datetime
import json
from typing import Any, TypeVar

import msgspec

_T = TypeVar("_T")

#: What a column of text holds: bytes where it is no Unicode text.
Column = str | bytes

# JSON that msgspec cannot read starts with a blank, which JSON allows.
_PLAIN = b" "


def packed(text: str) -> Column:
    """The text, or bytes if it has lone surrogates, as an undecodable path from git does; SQLite takes both.

    Different texts stay different, and bytes sort behind text.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def unpacked(column: Column) -> str:
    """The text that was packed."""
    return column if isinstance(column, str) else column.decode("utf-8", "surrogatepass")


def to_json(value: object) -> bytes:
    """The value as JSON, lone surrogates included."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return _PLAIN + json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode("ascii")


def from_json(column: bytes, type_: type[_T]) -> _T:
    """The value that was written. Raise ValueError where there is none."""
    if column.startswith(_PLAIN):
        read: Any = json.loads(column)
        return msgspec.convert(read, type_)
    return msgspec.json.decode(column, type=type_)


def unix(text: str) -> int:
    """Whole seconds since 1970 of a time in ISO 8601; one without an offset is UTC. Raise ValueError for no time."""
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return int(moment.timestamp())


def iso(seconds: int | None) -> str:
    """The time as `2026-11-21T02:00:00Z`, which sorts as it should; empty for none."""
    if seconds is None:
        return ""
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
