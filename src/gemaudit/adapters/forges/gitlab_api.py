"""Questions to GitLab, and what its refusals mean."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx
import msgspec

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.gitlab_queries import Failure, Reply
from gemaudit.adapters.forges.transport import GRAPHQL, LATER, SERVER_ERROR, UNREADABLE, Answer, Question, Transport
from gemaudit.adapters.web import is_askable, is_loopback

DEFAULT_URL = "https://gitlab.com"
NOT_FOUND = "not-found"
FORBIDDEN = "forbidden"
#: What GitLab cannot do at once; a smaller question may succeed.
TOO_MUCH = "too-much-at-once"

SCOPES = "give `GITLAB_TOKEN` a token with the scope `read_api` whose owner may read the code (Reporter or higher)"

T = TypeVar("T")

_OK, _CREATED, _FORBIDDEN, _NOT_FOUND = 200, 201, 403, 404
_SUFFIXES = ("/api/v4", "/api/graphql")
#: What an error says, in lower case, where it has no code to tell it from others.
_TOO_COMPLEX = "exceeds max complexity"
_TIMEOUT = "timeout on "
_UNKNOWN_TO_IT = frozenset({"undefinedField", "argumentNotAccepted", "undefinedType"})


def address_of(api_url: str) -> httpx.URL:
    """Where GitLab lies, in a form that ends in a slash: the root of a host, or a path below it.

    The addresses of its two APIs are taken for that, too. Raise Fault for anything that is not to be asked: an address
    that is none, or one that is not encrypted and not of this machine.
    """
    hint = "give the address of GitLab itself, as in `--api-url https://gitlab.example.com`"
    try:
        url = httpx.URL(api_url.strip())
    except (httpx.InvalidURL, UnicodeError):
        raise Fault("unusable-address", "`--api-url` is no address", hint, is_final=True) from None
    if not is_askable(url) or url.query or url.fragment or url.userinfo:
        raise Fault("unusable-address", "`--api-url` is no address of a forge", hint, is_final=True)
    if url.scheme != "https" and not is_loopback(url.host):
        raise Fault("unusable-address", "`--api-url` is an address without encryption", hint, is_final=True)
    path = url.path.rstrip("/")
    for suffix in _SUFFIXES:
        path = path.removesuffix(suffix)
    return url.copy_with(path=f"{path}/")


class Api:
    """The two APIs of one GitLab, through one transport whose base is that of the REST API."""

    def __init__(self, transport: Transport, address: httpx.URL) -> None:
        self._transport = transport
        self._graphql = str(address.join("api/graphql"))

    async def query(self, text: str, variables: Mapping[str, Any], shape: type[T]) -> Reply[T]:
        """Ask in GraphQL; where a part of the data is missing, the errors of the reply say why.

        Raise Fault where all of it is missing.
        """
        content = msgspec.json.encode({"query": text, "variables": variables})
        question = Question(url=self._graphql, method="POST", content=content, resource=GRAPHQL)
        return await self._transport.ask(question, lambda answer: _reply(answer, shape))

    async def get(self, path: str, shape: type[T]) -> T:
        """Ask the REST API. Raise Fault for every status but 200."""
        return await self._transport.ask(Question(url=path), lambda answer: expected(answer).json(shape))

    async def read(self, question: Question, read: Callable[[Answer], T]) -> T:
        """Ask the REST API and make something else of the answer than its JSON. Raise Fault for a refusal."""
        return await self._transport.ask(question, lambda answer: read(expected(answer)))

    async def send(
        self, method: str, path: str, body: Mapping[str, Any], read: Callable[[Answer], T], *, once: bool = False
    ) -> T:
        """Send something to the REST API; `read` sees refusals, too, and `once` is as in Question."""
        content = msgspec.json.encode(body)
        return await self.ask(Question(url=path, method=method, content=content, once=once), read)

    async def ask(self, question: Question, read: Callable[[Answer], T]) -> T:
        """Ask the REST API; `read` sees refusals, too."""
        return await self._transport.ask(question, read)


def expected(answer: Answer) -> Answer:
    """The same answer. Raise Fault for one that is a refusal."""
    if answer.status in {_OK, _CREATED}:
        return answer
    if answer.status == _NOT_FOUND:
        raise Fault(NOT_FOUND, "it is deleted, or moved, or the token may not see it", SCOPES)
    if answer.status == _FORBIDDEN:
        raise Fault(FORBIDDEN, "GitLab does not let the token read it", SCOPES)
    raise Fault(SERVER_ERROR, f"GitLab answers with status {answer.status}", LATER)


def of_error(failure: Failure) -> Fault:
    """What one of the errors of GraphQL means."""
    message = failure.message.lower()
    code = (failure.extensions or {}).get("code")
    if _TOO_COMPLEX in message or _TIMEOUT in message:
        return Fault(TOO_MUCH, "GitLab cannot do as much at once as it is asked for", LATER)
    if code in _UNKNOWN_TO_IT:
        hint = "gemaudit needs GitLab 17.0 or newer"
        return Fault("old-forge", "this GitLab does not know what it is asked for", hint, is_final=True)
    return Fault(FORBIDDEN, "GitLab does not tell this", SCOPES)


def _reply(answer: Answer, shape: type[T]) -> Reply[T]:
    if answer.status == _NOT_FOUND:
        hint = "check the address of `--api-url`: it is that of GitLab itself, without `/api/v4`"
        raise Fault("no-forge", "there is no GitLab at this address", hint, is_final=True)
    reply = expected(answer).json(Reply[shape])  # type: ignore[valid-type]
    if reply.data is None:
        if not reply.errors:
            raise Fault(UNREADABLE, "the forge answers with nothing", LATER, again=True)
        raise of_error(reply.errors[0])
    return reply
