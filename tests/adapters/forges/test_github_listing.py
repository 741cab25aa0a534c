"""Every repository that GitHub tells of comes out once, or is told as missing."""

from collections.abc import Sequence
from typing import Any

import httpx
import msgspec
import pytest
import respx
from played_github import API, HEAD, QUICK, ROOT, SECRET, asked, error, graphql, node, page, run

from gemaudit.adapters.forges.forge import Page
from gemaudit.adapters.forges.github import GitHub
from gemaudit.model.repository import Repository, Source

ACME = Source("org", "acme")
TIMEOUT = {"message": "Something went wrong while executing your query. This may be the result of a timeout"}


def listing(*sources: Source, **more: Any) -> list[Page]:
    async def ask(github: GitHub) -> list[Page]:
        return [page async for page in github.repositories(sources or [ACME])]

    return run(ask, **more)


def names(pages: Sequence[Page]) -> list[str]:
    return [one.name for page in pages for one in page.repositories]


def unread(pages: Sequence[Page]) -> list[tuple[str, str]]:
    return [(one.name, fault.code) for page in pages for one, fault in page.unread]


def unlisted(pages: Sequence[Page]) -> list[tuple[str, str]]:
    return [(str(source), fault.code) for page in pages for source, fault in page.unlisted]


@respx.mock
def test_a_page_costs_one_request() -> None:
    route = graphql(page([node(1), node(2)], "p1"), page([node(3)], "p2"), page([]))
    pages = listing()
    assert names(pages) == ["acme/app-1", "acme/app-2", "acme/app-3"]
    assert [one["after"] for one in asked(route)] == [None, "p1", "p2"]
    assert all((one["login"], one["first"]) == ("acme", 100) for one in asked(route))
    assert unlisted(pages) == unread(pages) == []
    headers = route.calls.last.request.headers
    assert headers["authorization"] == f"Bearer {SECRET}"
    assert headers["x-github-next-global-id"] == "1"


@respx.mock
def test_what_is_told_of_a_repository() -> None:
    graphql(page([node(7, isArchived=True, isFork=True, visibility="INTERNAL")]))
    ((found,),) = (page.repositories for page in listing())
    assert found == Repository(
        id="github.com/R_7",
        name="acme/app-7",
        url="https://github.com/acme/app-7",
        branch="main",
        head=HEAD,
        tree=ROOT,
        visibility="internal",
        is_archived=True,
        is_fork=True,
        topics=("rails",),
    )


@respx.mock
@pytest.mark.parametrize(("source", "field"), [(ACME, "organization(login"), (Source("user", "ada"), "user(login")])
def test_an_owner_is_asked_for_as_what_it_is(source: Source, field: str) -> None:
    route = graphql(page([]))
    listing(source)
    assert field in msgspec.json.decode(route.calls.last.request.content)["query"]


class TestHeads:
    @respx.mock
    def test_an_empty_repository_is_one(self) -> None:
        graphql(page([node(1, isEmpty=True, defaultBranchRef=None)]))
        ((found,),) = (page.repositories for page in listing())
        assert (found.head, found.tree) == ("", "")

    @respx.mock
    def test_a_head_that_may_not_be_read_is_not_an_empty_repository(self) -> None:
        path = ("owner", "repositories", "nodes", 1, "defaultBranchRef")
        hidden = node(2, isEmpty=True, defaultBranchRef=None)
        graphql(page([node(1), hidden], errors=[error("FORBIDDEN", *path, message="Resource not accessible")]))
        pages = listing()
        assert names(pages) == ["acme/app-1"]
        assert unread(pages) == [("acme/app-2", "forbidden")]
        assert unlisted(pages) == []

    @respx.mock
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"defaultBranchRef": None}, "no-default-branch"),
            ({"defaultBranchRef": {"name": "main", "target": None}}, "no-default-branch"),
            ({"defaultBranchRef": None, "isDisabled": True}, "blocked"),
        ],
    )
    def test_a_head_that_is_not_there_is_told(self, changes: dict[str, Any], expected: str) -> None:
        graphql(page([node(1, **changes)]))
        assert unread(listing()) == [("acme/app-1", expected)]


