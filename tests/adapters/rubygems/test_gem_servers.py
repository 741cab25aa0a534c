"""Asking a real server, and remembering what it says."""

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from server import BASALT, FAST, NEWER, Client, GemServer, Reply, code, etag_of, versions

from gemaudit.model.gem_index import GemFile, Listing, Wanted
from gemaudit.model.lockfile import Dependency

OLD = ["1.0.0-ruby", "1.1.0-ruby", "1.1.0-x86_64-linux-musl"]
NEW = [*OLD, "1.2.0-ruby"]


@pytest.fixture
def server() -> Iterator[GemServer]:
    with GemServer().running() as server:
        yield server


@pytest.fixture
def client(tmp_path: Path, server: GemServer) -> Client:
    return Client(tmp_path, server)


def test_a_listing_is_what_the_index_states(client: Client) -> None:
    listing = client.ask()
    assert versions(listing) == OLD
    assert listing.files[1] == GemFile(
        version="1.1.0",
        dependencies=(Dependency("gneiss", "~> 1.0, >= 1.0.2"), Dependency("schist", ">= 0")),
        ruby=">= 2.5, < 3.5.dev",
        rubygems=">= 3.3.22",
        sha256="b" * 64,
    )


def test_a_gem_that_is_not_there_has_no_files_and_no_problem(client: Client, server: GemServer) -> None:
    assert client.ask("gneiss") == Listing()
    assert server.paths() == ["/info/gneiss", "/versions"]
    assert client.remember("gneiss") == Listing()


def test_without_a_compact_index_a_404_says_nothing(client: Client, server: GemServer) -> None:
    server.has_index = False
    assert code(client.ask("basalt")) == "no-compact-index"


def test_the_body_is_compressed_where_the_server_can(client: Client, server: GemServer) -> None:
    server.gzip = True
    assert versions(client.ask()) == OLD
    assert server.requests[0].headers["accept-encoding"] == "gzip"


def test_one_request_serves_all_remotes_that_mean_the_same(client: Client, server: GemServer) -> None:
    wanted = [Wanted(server.url, "basalt"), Wanted(server.url.rstrip("/"), "basalt")]
    listings = client.servers().listings(wanted * 2)
    assert [versions(listings[one]) for one in wanted] == [OLD, OLD]
    assert server.paths() == ["/info/basalt"]


def test_a_folder_of_a_server_is_a_server_of_its_own(client: Client, server: GemServer) -> None:
    server.indexes["basalt"] = NEWER
    assert versions(client.ask(remote=server.url + "private")) == NEW
    assert server.paths() == ["/private/info/basalt"]


def test_nobody_is_asked_about_nothing(client: Client, server: GemServer) -> None:
    assert client.servers().listings([]) == {}
    assert server.paths() == []


def test_an_unchanged_index_is_not_sent_again(client: Client, server: GemServer) -> None:
    assert client.ask() == client.ask()
    last = server.requests[-1].headers
    assert last["if-none-match"] == etag_of(BASALT.encode())
    assert last["range"] == f"bytes={len(BASALT) - 1}-"
    assert len(server.requests) == 2


def test_of_a_longer_index_only_the_end_is_sent(client: Client, server: GemServer) -> None:
    client.ask()
    server.indexes["basalt"] = NEWER
    assert versions(client.ask()) == NEW
    assert len(server.requests) == 2
    assert versions(client.remember()) == NEW


@pytest.mark.parametrize("header", ["Digest", "repr-digest"])
def test_either_digest_header_is_believed(client: Client, server: GemServer, header: str) -> None:
    server.digest_header = header
    client.ask()
    server.indexes["basalt"] = NEWER
    assert versions(client.ask()) == NEW
    assert len(server.requests) == 2


def test_an_index_that_was_rewritten_is_asked_for_as_a_whole(client: Client, server: GemServer) -> None:
    client.ask()
    server.indexes["basalt"] = BASALT.replace("1.0.0 ", "1.0.1 ") + "1.2.0 |\n"
    assert versions(client.ask())[0] == "1.0.1-ruby"
    assert ["range" in request.headers for request in server.requests] == [False, True, False]
    assert "if-none-match" not in server.requests[-1].headers


