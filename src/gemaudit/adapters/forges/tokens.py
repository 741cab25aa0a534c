"""Who we are to a forge."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from gemaudit.adapters.forges.faults import Fault

_USABLE = re.compile(r"[\x21-\x7e]{1,4096}")
_GITHUB = ("GH_TOKEN", "GITHUB_TOKEN")
_GITHUB_ENTERPRISE = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
_GITLAB = ("GITLAB_TOKEN",)
_LONGEST_TO_ASK = 15.0


class Token:
    """A secret that a forge knows us by; it shows in nothing that this prints as. `source` says where it is from."""

    __slots__ = ("_value", "source")

    def __init__(self, value: str, source: str) -> None:
        """Raise Fault for a text that no header can carry."""
        if not _USABLE.fullmatch(value):
            raise Fault(
                "unusable-token",
                f"the token of {source} holds spaces, control characters or letters outside of ASCII",
                "set it again without quotes and line breaks",
                is_final=True,
            )
        self._value = value
        self.source = source

    def bearer(self) -> dict[str, str]:
        """The header of a request that proves who we are (RFC 6750)."""
        return {"Authorization": f"Bearer {self._value}"}

    def __repr__(self) -> str:
        return f"Token(***, {self.source!r})"

    def __reduce__(self) -> str:
        raise TypeError("a token is not written anywhere")


def github_token(environment: Mapping[str, str], host: str) -> Token | None:
    """The token that the environment holds for the GitHub of that name, or None.

    As GitHub's own tool has it (`gh help environment`), the variables for github.com and for the subdomains of
    ghe.com are not those for any other host, so that no token goes to a server that it is not from. In a workflow
    on GitHub Enterprise Server, `GITHUB_TOKEN` is of the server that `GITHUB_API_URL` names.
    Raise Fault for a token that cannot be used.
    """
    if host == "github.com" or host.endswith(".ghe.com"):
        return _first(environment, _GITHUB)
    runs_there = _host_of(environment.get("GITHUB_API_URL", "")) == host
    return _first(environment, (*_GITHUB_ENTERPRISE, "GITHUB_TOKEN") if runs_there else _GITHUB_ENTERPRISE)


def gitlab_token(environment: Mapping[str, str]) -> Token | None:
    """The token of `GITLAB_TOKEN`, or None; `CI_JOB_TOKEN` may not list a group.

    Raise Fault for a token that cannot be used.
    """
    return _first(environment, _GITLAB)


def token_of_gh(host: str, *, program: str = "gh") -> Token:
    """The token that GitHub's own tool keeps for a host such as `github.com`. Raise Fault where it gives none."""
    command = [program, "auth", "token", f"--hostname={host}"]
    try:
        answer = subprocess.run(  # noqa: S603 - no shell, and the host is one of a checked address
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LONGEST_TO_ASK, check=True
        )
        return Token(answer.stdout.decode("ascii").strip(), "`gh auth token`")
    except FileNotFoundError:
        hint = "install it from https://cli.github.com, or leave out `--gh` and set the variable for the token"
        raise Fault("no-gh", "`gh`, which is to give the token, is not installed", hint, is_final=True) from None
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        hint = f"log in with `gh auth login --hostname {host}`"
        raise Fault("no-gh-token", "`gh auth token` gives no token", hint, is_final=True) from None


def _first(environment: Mapping[str, str], names: Sequence[str]) -> Token | None:
    return next((Token(environment[name], f"`{name}`") for name in names if environment.get(name)), None)


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""
