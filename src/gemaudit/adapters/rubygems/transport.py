"""One question to a server over HTTP, within limits."""

import asyncio
import base64
import binascii
import email.utils
import ssl
import time
import zlib
from collections.abc import Iterator, Mapping

import httpx
from msgspec import Struct

from gemaudit.adapters.rubygems.faults import Fault
from gemaudit.adapters.rubygems.limits import Limits
from gemaudit.adapters.rubygems.server import Server, is_askable

_GZIP_WINDOW = 31  # zlib: the largest window, with the header of gzip
_SHA256_SIZE = 32
_LONGEST_CHAIN = 16


class Answer(Struct, frozen=True, kw_only=True):
    """What a server says at the end of its redirects; the body is decompressed, and no longer than the limit."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def sha256(self) -> bytes | None:
        """The digest that the server states for the whole body, or None where it states none that can be read.

        `Repr-Digest` (RFC 9530) or the older `Digest`; colons, quotes and neither are what servers put around it
        (`Bundler::CompactIndexClient::Updater#parse_digests`).
        """
        for item in (self.headers.get("Repr-Digest") or self.headers.get("Digest") or "").split(","):
            algorithm, _, value = item.partition("=")
            if algorithm.strip().lower() == "sha-256":
                try:
                    digest = base64.b64decode(value.strip().strip(':"'), validate=True)
                except (binascii.Error, ValueError):
                    continue
                return digest if len(digest) == _SHA256_SIZE else None
        return None

    @property
    def has_known_length(self) -> bool:
        """Whether the protocol itself would have noticed a body that breaks off."""
        return "Content-Length" in self.headers or "Transfer-Encoding" in self.headers


async def ask(
    client: httpx.AsyncClient,
    server: Server,
    path: str,
    *,
    limits: Limits,
    headers: Mapping[str, str],
    method: str = "GET",
) -> Answer:
    """Return the answer of a server, whatever its status. Raise Fault where there is none."""
    try:
        async with asyncio.timeout(limits.answer):
            return await _follow(client, server, server.url.join(path), limits, headers, method)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
        # What these say may quote an address or a header.
        raise _fault_of(error) from None


def waiting_time(headers: httpx.Headers) -> float | None:
    """How many seconds `Retry-After` asks to wait, or None where it does not ask."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


async def _follow(
    client: httpx.AsyncClient, server: Server, url: httpx.URL, limits: Limits, headers: Mapping[str, str], method: str
) -> Answer:
    for _ in range(limits.redirects + 1):
        complete = {**headers, **server.headers_for(url)}
        async with client.stream(method, url, headers=complete, follow_redirects=False) as response:
            if not response.has_redirect_location:
                body = await _body(response, limits.body)
                return Answer(status=response.status_code, headers=response.headers, body=body)
            url = _next_url(url, response.headers["Location"])
    raise Fault("redirected-gem-server", f"the gem server redirects more than {limits.redirects} times")


def _next_url(url: httpx.URL, location: str) -> httpx.URL:
    following = url.join(location).copy_with(userinfo=b"")
    if not is_askable(following):
        raise Fault("redirected-gem-server", "the gem server redirects to what is no address of the web")
    if url.scheme == "https" and following.scheme != "https":
        raise Fault("redirected-gem-server", "the gem server redirects to an address that is not encrypted")
    return following


async def _body(response: httpx.Response, most: int) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "x-gzip", ""}:
        raise _garbled("is compressed in a way that was not asked for")
    # httpx would decompress whatever a chunk holds before anybody could measure it.
    inflate = zlib.decompressobj(_GZIP_WINDOW) if "gzip" in encoding else None
    body = bytearray()
    async for chunk in response.aiter_raw():
        try:
            body += inflate.decompress(chunk, most + 1 - len(body)) if inflate else chunk
        except zlib.error:
            raise _garbled("is compressed wrongly") from None
        if len(body) > most:
            raise Fault("unreadable-index", f"the index is larger than {most} bytes")
    if inflate and body and not inflate.eof:
        raise _garbled("breaks off")
    return bytes(body)


def _garbled(what: str) -> Fault:
    return Fault("unreadable-index", f"the answer of the gem server {what}", again=True)


def _fault_of(error: Exception) -> Fault:
    code = "unreachable-gem-server"
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        hint = "name the authority that it trusts: `bundle config set --global ssl_ca_cert FILE`"
        return Fault(code, "the certificate of the gem server cannot be verified", hint, is_lasting=True)
    hint = "check the network and the proxy settings, or use `--offline`"
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)):
        return Fault(code, "there is no connection to the gem server", hint, again=True, is_lasting=True)
    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return Fault(code, "the gem server does not answer in time", hint, again=True)
    if isinstance(error, httpx.TransportError):
        return Fault(code, "the answer of the gem server breaks off or is not HTTP", hint, again=True)
    return Fault(code, "the gem server leads to an address that cannot be asked", hint)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it; the chain is cut, for nothing keeps it from being a circle."""
    cause: BaseException | None = error
    for _ in range(_LONGEST_CHAIN):
        if cause is not None:
            yield cause
            cause = cause.__cause__ or cause.__context__
