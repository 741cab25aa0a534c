"""Pages of a connection, bounded as GitHub bounds them."""

import base64
import binascii
import bisect
import json
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError

MOST = 100
Key = tuple[Any, int]


class GitHubError(GraphQLError):
    """An error with GitHub's `type`, and `extensions` where it has some."""

    def __init__(self, type_: str, message: str, **extensions: Any) -> None:
        super().__init__(message, extensions=extensions or None)
        self.type = type_


def cursor_of(key: Key) -> str:
    return base64.b64encode(b"cursor:v2:" + json.dumps(key).encode()).decode()


def _key_of(cursor: str) -> Key:
    try:
        value, number = json.loads(base64.b64decode(cursor, validate=True).removeprefix(b"cursor:v2:"))
    except (binascii.Error, ValueError, TypeError):
        raise GitHubError("INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor.") from None
    return value, number


def connection(
    name: str,
    ascending: Sequence[Key],
    node: Callable[[Key], Any],
    arguments: dict[str, Any],
    *,
    descending: bool = False,
) -> dict[str, Any]:
    """The page of `ascending`, which is sorted, that the arguments name.

    A cursor is a place in the order and not a number, so what comes or goes before it moves nothing.
    """
    first, last = arguments.get("first"), arguments.get("last")
    _check_bounds(name, first, last)
    total = len(ascending)
    start, end = 0, total
    if after := arguments.get("after"):
        key = _key_of(after)
        start = total - bisect.bisect_left(ascending, key) if descending else bisect.bisect_right(ascending, key)
    if before := arguments.get("before"):
        key = _key_of(before)
        end = total - bisect.bisect_right(ascending, key) if descending else bisect.bisect_left(ascending, key)
    if first is not None:
        end = max(start, min(end, start + first))
    elif last is not None:
        start = max(start, end - last)
    page = ascending[total - end : total - start][::-1] if descending else ascending[start:end]
    return {
        "totalCount": total,
        "totalDiskUsage": 0,
        "nodes": lambda _: [node(key) for key in page],
        "edges": lambda _: [{"cursor": cursor_of(key), "node": node(key)} for key in page],
        "pageInfo": {
            "hasNextPage": end < total,
            "hasPreviousPage": start > 0,
            "startCursor": cursor_of(page[0]) if page else None,
            "endCursor": cursor_of(page[-1]) if page else None,
        },
    }


def _check_bounds(name: str, first: int | None, last: int | None) -> None:
    if first is None and last is None:
        message = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise GitHubError("MISSING_PAGINATION_BOUNDARIES", message)
    for word, size in (("first", first), ("last", last)):
        if size is not None and size > MOST:
            message = (
                f"Requesting {size} records on the `{name}` connection exceeds the `{word}` limit of {MOST} records."
            )
            raise GitHubError("EXCESSIVE_PAGINATION", message)
        if size is not None and size < 1:
            raise GitHubError("UNPROCESSABLE", f"`{word}` on the `{name}` connection must be within 1-{MOST}.")
