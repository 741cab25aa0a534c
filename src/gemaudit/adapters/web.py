"""What everything that speaks HTTP here has in common."""

import email.utils
import ipaddress
import re
import ssl
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
from stamina import instrumentation

USER_AGENT = "gemaudit (+https://github.com/gemaudit/gemaudit)"
#: This machine is not asked through a proxy, which would see the credentials for a server on it.
UNPROXIED: Mapping[str, None] = dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]"))

_GZIP_WINDOW = 31  # zlib: the largest window, with the header of gzip
_LONGEST_CHAIN = 16
_HIGHEST_PORT = 65535
_HOST = re.compile(r"[0-9a-z._-]+|[0-9a-f:.]*:[0-9a-f:.]*")

# RFC 9110, 8.8.3.
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,512}"')


class GarbledError(Exception):
    """A body that is not what its headers say; the message goes on after "the answer"."""


class OversizedError(Exception):
    """A body that is longer than it may be."""


async def body_of(response: httpx.Response, most: int) -> bytes:
    """Return the decompressed body. Raise OversizedError beyond `most` bytes, GarbledError where it is damaged."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "x-gzip", ""}:
        raise GarbledError("is compressed in a way that was not asked for")
    # httpx would decompress whatever a chunk holds before anybody could measure it.
    inflate = zlib.decompressobj(_GZIP_WINDOW) if "gzip" in encoding else None
    body = bytearray()
    async for chunk in response.aiter_raw():
        try:
            body += inflate.decompress(chunk, most + 1 - len(body)) if inflate else chunk
        except zlib.error:
            raise GarbledError("is compressed wrongly") from None
        if len(body) > most:
            raise OversizedError
    if inflate and body and not inflate.eof:
        raise GarbledError("breaks off")
    return bytes(body)


def waiting_time(headers: httpx.Headers) -> float | None:
    """How many seconds `Retry-After` asks to wait, or None where it does not ask."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    moment = moment_of(value)
    return None if moment is None else max(0.0, moment - time.time())


def well_formed_etag(text: str) -> str:
    """The ETag, or an empty text where it is none that may become a header again."""
    return text if _ETAG.fullmatch(text) else ""


def moment_of(date: str) -> float | None:
    """The Unix time of a date as HTTP writes it, or None where it is none."""
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None


def is_askable(url: httpx.URL) -> bool:
    """Whether an address is one of the web, with a host and a port that the system can be asked for."""
    host = url.raw_host.decode("ascii")
    return url.scheme in {"http", "https"} and _HOST.fullmatch(host) is not None and (url.port or 0) <= _HIGHEST_PORT


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def origin_of(url: httpx.URL) -> tuple[str, str, int | None]:
    """What has to be equal for an address to be one of the same server."""
    return url.scheme, url.host, url.port


def is_about_certificates(error: BaseException) -> bool:
    """Whether an error came about because a certificate could not be verified."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


@contextmanager
def silent_retries() -> Iterator[None]:
    """Keep stamina from announcing retries: by default it warns on stderr, and on stdout where structlog is there."""
    hooks = instrumentation.get_on_retry_hooks()
    instrumentation.set_on_retry_hooks(())
    try:
        yield
    finally:
        instrumentation.set_on_retry_hooks(hooks)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it; the chain is cut, for nothing keeps it from being a circle."""
    cause: BaseException | None = error
    for _ in range(_LONGEST_CHAIN):
        if cause is not None:
            yield cause
            cause = cause.__cause__ or cause.__context__
