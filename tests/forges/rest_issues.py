"""Issues of repositories: https://docs.github.com/rest/issues/issues."""

import json
import re
from collections import defaultdict
from typing import Any
from urllib.parse import unquote

from forges.exchange import Reply, Request, as_json, not_found, refusal
from forges.paging import paged
from forges.world import Repository

MOST_BODY = 65_536
_USER = {"login": "ada", "id": 2, "type": "User"}


class Issues:
    """What has been filed; `filed` maps the id of a repository to its issues, the oldest first."""

    def __init__(self, web: str) -> None:
        self.web = web
        self.filed: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        self.labels: defaultdict[int, dict[str, Any]] = defaultdict(dict)
        self.comments: defaultdict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)

    def open_count(self, repository: Repository) -> int:
        return sum(issue["state"] == "open" for issue in self.filed.get(repository.id, ()))

    def label(self, request: Request, repository: Repository, match: re.Match[str]) -> Reply:
        """Labels, of which a name in other capitals is the same: https://docs.github.com/rest/issues/labels."""
        labels = self.labels[repository.id]
        if request.method == "GET":
            found = labels.get(unquote(match["name"] or "").casefold())
            return as_json(found) if found else as_json(list(labels.values())) if not match["name"] else not_found()
        if repository.is_archived:
            return refusal(403, "Repository was archived so is read-only.", "/issues/labels")
        content = json.loads(request.body)
        if content["name"].casefold() in labels:
            return _invalid("name", "already_exists", resource="Label")
        labels[content["name"].casefold()] = {"id": len(labels) + 1, "color": "ededed", "description": None, **content}
        return as_json(labels[content["name"].casefold()], 201)

    def answer(self, request: Request, repository: Repository, match: re.Match[str]) -> Reply:
        if not repository.has_issues:
            return refusal(410, "Issues are disabled for this repo", "/issues/issues")
        reading = request.method == "GET"
        return self._shown(request, repository, match) if reading else self._changed(request, repository, match)

    def _changed(self, request: Request, repository: Repository, match: re.Match[str]) -> Reply:
        if repository.is_archived:
            return refusal(403, "Repository was archived so is read-only.", "/issues/issues")
        try:
            content = json.loads(request.body)
        except ValueError:
            return refusal(400, "Problems parsing JSON")
        if len(content.get("body") or "") > MOST_BODY:
            return _invalid("body", "custom", f"body is too long (maximum is {MOST_BODY} characters)")
        if match["comments"]:
            self.comments[repository.id, int(match["number"])].append({"body": content["body"], "user": _USER})
            return as_json({"body": content["body"], "user": _USER}, 201)
        return self._written(repository, match, content)

    def _shown(self, request: Request, repository: Repository, match: re.Match[str]) -> Reply:
        issues = self.filed[repository.id]
        if match["comments"]:
            return as_json(self.comments[repository.id, int(match["number"])])
        if match["number"]:
            number = int(match["number"])
            return as_json(issues[number - 1]) if 0 < number <= len(issues) else not_found("/issues/issues")
        state, labels = request.query("state", "open"), set(filter(None, request.query("labels").split(",")))
        wanted = [
            issue
            for issue in reversed(issues)
            if state in {"all", issue["state"]} and labels <= {label["name"] for label in issue["labels"]}
        ]
        page, links = paged(request, wanted, "")
        return as_json(page, headers=links)

    def _written(self, repository: Repository, match: re.Match[str], content: dict[str, Any]) -> Reply:
        issues = self.filed[repository.id]
        if match["number"] and not 0 < int(match["number"]) <= len(issues):
            return not_found("/issues/issues")
        if not match["number"] and not content.get("title"):
            return _invalid("title", "missing_field")
        number = int(match["number"] or len(issues) + 1)
        blank: dict[str, Any] = {
            "number": number,
            "title": "",
            "body": None,
            "state": "open",
            "state_reason": None,
            "labels": [],
        }
        issue = issues[number - 1] if match["number"] else blank
        changes: dict[str, Any] = {
            name: content[name] for name in ("title", "body", "state", "state_reason") if name in content
        }
        if "labels" in content:
            changes["labels"] = [{"name": one if isinstance(one, str) else one["name"]} for one in content["labels"]]
        url = f"{self.web}/acme/{repository.name}/issues/{number}"
        issue.update(changes, user=_USER, html_url=url, locked=False, id=repository.id * 10_000 + number)
        if match["number"]:
            return as_json(issue)
        issues.append(issue)
        return as_json(issue, 201, {"Location": url})


def _invalid(field: str, code: str, message: str = "", *, resource: str = "Issue") -> Reply:
    error = {"resource": resource, "field": field, "code": code, **({"message": message} if message else {})}
    return refusal(422, "Validation Failed", "/issues/issues#create-an-issue", errors=[error])
