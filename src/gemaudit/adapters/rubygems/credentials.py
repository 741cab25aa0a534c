"""Who we are to a gem server."""

import base64
import netrc
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote_plus

from gemaudit.adapters.rubygems.settings import home
from gemaudit.model.diagnostic import Diagnostic


class Credentials:
    """A user and a password; neither of them shows in what this prints as."""

    __slots__ = ("header",)

    header: str  # of `Authorization`

    def __init__(self, user: str, password: str) -> None:
        self.header = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")

    @staticmethod
    def of_userinfo(text: str) -> "Credentials":
        """The credentials that `USER:PASSWORD` or a token alone states, escaped as in an address."""
        user, _, password = text.partition(":")
        return Credentials(unquote_plus(user), unquote_plus(password))

    def __repr__(self) -> str:
        return "Credentials(...)"


class Netrc:
    """The credentials of a `.netrc`, by host.

    Its `default` entry is not used: a secret goes to a host only where somebody named the two together.
    """

    __slots__ = ("_hosts", "problems")

    problems: tuple[Diagnostic, ...]

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Read the file that `NETRC` names, or the user's own one."""
        self._hosts: dict[str, tuple[str, str]] = {}
        self.problems = ()
        path = _path(environment)
        if path is None or not path.is_file():
            return
        try:
            found = netrc.netrc(path)
        # The message of a parse error quotes the file.
        except (OSError, UnicodeDecodeError, netrc.NetrcParseError):
            self.problems = (_unreadable(path),)
        else:
            self._hosts = {host.lower(): (user, password or "") for host, (user, _, password) in found.hosts.items()}
            self._hosts.pop("default", None)

    def get(self, host: str) -> Credentials | None:
        """The credentials for a host, or None where the file does not name it."""
        return Credentials(*found) if (found := self._hosts.get(host)) else None

    def __repr__(self) -> str:
        return "Netrc(...)"


def _path(environment: Mapping[str, str]) -> Path | None:
    if named := environment.get("NETRC"):
        return Path(named)
    own = home(environment)
    candidates = [own / name for name in (".netrc", "_netrc")] if own else []
    return next((path for path in candidates if path.is_file()), None)


def _unreadable(path: Path) -> Diagnostic:
    return Diagnostic(
        code="unreadable-netrc",
        message="this file cannot be read, so its credentials are not used",
        path=path.as_posix(),
        level="warning",
        hint="an entry reads `machine HOST login NAME password SECRET`",
    )
