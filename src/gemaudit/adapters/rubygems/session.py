"""The indexes of gems, fetched or remembered."""

import asyncio
import random
import re
from hashlib import sha256

import httpx
import stamina

from gemaudit.adapters.rubygems.cache import Cache, Entry
from gemaudit.adapters.rubygems.compact_index import CompactIndex, parse_index
from gemaudit.adapters.rubygems.faults import LATER, Fault
from gemaudit.adapters.rubygems.limits import Limits
from gemaudit.adapters.rubygems.server import Server
from gemaudit.adapters.rubygems.transport import Answer, ask
from gemaudit.adapters.web import waiting_time

_OK, _PARTIAL, _NOT_MODIFIED = 200, 206, 304
_UNAUTHORIZED, _FORBIDDEN, _TIMEOUT, _RANGE_REFUSED, _TOO_MANY, _SERVER_ERROR = 401, 403, 408, 416, 429, 500
_ABSENT = frozenset({404, 410})
# What is remembered of a gem that a server does not have: an index without lines.
_NO_RELEASES = b"---\n"
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,15})-[0-9]{1,15}/(?:[0-9]{1,15}|\*)")


class Session:
    """The questions of one run, a few at a time; what is learned about a server holds for all of them.

    `cache_failed` is whether something could not be remembered, which changes no answer.
    """

    def __init__(self, client: httpx.AsyncClient, cache: Cache, limits: Limits, *, max_requests: int) -> None:
        self.cache_failed = False
        self._client = client
        self._cache = cache
        self._limits = limits
        self._places = asyncio.Semaphore(max_requests)
        self._down: dict[str, Fault] = {}
        self._has_index: dict[str, bool] = {}

    async def index_of(self, server: Server, gem: str) -> CompactIndex:
        """Return the index of a gem; one without files where the server does not have the gem.

        Raise Fault where no attempt succeeds.
        """
        entry = self._cache.read(server.url, gem)
        if entry is not None and 0 <= entry.age < self._limits.fresh:
            return checked_index(entry.body)
        # A place is kept while waiting for the next attempt: a server in trouble is asked less, not more.
        async with self._places:
            try:
                return await self._insist(server, gem, entry)
            except Fault as fault:
                if fault.is_lasting:
                    self._down[str(server.url)] = fault
                raise

    async def _insist(self, server: Server, gem: str, entry: Entry | None) -> CompactIndex:
        limits = self._limits
        async for attempt in stamina.retry_context(
            self._wait_after,
            attempts=limits.attempts,
            timeout=None,
            wait_initial=limits.first_wait,
            wait_max=limits.longest_wait,
            wait_jitter=limits.jitter,
        ):
            with attempt:
                # After a failure nothing is built on what was there before.
                return await self._update(server, gem, entry if attempt.num == 1 else None)
        raise AssertionError("stamina neither returned nor raised")

    def _wait_after(self, error: Exception) -> bool | float:
        """Whether to try again, and after how many seconds where the server says so."""
        if not isinstance(error, Fault):
            return False
        if isinstance(error.again, bool):
            return error.again
        if error.again > self._limits.longest_wait:
            return False
        return error.again + random.uniform(0, self._limits.jitter)  # noqa: S311 - it spreads load and hides nothing

    async def _update(self, server: Server, gem: str, entry: Entry | None) -> CompactIndex:
        """Bring the entry up to date as `Bundler::CompactIndexClient::Updater#update` does."""
        if fault := self._down.get(str(server.url)):
            raise Fault(fault.code, fault.message, fault.hint)
        if entry is not None and entry.etag and (index := await self._continue(server, gem, entry)) is not None:
            return index
        return await self._accept(server, gem, await self._get(server, gem, {"Accept-Encoding": "gzip"}))

    async def _continue(self, server: Server, gem: str, entry: Entry) -> CompactIndex | None:
        """The index as it is now, asking only for what is new; None where the whole has to be asked for."""
        headers = {
            "If-None-Match": entry.etag,
            # The last byte is asked for again, so that the range is never empty and never refused (416).
            "Range": f"bytes={max(0, len(entry.body) - 1)}-",
            "Accept-Encoding": "identity",
        }
        answer = await self._get(server, gem, headers)
        if answer.status == _NOT_MODIFIED:
            index = checked_index(entry.body)
            self._confirm(server, gem)
            return index
        if answer.status == _PARTIAL:
            body = _appended(entry.body, answer)
            return None if body is None else self._remember(server, gem, body, answer)
        return None if answer.status == _RANGE_REFUSED else await self._accept(server, gem, answer)

    async def _accept(self, server: Server, gem: str, answer: Answer) -> CompactIndex:
        """The index that a complete answer holds. Raise Fault for one that is not to be believed."""
        if answer.status in _ABSENT:
            await self._expect_index(server)
            return self._remember(server, gem, _NO_RELEASES, None)
        if answer.status != _OK:
            raise _refusal(answer, server)
        if answer.sha256 not in {None, sha256(answer.body).digest()}:
            raise _unbelievable("with an index that does not have the digest it states")
        if answer.sha256 is None and not answer.has_known_length and not answer.body.endswith(b"\n"):
            raise _unbelievable("with an index that breaks off")
        if answer.headers.get("Content-Type", "").lower().startswith("text/html"):
            raise _unbelievable("with a web page")
        return self._remember(server, gem, answer.body, answer)

    async def _expect_index(self, server: Server) -> None:
        """Raise Fault for a server without any compact index, where 404 says nothing about a gem."""
        known = str(server.url)
        if known not in self._has_index:
            answer = await ask(self._client, server, "versions", limits=self._limits, headers={}, method="HEAD")
            self._has_index[known] = answer.status not in _ABSENT
        if not self._has_index[known]:
            raise Fault(
                "no-compact-index",
                "the gem server has no compact index, so its releases are not known",
                "name a mirror that has one: `bundle config set --global mirror.URL MIRROR_URL`",
                is_lasting=True,
            )

    async def _get(self, server: Server, gem: str, headers: dict[str, str]) -> Answer:
        return await ask(self._client, server, f"info/{gem}", limits=self._limits, headers=headers)

    def _remember(self, server: Server, gem: str, body: bytes, answer: Answer | None) -> CompactIndex:
        index = checked_index(body)
        try:
            self._cache.store(server.url, gem, body, answer.headers.get("ETag", "") if answer else "")
        except OSError:
            self.cache_failed = True
        return index

    def _confirm(self, server: Server, gem: str) -> None:
        try:
            self._cache.confirm(server.url, gem)
        except OSError:
            self.cache_failed = True


