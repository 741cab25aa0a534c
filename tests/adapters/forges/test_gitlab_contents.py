"""Contents on GitLab: what git has, byte for byte, in few requests."""

import json
from collections.abc import Iterator

import pytest
from graphql import parse

from forges.gitlab_asked import LOCK, asked, contents, once, repository, wishes_of
from forges.gitlab_graphql import points_of
from forges.gitlab_server import GitLabServer, Reply, serving
from gemaudit.adapters.forges import gitlab_contents
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Wish
from gemaudit.adapters.forges.gitlab_contents import batches
from gemaudit.adapters.forges.gitlab_queries import cost_of_files, files
from gemaudit.adapters.forges.limits import Limits
from gemaudit.model.repository import Entry, Repository


@pytest.fixture
def lab() -> Iterator[GitLabServer]:
    with serving() as server:
        yield server


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


def test_content_that_is_too_large_is_a_fault(lab: GitLabServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gitlab_contents, "MAX_BYTES", 10)
    (fault,) = contents(lab, wishes_of(lab.add("acme/shop", {"Gemfile.lock": b"\0" * 11})))

    assert isinstance(fault, Fault)
    assert fault.code == "too-large"


def test_content_with_a_name_that_is_none_is_not_asked_for(lab: GitLabServer) -> None:
    project = lab.add("acme/shop", {"Gemfile.lock": LOCK})
    (fault,) = contents(lab, [Wish(repository(project), Entry(path="Gemfile.lock", oid="../../../user"))])

    assert isinstance(fault, Fault)
    assert fault.code == "unreadable-answer"
    assert [request.path for request in lab.requests] == ["/api/graphql"]


def test_files_that_time_out_together_are_asked_for_in_halves(lab: GitLabServer) -> None:
    wishes = wishes_of(*(lab.add(f"acme/p{number}", {"a": b"%d" % number}) for number in range(4)))
    slow = {"data": {"p0": None}, "errors": [{"message": "Timeout on RepositoryBlob.x", "path": ["p0"]}]}
    lab.intercept = once(Reply(200, json.dumps(slow).encode()), "graphql")

    assert contents(lab, wishes) == [b"0", b"1", b"2", b"3"]
    assert len(lab.requests) == 3


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
