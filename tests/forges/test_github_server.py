"""The server answers as GitHub's documentation has it."""

import base64
import concurrent.futures
import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from forges import faults
from forges.contents import LARGE, LATIN_1
from forges.faults import Drawn, Fault
from forges.git_objects import oid_of
from forges.github_server import GitHub
from forges.kinds import DEEP
from forges.world import World

LISTING = """
query($login: String!, $first: Int, $after: String) {
  organization(login: $login) {
    repositories(first: $first, after: $after, orderBy: {field: PUSHED_AT, direction: DESC}) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { name isEmpty isArchived defaultBranchRef { name target { oid ... on Commit { tree { oid } } } } }
    }
  }
}
"""
OBJECT = """
query($owner: String!, $name: String!, $expression: String!) {
  repository(owner: $owner, name: $name) {
    object(expression: $expression) {
      __typename oid ... on Blob { byteSize isBinary isTruncated text } ... on Tree { entries { name mode type size } }
    }
  }
}
"""


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub(World(300, 1), tree_limit=DEEP).running() as github:
        yield github


@pytest.fixture
def client(github: GitHub) -> Iterator[httpx.Client]:
    headers = {"Authorization": "Bearer ghp_good", "User-Agent": "a test"}
    with httpx.Client(base_url=github.url, headers=headers) as client:
        yield client


def ask(client: httpx.Client, query: str, **variables: Any) -> Any:
    answer = client.post("/graphql", json={"query": query, "variables": variables})
    assert answer.status_code == 200
    return answer.json()


def names(client: httpx.Client, size: int = 100) -> Iterator[str]:
    after = None
    while True:
        page = ask(client, LISTING, login="acme", first=size, after=after)["data"]["organization"]["repositories"]
        yield from (node["name"] for node in page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def test_pages_hold_every_repository_once_and_the_newest_push_first(client: httpx.Client, github: GitHub) -> None:
    newest_first = sorted(github.world, key=lambda one: (one.pushed_at, one.id), reverse=True)
    assert list(names(client)) == [one.name for one in newest_first]


def test_a_cursor_is_a_place_and_not_a_number(client: httpx.Client, github: GitHub) -> None:
    seen = names(client, size=50)
    first = [next(seen) for _ in range(50)]
    moved = next(one for one in github.world if one.name not in first)
    github.world.push(moved, {"README.md": b"new"})
    assert sorted([*first, *seen, moved.name]) == sorted(one.name for one in github.world)


@pytest.mark.parametrize(
    ("first", "type_"),
    [(None, "MISSING_PAGINATION_BOUNDARIES"), (101, "EXCESSIVE_PAGINATION"), (0, "UNPROCESSABLE")],
)
def test_a_page_has_bounds(client: httpx.Client, first: int | None, type_: str) -> None:
    answer = ask(client, LISTING, login="acme", first=first)
    assert answer["data"] == {"organization": None}
    assert [(error["type"], error["path"]) for error in answer["errors"]] == [(type_, ["organization", "repositories"])]


def test_a_query_for_too_many_nodes_is_refused(client: httpx.Client) -> None:
    inner = "repositories(first: 100) { nodes { owner { %s } } }"
    answer = ask(client, '{ organization(login: "acme") { %s } }' % (inner % inner % inner % "login"))
    assert answer["errors"][0]["type"] == "MAX_NODE_LIMIT_EXCEEDED"
    assert "1,010,100 possible nodes" in answer["errors"][0]["message"]


def test_what_is_not_there_is_null_with_an_error_beside_what_is(client: httpx.Client, github: GitHub) -> None:
    there = github.world.of_kind("single").name
    two = 'query($there: String!) { a: repository(owner: "acme", name: $there) { name } b: repository(%s) { name } }'
    answer = ask(client, two % 'owner: "acme", name: "x"', there=there)
    assert answer["data"] == {"a": {"name": there}, "b": None}
    (error,) = answer["errors"]
    assert (error["type"], error["path"]) == ("NOT_FOUND", ["b"])
    assert error["message"] == "Could not resolve to a Repository with the name 'acme/x'."


def test_nodes_come_in_the_order_of_their_ids(client: httpx.Client, github: GitHub) -> None:
    ids = ask(client, '{ organization(login: "acme") { repositories(first: 3) { nodes { id name } } } }')
    nodes = ids["data"]["organization"]["repositories"]["nodes"]
    gone = github.world.by_name(nodes[1]["name"])
    assert gone is not None
    github.world.delete(gone)
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Repository { name } } }"
    answer = ask(client, query, ids=[node["id"] for node in reversed(nodes)])
    assert answer["data"]["nodes"] == [{"name": nodes[2]["name"]}, None, {"name": nodes[0]["name"]}]
    assert [(error["type"], error["path"]) for error in answer["errors"]] == [("NOT_FOUND", ["nodes", 1])]
    assert ask(client, query, ids=["R_MQ"] * 101)["errors"][0]["type"] == "ARGUMENT_LIMIT"