class TestFaults:
    @respx.mock
    @pytest.mark.parametrize(
        "fault",
        [
            httpx.Response(502, text="<html>"),
            httpx.Response(200, json={"data": None, "errors": [TIMEOUT]}),
            httpx.Response(200, json={"data": {"owner": None}, "errors": [TIMEOUT]}),
            httpx.ReadTimeout("late"),
            httpx.Response(200, text='{"data": {"owner"'),
            httpx.Response(200, json=[{"tree": 7}]),
            httpx.Response(200, json={"data": None}),
        ],
        ids=repr,
    )
    def test_a_page_that_takes_too_long_is_made_smaller(self, fault: httpx.Response | Exception) -> None:
        route = graphql(page([node(1)], "p1"), fault, fault, fault, fault, page([node(2)]))
        pages = listing()
        assert names(pages) == ["acme/app-1", "acme/app-2"]
        assert [one["first"] for one in asked(route)] == [100, 100, 100, 50, 50, 25]
        assert {one["after"] for one in list(asked(route))[1:]} == {"p1"}

    @respx.mock
    def test_a_page_that_is_too_much_by_the_rules_is_not_asked_for_twice(self) -> None:
        much = httpx.Response(200, json={"data": None, "errors": [{"type": "RESOURCE_LIMITS_EXCEEDED", "message": ""}]})
        route = graphql(much, much, much, much, page([node(1)]))
        assert names(listing()) == ["acme/app-1"]
        assert [one["first"] for one in asked(route)] == [100, 50, 25, 12, 10]

    @respx.mock
    def test_the_smallest_page_may_fail(self) -> None:
        route = respx.post(API + "graphql").respond(502)
        assert unlisted(listing()) == [("org:acme", "forge-error")]
        assert [one["first"] for one in asked(route)][::2] == [100, 50, 25, 12, 10]

    @respx.mock
    def test_a_source_that_fails_ends_no_other(self) -> None:
        gone = httpx.Response(200, json={"data": {"owner": None}, "errors": [error("NOT_FOUND", "owner")]})
        graphql(gone, page([node(1)]))
        pages = listing(Source("org", "none"), ACME)
        assert names(pages) == ["acme/app-1"]
        assert unlisted(pages) == [("org:none", "not-found")]

    @respx.mock
    def test_a_token_that_expires_is_told_of_every_source(self) -> None:
        route = graphql(page([node(1)], "p1"), httpx.Response(401, json={"message": "Bad credentials"}))
        pages = listing(ACME, Source("user", "ada"), Source("repo", "acme/x"))
        assert names(pages) == ["acme/app-1"]
        assert unlisted(pages) == [(name, "token-refused") for name in ("org:acme", "user:ada", "repo:acme/x")]
        assert all(fault.is_final for page in pages for _, fault in page.unlisted)
        assert route.call_count == 2

    @respx.mock
    @pytest.mark.parametrize(
        "refusal",
        [
            httpx.Response(403, json={}, headers={"x-github-sso": "required; url=https://github.com/orgs/acme/sso"}),
            httpx.Response(
                200,
                json={
                    "data": {"owner": None},
                    "errors": [error("FORBIDDEN", "owner", extensions={"saml_failure": True})],
                },
            ),
            httpx.Response(
                200,
                json={
                    "data": {"owner": None},
                    "errors": [
                        error("FORBIDDEN", "owner", message="Resource protected by organization SAML enforcement.")
                    ],
                },
            ),
        ],
    )
    def test_single_sign_on_is_named(self, refusal: httpx.Response) -> None:
        graphql(refusal)
        assert unlisted(listing()) == [("org:acme", "sso-required")]

    @respx.mock
    def test_results_that_single_sign_on_hides_are_told(self) -> None:
        answer = page([node(1)])
        answer.headers["X-GitHub-SSO"] = "partial-results; organizations=21955855"
        graphql(answer)
        pages = listing()
        assert names(pages) == ["acme/app-1"]
        assert unlisted(pages) == [("org:acme", "sso-required")]

    @respx.mock
    def test_repositories_that_are_null_are_counted(self) -> None:
        graphql(page([None, node(1), None]))
        pages = listing()
        assert unlisted(pages) == [("org:acme", "inaccessible-repositories")]
        assert pages[0].unlisted[0][1].message.endswith(": 2")

    @respx.mock
    @pytest.mark.parametrize(
        "limited",
        [
            {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]},
            {"errors": [{"type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": ""}]},
            {"data": None, "errors": [{"message": "You have exceeded a secondary rate limit."}]},
        ],
    )
    def test_the_limit_is_told_with_a_status_of_200(self, limited: dict[str, Any]) -> None:
        waits: list[float] = []
        now = 0.0

        async def sleep(seconds: float) -> None:
            nonlocal now
            waits.append(seconds)
            now += seconds

        graphql(httpx.Response(200, json=limited), page([node(1)]))
        assert names(listing(clock=lambda: now, sleep=sleep)) == ["acme/app-1"]
        assert waits == [60]

    @respx.mock
    def test_a_rest_of_the_budget_may_be_too_small_for_a_query(self) -> None:
        waits: list[float] = []
        now = 1_800_000_000.0

        async def sleep(seconds: float) -> None:
            nonlocal now
            waits.append(seconds)
            now += seconds

        left = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4", "x-ratelimit-reset": "1800000900"}
        refusal = {"errors": [{"type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": ""}]}
        graphql(httpx.Response(200, json=refusal, headers=left), page([node(1)]))
        assert names(listing(clock=lambda: now, sleep=sleep)) == ["acme/app-1"]
        assert waits == [900]

    @respx.mock
    def test_an_older_server_is_told(self) -> None:
        unknown = {"message": "Field 'visibility' doesn't exist", "extensions": {"code": "undefinedField"}}
        graphql(httpx.Response(200, json={"errors": [unknown]}))
        assert unlisted(listing()) == [("org:acme", "old-forge")]

    @respx.mock
    def test_an_address_without_an_api_is_told(self) -> None:
        graphql(httpx.Response(404))
        assert unlisted(listing()) == [("org:acme", "unusable-api-url")]


