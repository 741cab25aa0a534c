"""A GitLab on loopback that speaks the GraphQL and REST calls of a scan, and fails on demand."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from graphql import execute_sync, parse, validate

from forges import gitlab_graphql as graph
from forges.gitlab_projects import SUBMODULE, File, Issue, Project, Root, named

TOKEN = "glpat-good"  # noqa: S105 - the server's own
FOLDER = "040000"


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
        project = self.projects.get(int(name)) if name.isdigit() else named(self.projects, name)
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
        result = execute_sync(graph.SCHEMA, document, root_value=Root(self.projects), variable_values=variables)
        return _json(result.formatted)


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