@pytest.mark.parametrize(
    ("kind", "text", "is_binary", "is_truncated"),
    [
        ("binary", None, True, False),
        ("large", LARGE[:512_000].decode(), None, True),
        ("latin-1", LATIN_1.decode("latin-1"), False, False),
    ],
)
def test_the_text_of_a_blob(kind: str, text: str | None, is_binary: bool | None, is_truncated: bool) -> None:
    with GitHub(World(3, 1, kinds=[kind])).running() as github, httpx.Client(base_url=github.url) as client:
        client.headers["Authorization"] = "token ghp_good"
        name = next(iter(github.world)).name
        blob = ask(client, OBJECT, owner="acme", name=name, expression="HEAD:Gemfile.lock")["data"]["repository"][
            "object"
        ]
    assert (blob["text"], blob["isBinary"], blob["isTruncated"]) == (text, is_binary, is_truncated)


def test_entries_of_a_tree(client: httpx.Client, github: GitHub) -> None:
    repository = github.world.of_kind("submodules")
    found = ask(client, OBJECT, owner="acme", name=repository.name, expression=f"{repository.branch}:engines")
    (entry,) = found["data"]["repository"]["object"]["entries"]
    assert entry == {"name": "common", "mode": 0o160000, "type": "commit", "size": 0}


def test_one_who_may_not_ask(github: GitHub) -> None:
    for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": "Basic Z2hwX2dvb2Q="}):
        answer = httpx.get(f"{github.url}/rate_limit", headers=headers)
        assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")
    answer = httpx.get(f"{github.url}/rate_limit", headers={"Authorization": "Bearer ghp_good", "User-Agent": ""})
    assert (answer.status_code, "User-Agent" in answer.text) == (403, True)
    other = {"Authorization": "Bearer ghp_good", "X-GitHub-Api-Version": "2021-01-01"}
    assert httpx.get(f"{github.url}/rate_limit", headers=other).status_code == 400
    github.expires_after = 1
    good = {"Authorization": "bearer ghp_good"}
    assert [httpx.get(f"{github.url}/rate_limit", headers=good).status_code for _ in range(3)] == [200, 401, 401]


def test_a_recursive_tree_is_cut_at_the_limit(client: httpx.Client, github: GitHub) -> None:
    repository = github.world.add("deep")
    url = f"/repos/acme/{repository.name}/git/trees/HEAD"
    whole = client.get(url, params={"recursive": "1"}).json()
    assert (whole["truncated"], len(whole["tree"])) == (True, DEEP)
    assert not any(item["path"].startswith("zz") for item in whole["tree"])
    top = client.get(url).json()
    assert (top["truncated"], [item["path"] for item in top["tree"]]) == (False, ["assets", "zz"])
    below = client.get(f"/repos/acme/{repository.name}/git/trees/{top['tree'][1]['sha']}?recursive=0").json()
    assert "service/Gemfile.lock" in [item["path"] for item in below["tree"]]


def test_what_was_pushed_over_can_still_be_read(client: httpx.Client, github: GitHub) -> None:
    repository = github.world.of_kind("single")
    url = f"/repositories/{repository.id}/git/trees/"
    before = client.get(f"{url}HEAD").json()
    github.world.push(repository, {"Gemfile.lock": b"GEM\n", "README.md": None})
    assert client.get(f"{url}HEAD").json() != before
    assert client.get(f"{url}{before['sha']}").json() == before


def test_a_blob_is_what_its_name_says(client: httpx.Client, github: GitHub) -> None:
    repository = github.world.of_kind("several")
    tree = client.get(f"/repos/acme/{repository.name}/git/trees/HEAD?recursive=1").json()
    blob = next(item for item in tree["tree"] if item["path"] == "engines/billing/v2/gems.locked")
    url = f"/repositories/{repository.id}/git/blobs/{blob['sha']}"
    raw = client.get(url, headers={"Accept": "application/vnd.github.raw+json"}).content
    assert base64.b64decode(client.get(url).json()["content"]) == raw
    assert (oid_of("blob", raw), len(raw)) == (blob["sha"], blob["size"])


