"""What GitLab is given back."""

import json
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from forges.gitlab_asked import ISSUE, asked, refused, repository
from forges.gitlab_server import GitLabServer, Reply, Request, serving
from gemaudit.model.repository import Issue


@pytest.fixture
def lab() -> Iterator[GitLabServer]:
    with serving() as server:
        yield server


def test_an_issue_is_created_updated_closed_and_opened_again(lab: GitLabServer) -> None:
    project = lab.add("acme/shop", {"a": b""})
    one = repository(project)
    closed = replace(ISSUE, state="closed")

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


@pytest.mark.parametrize("changed", [{"title": "More defects"}, {"body": f"{ISSUE.marker}\n\nmore"}])
def test_only_what_has_changed_is_said(lab: GitLabServer, changed: dict[str, str]) -> None:
    one = repository(lab.add("acme/shop", {"a": b""}))
    asked(lab, lambda forge: forge.settle(one, ISSUE))
    asked(lab, lambda forge: forge.settle(one, replace(ISSUE, **changed)))

    assert list(json.loads(lab.requests[-1].body).values()) == list(changed.values())


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
