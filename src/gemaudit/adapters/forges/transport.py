"""Questions to a forge over HTTP, within limits."""

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Protocol, Self, TypeVar

import anyio
import httpx
import stamina

from gemaudit.adapters.forges.answers import (
    GRAPHQL,
    LATER,
    SERVER_ERROR,
    SILENT,
    TOO_LARGE,
    UNREACHABLE,
    UNREADABLE,
    Answer,
    Limited,
    Question,
    bounded_body,
    fault_of,
    is_limited,
    redirected,
)
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Budget
from gemaudit.adapters.forges.limits import Limits
from gemaudit.adapters.forges.pace import RATE_LIMITED, Pace
from gemaudit.adapters.forges.tokens import Token
from gemaudit.adapters.tls import trusting
from gemaudit.adapters.web import (
    UNPROXIED,
    USER_AGENT,
    is_askable,
    origin_of,
    silent_retries,
    waiting_time,
    well_formed_etag,
)

__all__ = [
    "GRAPHQL",
    "LATER",
    "SERVER_ERROR",
    "SILENT",
    "TOO_LARGE",
    "UNREACHABLE",
    "UNREADABLE",
    "Answer",
    "Limited",
    "Question",
    "Remembered",
    "Transport",
]

T = TypeVar("T")

_OK, _NOT_MODIFIED = 200, 304
_UNAUTHORIZED, _TIMEOUT, _FIRST_SERVER_ERROR = 401, 408, 500
_SAFE = frozenset({"GET", "HEAD"})
_REPEATING = frozenset({307, 308})


class Remembered(Protocol):
    """Answers of earlier runs, by address."""

    def get(self, url: str, /) -> tuple[str, bytes] | None:
        """The ETag and the body of the last answer, or None."""

    def put(self, url: str, etag: str, body: bytes, /) -> None:
        """Remember an answer in place of the one before."""