def test_what_has_not_changed_costs_nothing(client: httpx.Client, github: GitHub) -> None:
    url = f"/repos/acme/{github.world.of_kind('single').name}"
    first = client.get(url)
    again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"] == "1"
    assert client.get("/rate_limit").json()["resources"]["core"]["used"] == 1


def test_a_renamed_repository_is_elsewhere(client: httpx.Client, github: GitHub) -> None:
    repository = github.world.of_kind("single")
    old = repository.name
    github.world.rename(repository, "brand-new")
    moved = client.get(f"/repos/acme/{old}/git/trees/HEAD?recursive=1")
    assert moved.status_code == 301
    assert moved.headers["Location"] == f"{github.url}/repositories/{repository.id}/git/trees/HEAD?recursive=1"
    assert client.get(moved.headers["Location"]).status_code == 200
    assert client.post(f"/repos/acme/{old}/issues", json={"title": "x"}).status_code == 307
    query = 'query($n: String!, $f: Boolean) { repository(owner: "acme", name: $n, followRenames: $f) { name } }'
    assert ask(client, query, n=old)["data"] == {"repository": {"name": "brand-new"}}
    assert ask(client, query, n=old, f=False)["errors"][0]["type"] == "NOT_FOUND"


def test_a_repository_that_cannot_be_read_says_why(client: httpx.Client, github: GitHub) -> None:
    one = github.world.of_kind("single")
    statuses = []
    for access in ("forbidden", "blocked"):
        github.world.block(one, access)
        statuses.append(client.get(f"/repos/acme/{one.name}/git/trees/HEAD").status_code)
        error = ask(client, OBJECT, owner="acme", name=one.name, expression="HEAD")["errors"][0]
        assert (error["type"], error["path"]) == ("FORBIDDEN", ["repository", "object"])
    empty = github.world.of_kind("empty")
    statuses.append(client.get(f"/repos/acme/{empty.name}/git/trees/HEAD").status_code)
    github.world.delete(one)
    statuses.append(client.get(f"/repos/acme/{one.name}/git/trees/HEAD").status_code)
    assert statuses == [403, 451, 409, 404]


def test_each_api_has_a_limit_of_its_own() -> None:
    with GitHub(World(5), limits={"core": 2, "graphql": 1}).running() as github:
        headers = {"Authorization": "Bearer ghp_good"}
        with httpx.Client(base_url=github.url, headers=headers) as client:
            query = {"query": "{ viewer { login } rateLimit { cost remaining } }"}
            first, second = client.post("/graphql", json=query), client.post("/graphql", json=query)
            assert first.json()["data"] == {"viewer": {"login": "ada"}, "rateLimit": {"cost": 1, "remaining": 0}}
            assert (second.status_code, second.json()["errors"][0]["type"]) == (200, "RATE_LIMIT")
            answers = [client.get("/repositories/1") for _ in range(3)]
            assert [answer.status_code for answer in answers] == [200, 200, 403]
            assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
            assert client.get("/api/v3/repositories/1").status_code == 200
            assert "x-ratelimit-limit" not in client.post("/api/graphql", json=query).headers


def test_an_upload_is_a_compressed_log(client: httpx.Client, github: GitHub) -> None:
    one = next(one for one in github.world if one.has_code_scanning and not one.is_archived and one.kind == "single")
    sarif = base64.b64encode(gzip.compress(b'{"version": "2.1.0"}')).decode()
    content = {"commit_sha": "a" * 40, "ref": f"refs/heads/{one.branch}", "sarif": sarif}
    url = f"/repos/acme/{one.name}/code-scanning/sarifs"
    receipt = client.post(url, json=content)
    assert receipt.status_code == 202
    assert client.get(f"{url}/{receipt.json()['id']}").json()["processing_status"] == "complete"
    assert github.rest.uploads.logs == [(one.id, content, {"version": "2.1.0"})]
    assert client.post(url, json={**content, "sarif": "e30="}).status_code == 400
    assert client.post(url, json={**content, "sarif": "A" * 4 * 4_000_000}).status_code == 413
    one.has_code_scanning = False
    assert client.post(url, json=content).status_code == 403


