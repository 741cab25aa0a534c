"""A gem server on the loopback interface: compact indexes, each below a path of its own, and gem files."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from msgspec import Struct

_CREATED = "created_at: 2026-01-01T00:00:00Z\n---\n"
_TAIL = re.compile(r"bytes=(\d+)-")


class GemFile(Struct, frozen=True, kw_only=True):
    """One file of a release. `dependencies` pair a name with a requirement such as `>= 1, < 3`."""

    name: str
    version: str
    platform: str = "ruby"
    dependencies: tuple[tuple[str, str], ...] = ()
    ruby: str = ""
    rubygems: str = ""

    @property
    def full_version(self) -> str:
        """The version with the platform, as `/versions` spells it."""
        return self.version if self.platform == "ruby" else f"{self.version}-{self.platform}"

    @property
    def path(self) -> str:
        """The name of the `.gem` file."""
        return f"{self.name}-{self.full_version}.gem"


class Index(Struct, frozen=True, kw_only=True, dict=True):
    """A compact index of files whose bytes are in a folder; `yanked` are those it had once.

    A file without bytes can be listed but not installed.

    Format: https://guides.rubygems.org/rubygems-org-compact-index-api/
    """

    files: tuple[GemFile, ...]
    yanked: tuple[GemFile, ...] = ()
    folder: Path

    @cached_property
    def documents(self) -> Mapping[str, bytes]:
        """Every text of the index by its path."""
        listings = {f"info/{name}": self._info(files) for name, files in _by_name(self.files)}
        emptied = {f"info/{name}": b"---\n" for name, _ in _by_name(self.yanked)}
        infos = {**emptied, **listings}
        names = "---\n" + "".join(f"{name}\n" for name, _ in _by_name(self.files))
        return {**infos, "versions": self._versions(infos), "names": names.encode()}

    def _versions(self, infos: Mapping[str, bytes]) -> bytes:
        """As rubygems.org writes it: a yanked version stays where it was and a later line takes it away."""
        listed = "".join(
            self._line(name, (file.full_version for file in files), infos)
            for name, files in _by_name((*self.files, *self.yanked))
        )
        taken = "".join(
            self._line(name, (f"-{file.full_version}" for file in files), infos)
            for name, files in _by_name(self.yanked)
        )
        return f"{_CREATED}{listed}{taken}".encode()

    def _line(self, name: str, versions: Iterable[str], infos: Mapping[str, bytes]) -> str:
        return f"{name} {','.join(versions)} {hashlib.md5(infos[f'info/{name}'], usedforsecurity=False).hexdigest()}\n"

    def _info(self, files: Iterable[GemFile]) -> bytes:
        return ("---\n" + "".join(f"{self._release(file)}\n" for file in files)).encode()

    def _release(self, file: GemFile) -> str:
        needs = ",".join(f"{name}:{requirement.replace(', ', '&')}" for name, requirement in file.dependencies)
        facts = [f"checksum:{_sha256(self.folder / file.path)}"]
        facts += [
            f"{name}:{requirement.replace(', ', '&')}"
            for name, requirement in (("ruby", file.ruby), ("rubygems", file.rubygems))
            if requirement
        ]
        return f"{file.full_version} {needs}|{','.join(facts)}"


@cache
def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes() if path.exists() else b"").hexdigest()


def _by_name(files: Iterable[GemFile]) -> list[tuple[str, list[GemFile]]]:
    ordered = sorted(files, key=lambda file: file.name)
    return [(name, list(group)) for name, group in groupby(ordered, key=lambda file: file.name)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    indexes: dict[str, Index]


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        body = self._content()
        if body is None:
            self._answer(404, b"not here")
            return
        etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        tail = _TAIL.fullmatch(self.headers.get("Range", ""))
        if self.headers.get("If-None-Match") == etag:
            self._answer(304, b"", ETag=etag)
        elif tail and int(tail[1]) < len(body):
            start = int(tail[1])
            place = f"bytes {start}-{len(body) - 1}/{len(body)}"
            self._answer(206, body[start:], ETag=etag, **{"Content-Range": place})
        elif tail:
            self._answer(416, b"", **{"Content-Range": f"bytes */{len(body)}"})
        else:
            self._answer(200, body, ETag=etag)

    def _content(self) -> bytes | None:
        _, name, *rest = self.path.split("/")
        index = self.server.indexes.get(name)
        if index is None:
            return None
        match rest:
            case ["gems", file] if file in {known.path for known in index.files}:
                return (index.folder / file).read_bytes()
            case _:
                return index.documents.get("/".join(rest))

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status == 200:
            self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the tests speak for themselves."""


class GemServer:
    """Serves what is published; a context manager."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.indexes = {}
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def publish(self, name: str, index: Index) -> str:
        """The address of the index, with the slash at the end that Bundler writes into lockfiles."""
        assert "/" not in name
        self._server.indexes[name] = index
        return f"http://127.0.0.1:{self._server.server_address[1]}/{name}/"
