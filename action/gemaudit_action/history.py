"""Which commit to compare with, and getting it."""

import os
import subprocess
import time
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from gemaudit_action.event import Event
from gemaudit_action.inputs import Inputs
from gemaudit_action.runner import UsageError, say

_SECONDS = 300
_PAUSES = (2, 8)
_HINT = "check out with `fetch-depth: 0`, or set `only-new: false`"


class History:
    """The repository in which the step runs, read with git; its folder is trusted whoever owns it.

    In a container job the runner's user owns the folder and another user runs the step, which git refuses.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        folder = environment.get("GITHUB_WORKSPACE") or str(Path.cwd())
        self._server = environment.get("GITHUB_SERVER_URL") or "https://github.com"
        self.environment = {**environment, **_settings({"safe.directory": folder}), "GIT_TERMINAL_PROMPT": "0"}

    @property
    def head(self) -> str:
        """The commit that is checked out; empty where there is none."""
        return self._read("rev-parse", "--verify", "--quiet", "HEAD^{commit}").strip()

    def base_of(self, event: Event) -> str:
        """The commit that the event is compared with; empty where it has none.

        Of the merge that GitHub makes of a pull request, that is the commit it was merged into: the base that the event
        names is older where somebody pushed to the branch in between.
        """
        parents = [line[7:] for line in self._read("cat-file", "commit", "HEAD").split("\n\n")[0].splitlines()
                   if line.startswith("parent ")]
        is_merge = len(parents) == 2 and parents[1] == event.head  # noqa: PLR2004 - of two
        return parents[0] if is_merge and event.head else event.base

    def bring(self, commit: str, token: str) -> None:
        """Fetch the commit unless it is there. Raise UsageError where it cannot be had."""
        if self._has(commit):
            return
        # The checkout may have kept credentials, and GitHub refuses a request with two of them.
        for pause in (0, *_PAUSES):
            time.sleep(pause)
            for secret in dict.fromkeys(("", token)):
                if self._fetch(commit, secret):
                    return
        raise UsageError(f"the commit `{commit}` to compare with cannot be fetched", _HINT)

    def _fetch(self, commit: str, token: str) -> bool:
        given = {"safe.directory": self.environment["GIT_CONFIG_VALUE_0"]}
        if token:
            basic = b64encode(f"x-access-token:{token}".encode()).decode()
            given[f"http.{self._server}/.extraheader"] = f"AUTHORIZATION: basic {basic}"
        done = self._run("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--depth=1", "origin", commit, given=given)
        return done.returncode == 0 and self._has(commit)

    def _has(self, commit: str) -> bool:
        return self._run("cat-file", "-e", f"{commit}^{{commit}}", given={}).returncode == 0

    def _read(self, *arguments: str) -> str:
        done = self._run(*arguments, given={})
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""

    def _run(self, *arguments: str, given: Mapping[str, str]) -> "subprocess.CompletedProcess[bytes]":
        environment = {**self.environment, **_settings(given)} if given else self.environment
        try:
            return subprocess.run(  # noqa: S603 - no shell, and a commit is hexadecimal digits
                ["git", "--no-optional-locks", *arguments],  # noqa: S607 - the job's own git
                env={**environment, "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            raise UsageError("there is no `git` to compare with", "install git: `apk add git`, `apt-get install git`") from error
        except subprocess.TimeoutExpired as error:
            raise UsageError(f"git did not answer within {_SECONDS} seconds", _HINT) from error


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


def _settings(values: Mapping[str, str]) -> dict[str, str]:
    """Settings of git as environment variables, where no other process sees them."""
    settings = {"GIT_CONFIG_COUNT": str(len(values))}
    for number, (key, value) in enumerate(values.items()):
        settings |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return settings


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that has no need of the token."""
    return {name: value for name, value in environment.items() if name != "INPUT_TOKEN"}


__all__ = ["History", "commit_to_compare", "os", "without_secrets"]
