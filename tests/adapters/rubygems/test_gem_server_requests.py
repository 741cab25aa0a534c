"""What is sent, to servers that are played."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import platformdirs
import pytest
import respx
from server import BASALT, FAST, code, versions

from gemaudit.adapters.rubygems import GemServers, Limits
from gemaudit.adapters.rubygems.cache import Cache
from gemaudit.adapters.web import waiting_time, well_formed_etag
from gemaudit.model.gem_index import Listing, Wanted

RUBYGEMS = "https://rubygems.org/"
INFO = "https://index.rubygems.org/info/basalt"


@pytest.fixture
def played() -> Iterator[respx.MockRouter]:
    with respx.mock as router:
        yield router


def ask(folder: Path, *gems: str, limits: Limits = FAST, remote: str = RUBYGEMS) -> list[Listing]:
    servers = GemServers(environment={}, cache=folder, limits=limits, max_requests=1)
    return list(servers.listings([Wanted(remote, gem) for gem in gems]).values())


def test_rubygems_org_is_asked_once_and_politely(tmp_path: Path, played: respx.MockRouter) -> None:
    route = played.get(INFO).respond(text=BASALT)
    assert len(versions(*ask(tmp_path, "basalt"))) == 3
    request = route.calls.last.request
    assert request.headers["user-agent"].startswith("gemaudit ")
    assert "authorization" not in request.headers
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (httpx.ConnectError("secret"), "there is no connection to the gem server"),
        (httpx.ConnectTimeout("secret"), "there is no connection to the gem server"),
        (httpx.ProxyError("secret"), "there is no connection to the gem server"),
        (httpx.ReadTimeout("secret"), "the gem server does not answer in time"),
        (httpx.ReadError("secret"), "the answer of the gem server breaks off or is not HTTP"),
        (httpx.RemoteProtocolError("secret"), "the answer of the gem server breaks off or is not HTTP"),
        (httpx.TooManyRedirects("secret"), "the gem server leads to an address that cannot be asked"),
        (httpx.DecodingError("secret"), "the gem server leads to an address that cannot be asked"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_every_failure_of_the_connection_has_its_words(
    tmp_path: Path, played: respx.MockRouter, error: httpx.HTTPError, message: str
) -> None:
    played.get(INFO).mock(side_effect=error)
    (listing,) = ask(tmp_path, "basalt")
    assert code(listing) == "unreachable-gem-server"
    assert listing.problem is not None
    assert (listing.problem.message, listing.problem.path) == (message, INFO)
    assert "secret" not in repr(listing)


def test_a_server_that_is_down_is_tried_for_one_gem(tmp_path: Path, played: respx.MockRouter) -> None:
    route = played.get(host="index.rubygems.org").mock(side_effect=httpx.ConnectError("no"))
    listings = ask(tmp_path, "basalt", "gneiss", "schist")
    assert {code(listing) for listing in listings} == {"unreachable-gem-server"}
    assert route.call_count == FAST.attempts


def test_waits_grow_and_spread(tmp_path: Path, played: respx.MockRouter, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("stamina._core._smart_sleep", sleep)
    played.get(INFO).respond(503)
    ask(tmp_path, "basalt", limits=msgspec.structs.replace(Limits(), fresh=0, first_wait=1, jitter=0.5))
    assert [int(wait * 2) / 2 >= low for wait, low in zip(waits, [1, 2, 4], strict=True)] == [True] * 3
    assert all(wait <= low + 0.5 for wait, low in zip(waits, [1, 2, 4], strict=True))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("1" * 400, 111_111_111.0),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("\u0661", None),
        ("Thu, 99 Foo 1970", None),
    ],
)
def test_how_long_a_server_asks_to_wait(value: str, seconds: float | None) -> None:
    assert waiting_time(httpx.Headers([(b"Retry-After", value.encode())])) == seconds


def test_the_cache_is_the_users_alone(tmp_path: Path, played: respx.MockRouter) -> None:
    played.get(INFO).respond(text=BASALT, headers={"ETag": 'W/"abc"'})
    ask(tmp_path / "cache", "basalt")
    (file,) = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_bytes().split(b"\n")[0])["etag"] == 'W/"abc"'
    assert file.read_text().endswith(BASALT)
    assert file.parent.name.startswith("index_rubygems_org-")


def test_by_default_the_cache_is_where_the_system_keeps_caches(
    tmp_path: Path, played: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: Path(os.environ["XDG_CACHE_HOME"]) / name)
    played.get(INFO).respond(text=BASALT)
    GemServers(environment={}, limits=FAST).listings([Wanted(RUBYGEMS, "basalt")])
    assert [path.name for path in tmp_path.iterdir()] == ["gemaudit"]
    assert [path.name for path in (tmp_path / "gemaudit").iterdir()] == ["rubygems"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}\n",
        b"[]\nbody",
        b'{"sha256":"","etag":""}\nbody',
        b"\xff\n",
        b"{" * 5_000,
        b'{"sha256":1}\n',
        b"null\n",
    ],
)
def test_a_damaged_entry_is_none(tmp_path: Path, content: bytes) -> None:
    cache = Cache(tmp_path, largest=1000)
    url = httpx.URL("https://h/")
    cache.store(url, "basalt", b"body", '"x"')
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    file.write_bytes(content)
    assert cache.read(url, "basalt") is None


def test_entries_that_differ_are_kept_apart(tmp_path: Path) -> None:
    cache = Cache(tmp_path, largest=1000)
    places = [
        (url, gem) for url in ("https://h/", "https://h/a/", "http://h/", "https://h:1/") for gem in ("rack", "Rack")
    ]
    for url, gem in places:
        cache.store(httpx.URL(url), gem, f"{url}{gem}".encode(), '"x"')
    entries = [cache.read(httpx.URL(url), gem) for url, gem in places]
    assert [entry.body for entry in entries if entry] == [f"{url}{gem}".encode() for url, gem in places]
    assert len({str(path).lower() for path in tmp_path.rglob("*-*")}) == 4 + len(places)


def test_no_server_leads_out_of_the_cache(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", largest=1000)
    cache.store(httpx.URL("https://../"), "..", b"body", "")
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
    entry = cache.read(httpx.URL("https://../"), "..")
    assert entry is not None
    assert (entry.body, entry.etag, 0 <= entry.age < 60) == (b"body", "", True)


@pytest.mark.parametrize(
    ("text", "expected"), [('"a"', '"a"'), ('W/"a"', 'W/"a"'), ("a", ""), ('"a\r\nX: y"', ""), ('"é"', "")]
)
def test_only_an_etag_is_sent_back(text: str, expected: str) -> None:
    assert well_formed_etag(text) == expected
