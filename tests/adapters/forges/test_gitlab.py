"""GitLab through its two APIs, against a local one that refuses what GitLab refuses."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import anyio
import pytest
import respx
from graphql import parse
from hypothesis import given, settings
from hypothesis import strategies as st

from forges.gitlab_graphql import points_of
from forges.gitlab_server import LINK, SUBMODULE, TOKEN, File, GitLabServer, Project, Reply, Request, serving
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Forge, Page, Wish
from gemaudit.adapters.forges.gitlab import GitLab
from gemaudit.adapters.forges.gitlab_contents import batches
from gemaudit.adapters.forges.gitlab_queries import cost_of_files, files
from gemaudit.adapters.forges.limits import Limits
from gemaudit.adapters.forges.tokens import Token
from gemaudit.model.repository import Entry, Issue, Repository, Source, Tree

ACME = Source("org", "acme")
LOCK = b"GEM\n  specs:\n    ffi (1.16.3)\n"
QUICK = Limits(first_wait=0, jitter=0, attempts=2, silence=5, answer=10)
ISSUE = Issue(title="Defects", body="<!-- mark -->\n\ntext\n", marker="<!-- mark -->", labels=("gemaudit",))


@pytest.fixture
def lab() -> Iterator[GitLabServer]:
    with serving() as server:
        yield server


def asked(lab: GitLabServer, question: Callable[[GitLab], Any], *, token: str = TOKEN, limits: Limits = QUICK) -> Any:
    """What a question to the server comes to."""

    async def ask() -> Any:
        async with GitLab(f"{lab.url}{lab.prefix}", token=Token(token, "`GITLAB_TOKEN`"), limits=limits) as forge:
            return await question(forge)

    return anyio.run(ask)


def refused(lab: GitLabServer, question: Callable[[GitLab], Any], *, limits: Limits = QUICK) -> Fault:
    with pytest.raises(Fault) as caught:
        asked(lab, question, limits=limits)
    return caught.value


def pages(lab: GitLabServer, *sources: Source, token: str = TOKEN) -> list[Page]:
    async def collect(forge: GitLab) -> list[Page]:
        return [page async for page in forge.repositories(sources)]

    found: list[Page] = asked(lab, collect, token=token)
    return found


def repositories(lab: GitLabServer, *sources: Source) -> list[Repository]:
    return [one for page in pages(lab, *sources) for one in page.repositories]


def repository(project: Project, host: str = "127.0.0.1") -> Repository:
    return Repository(id=f"{host}/{project.number}", name=project.path, head=project.head, tree=project.head)


def tree(lab: GitLabServer, project: Project, *, limits: Limits = QUICK) -> Tree:
    found: Tree = asked(
        lab, lambda forge: forge.tree(repository(project), lambda path: path.endswith(".lock")), limits=limits
    )
    return found


def contents(lab: GitLabServer, wishes: Sequence[Wish]) -> list[bytes | Fault]:
    found: list[bytes | Fault] = asked(lab, lambda forge: forge.contents(wishes))
    return found


def wishes_of(*projects: Project) -> list[Wish]:
    return [
        Wish(repository(project), Entry(path=path, oid=file.oid))
        for project in projects
        for path, file in project.files.items()
    ]


def graphql(lab: GitLabServer) -> list[Request]:
    return [one for one in lab.requests if one.path.endswith("/api/graphql")]


def once(reply: Reply, where: str, times: int = 1) -> Callable[[Request], Reply | None]:
    """Answers so in the place of the server, so many times."""
    left = [times]

    def intercept(request: Request) -> Reply | None:
        if (where not in request.path and where.encode() not in request.body) or left[0] == 0:
            return None
        left[0] -= 1
        return reply

    return intercept


def test_gitlab_is_a_forge() -> None:
    forge: Forge = GitLab(token=None)

    assert (forge.name, forge.host, forge.requests, forge.budget) == ("gitlab", "gitlab.com", 0, None)


# Listing


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


def test_a_listing_that_goes_round_in_a_circle_ends(lab: GitLabServer) -> None:
    node = {"id": "gid://gitlab/Project/1", "fullPath": "acme/a", "repository": {"empty": True}}
    answer = {"nodes": [node], "pageInfo": {"hasNextPage": True, "endCursor": "x"}}
    body = json.dumps({"data": {"source": {"projects": answer}}}).encode()
    lab.intercept = lambda _: Reply(200, body)
    found = pages(lab, ACME)

    assert [one.name for page in found for one in page.repositories] == ["acme/a"]
    assert [fault.code for page in found for _, fault in page.unlisted] == ["unreadable-answer"]


def test_a_part_that_gitlab_does_not_tell_is_the_fault_of_that_project(lab: GitLabServer) -> None:
    good = {"id": "gid://gitlab/Project/1", "fullPath": "acme/a", "repository": _git("a" * 40)}
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
        {"id": "../../etc", "fullPath": "acme/a", "repository": _git("a" * 40)},
        {"id": "gid://gitlab/Project/2", "fullPath": "acme/b", "repository": _git("main; rm -rf")},
    ]
    body = {"data": {"source": {"projects": {"nodes": nodes, "pageInfo": {"hasNextPage": False}}}}}
    lab.intercept = lambda _: Reply(200, json.dumps(body).encode())
    (page,) = pages(lab, ACME)

    assert page.repositories == ()
    assert [fault.code for _, fault in page.unread] == ["unreadable-answer", "no-head"]


def _git(sha: str) -> dict[str, Any]:
    return {"empty": False, "rootRef": "main", "tree": {"lastCommit": {"sha": sha}}}


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


# Trees


def test_a_tree_is_one_request_whatever_its_size(lab: GitLabServer) -> None:
    files_ = {f"app/models/m{number}.rb": File(b"") for number in range(500)}
    project = lab.add(
        "acme/shop",
        {
            **files_,
            "Gemfile.lock": File(LOCK),
            "web/Gemfile.lock": File(b"../Gemfile.lock", LINK),
            "ext": File(b"c" * 40, SUBMODULE),
        },
    )
    found = tree(lab, project)

    assert set(found.entries) == {
        Entry(path="Gemfile.lock", oid=File(LOCK).oid),
        Entry(path="web/Gemfile.lock", oid=File(b"../Gemfile.lock").oid, kind="link"),
        Entry(path="ext", oid="c" * 40, kind="submodule"),
    }
    assert found.unread == ()
    assert len(lab.requests) == 1


def test_a_tree_that_is_too_large_is_walked(lab: GitLabServer) -> None:
    project = lab.add(
        "acme/mono",
        {
            **{f"{folder}/f{number}.rb": File(b"") for folder in ("a", "b/deep", "vendor/x") for number in range(150)},
            "a/Gemfile.lock": File(LOCK),
            "b/deep/Gemfile.lock": File(LOCK),
            "vendor/x/Gemfile.lock": File(LOCK),
            "zero.lock": File(b""),
        },
    )
    found = tree(lab, project, limits=Limits(first_wait=0, jitter=0, attempts=2, body=20_000))

    assert {entry.path for entry in found.entries} == {"a/Gemfile.lock", "b/deep/Gemfile.lock", "zero.lock"}
    assert found.unread == ()
    assert not any("vendor" in request.path for request in lab.requests)


def test_a_folder_that_cannot_be_listed_is_told(lab: GitLabServer) -> None:
    project = lab.add(
        "acme/mono",
        {**{f"{name}/f{number}": File(b"") for name in "ab" for number in range(150)}, "b/Gemfile.lock": File(LOCK)},
    )
    lab.intercept = once(Reply(500), "path=a", times=1000)
    found = tree(lab, project, limits=Limits(first_wait=0, jitter=0, attempts=2, body=20_000))

    assert found.unread == (("a", "the forge answers with status 500"),)
    assert [entry.path for entry in found.entries] == ["b/Gemfile.lock"]


def test_a_tree_beyond_all_measure_is_told_as_such(lab: GitLabServer) -> None:
    project = lab.add("acme/mono", {f"d{number}/{'x' * 50}": File(b"") for number in range(300)})
    found = tree(lab, project, limits=Limits(first_wait=0, jitter=0, attempts=2, body=20_000))

    assert len(lab.requests) == 201
    assert {reason for _, reason in found.unread} == {"the tree takes more than 200 requests to list"}
    assert len(found.unread) == 300 - (200 - 3)


@pytest.mark.parametrize("loss", ["deleted", "closed", "pushed"])
def test_a_project_that_is_lost_between_listing_and_tree_is_a_fault(lab: GitLabServer, loss: str) -> None:
    project = lab.add("acme/shop", {"Gemfile.lock": LOCK})
    known = repository(project)
    if loss == "deleted":
        lab.projects.clear()
    elif loss == "closed":
        project.code = False
    else:
        project.pushes += 1

    assert refused(lab, lambda forge: forge.tree(known, lambda _: True)).code == "not-found"


# Contents


def test_files_of_many_projects_share_requests(lab: GitLabServer) -> None:
    projects = [
        lab.add(f"acme/p{number}", {"Gemfile.lock": LOCK + b"%d" % number, "Dockerfile": b"FROM ruby:3.%d" % number})
        for number in range(40)
    ]
    wishes = wishes_of(*projects)

    assert contents(lab, wishes) == [projects[n // 2].files[wish.entry.path].content for n, wish in enumerate(wishes)]
    assert len(lab.requests) == 3
    assert max(lab.points) <= 180


def test_the_same_content_is_asked_for_once(lab: GitLabServer) -> None:
    projects = [lab.add(f"acme/p{number}", {"Gemfile.lock": LOCK}) for number in range(20)]

    assert contents(lab, wishes_of(*projects)) == [LOCK] * 20
    (request,) = lab.requests
    assert list(json.loads(request.body)["variables"]) == ["name0", "ref0", "paths0"]


@pytest.mark.parametrize(
    "content",
    [b"\0\1binary", "caf\xe9".encode("latin-1"), b"", b"a\r\nb\r\n", b"version https://git-lfs.github.com/spec/v1\n"],
    ids=["binary", "latin-1", "empty", "crlf", "lfs"],
)
def test_every_content_is_what_git_has(lab: GitLabServer, content: bytes) -> None:
    assert contents(lab, wishes_of(lab.add("acme/shop", {"Gemfile.lock": content}))) == [content]


def test_content_that_is_not_what_its_name_says_is_a_fault(lab: GitLabServer) -> None:
    (wish,) = wishes_of(lab.add("acme/shop", {"Gemfile.lock": b"\0"}))
    lab.intercept = once(Reply(200, b"something else"), "/raw", times=1000)

    (fault,) = contents(lab, [wish])
    assert isinstance(fault, Fault)
    assert fault.code == "damaged-file"


def test_a_project_that_moves_is_found_by_its_id(lab: GitLabServer) -> None:
    project = lab.add("acme/shop", {"Gemfile.lock": LOCK})
    wishes = wishes_of(project)
    project.path = "acme/store"

    assert contents(lab, wishes) == [LOCK]


def test_a_project_that_is_gone_spoils_only_its_own_files(lab: GitLabServer) -> None:
    shop, gone = lab.add("acme/shop", {"Gemfile.lock": LOCK}), lab.add("acme/gone", {"Gemfile.lock": b"other"})
    wishes = wishes_of(shop, gone)
    del lab.projects[gone.number]

    content, fault = contents(lab, wishes)
    assert content == LOCK
    assert isinstance(fault, Fault)
    assert fault.code == "not-found"


def test_a_batch_that_is_too_much_comes_in_halves(lab: GitLabServer) -> None:
    """As with GitLab 18.4.2, which takes one file at a time."""
    lab.blobs_are_dear = True
    projects = [lab.add(f"acme/p{number}", {"a": b"a%d" % number, "b": b"b%d" % number}) for number in range(3)]
    wishes = wishes_of(*projects)

    assert all(isinstance(one, bytes) for one in contents(lab, wishes))
    assert not any("/raw" in request.path for request in lab.requests)


def test_a_spent_budget_is_the_fault_of_every_file(lab: GitLabServer) -> None:
    wishes = wishes_of(*(lab.add(f"acme/p{number}", {"a": b"%d" % number}) for number in range(50)))
    limits = Limits(first_wait=0, jitter=0, attempts=2, most_requests=1)
    found: list[bytes | Fault] = asked(lab, lambda forge: forge.contents(wishes), limits=limits)

    assert len(lab.requests) == 1
    assert {one.code for one in found if isinstance(one, Fault)} == {"out-of-requests"}
    assert 0 < sum(isinstance(one, bytes) for one in found) < 50


def test_no_question_is_refused_for_what_it_costs() -> None:
    one = Repository(id="gitlab.com/1", name="a/b", head="a" * 40)
    many = [Wish(one, Entry(path=f"f{n}", oid=f"{n:040x}")) for n in range(300)]
    others = [
        Wish(Repository(id=f"gitlab.com/{n}", name="a/b", head="a" * 40), Entry(path="f", oid=f"{n + 1000:040x}"))
        for n in range(300)
    ]

    for batch in batches([*many, *others]):
        counts = [len(wishes) for wishes in batch]
        points = points_of(parse(files(counts)), {f"paths{n}": ["x"] * count for n, count in enumerate(counts)})
        assert points <= sum(map(cost_of_files, counts)) <= 180
        assert len(files(counts)) < 10_000


# Pushing back


def test_an_issue_is_created_updated_closed_and_opened_again(lab: GitLabServer) -> None:
    project = lab.add("acme/shop", {"a": b""})
    one = repository(project)
    closed = Issue(title=ISSUE.title, body=ISSUE.body, marker=ISSUE.marker, labels=ISSUE.labels, state="closed")

    assert asked(lab, lambda forge: forge.settle(one, closed)) == ""
    assert project.issues == []
    address = asked(lab, lambda forge: forge.settle(one, ISSUE))
    assert address == "https://gitlab.example/acme/shop/-/issues/1"
    (issue,) = project.issues
    assert (issue.title, issue.description, issue.labels) == (ISSUE.title, ISSUE.body, ["gemaudit"])

    assert asked(lab, lambda forge: forge.settle(one, closed)) == address
    assert issue.state == "closed"
    assert asked(lab, lambda forge: forge.settle(one, ISSUE)) == address
    assert issue.state == "opened"


def test_an_issue_that_stands_as_it_shall_is_left_alone(lab: GitLabServer) -> None:
    one = repository(lab.add("acme/shop", {"a": b""}))
    asked(lab, lambda forge: forge.settle(one, ISSUE))
    lab.requests.clear()
    asked(lab, lambda forge: forge.settle(one, ISSUE))

    assert [request.method for request in lab.requests] == ["GET"]


def test_an_issue_that_may_have_been_created_is_not_created_again(lab: GitLabServer) -> None:
    project = lab.add("acme/shop", {"a": b""})

    def lose_the_answer(request: Request) -> Reply | None:
        if request.method != "POST" or project.issues:
            return None
        lab.intercept = lambda _: None
        lab.answer(request)
        return Reply(502, b"<html>")

    lab.intercept = lose_the_answer
    assert refused(lab, lambda forge: forge.settle(repository(project), ISSUE)).code == "forge-error"
    assert asked(lab, lambda forge: forge.settle(repository(project), ISSUE)).endswith("/1")
    assert len(project.issues) == 1


def test_line_ends_of_another_kind_are_no_change(lab: GitLabServer) -> None:
    project = lab.add("acme/shop", {"a": b""})
    asked(lab, lambda forge: forge.settle(repository(project), ISSUE))
    project.issues[0].description = ISSUE.body.replace("\n", "\r\n")
    lab.requests.clear()
    asked(lab, lambda forge: forge.settle(repository(project), ISSUE))

    assert [request.method for request in lab.requests] == ["GET"]


def test_an_issue_without_the_label_or_the_marker_is_somebody_elses(lab: GitLabServer) -> None:
    project = lab.add("acme/shop", {"a": b""})
    one = repository(project)
    bare = Issue(title="mine", body=ISSUE.body, marker="never")
    quoting = Issue(title="mine", body="quoting <!-- mark --> in a line", marker="never", labels=ISSUE.labels)
    asked(lab, lambda forge: forge.settle(one, bare))
    asked(lab, lambda forge: forge.settle(one, quoting))
    asked(lab, lambda forge: forge.settle(one, ISSUE))

    assert [issue.title for issue in project.issues] == ["mine", "mine", "Defects"]


def test_where_no_issue_can_be_written_the_hint_names_the_scope(lab: GitLabServer) -> None:
    one = repository(lab.add("acme/shop", {"a": b""}, has_issues=False))
    fault = refused(lab, lambda forge: forge.settle(one, ISSUE))

    assert fault.code == "issues-off"
    assert "scope `api`" in fault.hint


def test_sarif_is_not_taken(lab: GitLabServer) -> None:
    fault = refused(lab, lambda forge: forge.upload(repository(lab.add("a/b")), "{}"))

    assert (fault.code, fault.is_final) == ("not-offered", False)
    assert lab.requests == []


# Addresses, limits, secrets


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
    ["http://gitlab.example.com", "gitlab.example.com", "ftp://x", "https://u:p@x", "https://x?a=b", "https://["],
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


# Whatever it says

_NODE = {"id": "gid://gitlab/Project/1", "fullPath": "acme/shop", "topics": ["a"], "repository": _git("a" * 40)}
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


@settings(max_examples=100)
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
