"""Listings of GitLab: every project once, with its head or with the reason why there is none."""

import json
from collections.abc import Iterator

import pytest

from forges.gitlab_asked import ACME, LOCK, git, graphql, once, pages, repositories
from forges.gitlab_server import GitLabServer, Reply, Request, serving
from gemaudit.model.repository import Repository, Source


@pytest.fixture
def lab() -> Iterator[GitLabServer]:
    with serving() as server:
        yield server


def test_a_group_comes_with_its_subgroups_and_every_fact(lab: GitLabServer) -> None:
    shop = lab.add("acme/web/shop", {"Gemfile.lock": LOCK}, visibility="internal", topics=["ruby", "web"], forked=True)
    lab.add("acme/old", {"a": b""}, archived=True)
    lab.add("other/thing", {"a": b""})

    found = repositories(lab, ACME)

    assert found[0] == Repository(
        id=f"{lab.url.removeprefix('http://')}/1",
        name="acme/web/shop",
        url="https://gitlab.example/acme/web/shop",
        branch="main",
        head=shop.head,
        tree=shop.head,
        visibility="internal",
        is_fork=True,
        topics=("ruby", "web"),
    )
    assert [(one.name, one.is_archived) for one in found] == [("acme/web/shop", False), ("acme/old", True)]


def test_one_request_tells_the_heads_of_a_hundred_projects(lab: GitLabServer) -> None:
    heads = {lab.add(f"acme/p{number}", {"a": b""}).head for number in range(250)}

    assert {one.head for one in repositories(lab, ACME)} == heads
    assert len(lab.requests) == 3
    # docs/decisions says what a page costs; GitLab refuses more than 200 without a token.
    assert lab.points == [81] * 3


def test_a_user_has_projects_of_their_own(lab: GitLabServer) -> None:
    lab.add("jane/tool", {"a": b""})

    assert [one.name for one in repositories(lab, Source("user", "jane"))] == ["jane/tool"]


def test_an_empty_repository_has_no_head_and_is_listed(lab: GitLabServer) -> None:
    lab.add("acme/empty")
    (page,) = pages(lab, ACME)

    assert [(one.name, one.head, one.tree) for one in page.repositories] == [("acme/empty", "", "")]
    assert page.unread == ()


@pytest.mark.parametrize(("kept_back", "code"), [({"code": False}, "no-code"), ({"has_head": False}, "no-head")])
def test_what_cannot_be_read_is_told_and_never_taken_for_empty(
    lab: GitLabServer, kept_back: dict[str, bool], code: str
) -> None:
    lab.add("acme/hidden", {"Gemfile.lock": LOCK}, **kept_back)
    lab.add("acme/open", {"Gemfile.lock": LOCK})
    (page,) = pages(lab, ACME)

    assert [(one.name, fault.code) for one, fault in page.unread] == [("acme/hidden", code)]
    assert [one.name for one in page.repositories] == ["acme/open"]


def test_an_unknown_group_ends_no_other_source(lab: GitLabServer) -> None:
    lab.add("acme/shop", {"a": b""})
    found = pages(lab, Source("org", "nobody"), ACME)

    assert [(str(source), fault.code) for page in found for source, fault in page.unlisted] == [
        ("org:nobody", "not-found")
    ]
    assert [one.name for page in found for one in page.repositories] == ["acme/shop"]


def test_a_page_that_is_too_much_comes_as_smaller_ones(lab: GitLabServer) -> None:
    for number in range(120):
        lab.add(f"acme/p{number}", {"a": b""})

    def struggle(request: Request) -> Reply | None:
        return Reply(502, b"<html>") if b'"first":100' in request.body or b'"first":50' in request.body else None

    lab.intercept = struggle

    assert len(repositories(lab, ACME)) == 120
    assert {json.loads(one.body)["variables"]["first"] for one in lab.requests} == {100, 50, 25}


def test_a_listing_that_cannot_go_on_says_so(lab: GitLabServer) -> None:
    for number in range(150):
        lab.add(f"acme/p{number}", {"a": b""})
    lab.intercept = once(Reply(500), '"after":"100"', times=1000)
    found = pages(lab, ACME)

    assert sum(len(page.repositories) for page in found) == 100
    assert [(source, fault.code) for page in found for source, fault in page.unlisted] == [(ACME, "forge-error")]


