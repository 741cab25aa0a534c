"""A server that speaks the calls of GitHub's REST API that the action makes, and keeps what it was told."""

import gzip
import json
import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

#: Whose comments the token of a workflow makes.
BOT = {"login": "github-actions[bot]", "type": "Bot"}
_READ_ONLY = "Resource not accessible by integration"


class GitHub:
    """The state of a repository `octo/app`, and how its API is to behave."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.comments: list[dict[str, Any]] = []
        self.analyses: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.user: dict[str, Any] | None = None
        self.is_read_only = False
        #: Statuses that the next calls of a method get instead of an answer, with whether the call is carried out.
        self.faults: dict[str, list[tuple[int, bool]]] = {}
        #: Headers of an answer that is a fault.
        self.headers: dict[str, str] = {}
        self.address = ""

    @property
    def writes(self) -> list[str]:
        """The calls that were to change something."""
        return [call for call in self.calls if not call.startswith("GET ")]

    def add(self, body: str, user: dict[str, Any]) -> None:
        """A comment that somebody else makes."""
        self.comments.append({"id": len(self.comments) + 1, "body": body, "user": user})

    def answer(self, method: str, path: str, content: Any) -> tuple[int, Any]:
        """The status and the body for a call."""
        place, _, query = path.partition("?")
        if method == "GET" and place == "/user":
            return (200, self.user) if self.user else (403, {"message": _READ_ONLY})
        if method != "GET" and self.is_read_only:
            return 403, {"message": _READ_ONLY}
        if place == "/repos/octo/app/issues/7/comments":
            return self._comments(method, query, content)
        if method == "PATCH" and (found := re.fullmatch(r"/repos/octo/app/issues/comments/(\d+)", place)):
            self.comments[int(found[1]) - 1]["body"] = content["body"]
            return 200, {}
        if method == "POST" and place == "/repos/octo/app/code-scanning/sarifs":
            log = json.loads(gzip.decompress(b64decode(content["sarif"])))
            self.analyses.append({**content, "sarif": log})
            return 202, {"id": "47177e22-5596-11eb-80a1-c1e54ef945c6"}
        return 404, {"message": "Not Found"}

    def _comments(self, method: str, query: str, content: Any) -> tuple[int, Any]:
        if method == "POST":
            if len(content["body"]) > 65_536:
                return 422, {"message": "Body is too long (maximum is 65536 characters)"}
            self.add(content["body"], self.user or BOT)
            return 201, {}
        wanted = dict(part.split("=") for part in query.split("&"))
        size, page = int(wanted["per_page"]), int(wanted["page"])
        return 200, self.comments[(page - 1) * size : page * size]


@contextmanager
def serving(github: GitHub) -> Iterator[GitHub]:
    """The server on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            content = json.loads(self.rfile.read(length)) if length else None
            github.calls.append(f"{self.command} {self.path}")
            faults = github.faults.get(self.command, [])
            fault, is_done = faults.pop(0) if faults else (0, True)
            status, body = 401, {"message": "Bad credentials"}
            if self.headers.get("Authorization") == f"Bearer {github.token}":
                status, body = github.answer(self.command, self.path, content) if is_done else (0, {})
            self._send(fault or status, {"message": "Server Error"} if fault else body)

        do_GET = do_POST = do_PATCH = _serve  # noqa: N815 - the names that http.server looks for

        def _send(self, status: int, body: Any) -> None:
            encoded = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            for name, value in (github.headers if status >= 400 else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        def log_message(self, *_: Any) -> None:
            """Nothing to stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    github.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
