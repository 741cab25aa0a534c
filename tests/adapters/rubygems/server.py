"""A gem server on loopback that speaks the compact index and fails on demand."""

import base64
import gzip
import hashlib
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from gemaudit.adapters.rubygems import GemServers, Limits
from gemaudit.model.gem_index import Listing, Wanted

BASALT = """---
1.0.0 |checksum:{a},ruby:>= 2.5
1.1.0 gneiss:~> 1.0&>= 1.0.2,schist:>= 0|checksum:{b},ruby:>= 2.5&< 3.5.dev,rubygems:>= 3.3.22
1.1.0-x86_64-linux-musl gneiss:~> 1.0&>= 1.0.2|checksum:{c}
""".format(a="a" * 64, b="b" * 64, c="c" * 64)
NEWER = BASALT + "1.2.0 gneiss:~> 1.0|checksum:{d}\n".format(d="d" * 64)

# Retries without waiting; everything is asked anew.
FAST = Limits(first_wait=0, longest_wait=0, jitter=0, fresh=0, silence=5, answer=10)


class Request(NamedTuple):
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Reply:
    """An answer in place of the regular one.

    `missing` is how many bytes of the announced body are never sent, `pause` how many seconds pass before each byte.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    missing: int = 0
    pause: float = 0
    length: bool = True


class GemServer:
    """Serves `indexes`; `replies` of a path come first, each once."""

    def __init__(self) -> None:
        self.indexes: dict[str, str] = {"basalt": BASALT}
        self.replies: defaultdict[str, deque[Reply]] = defaultdict(deque)
        self.requests: list[Request] = []
        self.connections = 0
        self.login = ""
        self.digest_header = "Repr-Digest"
        self.etags = True
        self.ranges = True
        self.gzip = False
        self.has_index = True
        self.port = 0
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/"

    def url_as(self, login: str) -> str:
        return f"{self.scheme}://{login}@127.0.0.1:{self.port}/"

    @contextmanager
    def running(self, *, certificate: Path | None = None) -> Iterator["GemServer"]:
        with _Http(("127.0.0.1", 0), type("Handler", (_Handler,), {"gems": self})) as http:
            self.port = http.server_port
            if certificate is not None:
                self.scheme = "https"
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate)
                http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
            thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield self
            finally:
                http.shutdown()
                thread.join()

    def reply(self, gem: str, *replies: Reply) -> None:
        self.replies[f"/info/{gem}"].extend(replies)

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def answer(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return self._answer(request)
        finally:
            with self._lock:
                self._at_once -= 1

    def _answer(self, request: Request) -> Reply:
        if self.replies[request.path]:
            return self.replies[request.path].popleft()
        if self.login and request.headers.get("authorization") != _basic(self.login):
            return Reply(401)
        folder, _, gem = request.path.strip("/").rpartition("/")
        if request.path == "/versions":
            return Reply(200 if self.has_index else 404)
        if not folder.endswith("info") or gem not in self.indexes or not self.has_index:
            return Reply(404, b"This gem could not be found")
        return self._index(request, self.indexes[gem].encode())

    def _index(self, request: Request, body: bytes) -> Reply:
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        headers = {"ETag": etag_of(body)} if self.etags else {}
        if self.digest_header:
            headers[self.digest_header] = f"sha-256=:{digest}:"
        if self.etags and request.headers.get("if-none-match") == headers["ETag"]:
            return Reply(304, headers=headers)
        if self.ranges and "range" in request.headers:
            first = int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))
            if first >= len(body):
                return Reply(416)
            return Reply(206, body[first:], {**headers, "Content-Range": f"bytes {first}-{len(body) - 1}/{len(body)}"})
        if self.gzip and "gzip" in request.headers.get("accept-encoding", ""):
            return Reply(200, gzip.compress(body), {**headers, "Content-Encoding": "gzip"})
        return Reply(200, body, headers)


class Client:
    """Asks one server in the name of a user whose home and cache are in `folder`."""

    def __init__(self, folder: Path, server: GemServer) -> None:
        self.folder = folder
        self.server = server

    def servers(
        self,
        *,
        environment: dict[str, str] | None = None,
        limits: Limits = FAST,
        offline: bool = False,
        project: Path | None = None,
        max_requests: int = 8,
    ) -> GemServers:
        return GemServers(
            environment={"HOME": str(self.folder / "home"), **(environment or {})},
            project=project,
            cache=self.folder / "cache",
            offline=offline,
            max_requests=max_requests,
            limits=limits,
        )

    def ask(
        self, gem: str = "basalt", *, remote: str = "", environment: dict[str, str] | None = None, limits: Limits = FAST
    ) -> Listing:
        wanted = Wanted(remote or self.server.url, gem)
        return self.servers(environment=environment, limits=limits).listings([wanted])[wanted]

    def remember(self, gem: str = "basalt") -> Listing:
        wanted = Wanted(self.server.url, gem)
        return self.servers(offline=True).listings([wanted])[wanted]


def etag_of(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


def versions(listing: Listing) -> list[str]:
    assert listing.problem is None, listing.problem
    return [f"{file.version}-{file.platform}" for file in listing.files]


def code(listing: Listing) -> str:
    assert listing.problem is not None
    assert listing.files == ()
    return listing.problem.code


class _Http(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing about a client that breaks off, as many of these tests make it do."""


def _basic(login: str) -> str:
    return "Basic " + base64.b64encode(login.encode()).decode()


class _Handler(BaseHTTPRequestHandler):
    gems: GemServer
    protocol_version = "HTTP/1.1"
    timeout = 10

    def setup(self) -> None:
        self.gems.connections += 1
        super().setup()

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.gems.answer(Request(self.command, self.path, headers))
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.length and reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body)))
        self.close_connection = bool(reply.missing) or not reply.length
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and reply.status != 304:
            self._send(reply)

    do_HEAD = do_GET  # noqa: N815 - likewise

    def _send(self, reply: Reply) -> None:
        body = reply.body[: len(reply.body) - reply.missing]
        try:
            for part in [body[i : i + 1] for i in range(len(body))] if reply.pause else [body]:
                time.sleep(reply.pause)
                self.wfile.write(part)
                self.wfile.flush()
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass
