"""What gem servers said before, on disk.

hishel would keep whole HTTP answers. Bundler's own scheme, which servers are built for, continues a body that is
there already by a range and believes the result only when a digest over the whole agrees, so this keeps bodies.
An entry is one file, since a body and an ETag in two files cannot be replaced at the same instant; its modification
time is when the server last confirmed it. Several processes may use the cache: a file is replaced, never changed.
"""

import contextlib
import os
import re
import tempfile
import time
from hashlib import sha256
from pathlib import Path

import httpx
import msgspec
from msgspec import Struct

from gemaudit.adapters.paths import read_regular
from gemaudit.adapters.web import well_formed_etag

_LONGEST_HEAD = 4096


class Entry(Struct, frozen=True, kw_only=True):
    """A body as the server had it; `age` is in seconds since the server confirmed it, and negative in the future."""

    body: bytes
    etag: str = ""
    age: float = 0.0


class _Head(Struct, frozen=True, kw_only=True):
    """The first line of a file; the body follows."""

    sha256: str
    etag: str = ""


class Cache:
    """Entries by the address of a server and the name of a gem; the folder is made when something is stored."""

    def __init__(self, folder: Path, *, largest: int) -> None:
        self._folder = folder
        self._largest = largest

    def read(self, server: httpx.URL, gem: str) -> Entry | None:
        """The entry, or None where there is none that is whole."""
        path = self._path(server, gem)
        try:
            content = read_regular(path, self._largest + _LONGEST_HEAD)
            age = time.time() - path.stat().st_mtime
            line, _, body = content.partition(b"\n")
            head = msgspec.json.decode(line, type=_Head)
        except (OSError, ValueError):
            return None
        if sha256(body).hexdigest() != head.sha256:
            return None
        return Entry(body=body, etag=well_formed_etag(head.etag), age=age)

    def store(self, server: httpx.URL, gem: str, body: bytes, etag: str) -> None:
        """Replace the entry. Raise OSError where the system refuses."""
        path = self._path(server, gem)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        head = msgspec.json.encode(_Head(sha256=sha256(body).hexdigest(), etag=well_formed_etag(etag)))
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - there is a descriptor and no path
                file.write(head + b"\n" + body)
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise

    def confirm(self, server: httpx.URL, gem: str) -> None:
        """Note that the server has just confirmed the entry. Raise OSError where the system refuses."""
        os.utime(self._path(server, gem))

    def _path(self, server: httpx.URL, gem: str) -> Path:
        """Readable and harmless on every system; the digests tell apart what only differs in letter case."""
        return self._folder / _name(server.host, str(server)) / _name(gem, gem)


def _name(readable: str, exact: str) -> str:
    shown = re.sub(r"[^0-9a-z_-]", "_", readable.lower())[:64]
    return f"{shown}-{sha256(exact.encode()).hexdigest()[:32]}"
