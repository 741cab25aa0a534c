"""Questions to a forge and its answers, and why there is none."""

from typing import TypeVar

import httpx
import msgspec
from msgspec import Struct

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.web import GarbledError, OversizedError, body_of, is_about_certificates

LATER = "run it again later: it goes on where it stopped"
UNREACHABLE = "unreachable-forge"
SILENT = "silent-forge"
SERVER_ERROR = "forge-error"
UNREADABLE = "unreadable-answer"
TOO_LARGE = "too-large"
#: The resource of queries, which change nothing although they are sent by POST.
GRAPHQL = "graphql"

T = TypeVar("T")

_FORBIDDEN, _TOO_MANY = 403, 429
# What GitHub writes into the body of a 403 that has no header to tell it from others.
_SECONDARY = (b"secondary rate limit", b"abuse detection")


class Answer(Struct, frozen=True, kw_only=True):
    """What a server says at the end of its redirects; the body is decompressed, and no longer than the limit.

    `is_remembered` says that the body is the one of an earlier answer, which the server has just confirmed.
    `is_own` says that it comes from the forge itself and not from where it redirected to.
    """

    status: int
    headers: httpx.Headers
    body: bytes
    is_remembered: bool = False
    is_own: bool = True

    def json(self, shape: type[T]) -> T:
        """The body as a value. Raise Fault, worth another attempt, for one that is cut off or of another shape."""
        try:
            return msgspec.json.decode(self.body, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise Fault(UNREADABLE, "the forge answers with something else than was asked", LATER, again=True) from None


class Question(Struct, frozen=True, kw_only=True):
    """A request; `url` may be relative to the address of the API.

    `resource` names the budget that it is charged to. With `revalidate`, an answer that is remembered is asked for
    with its ETag, which costs nothing where it is still right. With `once`, it is not asked again where it may have
    arrived, since it would then be done twice.
    """

    url: str
    method: str = "GET"
    content: bytes = b""
    accept: str = "application/json"
    resource: str = "core"
    revalidate: bool = False
    once: bool = False


class Limited(Exception):  # noqa: N818 - it is no error: the question is asked again
    """Raised by whoever reads an answer that says in its body that the limit is spent.

    `is_budget` says that it is the budget of the headers, of which a rest too small for the question may remain.
    """

    def __init__(self, *, is_budget: bool = False) -> None:
        super().__init__()
        self.is_budget = is_budget


def is_limited(answer: Answer) -> bool:
    """Whether it is the limit that an answer refuses for (docs.github.com, "Rate limits for the REST API").

    A 403 for missing permissions has neither the headers nor the words.
    """
    if answer.status == _TOO_MANY:
        return True
    return answer.status == _FORBIDDEN and (
        "Retry-After" in answer.headers
        or answer.headers.get("X-RateLimit-Remaining") == "0"
        or any(words in answer.body.lower() for words in _SECONDARY)
    )


async def bounded_body(response: httpx.Response, most: int) -> bytes:
    """The decompressed body. Raise Fault for one that is damaged or longer than it may be."""
    try:
        return await body_of(response, most)
    except GarbledError as error:
        raise Fault(UNREADABLE, f"the answer of the forge {error}", LATER, again=True) from None
    except OversizedError:
        raise Fault(TOO_LARGE, f"the answer of the forge is larger than {most} bytes", "") from None


def redirected(where: str) -> Fault:
    """The forge sends us to where nobody should be asked."""
    return Fault("redirected-forge", f"the forge redirects {where}", "check the address of `--api-url`")


def fault_of(error: Exception) -> Fault:
    """What an error of the connection means; its own words may quote an address or a header."""
    if is_about_certificates(error):
        hint = "name a file with the authority that it trusts in `SSL_CERT_FILE`"
        message = "the certificate of the forge cannot be verified"
        return Fault("unverified-forge", message, hint, is_final=True)
    hint = "check the network, the proxy settings and `--api-url`; " + LATER
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)):
        return Fault(UNREACHABLE, "there is no connection to the forge", hint, again=True)
    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return Fault(SILENT, "the forge does not answer in time", hint, again=True)
    if isinstance(error, httpx.TransportError):
        return Fault(UNREADABLE, "the answer of the forge breaks off or is not HTTP", hint, again=True)
    return Fault("redirected-forge", "the forge leads to an address that cannot be asked", hint)
