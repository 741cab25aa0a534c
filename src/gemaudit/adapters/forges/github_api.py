"""Questions to GitHub's two APIs, and what its refusals mean."""

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

import httpx
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.github_queries import Failure, Reply
from gemaudit.adapters.forges.transport import (
    GRAPHQL,
    LATER,
    SERVER_ERROR,
    SILENT,
    TOO_LARGE,
    UNREADABLE,
    Answer,
    Limited,
    Question,
    Transport,
)
from gemaudit.adapters.web import is_askable, is_loopback

T = TypeVar("T")

DEFAULT_URL = "https://api.github.com"
NOT_FOUND = "not-found"
EMPTY = "empty-repository"
#: Faults that a smaller question may be spared.
TOO_MUCH = frozenset({SERVER_ERROR, SILENT, TOO_LARGE, UNREADABLE})
#: docs.github.com/rest/about-the-rest-api/api-versions, and "Migrating GraphQL global node IDs": ids of the new form
#: are the ones that stay.
HEADERS = {"X-GitHub-Api-Version": "2022-11-28", "X-Github-Next-Global-ID": "1"}
#: "Rate limits for the REST API": points of a minute for each API, and requests that create content; a little less.
POINTS = {"core": 840, GRAPHQL: 1900, "change": 60}

_ACCEPT = "application/vnd.github+json"
_SUFFIXES = ("/api/v3", "/api/graphql", "/api", "/graphql")
_OK, _FORBIDDEN, _NOT_FOUND, _CONFLICT, _BLOCKED = 200, 403, 404, 409, 451
# "Rate limits and query limits for the GraphQL API": a status of 200, and words that tell.
_LIMITED = ("RATE_LIMITED", "RATE_LIMIT")
_SECONDARY = "secondary rate limit"
_LARGER_THAN_ALLOWED = frozenset({"RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"})
_HIDDEN = frozenset({"FORBIDDEN", "INSUFFICIENT_SCOPES"})
_UNKNOWN_TO_IT = frozenset({"undefinedField", "argumentNotAccepted", "undefinedType"})
INVALID_CURSOR = "INVALID_CURSOR_ARGUMENTS"
#: Errors about a part of the data; any other is about the whole answer.
_PARTIAL = frozenset({"NOT_FOUND", INVALID_CURSOR}) | _HIDDEN


class Site(Struct, frozen=True, kw_only=True):
    """Where a GitHub lies: its name, the root of its REST API, which ends in a slash, and its GraphQL API."""

    host: str
    rest: httpx.URL
    graphql: str

    @property
    def is_hosted(self) -> bool:
        """Whether GitHub itself runs it; on a server of one's own, limits are off unless somebody sets them."""
        return self.host == "github.com" or self.host.endswith(".ghe.com")

    @property
    def token_hint(self) -> str:
        """How to give a token that is for this GitHub."""
        variable = "GH_TOKEN" if self.is_hosted else "GH_ENTERPRISE_TOKEN"
        return (
            f"set `{variable}` to a token of {self.host} that has not expired, or let `--gh` ask `gh auth token`; "
            "the token of a GitHub App holds for an hour"
        )


def site_of(api_url: str) -> Site:
    """The GitHub that an address means: of an API or of the site itself (docs.github.com, "Using the REST API").

    Raise Fault for an address that is none, or not encrypted and not of this machine.
    """
    try:
        url = httpx.URL(api_url.strip())
    except (httpx.InvalidURL, UnicodeError):
        raise _unusable("is no address") from None
    path = url.path.rstrip("/")
    if not is_askable(url) or url.query or url.fragment or url.userinfo or path not in {"", *_SUFFIXES}:
        raise _unusable("is no address of GitHub's API")
    if url.scheme != "https" and not is_loopback(url.host):
        raise _unusable("is not encrypted")
    host = str(url.host).removeprefix("api.")
    if host == "github.com" or host.endswith(".ghe.com"):
        root = url.copy_with(host=f"api.{host}", path="/")
        return Site(host=host, rest=root, graphql=str(root.join("graphql")))
    root = url.copy_with(path="/")
    return Site(host=url.netloc.decode("ascii"), rest=root.join("api/v3/"), graphql=str(root.join("api/graphql")))


