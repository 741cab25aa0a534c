"""Contents are what git's name of them says, whichever way they came; and each is asked for once."""

from collections.abc import Sequence
from typing import Any

import httpx
import msgspec
import pytest
import respx
from played_github import API, QUICK, asked, blob, entry, error, oid_of, repository, run

from gemaudit.adapters.forges import github_contents
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Wish
from gemaudit.lockfiles import MAX_BYTES
from gemaudit.model.repository import Entry

LOCK = b"GEM\n  specs:\n"
APP, WEB = repository("acme/app", 1), repository("acme/web", 2)
RAW = API + "repos/{}/git/blobs/{}"


class Files:
    """Contents that GraphQL tells; what is in `odd` it tells in that way instead."""

    def __init__(self, *contents: bytes) -> None:
        self.held = {oid_of(content): content for content in contents}
        self.odd: dict[str, Any] = {}
        self.errors: list[dict[str, Any]] = []
        self.gone: set[str] = set()

    def answer(self, request: httpx.Request) -> httpx.Response:
        variables = msgspec.json.decode(request.content)["variables"]
        data: dict[str, Any] = {}
        errors = list(self.errors)
        for key, name in variables.items():
            if key.startswith("n"):
                data["r" + key[1:]] = None if name in self.gone else {}
                errors += [error("NOT_FOUND", "r" + key[1:])] if name in self.gone else []
        for key, oid in variables.items():
            place, _, file = key[1:].partition("_")
            if key.startswith("b") and data[f"r{place}"] is not None:
                held = self.held.get(oid)
                data[f"r{place}"][f"f{file}"] = self.odd.get(oid, blob(held) if held is not None else None)
        return httpx.Response(200, json={"data": data, **({"errors": errors} if errors else {})})


def read(wishes: Sequence[Wish], **more: Any) -> list[bytes | Fault]:
    return run(lambda github: github.contents(wishes), **more)


def told(answer: bytes | Fault) -> bytes | str:
    return answer.code if isinstance(answer, Fault) else answer


@respx.mock
def test_files_of_several_repositories_share_a_request() -> None:
    files = Files(LOCK, b"one", b"two", "drei \u2603 \U0001f4e6".encode(), b"")
    route = respx.post(API + "graphql").mock(side_effect=files.answer)
    wishes = [
        Wish(APP, entry(b"one")),
        Wish(WEB, entry(b"two")),
        Wish(APP, entry("drei \u2603 \U0001f4e6".encode())),
        Wish(WEB, entry(b"")),
        Wish(APP, entry(b"one", "again")),
        Wish(WEB, entry(b"one")),
    ]
    assert read(wishes) == [b"one", b"two", "drei \u2603 \U0001f4e6".encode(), b"", b"one", b"one"]
    (variables,) = asked(route)
    assert [variables[name] for name in ("o0", "n0", "o1", "n1")] == ["acme", "app", "acme", "web"]
    assert sum(name.startswith("b") for name in variables) == 4
    (call,) = route.calls
    query = msgspec.json.decode(call.request.content)["query"]
    assert "acme" not in query
    assert not any(oid in query for oid in files.held)


@respx.mock
def test_nothing_is_asked_for_nothing() -> None:
    assert read([]) == []


@respx.mock
@pytest.mark.parametrize(
    "content",
    [b"GEM\r\n  specs:\r\n", b"\xef\xbb\xbfGEM\n", b"\x00\x01\xff", "caf\u00e9".encode("latin-1"), b"a\rb"],
    ids=repr,
)
@pytest.mark.parametrize("way", ["converted", "binary", "cut", "null", "undecided", "missing"])
def test_what_graphql_does_not_tell_whole_comes_alone(content: bytes, way: str) -> None:
    changed = content.decode("latin-1").replace("\r\n", "\n") + "?"
    ways: dict[str, Any] = {
        "converted": blob(content, text=changed),
        "binary": blob(content, isBinary=True, text=None),
        "cut": blob(content, isTruncated=True, text=changed[:2]),
        "null": blob(content, isBinary=None, text=None),
        "undecided": {},
        "missing": None,
    }
    files = Files(LOCK, content)
    files.odd[oid_of(content)] = ways[way]
    graphql = respx.post(API + "graphql").mock(side_effect=files.answer)
    raw = respx.get(RAW.format("acme/app", oid_of(content))).respond(content=content)
    assert read([Wish(APP, entry(content)), Wish(APP, entry(LOCK))]) == [content, LOCK]
    assert raw.calls.last.request.headers["accept"] == "application/vnd.github.raw+json"
    assert (graphql.call_count, raw.call_count) == (1, 1)


@respx.mock
def test_names_of_sha256_are_checked_as_such() -> None:
    oid = oid_of(LOCK, "sha256")
    respx.post(API + "graphql").respond(json={"data": {"r0": {"f0": blob(LOCK)}}})
    assert read([Wish(APP, Entry(path="Gemfile.lock", oid=oid, size=len(LOCK)))]) == [LOCK]


