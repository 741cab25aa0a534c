"""The releases of gems, as the servers of a lockfile state them."""

import asyncio
import ssl
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import platformdirs

from gemaudit.adapters.rubygems.cache import Cache
from gemaudit.adapters.rubygems.compact_index import CompactIndex, is_gem_name
from gemaudit.adapters.rubygems.credentials import Netrc
from gemaudit.adapters.rubygems.faults import Fault
from gemaudit.adapters.rubygems.limits import Limits
from gemaudit.adapters.rubygems.server import Server, server_of
from gemaudit.adapters.rubygems.session import Session, checked_index
from gemaudit.adapters.rubygems.settings import BundlerSettings, read_settings
from gemaudit.adapters.tls import trusting
from gemaudit.adapters.web import UNPROXIED, USER_AGENT, silent_retries
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.gem_index import Listing, Wanted

_SCHEMES = frozenset({"http", "https", "file", "s3", "gs"})


class _Question(NamedTuple):
    """What one request is for; several remotes may lead to the same."""

    server: Server
    gem: str

    @property
    def key(self) -> tuple[str, str, str]:
        credentials = self.server.credentials
        return str(self.server.url), credentials.header if credentials else "", self.gem


class GemServers:
    """The servers behind the remotes of lockfiles, as Bundler would ask them in a project.

    `environment` holds the variables of the process, and `project` the folder of the Gemfile; without it no settings
    of a project are read. With `offline` everything is answered from `cache`, however old, and nothing is asked.
    `max_requests` bounds how many questions are under way at the same time.
    """

    def __init__(
        self,
        *,
        environment: Mapping[str, str],
        project: Path | None = None,
        cache: Path | None = None,
        offline: bool = False,
        max_requests: int = 8,
        limits: Limits | None = None,
    ) -> None:
        self._environment = environment
        self._project = project
        self._folder = cache
        self._offline = offline
        self._max_requests = max_requests
        self._limits = limits or Limits()
        self._remarks: dict[Diagnostic, None] = {}

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was passed over so far: files of settings, lines of indexes, a cache that cannot be written."""
        return tuple(self._remarks)

    def listings(self, wanted: Iterable[Wanted]) -> dict[Wanted, Listing]:
        """Return what the servers offer of each gem; a `problem` of one gem stops no other.

        Runs an event loop of its own, so it is not for use inside of one. Never raises for what a server, a setting
        or a lockfile says.
        """
        settings, problems = read_settings(self._environment, self._project)
        netrc = Netrc(self._environment)
        self._remarks.update(dict.fromkeys((*problems, *netrc.problems)))
        questions = {one: _question(one, settings, netrc) for one in wanted}
        distinct = {question.key: question for question in questions.values() if isinstance(question, _Question)}
        indexes = dict(zip(distinct, self._answers(list(distinct.values()), settings), strict=True))
        return {
            one: _refused(question, _shown(one.remote))
            if isinstance(question, Fault)
            else self._listing(question, indexes[question.key])
            for one, question in questions.items()
        }

    def _answers(self, questions: Sequence[_Question], settings: BundlerSettings) -> Sequence[CompactIndex | Fault]:
        remembered = Cache(self._folder or _default_folder(), largest=self._limits.body)
        if self._offline or not questions:
            return [_remembered(remembered, question) for question in questions]
        try:
            context = _tls(settings)
        except Fault as fault:
            return [fault] * len(questions)
        with silent_retries():
            return asyncio.run(self._ask(questions, remembered, context))

    async def _ask(
        self, questions: Iterable[_Question], cache: Cache, context: ssl.SSLContext
    ) -> Sequence[CompactIndex | Fault]:
        async with httpx.AsyncClient(
            verify=context,
            mounts=UNPROXIED,
            headers={"User-Agent": USER_AGENT},
            timeout=self._limits.silence,
            limits=httpx.Limits(max_connections=self._max_requests),
        ) as client:
            session = Session(client, cache, self._limits, max_requests=self._max_requests)
            indexes = [session.index_of(question.server, question.gem) for question in questions]
            answers = await asyncio.gather(*map(_index_or_fault, indexes))
        if session.cache_failed:
            self._remarks[_UNWRITTEN] = None
        return answers

    def _listing(self, question: _Question, answer: CompactIndex | Fault) -> Listing:
        place = f"{question.server.origin}/info/{question.gem}"
        if isinstance(answer, Fault):
            return _refused(answer, place)
        if answer.unreadable:
            self._remarks[_left_out(answer.unreadable, place)] = None
        return Listing(files=answer.files)


_UNWRITTEN = Diagnostic(
    code="unwritten-cache",
    message="what gem servers answer cannot be kept, so it has to be asked for again each time",
    path="",
    level="notice",
    hint="let `XDG_CACHE_HOME` name a folder that can be written",
)


def _question(wanted: Wanted, settings: BundlerSettings, netrc: Netrc) -> _Question | Fault:
    if not is_gem_name(wanted.gem):
        return Fault("unusable-gem-name", "no gem can have this name", "rename it where the lockfile comes from")
    try:
        return _Question(server_of(wanted.remote, settings, netrc), wanted.gem)
    except Fault as fault:
        return fault


def _remembered(cache: Cache, question: _Question) -> CompactIndex | Fault:
    entry = cache.read(question.server.url, question.gem)
    if entry is None:
        hint = "run it once without `--offline`"
        return Fault("not-cached", f"nothing is remembered of what the server has of `{question.gem}`", hint)
    try:
        return checked_index(entry.body)
    except Fault as fault:
        return fault


async def _index_or_fault(index: Awaitable[CompactIndex]) -> CompactIndex | Fault:
    try:
        return await index
    except Fault as fault:
        return fault


def _refused(fault: Fault, place: str) -> Listing:
    return Listing(problem=fault.diagnostic(place))


def _left_out(lines: Sequence[int], place: str) -> Diagnostic:
    count = "a line" if len(lines) == 1 else f"{len(lines)} lines"
    return Diagnostic(
        code="unreadable-index-line",
        message=f"{count} of this index cannot be read, so what stands there is not offered",
        path=place,
        level="warning",
        line=lines[0],
        hint="tell the operator of the server; the format is described at https://guides.rubygems.org/rubygems-org-compact-index-api/",
    )


def _shown(remote: str) -> str:
    """How to name a remote that cannot be asked: without user, password and path, of which any may be a secret."""
    try:
        parts = urlsplit(remote)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname or ''}" if parts.scheme in _SCHEMES else ""


def _tls(settings: BundlerSettings) -> ssl.SSLContext:
    """How servers prove who they are: to the authorities of `ssl_ca_cert` alone, else to those of the system.

    As in `Bundler::Fetcher#bundler_cert_store`, except that the project's own file has no say. Raise Fault where the
    certificates cannot be read.
    """
    try:
        return trusting(settings.get_unless_local("ssl_ca_cert"))
    except (OSError, ValueError):
        hint = "see what `bundle config get ssl_ca_cert` names"
        raise Fault("unreadable-certificates", "the trusted certificates cannot be read", hint) from None


def _default_folder() -> Path:
    return platformdirs.user_cache_path("gemaudit") / "rubygems"
