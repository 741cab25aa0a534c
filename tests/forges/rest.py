"""The calls of GitHub's REST API that a scan or its upkeep can make: https://docs.github.com/rest."""

import base64
import re
from collections.abc import Callable
from urllib.parse import unquote

from forges.exchange import Reply, Request, as_json, not_found, refusal
from forges.git_objects import FOLDER, SUBMODULE, Item, shown
from forges.graphql_nodes import Node, moment
from forges.ids import global_id
from forges.paging import paged
from forges.rest_issues import Issues
from forges.rest_sarif import Uploads
from forges.world import Repository, World

#: Below the path of a repository, `/repos/OWNER/NAME` or `/repositories/ID`.
_CALLS = {
    "repository": re.compile(""),
    "tree": re.compile("/git/trees/(?P<name>.+)"),
    "blob": re.compile("/git/blobs/(?P<oid>[^/]+)"),
    "sarif": re.compile("/code-scanning/sarifs(?:/(?P<upload>[^/]+))?"),
    "labels": re.compile("/labels(?:/(?P<name>[^/]+))?"),
    "issues": re.compile(r"/issues(?:/(?P<number>\d+)(?P<comments>/comments)?)?"),
}
_REPOSITORY = re.compile(r"/(?:repos/([^/]+)/([^/]+)|repositories/(\d+))(?P<rest>/.*)?")
_LISTING = re.compile("/(?:orgs|users)/([^/]+)/repos")
_TREES = "/git/trees#get-a-tree"
_BLOBS = "/git/blobs#get-a-blob"


