"""The files below a head come out whole, or it is told which folders do not."""

from typing import Any

import httpx
import pytest
import respx
from played_github import API, ROOT, refused, repository, run

from gemaudit.adapters.forges import github_trees
from gemaudit.model.repository import Entry, Tree

TREES = API + "repos/acme/app/git/trees/"


def sha(number: int) -> str:
    return f"{number:040x}"


def item(path: str, number: int = 1, kind: str = "blob", mode: str = "100644") -> dict[str, Any]:
    size = {"size": 9} if kind == "blob" else {}
    return {"path": path, "mode": mode, "type": kind, "sha": sha(number), **size, "url": "https://api.github.com/x"}


def folder(path: str, number: int) -> dict[str, Any]:
    return item(path, number, "tree", "040000")


def listed(number: int | str, *items: dict[str, Any], deep: bool = True, truncated: bool = False) -> respx.Route:
    """What GitHub lists of a folder; `deep` is with everything below it."""
    name = number if isinstance(number, str) else sha(number)
    parameters = {"recursive": "1"} if deep else {}
    route = respx.get(TREES + name, params=parameters) if deep else respx.get(url=TREES + name)
    return route.respond(json={"sha": name, "tree": list(items), "truncated": truncated})


def is_lockfile(path: str) -> bool:
    return path.endswith("Gemfile.lock")


def tree(wanted: Any = is_lockfile) -> Tree:
    return run(lambda github: github.tree(repository(), wanted))


@respx.mock
def test_a_tree_costs_one_request() -> None:
    route = listed(
        ROOT,
        item("Gemfile.lock", 1),
        folder("app", 2),
        item("app/Gemfile.lock", 3, mode="100755"),
        item("app/main.rb", 4),
        item("current", 5, mode="120000"),
        item("engines/shared", 6, "commit", "160000"),
    )
    assert tree() == Tree(
        entries=(
            Entry(path="Gemfile.lock", oid=sha(1), size=9),
            Entry(path="app/Gemfile.lock", oid=sha(3), size=9),
            Entry(path="current", oid=sha(5), kind="link", size=9),
            Entry(path="engines/shared", oid=sha(6), kind="submodule"),
        )
    )
    assert route.call_count == 1
    assert route.calls.last.request.headers["accept"] == "application/vnd.github+json"


@respx.mock
def test_an_emptied_repository_has_no_files() -> None:
    respx.get(url__startswith=TREES).respond(409, json={"message": "Git Repository is empty."})
    assert tree() == Tree()


@respx.mock
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(404), "not-found"),
        (httpx.Response(451, json={"block": {"reason": "dmca"}}), "blocked"),
        (httpx.Response(403, json={"message": "Resource not accessible by personal access token"}), "forbidden"),
        (httpx.Response(403, headers={"X-GitHub-SSO": "required; url=https://evil.test/"}), "sso-required"),
        (httpx.Response(418), "unexpected-answer"),
        (httpx.Response(502), "forge-error"),
        (httpx.Response(200, json={"tree": [{"path": 1}], "truncated": False}), "unreadable-answer"),
        (httpx.Response(200, json={"tree": [item("Gemfile.lock")], "truncated": "no"}), "unreadable-answer"),
    ],
    ids=repr,
)
def test_a_root_that_cannot_be_listed_is_a_fault(answer: httpx.Response, expected: str) -> None:
    respx.get(url__startswith=TREES).mock(return_value=answer)
    fault = refused(lambda github: github.tree(repository(), is_lockfile))
    assert fault.code == expected
    assert fault.hint
    assert "evil" not in fault.hint


@respx.mock
def test_an_object_without_a_name_of_gits_is_refused() -> None:
    respx.get(url__startswith=TREES).respond(
        json={"tree": [{**item("Gemfile.lock"), "sha": "../../user"}], "truncated": False}
    )
    assert refused(lambda github: github.tree(repository(), is_lockfile)).code == "unreadable-answer"


@respx.mock
def test_a_renamed_repository_is_followed() -> None:
    respx.get(url__startswith=TREES).respond(301, headers={"Location": API + "repositories/7/git/trees/x?recursive=1"})
    respx.get(API + "repositories/7/git/trees/x").respond(json={"tree": [item("Gemfile.lock")], "truncated": False})
    assert [one.path for one in tree().entries] == ["Gemfile.lock"]


class TestMoreThanGitHubLists:
    """docs.github.com/rest/git/trees: "fetch one sub-tree at a time"."""

    @respx.mock
    def test_folders_are_listed_one_by_one(self) -> None:
        listed(ROOT, item("aaa/x"), truncated=True)
        listed(
            ROOT,
            item("Gemfile.lock", 1),
            folder("app", 2),
            folder("big", 3),
            folder("vendor", 4),
            item("l", 5, mode="120000"),
            deep=False,
        )
        listed(2, folder("x", 21), item("x/Gemfile.lock", 22), item("Gemfile.lock", 23))
        listed(3, truncated=True)
        listed(3, folder("deep", 31), folder("node_modules", 32), item("s", 33, "commit", "160000"), deep=False)
        listed(31, item("Gemfile.lock", 34))
        found = tree()
        assert [(one.path, one.oid, one.kind) for one in found.entries] == [
            ("Gemfile.lock", sha(1), "file"),
            ("l", sha(5), "link"),
            ("app/x/Gemfile.lock", sha(22), "file"),
            ("app/Gemfile.lock", sha(23), "file"),
            ("big/s", sha(33), "submodule"),
            ("big/deep/Gemfile.lock", sha(34), "file"),
        ]
        assert found.unread == ()

    @respx.mock
    def test_a_folder_that_fails_is_told(self) -> None:
        listed(ROOT, truncated=True)
        listed(ROOT, folder("app", 2), folder("lib", 3), deep=False)
        respx.get(TREES + sha(2)).respond(502)
        listed(3, item("Gemfile.lock", 4))
        found = tree()
        assert [one.path for one in found.entries] == ["lib/Gemfile.lock"]
        assert found.unread == (("app", "the forge answers with status 502"),)

    @respx.mock
    def test_a_token_that_expires_on_the_way_is_a_fault(self) -> None:
        listed(ROOT, truncated=True)
        listed(ROOT, folder("app", 2), deep=False)
        respx.get(TREES + sha(2)).respond(401)
        fault = refused(lambda github: github.tree(repository(), is_lockfile))
        assert (fault.code, fault.is_final) == ("token-refused", True)

    @respx.mock
    def test_a_folder_of_too_many_files_is_read_as_far_as_it_is_listed(self) -> None:
        listed(ROOT, truncated=True)
        listed(ROOT, item("Gemfile.lock", 1), deep=False, truncated=True)
        found = tree()
        assert [one.path for one in found.entries] == ["Gemfile.lock"]
        assert found.unread == (("", "it has more entries than GitHub lists"),)

    @respx.mock
    def test_the_requests_are_bounded_and_what_is_left_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(github_trees, "MOST_REQUESTS", 4)
        listed(ROOT, truncated=True)
        listed(ROOT, *(folder(f"f{number}", number) for number in range(5)), deep=False)
        for number in range(2):
            listed(number, item("Gemfile.lock", 9))
        found = tree()
        assert [one.path for one in found.entries] == ["f0/Gemfile.lock", "f1/Gemfile.lock"]
        assert [path for path, _ in found.unread] == ["f2", "f3", "f4"]
