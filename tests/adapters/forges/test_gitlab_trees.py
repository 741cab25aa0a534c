"""Trees of GitLab: one request each, and nothing passed over where one is not enough."""

from collections.abc import Iterator

import pytest

from forges.gitlab_asked import LOCK, once, refused, repository, tree
from forges.gitlab_projects import LINK, SUBMODULE, File
from forges.gitlab_server import GitLabServer, Reply, Request, serving
from gemaudit.adapters.forges import gitlab_tree
from gemaudit.adapters.forges.limits import Limits
from gemaudit.model.repository import Entry


@pytest.fixture
def lab() -> Iterator[GitLabServer]:
    with serving() as server:
        yield server


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


@pytest.mark.parametrize("link", ['<http://[>; rel="next"', '<http://x/y?page=2>; rel="next"'])
def test_a_listing_whose_next_page_cannot_be_asked_for_is_told(lab: GitLabServer, link: str) -> None:
    project = lab.add("acme/mono", {f"a/f{number}": File(b"") for number in range(300)})

    def garble(request: Request) -> Reply | None:
        return Reply(200, b"[]", {"Link": link}) if "path=a" in request.path and "keyset" in request.path else None

    lab.intercept = garble
    found = tree(lab, project, limits=Limits(first_wait=0, jitter=0, attempts=2, body=20_000))

    assert found.unread == (("a", "GitLab does not tell where the listing goes on"),)


def test_a_folder_that_goes_round_in_a_circle_is_told(lab: GitLabServer) -> None:
    project = lab.add("acme/mono", {f"a/f{number}": File(b"") for number in range(300)})
    reply = Reply(200, b"[]", {"Link": '<http://x/y?page_token=1>; rel="next"'})
    lab.intercept = lambda one: reply if "path=a" in one.path and "keyset" in one.path else None
    found = tree(lab, project, limits=Limits(first_wait=0, jitter=0, attempts=2, body=20_000))

    assert found.unread == (("a", "the listing of GitLab goes round in a circle"),)


def test_a_final_fault_ends_a_walk(lab: GitLabServer) -> None:
    project = lab.add("acme/mono", {f"a/f{number}": File(b"") for number in range(300)})
    limits = Limits(first_wait=0, jitter=0, attempts=2, body=20_000, most_requests=2)

    fault = refused(lab, lambda forge: forge.tree(repository(project), lambda _: True), limits=limits)
    assert fault.code == "out-of-requests"


def test_a_tree_beyond_all_measure_is_told_as_such(lab: GitLabServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gitlab_tree, "_MOST_REQUESTS", 20)
    project = lab.add("acme/mono", {f"d{number}/{'x' * 50}": File(b"") for number in range(250)})
    found = tree(lab, project, limits=Limits(first_wait=0, jitter=0, attempts=2, body=20_000))

    # One for the whole, three for the root, and the rest for folders.
    assert len(lab.requests) == 1 + 20
    assert {reason for _, reason in found.unread} == {"the tree takes more than 20 requests to list"}
    assert len(found.unread) == 250 - (20 - 3)


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
