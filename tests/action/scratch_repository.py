"""A repository as a pull request leaves it: a bare origin with a base and a change, and a checkout of depth 1."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BASE = {
    "Gemfile.lock": """\
GEM
  remote: https://rubygems.org/
  specs:
    ffi (1.17.4)
    redcarpet (3.5.0)

PLATFORMS
  x86_64-linux

DEPENDENCIES
  ffi
  redcarpet

RUBY VERSION
   ruby 3.4.5p51

BUNDLED WITH
   2.7.1
""",
    "README.md": "An application.\n",
}
LINE_OF_FFI = 4
DOWNGRADE = {"Gemfile.lock": BASE["Gemfile.lock"].replace("ffi (1.17.4)", "ffi (1.16.3)")}
IRRELEVANT = {"README.md": "An application, described.\n"}


def git(folder: Path, *arguments: str) -> str:
    """What git says, with nobody's settings."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in {"NAME": "x", "EMAIL": "x@example.org", "DATE": "2026-11-21T00:00:00Z"}.items()
        },
    }
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Scratch:
    """Commits in a bare `origin`, and the checkout `workspace` that the steps of a job see."""

    def __init__(self, folder: Path, branch: str = "change") -> None:
        self.branch = branch
        self.origin, self.workspace, self._work = folder / "origin.git", folder / "workspace", folder / "work"
        git(folder, "init", "-q", "--bare", "-b", "main", str(self.origin))
        git(folder, "init", "-q", "-b", "main", str(self._work))
        git(self._work, "remote", "add", "origin", self.origin.as_uri())
        self.base = self.commit("main", BASE)

    def commit(self, branch: str, files: Mapping[str, str]) -> str:
        """A commit with these files on a branch."""
        for name, text in files.items():
            (self._work / name).parent.mkdir(parents=True, exist_ok=True)
            (self._work / name).write_text(text)
        git(self._work, "add", "--all")
        git(self._work, "commit", "-q", "--allow-empty", "-m", "a change")
        git(self._work, "push", "-q", "--force", "origin", f"HEAD:refs/heads/{branch}")
        return git(self._work, "rev-parse", "HEAD")

    def propose(self, files: Mapping[str, str]) -> str:
        """A commit that changes those files of the base on a branch."""
        git(self._work, "checkout", "-q", "-B", self.branch, self.base)
        return self.commit(self.branch, files)

    def move_on(self, files: Mapping[str, str]) -> str:
        """A further commit on main."""
        git(self._work, "checkout", "-q", "-B", "main", self.base)
        return self.commit("main", files)

    def merge(self, head: str, base: str) -> str:
        """The merge that GitHub makes of a pull request."""
        git(self._work, "checkout", "-q", "--detach", base)
        git(self._work, "merge", "-q", "--no-ff", "-m", "merge", head)
        git(self._work, "push", "-q", "--force", "origin", "HEAD:refs/pull/7/merge")
        return git(self._work, "rev-parse", "HEAD")

    def check_out(self, commit: str) -> None:
        """What `actions/checkout` leaves: one commit, and the remote."""
        git(self.workspace.parent, "init", "-q", str(self.workspace))
        git(self.workspace, "remote", "add", "origin", self.origin.as_uri())
        git(self.workspace, "fetch", "-q", "--no-tags", "--depth=1", "origin", commit)
        git(self.workspace, "checkout", "-q", "--detach", "FETCH_HEAD")


def pull_request(base: str, head: str, branch: str, *, is_fork: bool = False) -> dict[str, Any]:
    """The payload of the event, as far as it matters and a little more."""
    return {
        "action": "synchronize",
        "number": 7,
        "pull_request": {
            "number": 7,
            "title": "$(touch pwned)",
            "base": {"ref": "main", "sha": base, "repo": {"id": 1, "full_name": "octo/app"}},
            "head": {"ref": branch, "sha": head, "repo": {"id": 2 if is_fork else 1, "full_name": "x/app"}},
        },
    }


def write_event(folder: Path, payload: Mapping[str, Any]) -> Path:
    """The file that `GITHUB_EVENT_PATH` names."""
    file = folder / "event.json"
    file.write_text(json.dumps(payload))
    return file
