"""Every fault of a forge ends in the right answer or in a fault, after the right waits."""

import gzip
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from email.utils import formatdate
from typing import Any

import anyio
import httpx
import msgspec
import pytest
import respx

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.limits import Limits
from gemaudit.adapters.forges.tokens import Token
from gemaudit.adapters.forges.transport import Answer, Limited, Question, Transport

BASE = "https://api.forge.test/"
NOON = 1_800_000_000.0
RENEW = "renew it"
QUICK = Limits(first_wait=0, jitter=0, attempts=3)
SECRET = "ghp_do_not_tell"  # noqa: S105 - it is none


class Time:
    """A clock that only goes on when somebody sleeps."""

    def __init__(self) -> None:
        self.now = NOON
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        end = self.now + seconds
        await anyio.sleep(0)
        self.now = max(self.now, end)


class Memory(dict[str, tuple[str, bytes]]):
    """Answers that are remembered."""

    def put(self, url: str, etag: str, body: bytes) -> None:
        self[url] = (etag, body)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def played() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


def whole(answer: Answer) -> Answer:
    return answer


def session(
    time: Time, *paths: str, limits: Limits = QUICK, read: Callable[[Answer], Any] = whole, **more: Any
) -> tuple[list[Any], Transport]:
    """What becomes of questions that are asked one after the other."""
    base = more.pop("base", BASE)
    form = more.pop("question", {})
    questions = [Question(url=path, **form) for path in paths]
    token = Token(SECRET, "`GH_TOKEN`")

    async def run() -> tuple[list[Any], Transport]:
        results: list[Any] = []
        async with Transport(
            httpx.URL(base),
            token=token,
            token_hint=RENEW,
            limits=limits,
            clock=time.clock,
            sleep=time.sleep,
            **more,
        ) as transport:
            for question in questions:
                try:
                    results.append(await transport.ask(question, read))
                except Fault as fault:
                    results.append(fault)
        return results, transport

    return anyio.run(run)


def code(result: Any) -> str:
    assert isinstance(result, Fault)
    assert SECRET not in f"{result} {result.hint} {result!r} {result.diagnostic()!r}"
    return result.code


def test_an_answer_comes_with_its_status(time: Time, played: respx.MockRouter) -> None:
    route = played.get(BASE + "a").respond(404, json={"message": "Not Found"})
    (answer,), transport = session(time, "a")
    assert (answer.status, answer.json(dict[str, str])) == (404, {"message": "Not Found"})
    request = route.calls.last.request
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert request.headers["user-agent"].startswith("gemaudit ")
    assert transport.requests == 1
    assert time.waits == []


@pytest.mark.parametrize(
    "fault",
    [
        httpx.Response(500),
        httpx.Response(502, text="<html>Bad Gateway</html>"),
        httpx.Response(503, headers={"Retry-After": "0"}),
        httpx.Response(504),
        httpx.Response(408),
        httpx.ConnectError("secret"),
        httpx.ReadError("secret"),
        httpx.ReadTimeout("secret"),
        httpx.RemoteProtocolError("secret"),
        httpx.Response(200, text='{"a": '),
        httpx.Response(200, content=gzip.compress(b"{}")[:-9], headers={"Content-Encoding": "gzip"}),
        httpx.Response(200, content=b"{}", headers={"Content-Encoding": "br"}),
        httpx.Response(200, text="[" * 100_000),
        httpx.Response(200, content=b'{"a": "\xff"}'),
    ],
    ids=repr,
)
def test_a_passing_fault_is_passed(time: Time, played: respx.MockRouter, fault: Any) -> None:
    route = played.get(BASE + "a").mock(side_effect=[fault, fault, httpx.Response(200, json={"a": "b"})])
    (result,), _ = session(time, "a", read=lambda answer: answer.json(dict[str, str]))
    assert result == {"a": "b"}
    assert route.call_count == 3


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (httpx.Response(502), "forge-error"),
        (httpx.ReadTimeout("secret"), "silent-forge"),
        (httpx.RemoteProtocolError("secret"), "unreadable-answer"),
        (httpx.Response(200, text="<html>Sign in</html>"), "unreadable-answer"),
        (httpx.Response(302, headers={"Location": "https://api.forge.test/a"}), "redirected-forge"),
        (httpx.Response(302, headers={"Location": "http://api.forge.test/a"}), "redirected-forge"),
        (httpx.Response(302, headers={"Location": "file:///etc/passwd"}), "redirected-forge"),
        (httpx.Response(302, headers={"Location": "https://[::1"}), "unreadable-answer"),
        (
            httpx.Response(200, content=gzip.compress(bytes(200_000)), headers={"Content-Encoding": "gzip"}),
            "too-large",
        ),
    ],
    ids=repr,
)
def test_a_lasting_fault_of_one_question_stops_no_other(
    time: Time, played: respx.MockRouter, fault: Any, expected: str
) -> None:
    side_effect = fault if isinstance(fault, Exception) else [fault] * 20
    played.get(BASE + "a").mock(side_effect=side_effect)
    played.get(BASE + "b").respond(json={})
    limits = msgspec.structs.replace(QUICK, body=100_000)
    (first, second), _ = session(time, "a", "b", limits=limits, read=lambda answer: answer.json(dict[str, str]))
    assert code(first) == expected
    assert not first.is_final
    assert second == {}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (httpx.Response(401, json={"message": "Bad credentials"}), "token-refused"),
        (httpx.ConnectError("secret"), "unreachable-forge"),
        (httpx.ProxyError("secret"), "unreachable-forge"),
    ],
    ids=repr,
)
def test_after_a_final_fault_nothing_is_asked(time: Time, played: respx.MockRouter, fault: Any, expected: str) -> None:
    played.get(BASE + "a").mock(side_effect=fault if isinstance(fault, Exception) else [fault])
    other = played.get(BASE + "b").respond(json={})
    (first, second), _ = session(time, "a", "b")
    assert (code(first), first.is_final) == (expected, True)
    assert (code(second), second.is_final) == (expected, True)
    assert other.call_count == 0