class Rest:
    """Answers below an address: `api` is where clients reach it, `web` where the pages are."""

    def __init__(self, world: World, api: str, web: str, tree_limit: int) -> None:
        self.world = world
        self.api = api
        self.web = web
        self.tree_limit = tree_limit
        self.issues = Issues(web)
        self.uploads = Uploads(api)
        self._calls: dict[str, Callable[[Request, Repository, re.Match[str]], Reply]] = {
            "repository": lambda _, repository, __: as_json(self._described(repository)),
            "tree": self._tree,
            "blob": self._blob,
            "sarif": self.uploads.answer,
            "labels": self.issues.label,
            "issues": self.issues.answer,
        }

    def answer(self, request: Request) -> Reply:
        """The answer to a request whose path is relative to the root of the API."""
        route = route_of(request.place)
        if route in self._calls and (found := _REPOSITORY.fullmatch(request.place)):
            owner, name, number, rest = found.groups()
            one = self.world.by_id(int(number)) if number else self._named(unquote(owner), unquote(name))
            match = _CALLS[route].fullmatch(rest or "")
            if one is None or match is None:
                return not_found()
            is_former = bool(name) and unquote(name).casefold() != one.name.casefold()
            return self._moved(request, one, rest or "") if is_former else self._of(request, one, match, route)
        if route == "repositories" and (found := _LISTING.fullmatch(request.place)):
            return self._listed(request, unquote(found[1]))
        return not_found()

    def _named(self, owner: str, name: str) -> Repository | None:
        return self.world.by_name(name) if owner.casefold() == self.world.owner.casefold() else None

    def _of(self, request: Request, one: Repository, match: re.Match[str], route: str) -> Reply:
        if one.access == "blocked":
            reason = {"reason": "dmca", "created_at": moment(one.pushed_at), "html_url": f"{self.web}/github/dmca"}
            return as_json({"message": "Repository access blocked", "block": reason}, 451)
        if one.access == "forbidden" and route != "repository":
            return refusal(403, "Resource not accessible by personal access token", _TREES)
        return self._calls[route](request, one, match)

    def _moved(self, request: Request, repository: Repository, rest: str) -> Reply:
        """A repository that has another name now; what is sent to it is to be sent again as it is."""
        query = request.path.partition("?")[2]
        url = f"{self.api}/repositories/{repository.id}{rest}" + (f"?{query}" if query else "")
        said = {"message": "Moved Permanently", "url": url, "documentation_url": "https://docs.github.com/rest/guides"}
        return as_json(said, 301 if request.method in {"GET", "HEAD"} else 307, {"Location": url})

    def _described(self, one: Repository) -> Node:
        full_name = f"{self.world.owner}/{one.name}"
        owner = {"login": self.world.owner, "id": 1, "type": self.world.owner_type}
        return {
            "id": one.id,
            "node_id": global_id("R", one.id),
            "name": one.name,
            "full_name": full_name,
            "private": one.visibility != "public",
            "visibility": one.visibility,
            "owner": owner,
            "fork": one.is_fork,
            "html_url": f"{self.web}/{full_name}",
            "url": f"{self.api}/repos/{full_name}",
            "description": one.description or None,
            "topics": list(one.topics),
            "default_branch": one.branch,
            "archived": one.is_archived,
            "disabled": one.access == "blocked",
            "has_issues": one.has_issues,
            "size": 128,
            "created_at": moment(one.created_at),
            "pushed_at": moment(one.pushed_at),
            "updated_at": moment(one.updated_at),
            "open_issues_count": self.issues.open_count(one),
        }

    def _listed(self, request: Request, owner: str) -> Reply:
        if owner.casefold() != self.world.owner.casefold():
            return not_found("/repos/repos#list-organization-repositories")
        everything = sorted(self.world, key=lambda one: one.name)
        page, links = paged(request, everything, self.api)
        return as_json([self._described(one) for one in page], headers=links)

    def _tree(self, request: Request, one: Repository, match: re.Match[str]) -> Reply:
        newest = self.world.snapshot(one)
        if newest is None:
            return refusal(409, "Git Repository is empty.", _TREES)
        name = unquote(match["name"])
        heads = {"HEAD", one.branch, f"heads/{one.branch}", f"refs/heads/{one.branch}"}
        if name in heads:
            name = newest.commit
        snapshot = next((past for past in self.world.history(one) if name == past.commit or name in past.trees), None)
        if snapshot is None:
            return not_found(_TREES)
        oid = snapshot.tree if name == snapshot.commit else name
        # Any value asks for all levels, `0` and `false` too.
        items = list(snapshot.walk(oid)) if request.has("recursive") else snapshot.trees[oid]
        is_cut = request.has("recursive") and len(items) > self.tree_limit
        base = f"{self.api}/repos/{self.world.owner}/{one.name}/git"
        listed = [self._item(base, item) for item in items[: self.tree_limit if is_cut else None]]
        return as_json({"sha": oid, "url": f"{base}/trees/{oid}", "tree": listed, "truncated": is_cut})

    @staticmethod
    def _item(base: str, item: Item) -> Node:
        shape: Node = {"path": shown(item.path), "mode": f"{item.mode:06o}", "type": item.type, "sha": item.oid}
        if item.mode == SUBMODULE:
            return shape
        if item.mode == FOLDER:
            return {**shape, "url": f"{base}/trees/{item.oid}"}
        return {**shape, "size": item.size, "url": f"{base}/blobs/{item.oid}"}

    def _blob(self, request: Request, one: Repository, match: re.Match[str]) -> Reply:
        if self.world.snapshot(one) is None:
            return refusal(409, "Git Repository is empty.", _BLOBS)
        oid = match["oid"]
        content = next((past.blobs[oid] for past in self.world.history(one) if oid in past.blobs), None)
        if content is None:
            return not_found(_BLOBS)
        if re.search(r"vnd\.github(\.v3)?\.raw", request.headers.get("accept", "")):
            return Reply(200, content, {"Content-Type": "application/vnd.github.raw+json", "ETag": f'"{oid}"'})
        url = f"{self.api}/repos/{self.world.owner}/{one.name}/git/blobs/{oid}"
        text = base64.b64encode(content).decode()
        # GitHub breaks the lines as Ruby's `Base64.encode64` does.
        lines = "".join(text[at : at + 60] + "\n" for at in range(0, len(text), 60))
        names = {"sha": oid, "node_id": global_id("B", one.id, oid), "size": len(content), "url": url}
        return as_json({**names, "content": lines, "encoding": "base64"})


def route_of(place: str) -> str:
    """The name of the call that a path is for, relative to the root of the API."""
    if place in {"/graphql", "/rate_limit"}:
        return place[1:]
    if found := _REPOSITORY.fullmatch(place):
        return next((name for name, call in _CALLS.items() if call.fullmatch(found["rest"] or "")), "unknown")
    return "repositories" if _LISTING.fullmatch(place) else "unknown"