@respx.mock
def test_content_of_another_name_is_never_returned() -> None:
    files = Files()
    files.odd[oid_of(LOCK)] = blob(b"something else")
    respx.post(API + "graphql").mock(side_effect=files.answer)
    raw = respx.get(RAW.format("acme/app", oid_of(LOCK))).respond(content=b"something else")
    (answer,) = read([Wish(APP, entry(LOCK))])
    assert told(answer) == "unreadable-answer"
    assert raw.call_count == QUICK.attempts


class TestSizes:
    @respx.mock
    def test_a_long_file_is_not_asked_for_in_graphql(self) -> None:
        content = b"x" * (github_contents.LONGEST_TEXT + 1)
        respx.get(RAW.format("acme/app", oid_of(content))).respond(content=content)
        assert read([Wish(APP, entry(content))]) == [content]

    @respx.mock
    def test_one_that_is_too_large_is_not_asked_for_at_all(self) -> None:
        huge = Entry(path="Gemfile.lock", oid="a" * 40, size=MAX_BYTES + 1)
        assert [told(one) for one in read([Wish(APP, huge)])] == ["too-large"]

    @respx.mock
    @pytest.mark.parametrize("extra", [1, 20_000_000])
    def test_one_of_unknown_size_that_is_too_large_is_told(self, extra: int) -> None:
        respx.post(API + "graphql").respond(json={"data": {"r0": {"f0": None}}})
        respx.get(url__startswith=API + "repos/").respond(content=bytes(MAX_BYTES + extra))
        unknown = Entry(path="Gemfile.lock", oid="a" * 40)
        assert [told(one) for one in read([Wish(APP, unknown)])] == ["too-large"]

    @respx.mock
    def test_requests_are_bounded_in_files_and_bytes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(github_contents, "MOST_FILES", 3)
        monkeypatch.setattr(github_contents, "MOST_BYTES", 1000)
        contents = [b"%d" % number * 10 for number in range(4)] + [b"%d" % number * 600 for number in range(3)]
        route = respx.post(API + "graphql").mock(side_effect=Files(*contents).answer)
        assert read([Wish(APP, entry(content)) for content in contents]) == contents
        counts = [sum(name.startswith("b") for name in variables) for variables in asked(route)]
        assert sorted(counts) == [1, 1, 2, 3]


class TestFaults:
    @respx.mock
    def test_a_repository_that_is_gone_fails_alone(self) -> None:
        files = Files(b"one", b"two")
        files.gone = {"web"}
        respx.post(API + "graphql").mock(side_effect=files.answer)
        answers = read([Wish(APP, entry(b"one")), Wish(WEB, entry(b"two"))])
        assert [told(one) for one in answers] == [b"one", "not-found"]

    @respx.mock
    def test_what_it_shares_with_another_comes_from_there(self) -> None:
        files = Files(LOCK)
        files.gone = {"web"}
        respx.post(API + "graphql").mock(side_effect=files.answer)
        respx.get(RAW.format("acme/app", oid_of(LOCK))).respond(content=LOCK)
        assert read([Wish(WEB, entry(LOCK)), Wish(APP, entry(LOCK))]) == [LOCK, LOCK]

    @respx.mock
    def test_a_file_that_may_not_be_read_fails_alone(self) -> None:
        files = Files(b"one", b"two")
        files.errors = [error("FORBIDDEN", "r0", "f1")]
        respx.post(API + "graphql").mock(side_effect=files.answer)
        answers = read([Wish(APP, entry(b"one")), Wish(APP, entry(b"two"))])
        assert [told(one) for one in answers] == [b"one", "forbidden"]

    @respx.mock
    def test_a_file_that_is_gone_is_told(self) -> None:
        respx.post(API + "graphql").mock(side_effect=Files().answer)
        respx.get(url__startswith=API + "repos/").respond(404)
        assert [told(one) for one in read([Wish(APP, entry(LOCK))])] == ["not-found"]

    @respx.mock
    def test_what_is_too_much_at_once_comes_by_halves_and_at_last_alone(self) -> None:
        contents = [b"%d" % number for number in range(8)]
        files = Files(*contents)
        bad = oid_of(b"5")

        def answer(request: httpx.Request) -> httpx.Response:
            return httpx.Response(502) if bad.encode() in request.content else files.answer(request)

        route = respx.post(API + "graphql").mock(side_effect=answer)
        raw = respx.get(RAW.format("acme/app", bad)).respond(content=b"5")
        limits = msgspec.structs.replace(QUICK, attempts=1)
        assert read([Wish(APP, entry(content)) for content in contents], limits=limits) == contents
        assert raw.call_count == 1
        assert route.call_count == 7

    @respx.mock
    def test_a_final_fault_is_the_answer_for_everything(self) -> None:
        route = respx.post(API + "graphql").respond(401)
        answers = read([Wish(APP, entry(b"one")), Wish(WEB, entry(b"x" * 600_000))])
        assert [told(one) for one in answers] == ["token-refused"] * 2
        assert route.call_count == 1