def test_a_certificate_that_is_not_trusted_is_final_at_once(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> httpx.Response:
        raise httpx.ConnectError("secret") from ssl.SSLCertVerificationError("secret")

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", refuse)
    (result,), transport = session(time, "a")
    assert (code(result), result.is_final, transport.requests) == ("unverified-forge", True, 1)


class TestRedirects:
    def test_the_token_stays_with_its_origin(self, time: Time, played: respx.MockRouter) -> None:
        hops = [BASE + "a", BASE + "b", "https://api.forge.test:8443/c", "https://other.test/d"]
        routes = [
            played.get(here).respond(302, headers={"Location": there})
            for here, there in zip(hops, [*hops[1:], "https://user:password@last.test/e"], strict=True)
        ]
        last = played.get("https://last.test/e").respond(text="here")
        (answer,), transport = session(time, "a")
        assert answer.body == b"here"
        sent = ["authorization" in route.calls.last.request.headers for route in (*routes, last)]
        assert sent == [True, True, False, False, False]
        assert transport.requests == 5

    def test_a_login_that_another_host_asks_for_is_not_ours(self, time: Time, played: respx.MockRouter) -> None:
        played.get(BASE + "a").respond(302, headers={"Location": "https://other.test/"})
        played.get("https://other.test/").respond(401)
        (answer,), _ = session(time, "a")
        assert (answer.status, answer.is_own) == (401, False)

    def test_a_change_follows_to_the_forge_itself(self, time: Time, played: respx.MockRouter) -> None:
        played.post(BASE + "a").respond(307, headers={"Location": "b"})
        second = played.post(BASE + "b").respond(201)
        (answer,), _ = session(time, "a", question={"method": "POST", "content": b'{"a": 1}'})
        assert answer.status == 201
        assert second.calls.last.request.content == b'{"a": 1}'

    @pytest.mark.parametrize(("status", "location"), [(302, "b"), (307, "https://other.test/"), (303, "b")])
    def test_a_change_goes_nowhere_else(self, time: Time, played: respx.MockRouter, status: int, location: str) -> None:
        played.post(BASE + "a").respond(status, headers={"Location": location})
        (result,), _ = session(time, "a", question={"method": "POST", "content": b"{}"})
        assert code(result) == "redirected-forge"


class TestLimit:
    """docs.github.com, "Rate limits for the REST API", "Exceeding the rate limit"."""

    @pytest.mark.parametrize(
        ("status", "headers", "body", "seconds"),
        [
            (403, {"retry-after": "30"}, "", 30),
            (429, {"retry-after": "30"}, "", 30),
            (429, {"retry-after": "0"}, "", 1),
            (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOON) + 600)}, "", 600),
            (429, {"ratelimit-remaining": "0", "ratelimit-reset": str(int(NOON) + 600)}, "", 600),
            (403, {}, "You have exceeded a secondary rate limit.", 60),
            (403, {"x-ratelimit-remaining": "4000"}, "You have triggered an abuse detection mechanism", 60),
            (429, {}, "", 60),
        ],
    )
    def test_a_refusal_is_waited_for(
        self, time: Time, played: respx.MockRouter, status: int, headers: dict[str, str], body: str, seconds: float
    ) -> None:
        refusal = httpx.Response(status, headers=headers, text=body)
        route = played.get(BASE + "a").mock(side_effect=[refusal, httpx.Response(200)])
        (answer,), _ = session(time, "a")
        assert answer.status == 200
        assert time.waits == [seconds]
        assert route.call_count == 2

    def test_a_refusal_for_permissions_is_an_answer(self, time: Time, played: respx.MockRouter) -> None:
        headers = {"x-ratelimit-remaining": "4000", "x-ratelimit-limit": "5000"}
        played.get(BASE + "a").respond(403, json={"message": "Resource not accessible"}, headers=headers)
        (answer,), _ = session(time, "a")
        assert answer.status == 403
        assert time.waits == []

    def test_a_clock_that_is_wrong_does_no_harm(self, time: Time, played: respx.MockRouter) -> None:
        server = NOON + 50_000
        headers = {
            "date": formatdate(server, usegmt=True),
            "x-ratelimit-limit": "5000",
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": str(int(server) + 100),
        }
        played.get(BASE + "a").mock(side_effect=[httpx.Response(403, headers=headers), httpx.Response(200)])
        _, transport = session(time, "a")
        assert time.waits == [100]
        assert transport.budget is not None
        assert transport.budget.reset == NOON + 100

    def test_a_minute_doubles(self, time: Time, played: respx.MockRouter) -> None:
        refusal = httpx.Response(403, text="secondary rate limit")
        passed = httpx.Response(200)
        played.get(BASE + "a").mock(side_effect=[refusal, refusal, refusal, passed, refusal, passed])
        session(time, "a", "a")
        assert time.waits == [60, 120, 240, 60]

    def test_the_wait_has_an_end(self, time: Time, played: respx.MockRouter) -> None:
        played.get(BASE + "a").respond(403, text="secondary rate limit")
        (result,), _ = session(time, "a")
        assert (code(result), result.is_final) == ("rate-limited", True)
        assert sum(time.waits) <= 3600

    def test_too_long_a_wait_is_final_and_says_until_when(self, time: Time, played: respx.MockRouter) -> None:
        played.get(BASE + "a").respond(429, headers={"retry-after": "86400"})
        (result, other), transport = session(time, "a", "b")
        assert result.message == "the forge's limit is spent until 2027-01-16 08:00 UTC"
        assert code(other) == "rate-limited"
        assert transport.requests == 1

    @pytest.mark.parametrize("value", ["9" * 5_000, "-1", "1e9", "\u0661"])
    def test_headers_are_not_believed(self, time: Time, played: respx.MockRouter, value: str) -> None:
        headers = [(f"x-ratelimit-{name}".encode(), value.encode()) for name in ("limit", "remaining", "reset")]
        played.get(BASE + "a").mock(return_value=httpx.Response(200, headers=headers))
        _, transport = session(time, "a", "a")
        assert transport.budget is None
        assert time.waits == []

    def test_everybody_waits_when_one_is_told_to(self, time: Time, played: respx.MockRouter) -> None:
        moments: list[float] = []

        def answer(request: httpx.Request) -> httpx.Response:
            moments.append(time.now)
            return (
                httpx.Response(429, headers={"retry-after": "50"}) if request.url.path == "/0" else httpx.Response(200)
            )

        played.get(url__startswith=BASE).mock(side_effect=answer)
        limits = msgspec.structs.replace(QUICK, at_once=1, refusals=2)
        (first, *others), _ = session(time, *map(str, range(3)), limits=limits)
        assert code(first) == "rate-limited"
        assert not first.is_final
        assert [one.status for one in others] == [200, 200]
        assert moments == [NOON, NOON + 50, NOON + 100, NOON + 100]

    def test_refusals_of_the_same_moment_count_once(self, time: Time, played: respx.MockRouter) -> None:
        under_way = 0
        all_are = anyio.Event()

        async def answer(_: httpx.Request) -> httpx.Response:
            nonlocal under_way
            under_way += 1
            if under_way == 4:
                all_are.set()
            await all_are.wait()
            return httpx.Response(403, text="secondary rate limit") if under_way <= 4 else httpx.Response(200)

        played.get(BASE + "a").mock(side_effect=answer)

        async def run() -> None:
            async with (
                Transport(
                    httpx.URL(BASE), token=None, token_hint="", limits=QUICK, clock=time.clock, sleep=time.sleep
                ) as transport,
                anyio.create_task_group() as group,
            ):
                for _ in range(4):
                    group.start_soon(transport.ask, Question(url="a"), whole)

        anyio.run(run)
        assert max(time.waits) == 60

    def test_the_last_tenth_is_spread_until_the_reset(self, time: Time, played: respx.MockRouter) -> None:
        remaining = 502

        def answer(_: httpx.Request) -> httpx.Response:
            nonlocal remaining
            remaining -= 1
            numbers = {"limit": 5000, "remaining": remaining, "reset": int(NOON) + 1000}
            return httpx.Response(200, headers={f"x-ratelimit-{name}": str(number) for name, number in numbers.items()})

        played.get(BASE + "a").mock(side_effect=answer)
        _, transport = session(time, *["a"] * 50)
        assert transport.budget is not None
        assert (transport.budget.limit, transport.budget.remaining) == (5000, 452)
        assert len(time.waits) == 47
        assert all(1.9 < wait < 2.1 for wait in time.waits)

    def test_a_queue_for_the_last_tenth_is_no_wait_for_the_forge(self, time: Time, played: respx.MockRouter) -> None:
        numbers = {"limit": "5000", "remaining": "400", "reset": str(int(NOON) + 3000)}
        played.get(BASE + "a").respond(200, headers={f"x-ratelimit-{name}": value for name, value in numbers.items()})

        async def run() -> list[int]:
            limits = msgspec.structs.replace(QUICK, longest_wait=10)
            statuses: list[int] = []
            async with Transport(
                httpx.URL(BASE), token=None, token_hint="", limits=limits, clock=time.clock, sleep=time.sleep
            ) as transport:

                async def ask() -> None:
                    statuses.append((await transport.ask(Question(url="a"), whole)).status)

                await ask()
                async with anyio.create_task_group() as group:
                    for _ in range(8):
                        group.start_soon(ask)
            return statuses

        assert anyio.run(run) == [200] * 9
        assert max(time.waits) > 20

    @pytest.mark.parametrize("longest", [5, 60])
    def test_our_own_limits_are_no_wait_for_the_forge(
        self, time: Time, played: respx.MockRouter, longest: float
    ) -> None:
        played.get(BASE + "a").respond(200)
        limits = msgspec.structs.replace(QUICK, longest_wait=longest)
        answers, _ = session(time, *["a"] * 5, points={"core": 2}, limits=limits)
        assert [answer.status for answer in answers] == [200] * 5
        assert time.now == NOON + 120

    def test_a_budget_that_is_spent_is_waited_for_without_asking(self, time: Time, played: respx.MockRouter) -> None:
        headers = {
            f"x-ratelimit-{k}": v for k, v in {"limit": "60", "remaining": "0", "reset": str(int(NOON) + 9)}.items()
        }
        route = played.get(BASE + "a").mock(side_effect=[httpx.Response(200, headers=headers), httpx.Response(200)])
        session(time, "a", "a")
        assert time.waits == [9]
        assert route.call_count == 2

    def test_answers_that_overtake_each_other_give_nothing_back(self, time: Time, played: respx.MockRouter) -> None:
        reset = str(int(NOON) + 900)
        played.get(BASE + "a").mock(
            side_effect=[
                httpx.Response(
                    200, headers={"x-ratelimit-limit": "60", "x-ratelimit-remaining": left, "x-ratelimit-reset": reset}
                )
                for left in ("50", "49", "51")
            ]
        )
        _, transport = session(time, "a", "a", "a")
        assert transport.budget is not None
        assert transport.budget.remaining == 49

    def test_each_resource_has_its_own_budget(self, time: Time, played: respx.MockRouter) -> None:
        def told(resource: str, limit: int, remaining: int) -> httpx.Response:
            numbers = {"limit": limit, "remaining": remaining, "reset": int(NOON) + 900, "resource": resource}
            return httpx.Response(200, headers={f"x-ratelimit-{name}": str(value) for name, value in numbers.items()})

        answers = [told("core", 5000, 4000), told("code_scanning_upload", 1000, 0), told("core", 5000, 3999)]
        played.get(BASE + "a").mock(side_effect=answers)
        _, transport = session(time, "a", "a", "a")
        assert time.waits == []
        assert transport.budget is not None
        assert transport.budget.limit == 1000

    def test_points_of_a_minute_are_kept(self, time: Time, played: respx.MockRouter) -> None:
        played.get(BASE + "a").respond(200)
        session(time, *["a"] * 25, points={"core": 10})
        assert time.now == NOON + 120

    def test_changes_count_for_more(self, time: Time, played: respx.MockRouter) -> None:
        played.post(BASE + "a").respond(201)
        for points, end in (({"core": 10}, 120), ({"change": 1}, 240)):
            time.now = NOON
            changes = {"method": "POST", "content": b"{}"}
            answers, _ = session(time, *["a"] * 5, question=changes, points=points)
            assert [answer.status for answer in answers] == [201] * 5
            assert time.now == NOON + end

    def test_what_an_answer_says_in_its_body_counts_too(self, time: Time, played: respx.MockRouter) -> None:
        played.get(BASE + "a").mock(side_effect=[httpx.Response(200, text="limited"), httpx.Response(200, text="ok")])

        def read(answer: Answer) -> bytes:
            if answer.body == b"limited":
                raise Limited
            return answer.body

        (result,), _ = session(time, "a", read=read)
        assert (result, time.waits) == (b"ok", [60])


