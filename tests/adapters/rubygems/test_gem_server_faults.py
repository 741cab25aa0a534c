"""Every fault of a server ends in the right answer or in a problem."""

import base64
import gzip
import logging
import time
import tracemalloc
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import msgspec
import pytest
from server import BASALT, FAST, NEWER, Client, GemServer, Reply, code, versions

from gemaudit.model.gem_index import Wanted

OLD = ["1.0.0-ruby", "1.1.0-ruby", "1.1.0-x86_64-linux-musl"]
NEW = [*OLD, "1.2.0-ruby"]


@pytest.fixture
def server() -> Iterator[GemServer]:
    with GemServer().running() as server:
        yield server


@pytest.fixture
def client(tmp_path: Path, server: GemServer) -> Client:
    return Client(tmp_path, server)


def test_other_gems_go_on(client: Client, server: GemServer) -> None:
    server.reply("basalt", *[Reply(500)] * FAST.attempts)
    server.indexes["gneiss"] = "---\n2.0 |\n"
    wanted = [Wanted(server.url, "basalt"), Wanted(server.url, "gneiss"), Wanted("file:///srv", "x")]
    listings = client.servers().listings(wanted)
    assert code(listings[wanted[0]]) == "gem-server-error"
    assert versions(listings[wanted[1]]) == ["2.0-ruby"]
    assert code(listings[wanted[2]]) == "unsupported-gem-server"


@pytest.mark.parametrize(
    "fault",
    [
        Reply(500),
        Reply(503, headers={"Retry-After": "0"}),
        Reply(429),
        Reply(429, headers={"Retry-After": "0"}),
        Reply(429, headers={"Retry-After": formatdate(0, usegmt=True)}),
        Reply(408),
        Reply(200, BASALT.encode(), missing=20),
        Reply(200, BASALT.encode()[:-20], length=False),
        Reply(200, BASALT.encode(), {"Repr-Digest": f"sha-256=:{base64.b64encode(bytes(32)).decode()}:"}),
        Reply(200, b"<html>Sign in</html>", {"Content-Type": "text/html"}),
        Reply(200, b"\n <!DOCTYPE html>\n1.0 |\n"),
        Reply(200, b"\x00\xff\xfe"),
        Reply(200, b""),
        Reply(200, gzip.compress(BASALT.encode())[:-20], {"Content-Encoding": "gzip"}),
        Reply(200, BASALT.encode(), {"Content-Encoding": "gzip"}),
        Reply(200, BASALT.encode(), {"Content-Encoding": "br"}),
    ],
    ids=lambda reply: f"{reply.status}-{reply.headers or reply.body[:8]}",
)
def test_a_passing_fault_is_passed(client: Client, server: GemServer, fault: Reply) -> None:
    server.reply("basalt", fault, fault)
    assert versions(client.ask()) == OLD
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Reply(500), "gem-server-error"),
        (Reply(429), "gem-server-busy"),
        (Reply(200, BASALT.encode(), missing=20), "unreachable-gem-server"),
        (Reply(200, BASALT.encode()[:-20], length=False), "unreadable-index"),
        (
            Reply(200, BASALT.encode(), {"Digest": f"SHA-256={base64.b64encode(bytes(32)).decode()}"}),
            "unreadable-index",
        ),
        (Reply(200, b"<html>Sign in</html>"), "unreadable-index"),
        (Reply(200, b"no index\nat all\n"), "unreadable-index"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.status),
)
def test_a_lasting_fault_is_a_problem_after_a_few_attempts(
    client: Client, server: GemServer, fault: Reply, expected: str
) -> None:
    server.reply("basalt", *[fault] * 20)
    assert code(client.ask()) == expected
    assert len(server.requests) == FAST.attempts
    assert code(client.remember()) == "not-cached"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Reply(403), "gem-server-login"),
        (Reply(401), "gem-server-login"),
        (Reply(400), "gem-server-error"),
        (Reply(304), "gem-server-error"),
        (Reply(206, BASALT.encode(), {"Content-Range": "bytes 0-9/10"}), "gem-server-error"),
        (Reply(429, headers={"Retry-After": "3600"}), "gem-server-busy"),
        (Reply(429, headers={"Retry-After": formatdate(4_102_444_800, usegmt=True)}), "gem-server-busy"),
        (Reply(302, headers={"Location": "ftp://127.0.0.1/"}), "redirected-gem-server"),
        (Reply(302, headers={"Location": "file:///etc/passwd"}), "redirected-gem-server"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.status}-{value.headers}",
)
def test_what_no_attempt_would_change_is_not_repeated(
    client: Client, server: GemServer, fault: Reply, expected: str
) -> None:
    server.reply("basalt", fault)
    assert code(client.ask()) == expected
    assert len(server.requests) == 1


def test_after_a_fault_the_old_index_is_not_believed(client: Client, server: GemServer) -> None:
    client.ask()
    server.indexes["basalt"] = NEWER
    server.reply("basalt", Reply(500))
    assert versions(client.ask()) == NEW
    assert "range" not in server.requests[-1].headers


def test_a_server_that_asks_to_wait_is_waited_for(client: Client, server: GemServer) -> None:
    server.reply("basalt", Reply(429, headers={"Retry-After": "1"}))
    start = time.monotonic()
    assert versions(client.ask(limits=msgspec.structs.replace(FAST, longest_wait=2))) == OLD
    assert time.monotonic() - start >= 1


