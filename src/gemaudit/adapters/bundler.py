"""Running Bundler, which runs the code of the Gemfile: only where the user asks for it."""

import os
import shlex
import subprocess
from pathlib import Path

from msgspec import Struct

_LONGEST = 600
_LAST_LINES = 12


class Ran(Struct, frozen=True, kw_only=True):
    """A command that was run: how it ended, and the last lines of what it said."""

    command: str
    succeeded: bool
    output: str = ""


def locking(command: str) -> str | None:
    """The command that writes the same lockfile and installs nothing.

    None for one that only a newly installed tool can run: the lockfile's own Ruby is that of the machine.
    """
    words = shlex.split(command)
    if words[:2] == ["bundle", "update"]:
        if "--ruby" in words or "--bundler" in words:
            return None
        options = [word for word in words[2:] if word.startswith("--")]
        gems = [word for word in words[2:] if not word.startswith("--")]
        return shlex.join(["bundle", "lock", "--update", *gems, *options])
    if words[:2] == ["bundle", "add"]:
        return shlex.join([*words, "--skip-install"])
    return command


def run(command: str, folder: Path, gemfile: str) -> Ran:
    """Run a command of Bundler in the folder of a Gemfile, without a shell."""
    try:
        done = subprocess.run(  # noqa: S603 - words of our own, no shell
            shlex.split(command),
            cwd=folder,
            env={**os.environ, "BUNDLE_GEMFILE": str((folder / gemfile).resolve())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_LONGEST,
            check=False,
        )
    except FileNotFoundError:
        return Ran(command=command, succeeded=False, output="there is no `bundle` on this machine")
    except subprocess.TimeoutExpired:
        return Ran(command=command, succeeded=False, output=f"it did not end within {_LONGEST} seconds")
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return Ran(command=command, succeeded=done.returncode == 0, output="\n".join(lines[-_LAST_LINES:]))
