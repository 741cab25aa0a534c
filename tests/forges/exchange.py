"""Requests, and replies in the shape that GitHub gives them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qs

Damage = Literal["", "cut", "reset", "slow"]
DOCS = "https://docs.github.com/rest"


class Request(NamedTuple):
    """What a client sent; the names of `headers` are in lower case, and the token is among them."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def place(self) -> str:
        """The path without the query."""
        return self.path.partition("?")[0]

    def query(self, name: str, default: str = "") -> str:
        return parse_qs(self.path.partition("?")[2], keep_blank_values=True).get(name, [default])[0]

    def has(self, name: str) -> bool:
        return name in parse_qs(self.path.partition("?")[2], keep_blank_values=True)


@dataclass
class Reply:
    """What is sent back, and how its sending goes wrong."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    damage: Damage = ""


def as_json(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON document with the ETag that its bytes have."""
    # A name that is no Unicode would otherwise be a lone surrogate, which no JSON document of GitHub has.
    body = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    etag = f'W/"{hashlib.sha256(body).hexdigest()}"'
    names = {"Content-Type": "application/json; charset=utf-8", **({"ETag": etag} if status == 200 else {})}
    return Reply(status, body, {**names, **(headers or {})})


def refusal(status: int, message: str, anchor: str = "", **more: Any) -> Reply:
    """An error: a sentence, a page about it and the status as text."""
    return as_json({"message": message, **more, "documentation_url": DOCS + anchor, "status": str(status)}, status)


def not_found(anchor: str = "") -> Reply:
    return refusal(404, "Not Found", anchor)
