"""The issue that stands in a project on GitLab."""

from urllib.parse import urlencode

from msgspec import Struct

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.gitlab_api import Api, expected
from gemaudit.adapters.forges.transport import Answer, Question
from gemaudit.model.repository import Issue, Repository

_WRITING = "give `GITLAB_TOKEN` a token with the scope `api` whose owner may write issues (Reporter or higher)"
_REFUSALS = frozenset({400, 403, 404, 410, 422})
_MOST_FOUND = 100
_STATES = {"open": "opened", "closed": "closed"}
_EVENTS = {"open": "reopen", "closed": "close"}


class _Standing(Struct):
    """An issue as GitLab tells it; `iid` is its number within the project."""

    iid: int
    title: str
    state: str
    web_url: str = ""
    description: str | None = None


async def settle(api: Api, repository: Repository, issue: Issue) -> str:
    """Make the issue of a project stand as it shall, and return its address; nothing where there is none to close.

    https://docs.gitlab.com/api/issues/: what is not said stays, labels are made where there are none, and a state is
    changed by an event.
    """
    path = f"projects/{repository.id.rpartition('/')[2]}/issues"
    standing = await _standing(api, path, issue)
    if standing is None:
        if issue.state == "closed":
            return ""
        body = {"title": issue.title, "description": issue.body, "labels": ",".join(issue.labels)}
        return (await api.send("POST", path, body, _written, once=True)).web_url
    changes = _changes(standing, issue)
    if not changes:
        return standing.web_url
    return (await api.send("PUT", f"{path}/{standing.iid}", changes, _written)).web_url


async def _standing(api: Api, path: str, issue: Issue) -> _Standing | None:
    """The issue with the marker: the open one if there are several, then the oldest.

    Only members give labels, so nobody else's issue is taken for ours.
    """
    asked = {
        "labels": ",".join(issue.labels),
        "state": "all",
        "scope": "all",
        "order_by": "created_at",
        "sort": "asc",
        "per_page": str(_MOST_FOUND),
    }
    found = await api.ask(Question(url=f"{path}?{urlencode(asked)}", revalidate=True), _read)
    marked = [one for one in found if issue.marker in _lines(one.description)]
    return min(marked, key=lambda one: (one.state != _STATES["open"], one.iid), default=None)


def _changes(standing: _Standing, issue: Issue) -> dict[str, str]:
    """What has to be said to GitLab; nothing where all is as it shall be."""
    changes = {}
    if standing.title != issue.title:
        changes["title"] = issue.title
    if _lines(standing.description) != _lines(issue.body):
        changes["description"] = issue.body
    if standing.state != _STATES[issue.state]:
        changes["state_event"] = _EVENTS[issue.state]
    return changes


def _lines(text: str | None) -> list[str]:
    return (text or "").rstrip().splitlines()


def _read(answer: Answer) -> list[_Standing]:
    return _taken(answer).json(list[_Standing])


def _written(answer: Answer) -> _Standing:
    return _taken(answer).json(_Standing)


def _taken(answer: Answer) -> Answer:
    """The same answer. Raise Fault for a refusal; GitLab does not tell apart why it refuses."""
    if answer.status in _REFUSALS:
        message = "GitLab takes no issue: the project has none or is archived, or the token may not write them"
        raise Fault("issues-off", message, _WRITING)
    return expected(answer)