def test_issues_are_filed_found_and_closed(client: httpx.Client, github: GitHub) -> None:
    one = next(one for one in github.world if one.has_issues and not one.is_archived and not one.access)
    url = f"/repos/acme/{one.name}/issues"
    for number in range(3):
        filed = client.post(url, json={"title": f"No. {number}", "body": "b", "labels": ["gemaudit"] * (number > 0)})
        assert (filed.status_code, filed.json()["number"]) == (201, number + 1)
    page = client.get(url, params={"labels": "gemaudit", "per_page": 1})
    assert [issue["title"] for issue in page.json()] == ["No. 2"]
    assert page.links["next"]["url"].endswith("?labels=gemaudit&per_page=1&page=2")
    assert client.patch(f"{url}/3", json={"state": "closed"}).json()["title"] == "No. 2"
    assert [issue["number"] for issue in client.get(url).json()] == [2, 1]
    assert [issue["number"] for issue in client.get(url, params={"state": "closed"}).json()] == [3]
    assert client.post(url, json={"body": "b"}).json()["errors"][0]["code"] == "missing_field"
    one.has_issues = False
    assert client.post(url, json={"title": "x"}).status_code == 410


def outcome(client: httpx.Client, url: str) -> tuple[int, str]:
    try:
        answer = client.get(url)
    except httpx.TransportError as error:
        return 0, type(error).__name__
    return answer.status_code, answer.headers["Content-Type"]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.bad_gateway(), (502, "text/html")),
        (faults.server_error(), (500, "application/json; charset=utf-8")),
        (faults.secondary(429), (429, "application/json; charset=utf-8")),
        (faults.cut_short(), (0, "RemoteProtocolError")),
        (faults.reset(), (0, "ReadError")),
        (faults.slow(), (200, "application/json; charset=utf-8")),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else None,
)
def test_a_fault_happens_once(client: httpx.Client, github: GitHub, fault: Fault, expected: tuple[int, str]) -> None:
    url = f"/repos/acme/{github.world.of_kind('single').name}"
    github.faults.script("repository", fault, after=1)
    regular = (200, "application/json; charset=utf-8")
    assert [outcome(client, url) for _ in range(3)] == [regular, expected, regular]
    assert github.faults.happened == {fault.name: 1}


def test_the_world_changes_between_two_requests(client: httpx.Client, github: GitHub) -> None:
    one = github.world.of_kind("single")
    github.faults.script("tree", faults.happening("deleted", lambda: github.world.delete(one)))
    assert client.get(f"/repos/acme/{one.name}").status_code == 200
    assert client.get(f"/repos/acme/{one.name}/git/trees/HEAD").status_code == 404


def test_drawn_faults_do_not_depend_on_the_order_of_requests(client: httpx.Client, github: GitHub) -> None:
    urls = [f"/repositories/{number}" for number in range(1, 120)]
    kinds = ("bad-gateway", "server-error", "secondary-limit")

    def statuses(order: list[str]) -> dict[str, list[int]]:
        github.faults.drawn = Drawn(5, share=0.4, kinds=kinds)
        return {url: [client.get(url).status_code for _ in range(3)] for url in order}

    forwards = statuses(urls)
    assert statuses(urls[::-1]) == forwards
    assert {status for three in forwards.values() for status in three} == {200, 403, 500, 502}
    assert all(three[2] == 200 for three in forwards.values())


def test_requests_are_recorded_as_they_were_sent(client: httpx.Client, github: GitHub) -> None:
    ask(client, "{ viewer { login } }")
    client.get("/repositories/1?x=y")
    asked, got = github.recorded
    assert json.loads(asked.body)["query"] == "{ viewer { login } }"
    assert (got.method, got.path, got.headers["authorization"]) == ("GET", "/repositories/1?x=y", "Bearer ghp_good")
    assert github.counts == {"graphql": 1, "repository": 1}


def test_many_at_once_are_counted_and_bounded(github: GitHub) -> None:
    headers = {"Authorization": "Bearer ghp_good"}
    github.faults.script("repository", *[faults.slow()] * 4)

    def status(number: int) -> int:
        return httpx.get(f"{github.url}/repositories/{number}", headers=headers).status_code

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert list(pool.map(status, range(1, 5))) == [200] * 4
    assert 1 < github.most_at_once <= 4