def checked_index(body: bytes) -> CompactIndex:
    """Return what a body states. Raise Fault where it is something else than an index."""
    if not body.strip():
        # An index without releases still has its header.
        raise _unbelievable("with nothing")
    index = parse_index(body.decode(errors="replace"))
    if (index.unreadable and not index.files) or body.lstrip().startswith(b"<"):
        raise _unbelievable("with something else than an index")
    return index


def _appended(body: bytes, answer: Answer) -> bytes | None:
    """The body with the new part at its end, or None where nothing proves that they belong together.

    As in Bundler, a server that states no digest cannot prove it.
    """
    place = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
    if place is None or int(place[1]) != len(body) - 1:
        return None
    whole = body[:-1] + answer.body
    return whole if sha256(whole).digest() == answer.sha256 else None


def _refusal(answer: Answer, server: Server) -> Fault:
    """What a status means that brings no index."""
    status = answer.status
    if status in {_UNAUTHORIZED, _FORBIDDEN}:
        problem = "refuses the credentials" if server.credentials else "asks for credentials"
        return Fault(
            "gem-server-login",
            f"the gem server {problem} (status {status})",
            server.login_hint,
            is_lasting=status == _UNAUTHORIZED,
        )
    wait = waiting_time(answer.headers)
    if status == _TOO_MANY:
        return Fault("gem-server-busy", "the gem server has been asked too often", again=True if wait is None else wait)
    again = status == _TIMEOUT or status >= _SERVER_ERROR
    return Fault(
        "gem-server-error",
        f"the gem server answers with status {status}",
        LATER,
        again=wait if again and wait else again,
    )


def _unbelievable(what: str) -> Fault:
    hint = "a proxy or a login page may answer in its place: open the address in a browser"
    return Fault("unreadable-index", f"the gem server answers {what}", hint, again=True)
