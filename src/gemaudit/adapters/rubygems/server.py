"""The server behind a `remote:` of a lockfile."""

import httpx
from msgspec import Struct

from gemaudit.adapters.rubygems.credentials import Credentials, Netrc
from gemaudit.adapters.rubygems.faults import Fault
from gemaudit.adapters.rubygems.settings import BundlerSettings, key_of
from gemaudit.adapters.web import is_askable, is_loopback, origin_of

_LONGEST = 2048
# `Bundler::Fetcher::Base#fetch_uri`, bundler/fetcher/base.rb.
_INDEX_OF_RUBYGEMS = "index.rubygems.org"


class Server(Struct, frozen=True, eq=False):
    """Where an index is, and who we are there. `url` ends in a slash and has no user and no password."""

    url: httpx.URL
    credentials: Credentials | None = None

    @property
    def origin(self) -> str:
        """How to name the server in a message. The path is left out: with some services it holds a token."""
        return f"{self.url.scheme}://{self.url.netloc.decode('ascii')}"

    @property
    def host(self) -> str:
        """The host as a name in ASCII."""
        return self.url.raw_host.decode("ascii")

    def headers_for(self, url: httpx.URL) -> dict[str, str]:
        """What proves who we are at an address; nothing at any other origin than that of the server itself."""
        if self.credentials is None or origin_of(url) != origin_of(self.url):
            return {}
        return {"Authorization": self.credentials.header}

    @property
    def login_hint(self) -> str:
        """How to give credentials for the server."""
        return f"`bundle config set --global {self.host} USERNAME:PASSWORD`, or set the variable `{key_of(self.host)}`"


def server_of(remote: str, settings: BundlerSettings, netrc: Netrc) -> Server:
    """Return whom Bundler would ask for the gems of a remote, and as whom.

    A mirror comes first; then the credentials in the address itself, those of the settings and those of `.netrc`.
    Raise Fault for an address that is not of the web, and for credentials that would travel unencrypted.
    """
    wanted = _address(remote)
    mirror = settings.mirror_of(str(_bare(wanted)), _host_of(wanted))
    stated = wanted if mirror is None else _address(mirror)
    url = _bare(stated)
    if url.host == "rubygems.org":
        # Anybody may read it, so no secret that was meant for the one host goes to the other.
        return Server(url.copy_with(host=_INDEX_OF_RUBYGEMS))
    server = Server(url, _credentials(stated, url, settings, netrc))
    if server.credentials and url.scheme == "http" and not is_loopback(server.host):
        raise Fault(
            "insecure-gem-server",
            "the credentials for this gem server would be sent unencrypted",
            f"name it with `https`: `bundle config set --global mirror.{server.origin} https://{server.host}`",
        )
    return server


def _address(text: str) -> httpx.URL:
    """The address that a text spells. Raise Fault where it is none that can be asked."""
    try:
        url = httpx.URL(text if len(text) <= _LONGEST else "")
    except (httpx.InvalidURL, UnicodeError):
        url = httpx.URL("")
    if not is_askable(url):
        raise Fault(
            "unsupported-gem-server",
            "this source is no address of a gem server that can be asked",
            "a source that can be asked reads `https://HOST/`",
        )
    return url


def _bare(url: httpx.URL) -> httpx.URL:
    """The address of the folder alone (`Bundler::URINormalizer.normalize_suffix`)."""
    path = url.path if url.path.endswith("/") else url.path + "/"
    return url.copy_with(userinfo=b"", path=path, query=None, fragment=None)


def _host_of(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii")


def _credentials(stated: httpx.URL, url: httpx.URL, settings: BundlerSettings, netrc: Netrc) -> Credentials | None:
    host = _host_of(url)
    if userinfo := stated.userinfo.decode("ascii") or settings.userinfo_of(str(url), host):
        return Credentials.of_userinfo(userinfo)
    return netrc.get(host)
