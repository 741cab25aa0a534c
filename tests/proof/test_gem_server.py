"""The gem server of the proof answers as rubygems.org does."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gem_server import GemFile, GemServer, Index

FILES = (
    GemFile(name="ffi", version="1.15.0"),
    GemFile(name="ffi", version="1.15.0", platform="x86_64-linux", ruby=">= 2.5, < 3.3", rubygems=">= 3.3.22"),
    GemFile(name="rdkafka", version="0.12.0", dependencies=(("ffi", ">= 1.15, < 2"), ("oj", ">= 0"))),
)
YANKED = (GemFile(name="ffi", version="1.16.0"), GemFile(name="oj", version="3.0.0"))
INFO = """\
---
1.15.0 |checksum:{plain}
1.15.0-x86_64-linux |checksum:{linux},ruby:>= 2.5&< 3.3,rubygems:>= 3.3.22
"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    for file in FILES:
        (tmp_path / file.path).write_bytes(file.path.encode())
    with GemServer() as server:
        yield server.publish("one", Index(files=FILES, yanked=YANKED, folder=tmp_path))


def sha256(file: GemFile) -> str:
    return hashlib.sha256(file.path.encode()).hexdigest()


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def test_info(address: str) -> None:
    assert httpx.get(f"{address}info/ffi").text == INFO.format(plain=sha256(FILES[0]), linux=sha256(FILES[1]))
    needs = f"---\n0.12.0 ffi:>= 1.15&< 2,oj:>= 0|checksum:{sha256(FILES[2])}\n"
    assert httpx.get(f"{address}info/rdkafka").text == needs


def test_versions_end_with_the_digest_of_the_listing(address: str) -> None:
    ffi, rdkafka, oj = (md5(httpx.get(f"{address}info/{name}").content) for name in ("ffi", "rdkafka", "oj"))
    assert httpx.get(f"{address}versions").text.splitlines()[2:] == [
        f"ffi 1.15.0,1.15.0-x86_64-linux,1.16.0 {ffi}",
        f"oj 3.0.0 {oj}",
        f"rdkafka 0.12.0 {rdkafka}",
        f"ffi -1.16.0 {ffi}",
        f"oj -3.0.0 {oj}",
    ]


def test_gem_files(address: str) -> None:
    assert httpx.get(f"{address}gems/ffi-1.15.0-x86_64-linux.gem").content == b"ffi-1.15.0-x86_64-linux.gem"
    assert httpx.get(f"{address}gems/ffi-1.16.0.gem").status_code == 404


def test_what_a_client_has_is_not_sent_again(address: str) -> None:
    whole = httpx.get(f"{address}versions")
    etag = whole.headers["ETag"]
    assert etag == f'"{md5(whole.content)}"'
    assert httpx.get(f"{address}versions", headers={"If-None-Match": etag}).status_code == 304

    rest = httpx.get(f"{address}versions", headers={"If-None-Match": '"old"', "Range": "bytes=40-"})
    assert (rest.status_code, rest.content) == (206, whole.content[40:])
    assert rest.headers["Content-Range"] == f"bytes 40-{len(whole.content) - 1}/{len(whole.content)}"
    assert rest.headers["ETag"] == etag
    assert httpx.get(f"{address}versions", headers={"Range": "bytes=100000-"}).status_code == 416


@pytest.mark.parametrize("path", ["info/nokogiri", "specs.4.8.gz", "gems/../../secret", ""])
def test_the_rest_is_not_there(address: str, path: str) -> None:
    assert httpx.get(f"{address}{path}").status_code == 404
    assert httpx.get(f"{address.replace('/one/', '/two/')}{path}").status_code == 404