class Transport:
    """The API at one address, for as long as the context lasts.

    `base` ends in a slash. The token is sent to the origin of `base` and nowhere else. `token_hint` says how to get
    one that works. `headers` are sent with every request. `points` is as in Pace.
    """

    def __init__(
        self,
        base: httpx.URL,
        *,
        token: Token | None,
        token_hint: str,
        limits: Limits | None = None,
        headers: Mapping[str, str] | None = None,
        points: Mapping[str, int] | None = None,
        remembered: Remembered | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self.requests = 0
        self._base = base
        self._token = token
        self._token_hint = token_hint
        self._limits = limits or Limits()
        self._headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **(headers or {})}
        self._remembered = remembered
        self._pace = Pace(self._limits, clock=clock, sleep=sleep, points=points or {})
        self._answered = 0
        self._ended: Fault | None = None
        self._stack = AsyncExitStack()

    @property
    def budget(self) -> Budget | None:
        """What is left of the forge's limit, as of the last answer that told."""
        return self._pace.budget

    async def __aenter__(self) -> Self:
        """Raise Fault where the trusted certificates cannot be read."""
        limits = self._limits
        try:
            context = trusting()
        except (OSError, ValueError):
            hint = "see what `SSL_CERT_FILE` and `SSL_CERT_DIR` name"
            message = "the trusted certificates cannot be read"
            raise Fault("unreadable-certificates", message, hint, is_final=True) from None
        self._stack.enter_context(silent_retries())
        self._client = await self._stack.enter_async_context(
            httpx.AsyncClient(
                verify=context,
                mounts=UNPROXIED,
                timeout=httpx.Timeout(limits.silence, pool=None),
                limits=httpx.Limits(max_connections=limits.at_once),
            )
        )
        self._places = anyio.CapacityLimiter(limits.at_once)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def ask(self, question: Question, read: Callable[[Answer], T]) -> T:
        """Return what `read` makes of the answer, whatever its status below 500 other than 401 and 429.

        `read` may raise Fault, which leads to another attempt where it says so, and Limited.
        Raise Fault where no attempt succeeds.
        """
        # A place is kept while waiting for the next attempt: a server in trouble is asked less, not more.
        async with self._places:
            answered = self._answered
            try:
                return await self._insist(question, read)
            except Fault as fault:
                # When nobody got through during all the attempts, the next question would not either.
                if fault.code == UNREACHABLE and self._answered == answered:
                    fault.is_final = True
                if fault.is_final:
                    self._ended = fault
                raise

    async def _insist(self, question: Question, read: Callable[[Answer], T]) -> T:
        limits = self._limits
        async for attempt in stamina.retry_context(
            partial(self._wait_after, question),
            attempts=limits.attempts,
            timeout=None,
            wait_initial=limits.first_wait,
            wait_max=limits.longest_backoff,
            wait_jitter=limits.jitter,
        ):
            with attempt:
                return await self._admitted(question, read)
        raise AssertionError("stamina neither returned nor raised")

    def _wait_after(self, question: Question, error: Exception) -> bool | float:
        """Whether to try again, and after how many seconds where the server says so."""
        if not isinstance(error, Fault) or error.is_final or (question.once and error.code != UNREACHABLE):
            return False
        if isinstance(error.again, bool):
            return error.again
        if error.again > self._limits.longest_wait:
            return False
        return error.again + random.uniform(0, self._limits.jitter)  # noqa: S311 - it spreads load and hides nothing

    async def _admitted(self, question: Question, read: Callable[[Answer], T]) -> T:
        """Ask when the forge's limit allows it, and again when the forge says that it did not."""
        is_change = question.method not in _SAFE and question.resource != GRAPHQL
        for _ in range(self._limits.refusals):
            sent = await self._pace.turn(question.resource, is_change=is_change)
            answer = await self._exchange(question)
            self._pace.learn(question.resource, answer.headers)
            try:
                result = self._read(answer, read)
            except Limited as limited:
                self._pace.refused(answer.headers, sent, is_budget=limited.is_budget)
                continue
            except Fault:
                self._pace.passed(sent)
                raise
            self._pace.passed(sent)
            self._remember(question, answer)
            return result
        raise Fault(RATE_LIMITED, "the forge refuses this question again and again for its limit", LATER)

    def _read(self, answer: Answer, read: Callable[[Answer], T]) -> T:
        if is_limited(answer):
            raise Limited
        if answer.status == _UNAUTHORIZED and answer.is_own:
            said = f"does not accept the token of {self._token.source}" if self._token else "asks for a token"
            raise Fault("token-refused", f"the forge {said}", self._token_hint, is_final=True)
        if answer.status == _TIMEOUT or answer.status >= _FIRST_SERVER_ERROR:
            wait = waiting_time(answer.headers)
            message = f"the forge answers with status {answer.status}"
            raise Fault(SERVER_ERROR, message, LATER, again=True if wait is None else wait)
        return read(answer)

    async def _exchange(self, question: Question) -> Answer:
        """The answer, with the body that is remembered where the server confirms it."""
        known = self._known(question)
        etag = {"If-None-Match": known[0]} if known else {}
        try:
            with anyio.fail_after(self._limits.answer):
                answer = await self._follow(question, etag)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
            raise fault_of(error) from None
        self._answered += 1
        if known is None or answer.status != _NOT_MODIFIED:
            return answer
        return Answer(status=_OK, headers=answer.headers, body=known[1], is_remembered=True)

    async def _follow(self, question: Question, conditions: Mapping[str, str]) -> Answer:
        url = self._base.join(question.url)
        headers = {**self._headers, "Accept": question.accept, **conditions}
        if question.content:
            headers["Content-Type"] = "application/json"
        for _ in range(self._limits.redirects + 1):
            self._count()
            is_own = origin_of(url) == origin_of(self._base)
            complete = {**headers, **self._token.bearer()} if self._token and is_own else headers
            async with self._client.stream(
                question.method, url, headers=complete, content=question.content or None, follow_redirects=False
            ) as response:
                if not response.has_redirect_location:
                    body = await bounded_body(response, self._limits.body)
                    return Answer(status=response.status_code, headers=response.headers, body=body, is_own=is_own)
                url = self._next_url(url, response, question)
        raise redirected(f"more than {self._limits.redirects} times")

    def _next_url(self, url: httpx.URL, response: httpx.Response, question: Question) -> httpx.URL:
        following = url.join(response.headers["Location"]).copy_with(userinfo=b"")
        if not is_askable(following):
            raise redirected("to what is no address of the web")
        if url.scheme == "https" and following.scheme != "https":
            raise redirected("to an address that is not encrypted")
        if question.method not in _SAFE and (
            response.status_code not in _REPEATING or origin_of(following) != origin_of(self._base)
        ):
            raise redirected("what was to be sent to it")
        return following

    def _count(self) -> None:
        """Note that a request is sent. Raise Fault where none may be sent any more."""
        if self._ended is not None:
            raise Fault(self._ended.code, self._ended.message, self._ended.hint, is_final=True)
        if self._limits.most_requests is not None and self.requests >= self._limits.most_requests:
            message = f"the {self._limits.most_requests} requests that may be sent are sent"
            hint = "run it again, it goes on where it stopped; or allow more with `--max-requests`"
            raise Fault("out-of-requests", message, hint, is_final=True)
        self.requests += 1

    def _known(self, question: Question) -> tuple[str, bytes] | None:
        if self._remembered is None or not question.revalidate:
            return None
        return self._remembered.get(self._address(question))

    def _remember(self, question: Question, answer: Answer) -> None:
        is_new = question.revalidate and answer.status == _OK and not answer.is_remembered
        if self._remembered is None or not is_new:
            return
        if etag := well_formed_etag(answer.headers.get("ETag", "")):
            self._remembered.put(self._address(question), etag, answer.body)

    def _address(self, question: Question) -> str:
        return str(self._base.join(question.url))
