"""Which commit to compare with, and getting it."""

import subprocess
import time
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from gemaudit_action.event import Event
from gemaudit_action.inputs import Inputs
from gemaudit_action.runner import UsageError, say

_SECONDS = 300
_PAUSES = (0, 1, 3)
_HINT = "check out with `fetch-depth: 0`, or set `only-new: false`"


class History:
    """The repository in which the step runs, read with git; its folder is trusted whoever owns it.

    In a container job the runner's user owns the folder and another user runs the step, which git refuses.
    `environment` is that of programs that are to trust it as well.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        folder = environment.get("GITHUB_WORKSPACE") or str(Path.cwd())
        self._server = environment.get("GITHUB_SERVER_URL") or "https://github.com"
        self.environment = _with_setting(without_secrets(environment), "safe.directory", folder)

    @property
    def head(self) -> str:
        """The commit that is checked out; empty where there is none."""
        return self._read("rev-parse", "--verify", "--quiet", "HEAD^{commit}").strip()

    def base_of(self, event: Event) -> str:
        """The commit that the event is compared with; empty where it has none.

        Of the merge that GitHub makes of a pull request, that is the commit it was merged into: the base that the event
        names is older where somebody pushed to the branch in between.
        """
        header = self._read("cat-file", "commit", "HEAD").partition("\n\n")[0]
        parents = [line.removeprefix("parent ") for line in header.splitlines() if line.startswith("parent ")]
        is_merge = event.head and parents[1:] == [event.head]
        return parents[0] if is_merge else event.base

    def bring(self, commit: str, token: str) -> None:
        """Fetch the commit unless it is there. Raise UsageError where it cannot be had."""
        if self._has(commit):
            return
        for pause in _PAUSES:
            time.sleep(pause)
            # The checkout may have kept credentials, and GitHub refuses a request with two of them.
            if any(self._fetch(commit, secret) for secret in dict.fromkeys(("", token))):
                return
        raise UsageError(f"the commit `{commit}` to compare with cannot be fetched", _HINT)

    def _fetch(self, commit: str, token: str) -> bool:
        environment = self.environment
        if token:
            basic = b64encode(f"x-access-token:{token}".encode()).decode()
            header = f"AUTHORIZATION: basic {basic}"
            environment = _with_setting(environment, f"http.{self._server}/.extraheader", header)
        options = ("--quiet", "--no-tags", "--no-recurse-submodules", "--depth=1")
        done = _git(environment, "fetch", *options, "origin", commit)
        return done.returncode == 0 and self._has(commit)

    def _has(self, commit: str) -> bool:
        return _git(self.environment, "cat-file", "-e", f"{commit}^{{commit}}").returncode == 0

    def _read(self, *arguments: str) -> str:
        done = _git(self.environment, *arguments)
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def commit_to_compare(history: History, inputs: Inputs, event: Event) -> str:
    """The commit that the audit is compared with, there to be read; empty where all findings count.

    Raise UsageError where there should be one and it cannot be had.
    """
    is_wanted = event.is_proposal if inputs.only_new is None else inputs.only_new
    if not is_wanted:
        return ""
    base = history.base_of(event)
    if not base:
        say("notice", f"an event `{event.name}` has nothing before it to compare with, so all findings count")
        return ""
    history.bring(base, inputs.token)
    return base


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that has no need of the token."""
    return {name: value for name, value in environment.items() if name != "INPUT_TOKEN"}


def _with_setting(environment: Mapping[str, str], key: str, value: str) -> dict[str, str]:
    """The environment with one more setting of git, which no other process sees."""
    number = int(environment.get("GIT_CONFIG_COUNT") or 0)
    setting = {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {**environment, **setting, "GIT_CONFIG_COUNT": str(number + 1)}


def _git(environment: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(  # noqa: S603 - no shell, and a commit is hexadecimal digits
            ["git", "--no-optional-locks", *arguments],  # noqa: S607 - the job's own git
            env={**environment, "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        hint = "install git before this step: `apk add git`, `apt-get install git`"
        raise UsageError("there is no `git` to compare with", hint) from error
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"git did not answer within {_SECONDS} seconds", _HINT) from error
