"""One question to a server over HTTP, within limits."""

import asyncio
import base64
import binascii
from collections.abc import Mapping

import httpx
from msgspec import Struct

from gemaudit.adapters.rubygems.faults import Fault
from gemaudit.adapters.rubygems.limits import Limits
from gemaudit.adapters.rubygems.server import Server
from gemaudit.adapters.web import GarbledError, OversizedError, body_of, is_about_certificates, is_askable

_SHA256_SIZE = 32


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
    try:
        return await body_of(response, most)
    except GarbledError as error:
        raise Fault("unreadable-index", f"the answer of the gem server {error}", again=True) from None
    except OversizedError:
        raise Fault("unreadable-index", f"the index is larger than {most} bytes") from None


def _fault_of(error: Exception) -> Fault:
    code = "unreachable-gem-server"
    if is_about_certificates(error):
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