class TestCursors:
    LOST = httpx.Response(200, json={"data": {"owner": None}, "errors": [error("INVALID_CURSOR_ARGUMENTS", "owner")]})

    @respx.mock
    def test_a_list_that_is_lost_begins_again_and_nobody_comes_twice(self) -> None:
        route = graphql(
            page([node(1), node(2)], "p1"), self.LOST, page([node(1), node(2)], "p9"), page([node(2), node(3)])
        )
        assert names(listing()) == ["acme/app-1", "acme/app-2", "acme/app-3"]
        assert [one["after"] for one in asked(route)] == [None, "p1", None, "p9"]

    @respx.mock
    def test_a_list_that_is_lost_twice_has_failed(self) -> None:
        graphql(page([node(1)], "p1"), self.LOST, page([node(1)], "p1"), self.LOST)
        assert unlisted(listing()) == [("org:acme", "lost-place")]

    @respx.mock
    def test_a_page_that_leads_nowhere_is_told(self) -> None:
        broken = httpx.Response(
            200,
            json={
                "data": {"owner": {"repositories": {"pageInfo": {"hasNextPage": True, "endCursor": None}, "nodes": []}}}
            },
        )
        respx.post(API + "graphql").mock(return_value=broken)
        assert unlisted(listing()) == [("org:acme", "unreadable-answer")]


@respx.mock
@pytest.mark.parametrize(
    "changes",
    [
        {"nameWithOwner": "../../user"},
        {"nameWithOwner": "acme/.."},
        {"nameWithOwner": "acme/a?b"},
        {"nameWithOwner": "acme/app\n"},
        {"url": "javascript:alert(1)"},
        {"id": ""},
        {"defaultBranchRef": {"name": "main", "target": {"oid": "../x"}}},
    ],
)
def test_what_would_become_a_part_of_an_address_is_checked(changes: dict[str, Any]) -> None:
    respx.post(API + "graphql").mock(return_value=page([node(1, **changes)]))
    assert unlisted(listing()) == [("org:acme", "unreadable-answer")]


