"""What is brought to repositories arrives as it shall, and not twice."""

import base64
import gzip
from typing import Any

import httpx
import msgspec
import pytest
import respx
from msgspec.structs import replace
from played_github import API, HEAD, Json, refused, repository, run

from gemaudit.model.repository import Issue

APP = replace(repository(), branch='"><script>')
SARIFS = API + "repos/acme/app/code-scanning/sarifs"
ISSUES = API + "repos/acme/app/issues"
LABELS = API + "repos/acme/app/labels"
MARKER = "<!-- gemaudit -->"
ISSUE = Issue(title="Upgrade ffi", body=f"{MARKER}\nthe plan\n", marker=MARKER, labels=("gemaudit", "memory safety"))
ADDRESS = "https://github.com/acme/app/issues/{}"


def filed(number: int, **changes: Any) -> Json:
    known: Json = {
        "number": number,
        "html_url": ADDRESS.format(number),
        "state": "open",
        "title": ISSUE.title,
        "body": ISSUE.body,
        "labels": [{"name": "gemaudit"}],
    }
    return known | changes


def settle(issue: Issue = ISSUE) -> str:
    return run(lambda github: github.settle(APP, issue))


def sent(route: respx.Route) -> Json:
    body: Json = msgspec.json.decode(route.calls.last.request.content)
    return body


class TestLogs:
    @respx.mock
    def test_a_log_is_of_the_head(self) -> None:
        route = respx.post(SARIFS).respond(202, json={"id": "x"})
        run(lambda github: github.upload(APP, '{"runs": "\u2603"}'))
        body = sent(route)
        assert (body["commit_sha"], body["ref"]) == (HEAD, 'refs/heads/"><script>')
        assert gzip.decompress(base64.b64decode(body["sarif"])).decode() == '{"runs": "\u2603"}'

    @respx.mock
    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (httpx.Response(403, json={"message": "Advanced Security must be enabled"}), "code-scanning-off"),
            (httpx.Response(404), "code-scanning-off"),
            (httpx.Response(403, headers={"X-GitHub-SSO": "required; url=https://x.test"}), "sso-required"),
            (httpx.Response(413), "oversized-log"),
            (httpx.Response(422), "unexpected-answer"),
            (httpx.Response(503), "forge-error"),
        ],
        ids=repr,
    )
    def test_a_refusal_is_told(self, answer: httpx.Response, expected: str) -> None:
        respx.post(SARIFS).mock(return_value=answer)
        fault = refused(lambda github: github.upload(APP, "{}"))
        assert (fault.code, fault.is_final) == (expected, False)


class TestIssues:
    @respx.mock
    def test_the_first_is_created(self) -> None:
        listed = respx.get(ISSUES).respond(json=[])
        labels = respx.post(LABELS).mock(side_effect=[httpx.Response(201), httpx.Response(422)])
        created = respx.post(ISSUES).respond(201, json=filed(7))
        assert settle() == ADDRESS.format(7)
        assert dict(listed.calls.last.request.url.params) == {
            "labels": "gemaudit,memory safety",
            "state": "all",
            "per_page": "100",
            "page": "1",
        }
        assert sent(created) == {"title": ISSUE.title, "body": ISSUE.body, "labels": list(ISSUE.labels)}
        assert labels.call_count == 2

    @respx.mock
    @pytest.mark.parametrize("status", [403, 404])
    def test_without_its_label_it_would_never_be_found_again(self, status: int) -> None:
        respx.get(ISSUES).respond(json=[])
        respx.post(LABELS).respond(status)
        assert refused(lambda github: github.settle(APP, ISSUE)).code == "read-only-issues"

    @respx.mock
    @pytest.mark.parametrize("body", [ISSUE.body, ISSUE.body.replace("\n", "\r\n"), ISSUE.body.strip()])
    def test_one_that_is_as_it_shall_be_is_left_alone(self, body: str) -> None:
        respx.get(ISSUES).respond(json=[filed(3, body=body)])
        assert settle() == ADDRESS.format(3)

    @respx.mock
    @pytest.mark.parametrize(
        "known",
        [{"title": "old"}, {"body": f"{MARKER}\nold"}, {"state": "closed"}],
        ids=lambda known: next(iter(known)),
    )
    def test_one_that_differs_is_updated(self, known: Json) -> None:
        respx.get(ISSUES).respond(json=[filed(3, **known)])
        updated = respx.patch(f"{ISSUES}/3").respond(200, json=filed(3))
        assert settle() == ADDRESS.format(3)
        assert sent(updated) == {"title": ISSUE.title, "body": ISSUE.body, "state": "open"}

    @respx.mock
    def test_one_of_a_clean_repository_is_closed(self) -> None:
        respx.get(ISSUES).respond(json=[filed(3)])
        updated = respx.patch(f"{ISSUES}/3").respond(200, json=filed(3, state="closed"))
        assert settle(replace(ISSUE, state="closed")) == ADDRESS.format(3)
        assert sent(updated)["state"] == "closed"

    @respx.mock
    def test_there_may_be_none_to_close(self) -> None:
        respx.get(ISSUES).respond(json=[])
        assert settle(replace(ISSUE, state="closed")) == ""

    @respx.mock
    def test_only_an_issue_with_the_marker_as_a_line_is_ours(self) -> None:
        others = [
            filed(1, body=f"see {MARKER} there"),
            filed(2, body=None),
            filed(3, pull_request={"url": "https://github.com"}),
            filed(4, state="closed"),
            filed(6),
            filed(5),
        ]
        respx.get(ISSUES).respond(json=others)
        assert settle() == ADDRESS.format(5)

    @respx.mock
    def test_it_is_found_on_a_later_page(self) -> None:
        pages = [[filed(number, body="") for number in range(1, 101)], [filed(777)]]
        route = respx.get(ISSUES).mock(side_effect=[httpx.Response(200, json=page) for page in pages])
        assert settle() == ADDRESS.format(777)
        assert [call.request.url.params["page"] for call in route.calls] == ["1", "2"]

    @pytest.mark.parametrize(
        ("method", "status", "expected"),
        [
            ("GET", 410, "issues-off"),
            ("GET", 404, "not-found"),
            ("POST", 410, "issues-off"),
            ("POST", 403, "read-only-issues"),
            ("POST", 404, "read-only-issues"),
            ("POST", 422, "unexpected-answer"),
        ],
    )
    def test_every_refusal_is_told(self, method: str, status: int, expected: str) -> None:
        with respx.mock(assert_all_called=False) as played:
            played.route(method=method, url__startswith=ISSUES).respond(status)
            played.get(ISSUES).respond(json=[])
            played.post(LABELS).respond(201)
            assert refused(lambda github: github.settle(APP, ISSUE)).code == expected

    @respx.mock
    def test_one_that_may_have_been_created_is_not_created_again(self) -> None:
        respx.get(ISSUES).respond(json=[])
        respx.post(LABELS).respond(201)
        created = respx.post(ISSUES).mock(side_effect=httpx.ReadTimeout("late"))
        assert refused(lambda github: github.settle(APP, ISSUE)).code == "silent-forge"
        assert created.call_count == 1

    @respx.mock
    def test_an_address_that_is_none_is_not_passed_on(self) -> None:
        respx.get(ISSUES).respond(json=[filed(3, html_url="javascript:alert(1)")])
        assert refused(lambda github: github.settle(APP, ISSUE)).code == "unreadable-answer"