@pytest.mark.parametrize(
    ("fault", "times"),
    [(httpx.Response(502), 1), (httpx.ReadTimeout("late"), 1), (httpx.ConnectError("no"), 3)],
    ids=repr,
)
def test_what_may_have_arrived_is_not_sent_twice(
    time: Time, played: respx.MockRouter, fault: httpx.Response | Exception, times: int
) -> None:
    route = played.post(BASE + "a").mock(side_effect=[fault] * 3)
    session(time, "a", question={"method": "POST", "content": b"{}", "once": True})
    assert route.call_count == times


def test_requests_are_counted_and_bounded(time: Time, played: respx.MockRouter) -> None:
    route = played.get(BASE + "a").mock(side_effect=[httpx.Response(502)] + [httpx.Response(200)] * 9)
    limits = msgspec.structs.replace(QUICK, most_requests=3)
    (one, two, three, four), transport = session(time, *["a"] * 4, limits=limits)
    assert (one.status, two.status) == (200, 200)
    assert (code(three), three.is_final, code(four)) == ("out-of-requests", True, "out-of-requests")
    assert (route.call_count, transport.requests) == (3, 3)


class TestRemembered:
    def test_a_confirmed_answer_is_used_again(self, time: Time, played: respx.MockRouter) -> None:
        memory = Memory()
        route = played.get(BASE + "a").mock(
            side_effect=[httpx.Response(200, json={"a": 1}, headers={"ETag": 'W/"1"'}), httpx.Response(304)]
        )
        ask = {"revalidate": True}
        session(time, "a", question=ask, remembered=memory)
        (again,), _ = session(time, "a", question=ask, remembered=memory)
        assert (again.status, again.json(dict[str, int]), again.is_remembered) == (200, {"a": 1}, True)
        assert route.calls.last.request.headers["if-none-match"] == 'W/"1"'

    def test_a_damaged_answer_is_not_remembered(self, time: Time, played: respx.MockRouter) -> None:
        memory = Memory()
        played.get(BASE + "a").respond(text='{"a":', headers={"ETag": '"1"'})
        session(time, "a", question={"revalidate": True}, remembered=memory, read=lambda one: one.json(dict[str, int]))
        assert memory == {}

    def test_only_what_may_change_is_remembered(self, time: Time, played: respx.MockRouter) -> None:
        memory = Memory()
        played.get(BASE + "a").respond(text="x", headers={"ETag": '"1"'})
        session(time, "a", remembered=memory)
        assert memory == {}


def test_a_slow_answer_is_left(time: Time, played: respx.MockRouter) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        await anyio.sleep(5)

    played.get(BASE + "a").mock(side_effect=lambda _: httpx.Response(200, content=body()))
    (result,), _ = session(time, "a", limits=msgspec.structs.replace(QUICK, answer=0.05))
    assert code(result) == "silent-forge"


def test_no_more_than_agreed_are_under_way(played: respx.MockRouter) -> None:
    under_way = most = 0

    async def answer(_: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await anyio.sleep(0.001)
        under_way -= 1
        return httpx.Response(200)

    played.get(BASE + "a").mock(side_effect=answer)

    async def run() -> None:
        limits = msgspec.structs.replace(QUICK, at_once=3)
        async with (
            Transport(httpx.URL(BASE), token=None, token_hint="", limits=limits) as transport,
            anyio.create_task_group() as group,
        ):
            for _ in range(20):
                group.start_soon(transport.ask, Question(url="a"), whole)

    anyio.run(run)
    assert most == 3
