"""GitLab as a forge: addresses, limits, secrets, and whatever it may answer."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import anyio
import pytest
import respx
from hypothesis import given, settings
from hypothesis import strategies as st

from forges.gitlab_asked import (
    ACME,
    ISSUE,
    LOCK,
    QUICK,
    asked,
    contents,
    git,
    once,
    pages,
    repositories,
    tree,
    wishes_of,
)
from forges.gitlab_server import TOKEN, GitLabServer, Reply, serving
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Forge, Wish
from gemaudit.adapters.forges.gitlab import GitLab
from gemaudit.adapters.forges.limits import Limits
from gemaudit.adapters.forges.tokens import Token
from gemaudit.model.repository import Entry, Repository, Source


@pytest.fixture
def lab() -> Iterator[GitLabServer]:
    with serving() as server:
        yield server


def test_gitlab_is_a_forge() -> None:
    forge: Forge = GitLab(token=None)

    assert (forge.name, forge.host, forge.requests, forge.budget) == ("gitlab", "gitlab.com", 0, None)


@pytest.mark.parametrize(
    ("api_url", "host"),
    [
        ("https://gitlab.example.com", "gitlab.example.com"),
        ("https://gitlab.example.com/", "gitlab.example.com"),
        ("https://gitlab.example.com/api/v4", "gitlab.example.com"),
        ("https://gitlab.example.com/api/graphql/", "gitlab.example.com"),
        ("https://example.com:8443/gitlab", "example.com:8443/gitlab"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
    ],
)
def test_an_address_is_that_of_gitlab_or_of_its_api(api_url: str, host: str) -> None:
    assert GitLab(api_url, token=None).host == host


@pytest.mark.parametrize(
    "api_url",
    [
        "http://gitlab.example.com",
        "gitlab.example.com",
        "ftp://x",
        "https://u:p@x",
        "https://x?a=b",
        "https://[",
        "https://x:99999999",
    ],
)
def test_other_addresses_are_refused(api_url: str) -> None:
    with pytest.raises(Fault) as caught:
        GitLab(api_url, token=None)

    assert (caught.value.code, caught.value.is_final) == ("unusable-address", True)
    assert api_url not in caught.value.message


def test_gitlab_below_a_path_is_asked_there() -> None:
    with serving("/gitlab") as lab:
        project = lab.add("acme/shop", {"Gemfile.lock": LOCK})
        (found,) = repositories(lab, ACME)
        assert found.id == f"{lab.url.removeprefix('http://')}/gitlab/1"
        assert tree(lab, project).entries[0].path == "Gemfile.lock"
        assert {request.path.split("?")[0] for request in lab.requests} == {
            "/gitlab/api/graphql",
            "/gitlab/api/v4/projects/1/repository/tree",
        }


def test_an_address_without_a_gitlab_is_said_to_be_that(lab: GitLabServer) -> None:
    lab.intercept = lambda _: Reply(404, b"<html>")
    (page,) = pages(lab, ACME)

    ((_, fault),) = page.unlisted
    assert (fault.code, fault.is_final) == ("no-forge", True)


def test_the_budget_is_gitlabs_own(lab: GitLabServer) -> None:
    async def look(forge: GitLab) -> tuple[int, int] | None:
        async for _ in forge.repositories([ACME]):
            pass
        return (forge.budget.limit, forge.budget.remaining) if forge.budget else None

    lab.add("acme/shop", {"a": b""})
    assert asked(lab, look) == (2000, 1900)


def test_a_refusal_for_the_limit_is_waited_out(lab: GitLabServer) -> None:
    waits: list[float] = []
    now = [1_800_000_000.0]

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    async def listing() -> int:
        async with GitLab(lab.url, token=Token(TOKEN, "t"), limits=QUICK, clock=lambda: now[0], sleep=sleep) as forge:
            return sum([len(page.repositories) async for page in forge.repositories([ACME])])

    lab.add("acme/shop", {"a": b""})
    lab.intercept = once(Reply(429, b"Retry later", {"Retry-After": "30"}), "graphql")

    assert anyio.run(listing) == 1
    assert waits == [30.0]


def test_another_host_does_not_get_the_token(lab: GitLabServer) -> None:
    project = lab.add("acme/shop", {"Gemfile.lock": b"\0"})
    with serving() as other:
        other.intercept = lambda _: Reply(200, b"\0")
        lab.intercept = once(Reply(302, b"", {"Location": f"{other.url}/elsewhere"}), "/raw")

        assert contents(lab, wishes_of(project)) == [b"\0"]
        (request,) = other.requests
    assert "authorization" not in request.headers
    assert TOKEN not in repr(request)


_NODE = {"id": "gid://gitlab/Project/1", "fullPath": "acme/shop", "topics": ["a"], "repository": git("a" * 40)}
_HONEST: list[object] = [
    {"data": {"source": {"projects": {"nodes": [_NODE], "pageInfo": {"endCursor": "1", "hasNextPage": False}}}}},
    {"data": {"list0": {"nodes": [_NODE]}, "p0": _NODE}, "errors": [{"message": "x", "path": ["list0", "nodes", 0]}]},
    {"data": {"p0": {"repository": {"blobs": {"nodes": [{"path": "Gemfile.lock", "rawTextBlob": "x"}]}}}}},
    {"errors": [{"message": "Query has complexity of 300, which exceeds max complexity of 250"}]},
    {"path_with_namespace": "acme/shop"},
    [{"id": "b" * 40, "path": "Gemfile.lock", "type": "blob", "mode": "100644"}],
    [{"iid": 1, "title": "t", "state": "opened", "web_url": "u", "description": ISSUE.body}],
    {"iid": 1, "title": "t", "state": "opened", "web_url": "u", "description": None},
]
_ODD: st.SearchStrategy[object] = st.sampled_from(
    [None, True, -1, 10**30, 1.5, "", "\ud800", "x" * 99, [], {}, [None], [[]], {"nodes": [{}]}]
)


@st.composite
def _answers(draw: st.DrawFn) -> bytes:
    """Something that GitLab might say, with something odd in one place or broken off."""

    def changed(value: Any) -> Any:
        if draw(st.integers(0, 5)) == 0:
            return draw(_ODD)
        if isinstance(value, dict):
            chosen = draw(st.sampled_from([None, *value]))
            return {name: changed(one) if name == chosen else one for name, one in value.items()}
        return [changed(one) for one in value] if isinstance(value, list) else value

    text = json.dumps(changed(draw(st.sampled_from(_HONEST)))).encode()
    return text[: draw(st.integers(0, len(text)))] if draw(st.integers(0, 9)) == 0 else text


@settings(max_examples=60, deadline=None)
@given(answer=_answers(), status=st.sampled_from([*[200] * 9, 201, 204, 302, 400, 403, 404, 422, 429, 500]))
def test_whatever_is_answered_is_a_value_or_a_fault(answer: bytes, status: int) -> None:
    one = Repository(id="gitlab.com/1", name="acme/shop", head="a" * 40)
    limits = Limits(first_wait=0, jitter=0, attempts=1, longest_wait=0, refusals=1)
    questions: list[Callable[[GitLab], Any]] = [
        lambda forge: forge.tree(one, lambda _: True),
        lambda forge: forge.settle(one, ISSUE),
        lambda forge: forge.contents([Wish(one, Entry(path="Gemfile.lock", oid="b" * 40))]),
    ]

    async def ask() -> None:
        async with GitLab(token=Token(TOKEN, "t"), limits=limits, sleep=_no_sleep) as forge:
            for source in (ACME, Source("repo", "acme/shop")):
                assert [page async for page in forge.repositories([source])]
        for question in questions:
            async with GitLab(token=Token(TOKEN, "t"), limits=limits, sleep=_no_sleep) as forge:
                with suppress(Fault):
                    assert await question(forge) != [b""]

    with respx.mock(assert_all_called=False) as played:
        played.route().respond(status, content=answer)
        anyio.run(ask)


async def _no_sleep(_: float) -> None:
    await anyio.sleep(0)