def test_a_shorter_index_is_asked_for_as_a_whole(client: Client, server: GemServer) -> None:
    """A yanked release shortens the index, and the range is answered by 416."""
    server.indexes["basalt"] = NEWER
    client.ask()
    server.indexes["basalt"] = BASALT
    assert versions(client.ask()) == OLD


def test_a_part_without_a_digest_is_not_appended(client: Client, server: GemServer) -> None:
    server.digest_header = ""
    client.ask()
    server.indexes["basalt"] = NEWER
    assert versions(client.ask()) == NEW
    assert ["range" in request.headers for request in server.requests] == [False, True, False]


def test_a_part_of_another_place_is_not_appended(client: Client, server: GemServer) -> None:
    client.ask()
    server.reply("basalt", Reply(206, b"\n9.9.9 |\n", {"Content-Range": "bytes 0-8/9"}))
    assert versions(client.ask()) == OLD


def test_a_server_without_ranges_sends_the_whole(client: Client, server: GemServer) -> None:
    server.ranges = False
    client.ask()
    server.indexes["basalt"] = NEWER
    assert versions(client.ask()) == NEW
    assert len(server.requests) == 2


def test_a_server_without_etags_is_asked_for_the_whole(client: Client, server: GemServer) -> None:
    server.etags = False
    client.ask()
    assert versions(client.ask()) == OLD
    assert "range" not in server.requests[-1].headers


def test_a_stale_etag_does_not_keep_an_old_index(client: Client, server: GemServer) -> None:
    """What is on disk is not what the ETag was given for, so its digest is wrong and it counts as absent."""
    client.ask()
    (path,) = [path for path in (client.folder / "cache").rglob("basalt-*") if path.is_file()]
    path.write_bytes(path.read_bytes().replace(b"1.1.0", b"6.6.6"))
    assert versions(client.ask()) == OLD
    assert "if-none-match" not in server.requests[-1].headers


def test_a_gem_that_appears_is_seen(client: Client, server: GemServer) -> None:
    assert versions(client.ask("gneiss")) == []
    server.indexes["gneiss"] = "---\n2.0 |\n"
    assert versions(client.ask("gneiss")) == ["2.0-ruby"]


def test_a_fresh_answer_is_used_again(client: Client, server: GemServer) -> None:
    limits = msgspec.structs.replace(FAST, fresh=300)
    client.ask(limits=limits)
    server.indexes["basalt"] = NEWER
    assert versions(client.ask(limits=limits)) == OLD
    assert len(server.requests) == 1


def test_offline_nothing_is_asked(client: Client, server: GemServer) -> None:
    assert code(client.remember()) == "not-cached"
    assert server.requests == []
    client.ask()
    server.indexes["basalt"] = NEWER
    assert versions(client.remember()) == OLD
    assert len(server.requests) == 1


def test_a_cache_that_cannot_be_written_changes_no_answer(client: Client) -> None:
    (client.folder / "cache").write_text("in the way")
    servers = client.servers()
    wanted = Wanted(client.server.url, "basalt")
    assert versions(servers.listings([wanted])[wanted]) == OLD
    assert [(remark.code, remark.level) for remark in servers.diagnostics] == [("unwritten-cache", "notice")]


def test_lines_that_cannot_be_read_are_told(client: Client, server: GemServer) -> None:
    server.indexes["basalt"] = BASALT + "soon |\n2.0 |\nlater |\n"
    servers = client.servers()
    wanted = Wanted(server.url, "basalt")
    assert versions(servers.listings([wanted])[wanted]) == [*OLD, "2.0-ruby"]
    (remark,) = servers.diagnostics
    assert (remark.code, remark.line, remark.path) == ("unreadable-index-line", 5, f"{server.url}info/basalt")
    assert remark.message.startswith("2 lines ")


def test_several_processes_may_store_at_once(client: Client, server: GemServer) -> None:
    """Whoever reads meanwhile finds nothing or a whole entry."""
    body = BASALT + "".join(f"2.{number} |\n" for number in range(2_000))
    server.indexes["basalt"] = body
    threads = [threading.Thread(target=client.ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        listing = client.remember()
        assert listing.problem is not None or len(listing.files) == 2_003
    assert len(client.remember().files) == 2_003
    assert [path.name for path in (client.folder / "cache").rglob(".new-*")] == []