def test_a_listing_that_never_ends_ends(lab: GitLabServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemaudit.adapters.forges.gitlab_listing._MOST_PAGES", 20)
    numbers = iter(range(1000))

    def endless(_: Request) -> Reply:
        info = {"hasNextPage": True, "endCursor": str(next(numbers))}
        return Reply(200, json.dumps({"data": {"source": {"projects": {"nodes": [], "pageInfo": info}}}}).encode())

    lab.intercept = endless
    assert [fault.code for page in pages(lab, ACME) for _, fault in page.unlisted] == ["unreadable-answer"]
    assert len(lab.requests) == 21


def test_a_listing_that_goes_round_in_a_circle_ends(lab: GitLabServer) -> None:
    node = {"id": "gid://gitlab/Project/1", "fullPath": "acme/a", "repository": {"empty": True}}

    def circle(request: Request) -> Reply:
        after = json.loads(request.body)["variables"]["after"]
        answer = {"nodes": [node], "pageInfo": {"hasNextPage": True, "endCursor": "y" if after == "x" else "x"}}
        return Reply(200, json.dumps({"data": {"source": {"projects": answer}}}).encode())

    lab.intercept = circle
    found = pages(lab, ACME)

    assert [one.name for page in found for one in page.repositories] == ["acme/a"]
    assert [fault.code for page in found for _, fault in page.unlisted] == ["unreadable-answer"]


def test_what_times_out_in_a_page_is_asked_for_in_smaller_ones(lab: GitLabServer) -> None:
    for number in range(60):
        lab.add(f"acme/p{number}", {"a": b""})
    path = ["source", "projects", "nodes", 0, "repository", "tree"]
    slow = {"data": {"source": {"projects": {"nodes": []}}}, "errors": [{"message": "Timeout on Tree.x", "path": path}]}
    lab.intercept = once(Reply(200, json.dumps(slow).encode()), "graphql")

    assert len(repositories(lab, ACME)) == 60
    assert [json.loads(one.body)["variables"]["first"] for one in lab.requests] == [100, 50, 50]


@pytest.mark.parametrize("trouble", [Reply(502), "timeout"])
def test_single_projects_that_are_too_many_at_once_are_asked_for_in_halves(
    lab: GitLabServer, trouble: Reply | str
) -> None:
    sources = [Source("repo", lab.add(f"acme/p{number}", {"a": b""}).path) for number in range(40)]
    slow = {"data": {"list0": None}, "errors": [{"message": "Timeout on Tree.x", "path": ["list0"]}]}
    reply = trouble if isinstance(trouble, Reply) else Reply(200, json.dumps(slow).encode())
    lab.intercept = lambda request: reply if b"acme/p0" in request.body and b"acme/p39" in request.body else None
    assert {one.name for one in repositories(lab, *sources)} == {one.name for one in sources}

    lab.intercept = lambda _: Reply(502)
    assert len([fault for page in pages(lab, *sources) for _, fault in page.unlisted]) == 40


def test_a_part_that_gitlab_does_not_tell_is_the_fault_of_that_project(lab: GitLabServer) -> None:
    good = {"id": "gid://gitlab/Project/1", "fullPath": "acme/a", "repository": git("a" * 40)}
    bad = {"id": "gid://gitlab/Project/2", "fullPath": "acme/b", "repository": {"empty": False, "tree": None}}
    path = ["source", "projects", "nodes", 1, "repository", "tree"]
    body = {
        "data": {"source": {"projects": {"nodes": [good, bad, None], "pageInfo": {"hasNextPage": False}}}},
        "errors": [{"message": "GitLab is currently unable to handle this request due to load.", "path": path}],
    }
    lab.intercept = lambda _: Reply(200, json.dumps(body).encode())
    (page,) = pages(lab, ACME)

    assert [one.name for one in page.repositories] == ["acme/a"]
    assert [(one.name, fault.code) for one, fault in page.unread] == [("acme/b", "forbidden")]
    assert [(source, fault.code) for source, fault in page.unlisted] == [(ACME, "hidden-repository")]


def test_what_is_no_id_and_no_commit_is_not_believed(lab: GitLabServer) -> None:
    nodes = [
        {"id": "../../etc", "fullPath": "acme/a", "repository": git("a" * 40)},
        {"id": "gid://gitlab/Project/2", "fullPath": "acme/b", "repository": git("main; rm -rf")},
    ]
    body = {"data": {"source": {"projects": {"nodes": nodes, "pageInfo": {"hasNextPage": False}}}}}
    lab.intercept = lambda _: Reply(200, json.dumps(body).encode())
    (page,) = pages(lab, ACME)

    assert page.repositories == ()
    assert [fault.code for _, fault in page.unread] == ["unreadable-answer", "no-head"]


def test_single_projects_share_requests_and_follow_moves(lab: GitLabServer) -> None:
    sources = [Source("repo", lab.add(f"acme/p{number}", {"a": b""}).path) for number in range(130)]
    lab.moved["acme/before"] = 7
    lab.moved["acme/once"] = lab.add("acme/now", {"a": b""}).number
    asked_for = [*sources, Source("repo", "ACME/P3"), Source("repo", "acme/before"), Source("repo", "acme/once")]
    found = pages(lab, *asked_for, Source("repo", "acme/gone"), Source("repo", "no project"))

    names = [one.name for page in found for one in page.repositories]
    assert sorted(names) == sorted([*(one.name for one in sources), "acme/now"])
    assert [(source.name, fault.code) for page in found for source, fault in page.unlisted] == [
        ("acme/gone", "not-found"),
        ("no project", "not-found"),
    ]
    assert len(graphql(lab)) == 3
    assert sorted(lab.points) == [40, 52, 80]


def test_names_are_never_part_of_a_query(lab: GitLabServer) -> None:
    evil = 'acme/") { id } } #'
    pages(lab, Source("org", evil), Source("repo", evil))

    (request,) = lab.requests
    body = json.loads(request.body)
    assert evil not in body["query"]
    assert body["variables"]["path"] == evil


def test_a_refused_token_ends_everything_and_shows_nowhere(lab: GitLabServer) -> None:
    found = pages(lab, ACME, Source("org", "other"), token="glpat-old")  # noqa: S106 - it is none
    faults = [fault for page in found for _, fault in page.unlisted]

    assert [(fault.code, fault.is_final) for fault in faults] == [("token-refused", True)] * 2
    assert len(lab.requests) == 1
    assert "glpat" not in repr([(fault.message, fault.hint) for fault in faults])
    assert "`GITLAB_TOKEN`" in faults[0].message


def test_a_gitlab_that_does_not_know_a_field_is_too_old(lab: GitLabServer) -> None:
    error = {"message": "Field 'isForked' doesn't exist", "extensions": {"code": "undefinedField"}}
    lab.intercept = lambda _: Reply(200, json.dumps({"errors": [error]}).encode())
    (page,) = pages(lab, ACME)

    ((_, fault),) = page.unlisted
    assert (fault.code, fault.hint) == ("old-forge", "gemaudit needs GitLab 17.0 or newer")