class TestNames:
    """Repositories that a list names one by one."""

    @staticmethod
    def answer(request: httpx.Request) -> httpx.Response:
        """What GitHub says of repositories that are called `app-NUMBER`, or have been `old-NUMBER`."""
        variables = msgspec.json.decode(request.content)["variables"]
        data, errors = {}, []
        for place in range(len(variables) // 2):
            kind, _, number = variables[f"n{place}"].partition("-")
            data[f"r{place}"] = node(int(number)) if kind in {"app", "old"} else None
            if kind == "none":
                errors.append(error("NOT_FOUND", f"r{place}"))
            elif kind == "sso":
                errors.append(error("FORBIDDEN", f"r{place}", extensions={"saml_failure": True}))
        return httpx.Response(200, json={"data": data, **({"errors": errors} if errors else {})})

    @respx.mock
    def test_fifty_share_a_request(self) -> None:
        route = respx.post(API + "graphql").mock(side_effect=self.answer)
        pages = listing(*[Source("repo", f"acme/app-{number}") for number in range(120)])
        assert names(pages) == [f"acme/app-{number}" for number in range(120)]
        assert [len(one) // 2 for one in asked(route)] == [50, 50, 20]

    @respx.mock
    def test_each_ends_in_one_of_the_ways(self) -> None:
        respx.post(API + "graphql").mock(side_effect=self.answer)
        wanted = [
            "acme/app-1",
            "acme/none-2",
            "acme/old-3",
            "acme/sso-4",
            "acme/odd-5",
            "acme/app-3",
            "no name",
            "a/b/c",
        ]
        pages = listing(*[Source("repo", name) for name in wanted])
        assert names(pages) == ["acme/app-1", "acme/app-3"]
        assert sorted(unlisted(pages)) == [
            ("repo:a/b/c", "unusable-name"),
            ("repo:acme/none-2", "not-found"),
            ("repo:acme/odd-5", "not-found"),
            ("repo:acme/sso-4", "sso-required"),
            ("repo:no name", "unusable-name"),
        ]

    @respx.mock
    def test_names_never_become_a_part_of_the_query(self) -> None:
        route = respx.post(API + "graphql").mock(side_effect=self.answer)
        listing(Source("repo", 'acme/x")'), Source("repo", "acme/app-1"))
        (call,) = route.calls
        assert "acme" not in msgspec.json.decode(call.request.content)["query"]

    @respx.mock
    def test_one_that_is_too_much_is_found_by_halves(self) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            return httpx.Response(502) if b"app-3" in request.content else self.answer(request)

        respx.post(API + "graphql").mock(side_effect=answer)
        limits = msgspec.structs.replace(QUICK, attempts=1)
        pages = listing(*[Source("repo", f"acme/app-{number}") for number in range(8)], limits=limits)
        assert names(pages) == [f"acme/app-{number}" for number in (0, 1, 2, 4, 5, 6, 7)]
        assert unlisted(pages) == [("repo:acme/app-3", "forge-error")]


@respx.mock
def test_a_list_that_goes_round_in_a_circle_ends() -> None:
    route = graphql(*[page([], "p1"), page([], "p2")] * 20)
    assert unlisted(listing()) == [("org:acme", "endless-list")]
    assert route.call_count == 3


@respx.mock
@pytest.mark.parametrize("errors", [(), (error("FORBIDDEN", "owner", "repositories", "nodes"),)])
def test_a_page_without_its_list_is_no_empty_list(errors: Sequence[dict[str, Any]]) -> None:
    info = {"hasNextPage": False, "endCursor": None}
    reply = {"data": {"owner": {"repositories": {"pageInfo": info, "nodes": None}}}, "errors": errors}
    graphql(*[httpx.Response(200, json=reply)] * 20)
    assert [source for source, _ in unlisted(listing())] == ["org:acme"]
