"""What is brought to repositories on GitHub: SARIF logs and issues."""

import base64
import gzip
from typing import Annotated, Literal
from urllib.parse import urlencode

from msgspec import Meta, Struct

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.github_api import Api, expected, refusal, sso_required
from gemaudit.adapters.forges.github_queries import Address
from gemaudit.adapters.forges.transport import Answer
from gemaudit.model.repository import Issue, Repository

_PER_PAGE, _MOST_PAGES = 100, 20
_ACCEPTED, _CREATED, _OK = 202, 201, 200
_FORBIDDEN, _NOT_FOUND, _GONE, _TOO_LARGE, _UNPROCESSABLE = 403, 404, 410, 413, 422


class _Filed(Struct, frozen=True):
    """An issue as GitHub has it; `pull_request` is there where it is none."""

    number: Annotated[int, Meta(ge=1)]
    html_url: Address
    state: Literal["open", "closed"]
    title: str
    body: str | None = None
    pull_request: object = None


async def upload(api: Api, repository: Repository, sarif: str) -> None:
    """Hand a SARIF log of the head to code scanning: docs.github.com/rest/code-scanning/code-scanning."""
    content = {
        "commit_sha": repository.head,
        "ref": f"refs/heads/{repository.branch}",
        "sarif": base64.b64encode(gzip.compress(sarif.encode("utf-8", "replace"), mtime=0)).decode("ascii"),
    }

    def read(answer: Answer) -> None:
        if answer.status != _ACCEPTED:
            raise _refused_log(answer)

    await api.send("POST", f"repos/{repository.name}/code-scanning/sarifs", content, read)


async def settle(api: Api, repository: Repository, issue: Issue) -> str:
    """Create the issue, update it or close it; return its address, or nothing where there is none to close.

    It is known by a label and by its marker: docs.github.com/rest/issues/issues.
    """
    path = f"repos/{repository.name}/issues"
    filed = await _filed(api, path, issue)
    if filed is None:
        if issue.state == "closed":
            return ""
        for label in issue.labels:
            await api.send("POST", f"repos/{repository.name}/labels", {"name": label}, _expect_label)
        content = {"title": issue.title, "body": issue.body, "labels": list(issue.labels)}
        return await api.send("POST", path, content, _address, once=True)
    if (filed.title, _lines(filed.body), filed.state) == (issue.title, _lines(issue.body), issue.state):
        return filed.html_url
    content = {"title": issue.title, "body": issue.body, "state": issue.state}
    return await api.send("PATCH", f"{path}/{filed.number}", content, _address)


async def _filed(api: Api, path: str, issue: Issue) -> _Filed | None:
    """The oldest issue with the marker; of several, one that is open."""
    found: list[_Filed] = []
    for page in range(1, _MOST_PAGES + 1):
        labels = {"labels": ",".join(issue.labels)} if issue.labels else {}
        query = urlencode({**labels, "state": "all", "per_page": _PER_PAGE, "page": page})
        listed = await _listed(api, f"{path}?{query}")
        found += [one for one in listed if one.pull_request is None and issue.marker in _lines(one.body)]
        if len(listed) < _PER_PAGE:
            break
    return min(found, key=lambda one: (one.state == "closed", one.number), default=None)


async def _listed(api: Api, path: str) -> list[_Filed]:
    def read(answer: Answer) -> list[_Filed]:
        if answer.status == _GONE:
            raise _no_issues()
        return expected(answer).json(list[_Filed])

    return await api.ask(path, read)


def _address(answer: Answer) -> str:
    if answer.status in {_OK, _CREATED}:
        return answer.json(_Filed).html_url
    raise _refused_issue(answer)


def _expect_label(answer: Answer) -> None:
    """Raise Fault where labels may not be made: GitHub then drops them from issues, which nobody finds again.

    A label that is there already is refused with 422 (docs.github.com/rest/issues/labels).
    """
    if answer.status not in {_CREATED, _UNPROCESSABLE}:
        raise _refused_issue(answer)


def _lines(body: str | None) -> list[str]:
    """The lines of a body; GitHub's own page writes them with carriage returns."""
    return (body or "").replace("\r\n", "\n").rstrip("\n").split("\n")


def _refused_log(answer: Answer) -> Fault:
    if answer.status == _FORBIDDEN and answer.headers.get("X-GitHub-SSO"):
        return sso_required()
    if answer.status in {_FORBIDDEN, _NOT_FOUND}:
        return Fault(
            "code-scanning-off",
            "code scanning is off, the repository is archived, or the token may not write to it",
            "turn on Advanced Security for the repository, and give the token `Code scanning alerts: write`",
        )
    if answer.status == _TOO_LARGE:
        return Fault("oversized-log", "the SARIF log is larger than code scanning takes")
    return refusal(answer)


def _refused_issue(answer: Answer) -> Fault:
    if answer.status == _GONE:
        return _no_issues()
    if answer.status == _FORBIDDEN and answer.headers.get("X-GitHub-SSO"):
        return sso_required()
    if answer.status in {_FORBIDDEN, _NOT_FOUND}:
        return Fault(
            "read-only-issues",
            "the token may not write issues and their labels, or the repository is archived",
            "give the token `Issues: write`",
        )
    return refusal(answer)


def _no_issues() -> Fault:
    return Fault("issues-off", "issues are turned off for the repository", "turn them on in its settings")