def test_a_redirect_is_followed(client: Client, server: GemServer) -> None:
    server.reply("basalt", Reply(301, headers={"Location": "/elsewhere/info/basalt"}))
    assert versions(client.ask()) == OLD
    assert server.paths() == ["/info/basalt", "/elsewhere/info/basalt"]


def test_a_circle_of_redirects_ends(client: Client, server: GemServer) -> None:
    server.reply("basalt", *[Reply(302, headers={"Location": "/info/basalt"})] * 50)
    assert code(client.ask()) == "redirected-gem-server"
    assert len(server.requests) == FAST.redirects + 1


@pytest.mark.parametrize("location", ["http://[::1", "http://127.0.0.1:99999/", "http://" + "a" * 70 + ".invalid/"])
def test_a_redirect_that_leads_nowhere_is_a_problem(client: Client, server: GemServer, location: str) -> None:
    server.reply("basalt", *[Reply(302, headers={"Location": location})] * FAST.attempts)
    assert code(client.ask()) in {"unreachable-gem-server", "redirected-gem-server"}


def test_a_body_that_never_ends_is_cut(client: Client, server: GemServer) -> None:
    limits = msgspec.structs.replace(FAST, body=10_000)
    server.reply("basalt", Reply(200, b"1.0 |\n" * 5_000))
    listing = client.ask(limits=limits)
    assert code(listing) == "unreadable-index"
    assert listing.problem is not None
    assert "larger than 10000 bytes" in listing.problem.message


def test_a_compressed_bomb_is_cut(client: Client, server: GemServer) -> None:
    bomb = gzip.compress(b"1.0 |\n" * 20_000_000, compresslevel=1)
    server.reply("basalt", Reply(200, bomb, {"Content-Encoding": "gzip"}))
    tracemalloc.start()
    listing = client.ask(limits=msgspec.structs.replace(FAST, body=10_000))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert code(listing) == "unreadable-index"
    assert len(server.requests) == 1
    assert most < 20_000_000, "a chunk was decompressed as a whole"


def test_a_silent_server_is_left(client: Client, server: GemServer) -> None:
    server.reply("basalt", Reply(200, BASALT.encode(), pause=0.5))
    limits = msgspec.structs.replace(FAST, silence=0.1, attempts=1)
    assert code(client.ask(limits=limits)) == "unreachable-gem-server"


def test_a_byte_now_and_then_does_not_keep_us(client: Client, server: GemServer) -> None:
    server.reply("basalt", Reply(200, BASALT.encode(), pause=0.02))
    limits = msgspec.structs.replace(FAST, answer=0.2, attempts=1)
    assert code(client.ask(limits=limits)) == "unreachable-gem-server"


def test_of_a_server_that_is_down_no_more_is_asked(tmp_path: Path) -> None:
    with GemServer().running() as gone:
        client = Client(tmp_path, gone)
    wanted = [Wanted(gone.url, f"gem{number}") for number in range(5)]
    listings = client.servers(max_requests=1).listings(wanted)
    assert {code(listing) for listing in listings.values()} == {"unreachable-gem-server"}


def test_one_rejected_login_is_enough(client: Client, server: GemServer) -> None:
    server.login = "me:secret"
    wanted = [Wanted(server.url, f"gem{number}") for number in range(5)]
    listings = client.servers(max_requests=1).listings(wanted)
    assert {code(listing) for listing in listings.values()} == {"gem-server-login"}
    assert len(server.requests) == 1


def test_no_more_requests_than_allowed_are_under_way(client: Client, server: GemServer) -> None:
    names = [f"gem{number}" for number in range(12)]
    server.indexes.update(dict.fromkeys(names, BASALT))
    listings = client.servers(max_requests=2).listings([Wanted(server.url, name) for name in names])
    assert [versions(listing) for listing in listings.values()] == [OLD] * 12
    assert server.most_at_once <= 2


@pytest.mark.parametrize("gem", ["../versions", "..", "a/b", "a?b", "a#b", "a b", "", "\x1b[31m"])
def test_what_is_no_name_is_never_asked_for(client: Client, server: GemServer, gem: str) -> None:
    assert code(client.ask(gem)) == "unusable-gem-name"
    assert server.requests == []


@pytest.mark.parametrize(
    "remote",
    [
        "",
        "/srv/gems",
        "file:///srv/gems",
        "s3://bucket/",
        "ftp://h/",
        "http://",
        "https:///x",
        "http://[::1",
        "http://a b/",
        "https://h;id/",
        "https://$(id)/",
        "https://h:99999/",
        "https://" + "a" * 3000,
        "\ud800",
        "http://\x00/",
    ],
)
def test_what_is_no_address_is_never_asked(client: Client, remote: str) -> None:
    assert code(client.servers().listings([Wanted(remote, "basalt")])[Wanted(remote, "basalt")]) == (
        "unsupported-gem-server"
    )


def test_a_name_that_no_resolver_takes_is_a_problem(client: Client) -> None:
    remote = f"http://{'a' * 70}.invalid/"
    assert code(client.ask(remote=remote, limits=msgspec.structs.replace(FAST, attempts=1))) == "unreachable-gem-server"


def test_retries_are_not_announced(
    client: Client, server: GemServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    server.reply("basalt", Reply(500))
    with caplog.at_level(logging.WARNING):
        client.ask()
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")
