"""GitHub, played by respx."""

import hashlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, TypeVar

import anyio
import httpx
import msgspec
import pytest
import respx

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.github import GitHub
from gemaudit.adapters.forges.limits import Limits
from gemaudit.adapters.forges.tokens import Token
from gemaudit.model.repository import Entry, Repository

API = "https://api.github.com/"
SECRET = "ghp_do_not_tell"  # noqa: S105 - it is none
QUICK = Limits(first_wait=0, jitter=0, attempts=2)
HEAD, ROOT = "c" * 40, "d" * 40

T = TypeVar("T")
Json = dict[str, Any]


def run(ask: Callable[[GitHub], Awaitable[T]], *, limits: Limits = QUICK, **more: Any) -> T:
    """What comes of asking a GitHub, with a token."""

    async def session() -> T:
        async with GitHub(token=Token(SECRET, "`GH_TOKEN`"), limits=limits, **more) as github:
            return await ask(github)

    return anyio.run(session)


def refused(ask: Callable[[GitHub], Awaitable[object]]) -> Fault:
    """Why nothing comes of asking; the token is in no word of it."""
    with pytest.raises(Fault) as caught:
        run(ask)
    assert SECRET not in f"{caught.value!r} {caught.value.diagnostic()!r}"
    return caught.value


def repository(name: str = "acme/app", number: int = 1) -> Repository:
    return Repository(id=f"github.com/R_{number}", name=name, branch="main", head=HEAD, tree=ROOT)


def node(number: int, **changes: Any) -> Json:
    """A repository as GraphQL tells it."""
    name = f"acme/app-{number}"
    return {
        "id": f"R_{number}",
        "nameWithOwner": name,
        "url": f"https://github.com/{name}",
        "isArchived": False,
        "isDisabled": False,
        "isEmpty": False,
        "isFork": False,
        "visibility": "PRIVATE",
        "repositoryTopics": {"nodes": [{"topic": {"name": "rails"}}, None]},
        "defaultBranchRef": {"name": "main", "target": {"oid": HEAD, "tree": {"oid": ROOT}}},
        **changes,
    }


def page(nodes: Sequence[Json | None], after: str | None = None, errors: Sequence[Json] = ()) -> httpx.Response:
    """A page of an owner's repositories, and where the next one begins."""
    info = {"hasNextPage": after is not None, "endCursor": after}
    reply: Json = {"data": {"owner": {"repositories": {"pageInfo": info, "nodes": nodes}}}}
    return httpx.Response(200, json={**reply, **({"errors": errors} if errors else {})})


def error(kind: str, *path: str | int, message: str = "", **more: Any) -> Json:
    return {"type": kind, "path": list(path), "message": message, **more}


def graphql(*answers: httpx.Response | Exception) -> respx.Route:
    return respx.post(API + "graphql").mock(side_effect=list(answers))


def asked(route: respx.Route) -> Iterator[Json]:
    """The variables of each query."""
    for call in route.calls:
        yield msgspec.json.decode(call.request.content)["variables"]


def oid_of(content: bytes, algorithm: str = "sha1") -> str:
    return hashlib.new(algorithm, b"blob %d\0" % len(content) + content).hexdigest()


def entry(content: bytes, path: str = "Gemfile.lock", **more: Any) -> Entry:
    return Entry(path=path, oid=oid_of(content), **{"size": len(content), **more})


def blob(content: bytes, **changes: Any) -> Json:
    """A file as GraphQL tells it."""
    text = content.decode("utf-8", "replace")
    return {"byteSize": len(content), "isBinary": False, "isTruncated": False, "text": text, **changes}
