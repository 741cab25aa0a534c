"""A GitLab on loopback that speaks the GraphQL and REST calls of a scan, and fails on demand.

Ids of files are git's; those of commits are made up, because nothing looks into them.
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlsplit

from graphql import GraphQLError, execute_sync, parse, validate

from forges import gitlab_graphql as graph

TOKEN = "glpat-good"  # noqa: S105 - the server's own
LINK, SUBMODULE, FILE, FOLDER = "120000", "160000", "100644", "040000"


class Request(NamedTuple):
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class File:
    """A file, a link whose content is where it leads, or a submodule whose content is the id of a commit."""

    content: bytes
    mode: str = FILE

    @property
    def oid(self) -> str:
        if self.mode == SUBMODULE:
            return self.content.decode()
        return hashlib.sha1(b"blob %d\0" % len(self.content) + self.content, usedforsecurity=False).hexdigest()


@dataclass
class Issue:
    """An issue; `state` is `opened` or `closed`."""

    iid: int
    title: str
    description: str
    labels: list[str]
    state: str = "opened"


@dataclass
class Project:
    """A project; without files it is an empty repository. `code` is whether the token may read it."""

    number: int
    path: str
    files: dict[str, File] = field(default_factory=dict)
    visibility: str = "private"
    archived: bool = False
    forked: bool = False
    topics: list[str] = field(default_factory=list)
    code: bool = True
    has_head: bool = True
    has_issues: bool = True
    issues: list[Issue] = field(default_factory=list)
    pushes: int = 0

    @property
    def head(self) -> str:
        seed = f"{self.number} {self.pushes}".encode()
        return hashlib.sha1(seed, usedforsecurity=False).hexdigest() if self.files and self.has_head else ""


class GitLabServer:
    """The projects of one GitLab; `moved` are old paths with the numbers of projects.

    `intercept` sees every request first and may answer in place of the server.
    """

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.projects: dict[int, Project] = {}
        self.moved: dict[str, int] = {}
        self.requests: list[Request] = []
        self.points: list[int] = []
        self.intercept: Callable[[Request], Reply | None] = lambda _: None
        self.blobs_are_dear = False
        self.per_page_limit = graph.MOST_PER_PAGE
        self.url = ""

    def add(self, path: str, files: dict[str, bytes | File] | None = None, **more: Any) -> Project:
        number = len(self.projects) + 1
        made = {name: one if isinstance(one, File) else File(one) for name, one in (files or {}).items()}
        self.projects[number] = Project(number, path, made, **more)
        return self.projects[number]

    def named(self, path: str) -> Project | None:
        return next((one for one in self.projects.values() if one.path.lower() == path.lower()), None)

    def answer(self, request: Request) -> Reply:
        if (reply := self.intercept(request)) is not None:
            return reply
        url = urlsplit(request.path)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _json({"message": "401 Unauthorized"}, 401)
        if url.path == f"{self.prefix}/api/graphql":
            return self._graphql(json.loads(request.body))
        found = re.fullmatch(rf"{re.escape(self.prefix)}/api/v4/projects/([^/]+)(/.*)?", url.path)
        if found is None:
            return _json({"error": "404 Not Found"}, 404)
        given = {name: values[-1] for name, values in parse_qs(url.query).items()}
        return self._rest(unquote(found[1]), found[2] or "", given, request)

    def _rest(self, name: str, rest: str, given: dict[str, str], request: Request) -> Reply:
        if name in self.moved:
            place = f"{self.url}{self.prefix}/api/v4/projects/{self.moved[name]}{rest}"
            return Reply(301, b"This resource has been moved permanently", {"Location": place})
        project = self.projects.get(int(name)) if name.isdigit() else self.named(name)
        if project is None:
            return _json({"message": "404 Project Not Found"}, 404)
        return self._of(project, rest, given, request)

    def _of(self, project: Project, rest: str, given: dict[str, str], request: Request) -> Reply:
        if not rest:
            return _json({"id": project.number, "path_with_namespace": project.path})
        if rest == "/repository/tree":
            return self._tree(project, given)
        if blob := re.fullmatch(r"/repository/blobs/([0-9a-f]+)/raw", rest):
            content = next((one.content for one in project.files.values() if one.oid == blob[1]), None)
            return Reply(200, content) if content is not None and project.code else _json({}, 404)
        if rest.startswith("/issues"):
            return _issues(project, rest.removeprefix("/issues").strip("/"), given, request)
        return _json({"error": "404 Not Found"}, 404)

    def _tree(self, project: Project, given: dict[str, str]) -> Reply:
        if not project.code or given.get("ref") != project.head:
            return _json({"message": "404 Tree Not Found"}, 404)
        folder = given.get("path", "")
        items = list(_items(project, folder, is_recursive=given.get("recursive") == "true"))
        if given.get("pagination") == "none":
            return _json(items) if given.get("recursive") == "true" else _json({"error": "pagination"}, 400)
        start, count = int(given.get("page_token", 0)), min(int(given.get("per_page", 20)), 100)
        headers = {}
        if start + count < len(items):
            # What stands behind a proxy often names itself wrongly.
            place = (
                f"http://internal:8080/api/v4/projects/1/repository/tree?page_token={start + count}&per_page={count}"
            )
            headers["Link"] = f'<{place}>; rel="next"'
        return _json(items[start : start + count], headers=headers)

    def _graphql(self, body: dict[str, Any]) -> Reply:
        query, variables = body["query"], body.get("variables") or {}
        if len(query) > graph.MOST_CHARACTERS:
            return _errors("Query too large")
        document = parse(query)
        if wrong := validate(graph.SCHEMA, document):
            return _json({"errors": [{"message": wrong[0].message, "extensions": {"code": "undefinedField"}}]})
        points = graph.points_of(document, variables)
        if (
            self.blobs_are_dear
            and "rawTextBlob" in query
            and sum(len(v) for k, v in variables.items() if "paths" in k) > 1
        ):
            points += 300
        self.points.append(points)
        if points > graph.MOST_POINTS:
            return _errors(f"Query has complexity of {points}, which exceeds max complexity of {graph.MOST_POINTS}")
        result = execute_sync(graph.SCHEMA, document, root_value=_Root(self), variable_values=variables)
        return _json(result.formatted)


class _Root:
    """What the root fields of a query resolve to."""

    def __init__(self, server: GitLabServer) -> None:
        self._server = server

    def group(self, _info: Any, fullPath: str) -> dict[str, Any] | None:  # noqa: N803 - GitLab's name
        owned = [one for one in self._server.projects.values() if one.path.lower().startswith(f"{fullPath.lower()}/")]
        if not owned:
            return None

        def projects(
            _info: Any,
            includeSubgroups: bool = False,  # noqa: N803
            first: int | None = None,
            after: str | None = None,
        ) -> Any:
            depth = fullPath.count("/") + 1
            chosen = [one for one in owned if includeSubgroups or one.path.count("/") == depth]
            return graph.page([_project(one) for one in chosen], first, after)

        return {"projects": projects}

    namespace = group

    def project(self, _info: Any, fullPath: str) -> dict[str, Any] | None:  # noqa: N803
        found = self._server.named(fullPath)
        return _project(found) if found else None

    def projects(
        self,
        _info: Any,
        ids: list[str] | None = None,
        fullPaths: list[str] | None = None,  # noqa: N803
        first: int | None = None,
        after: str | None = None,
    ) -> dict[str, Any]:
        if len(fullPaths or ()) > graph.MOST_PATHS:
            raise GraphQLError("You cannot provide more than 50 full_paths")
        numbers = {int(one.rpartition("/")[2]) for one in ids or ()}
        names = {one.lower() for one in fullPaths or ()}
        chosen = [
            _project(one)
            for one in self._server.projects.values()
            if (not numbers or one.number in numbers) and (not names or one.path.lower() in names)
        ]
        return graph.page(chosen, first, after)


def _project(project: Project) -> dict[str, Any]:
    return {
        "id": f"gid://gitlab/Project/{project.number}",
        "fullPath": project.path,
        "webUrl": f"https://gitlab.example/{quote(project.path)}",
        "visibility": project.visibility,
        "archived": project.archived,
        "isForked": project.forked,
        "topics": project.topics,
        "repository": _repository(project) if project.code else None,
    }


def _repository(project: Project) -> dict[str, Any]:
    def blobs(_info: Any, paths: list[str], ref: str | None = None, first: int | None = None, after: Any = None) -> Any:
        found = project.files if ref in {None, project.head} else {}
        nodes = [
            {"oid": found[path].oid, "path": path, "rawTextBlob": _text(found[path].content)}
            for path in paths
            if path in found
        ]
        return graph.page(nodes, first, after)

    tree = {"lastCommit": {"sha": project.head}} if project.head else None
    return {"empty": not project.files, "rootRef": "main" if project.files else None, "tree": tree, "blobs": blobs}


def _text(content: bytes) -> str | None:
    """As GitLab has it: nothing for what is binary, and recoded where it is not UTF-8."""
    return None if b"\0" in content else content.decode("utf-8", "replace")


def _items(project: Project, folder: str, *, is_recursive: bool) -> Iterator[dict[str, str]]:
    listed: dict[str, dict[str, str]] = {}
    for path, file in sorted(project.files.items()):
        if folder and not path.startswith(f"{folder}/"):
            continue
        parts = path.removeprefix(f"{folder}/" if folder else "").split("/")
        for depth in range(1, len(parts)):
            above = "/".join(filter(None, (folder, *parts[:depth])))
            listed.setdefault(above, {"id": "f" * 40, "type": "tree", "path": above, "mode": FOLDER})
            if not is_recursive:
                break
        if is_recursive or len(parts) == 1:
            kind = "commit" if file.mode == SUBMODULE else "blob"
            listed[path] = {"id": file.oid, "type": kind, "path": path, "mode": file.mode}
    yield from ({**one, "name": one["path"].rpartition("/")[2]} for one in listed.values())


def _issues(project: Project, number: str, given: dict[str, str], request: Request) -> Reply:
    if not project.has_issues:
        return _json({"message": "403 Forbidden"}, 403)
    if request.method == "GET":
        wanted = set(filter(None, given.get("labels", "").split(",")))
        return _json([_shown(project, one) for one in project.issues if wanted <= set(one.labels)])
    body = json.loads(request.body)
    if request.method == "POST":
        made = Issue(len(project.issues) + 1, body["title"], body["description"], body["labels"].split(","))
        project.issues.append(made)
        return _json(_shown(project, made), 201)
    found = next(one for one in project.issues if one.iid == int(number))
    found.title, found.description = body.get("title", found.title), body.get("description", found.description)
    found.state = {"close": "closed", "reopen": "opened"}.get(body.get("state_event", ""), found.state)
    return _json(_shown(project, found))


def _shown(project: Project, issue: Issue) -> dict[str, Any]:
    return {
        **vars(issue),
        "id": 1000 + issue.iid,
        "web_url": f"https://gitlab.example/{project.path}/-/issues/{issue.iid}",
    }


def _errors(*messages: str) -> Reply:
    return _json({"errors": [{"message": message} for message in messages]})


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    limits = {"RateLimit-Limit": "2000", "RateLimit-Remaining": "1900", "RateLimit-Reset": "4102444800"}
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **limits, **(headers or {})})


@contextmanager
def serving(prefix: str = "") -> Iterator[GitLabServer]:
    """A server for as long as the context lasts."""
    lab = GitLabServer(prefix)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # else the head and the body go separately, and the kernel waits between them

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, body)
            lab.requests.append(request)
            reply = lab.answer(request)
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - as http.server has it

        def log_message(self, *_: object) -> None:
            """Keep the output of the tests clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    lab.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield lab
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