class Api:
    """Both APIs of one GitHub; `host` is its name."""

    def __init__(self, transport: Transport, site: Site) -> None:
        self.host = site.host
        self._transport = transport
        self._graphql = site.graphql

    async def query(self, text: str, variables: Mapping[str, object], shape: type[T]) -> Reply[T]:
        """The data, and the errors about the parts that are missing. Raise Fault where nothing can be made of it."""
        content = msgspec.json.encode({"query": text, "variables": variables})
        question = Question(url=self._graphql, method="POST", content=content, resource=GRAPHQL)
        return await self._transport.ask(question, lambda answer: _replied(answer, shape))

    async def get(self, path: str, shape: type[T]) -> T:
        """What is at a path of the REST API. Raise Fault for every status but 200."""
        question = Question(url=path, accept=_ACCEPT)
        return await self._transport.ask(question, lambda answer: expected(answer).json(shape))

    async def ask(self, path: str, read: Callable[[Answer], T]) -> T:
        """What `read` makes of the answer, refusals included, at a path where things may have changed or not."""
        return await self._transport.ask(Question(url=path, accept=_ACCEPT, revalidate=True), read)

    async def read(self, path: str, accept: str, read: Callable[[bytes], T]) -> T:
        """What `read` makes of the bytes at a path. Raise Fault for every status but 200."""
        return await self._transport.ask(Question(url=path, accept=accept), lambda answer: read(expected(answer).body))

    async def send(
        self, method: str, path: str, content: object, read: Callable[[Answer], T], *, once: bool = False
    ) -> T:
        """What `read` makes of the answer to a change, refusals included; `once` is as in Question."""
        body = msgspec.json.encode(content)
        question = Question(url=path, method=method, accept=_ACCEPT, content=body, once=once)
        return await self._transport.ask(question, read)


def expected(answer: Answer) -> Answer:
    """The same answer. Raise Fault for one that is not of status 200."""
    if answer.status == _OK:
        return answer
    raise refusal(answer)


def refusal(answer: Answer) -> Fault:
    """What a status means that brings nothing (docs.github.com, "Troubleshooting the REST API")."""
    if answer.status == _FORBIDDEN:
        return sso_required() if answer.headers.get("X-GitHub-SSO") else forbidden()
    if answer.status == _NOT_FOUND:
        return not_found()
    if answer.status == _CONFLICT:
        return Fault(EMPTY, "the repository is empty")
    if answer.status == _BLOCKED:
        return blocked()
    return Fault("unexpected-answer", f"GitHub answers with status {answer.status}", LATER)


def fault_of(place: Failure) -> Fault:
    """What an error means that is about a part of the data."""
    if place.type not in _HIDDEN:
        return not_found()
    is_sso = (place.extensions or {}).get("saml_failure") is True or "SAML" in place.message
    return sso_required() if is_sso else forbidden()


def not_found() -> Fault:
    """GitHub tells nobody whether something is not there or not for him."""
    hint = "check the name, and that the token may read it"
    return Fault(NOT_FOUND, "it does not exist, no longer exists, or the token may not see it", hint)


def forbidden() -> Fault:
    """The token lacks a permission."""
    hint = "give the token the permissions `Contents: read` and `Metadata: read`, or the scope `repo`"
    return Fault("forbidden", "the token may not read it", hint)


def blocked() -> Fault:
    """GitHub itself keeps everybody away from the repository, mostly for legal reasons."""
    hint = "open its page, which gives the reason, or leave it out with `--exclude`"
    return Fault("blocked", "GitHub has blocked the repository", hint)


def sso_required() -> Fault:
    """docs.github.com, "Authorizing a personal access token for use with single sign-on"."""
    hint = "choose `Configure SSO` beside the token at https://github.com/settings/tokens"
    return Fault(
        "sso-required", "the organisation asks for single sign-on, which the token is not authorised for", hint
    )


def _replied(answer: Answer, shape: type[T]) -> Reply[T]:
    if answer.status == _NOT_FOUND:
        raise _unusable("has no API of GitHub's behind it")
    reply = cast("Reply[T]", expected(answer).json(Reply[shape]))  # type: ignore[valid-type]
    for error in reply.errors:
        _check(error)
    if reply.data is None and not reply.errors:
        raise Fault(UNREADABLE, "the forge answers with nothing", LATER, again=True)
    return replace(reply, hides_some=answer.headers.get("X-GitHub-SSO", "").startswith("partial-results"))


def _check(error: Failure) -> None:
    """Raise Limited or Fault for an error that is about the answer as a whole."""
    if (error.extensions or {}).get("code") in _UNKNOWN_TO_IT:
        hint = "gemaudit asks for nothing that GitHub Enterprise Server 3.9 does not have"
        raise Fault("old-forge", "this GitHub does not know what it is asked for", hint, is_final=True)
    if error.type in _LIMITED:
        raise Limited(is_budget=True)
    if _SECONDARY in error.message.lower():
        raise Limited
    if error.type in _LARGER_THAN_ALLOWED:
        raise Fault(SERVER_ERROR, "the question is larger than GitHub allows", LATER)
    if error.type not in _PARTIAL:
        # "We couldn't respond to your request in time", "Something went wrong while executing your query".
        raise Fault(SERVER_ERROR, "GitHub could not answer, or not in time", LATER, again=True)


def _unusable(what: str) -> Fault:
    hint = "it reads `--api-url https://HOST`, for GitHub Enterprise Server the address of the server"
    return Fault("unusable-api-url", f"the address that `--api-url` names {what}", hint, is_final=True)
