"""Install gemaudit from the action's own checkout into an environment of its own.

Any Python from 3.6 on can read this file, to be told that it is too old.
"""  # noqa: INP001 - it is run, never imported

import os
import re
import subprocess
import sys
import uuid
import venv
from hashlib import sha256
from pathlib import Path

OLDEST = (3, 11)
#: The release of pip that learned to install for another Python.
_KNOWS_PYTHON = (22, 3)
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*(?:(?:a|b|rc)[0-9]+)?")
_INSTALL = ("--quiet", "--disable-pip-version-check", "--no-input", "install", "--no-deps", "--no-compile")
_HASHED = ("--require-hashes", "--only-binary=:all:", "--requirement")
_OWN = ("--no-index", "--no-build-isolation")


def main() -> int:
    """Install, and tell later steps which Python has it; the exit code is 2 where that cannot be."""
    version = os.environ.get("INPUT_VERSION", "").strip()
    if os.name != "posix":
        return _fail("the action runs on Linux and macOS", "use `runs-on: ubuntu-latest`")
    if sys.version_info < OLDEST:
        found = "{}.{}".format(*sys.version_info[:2])
        return _fail(
            "gemaudit needs Python 3.11 or later, `python3` is " + found, "use `actions/setup-python` before this step"
        )
    if version and not _VERSION.fullmatch(version):
        return _fail("`version` names no release", "write it like `1.2.0`, or leave it out for the action's own")
    checkout = Path(__file__).resolve().parent.parent
    folder = Path(os.environ["RUNNER_TEMP"]) / ("gemaudit-" + _key(checkout, version))
    python = folder / "bin" / "python"
    try:
        if not (folder / "ready").exists():
            _install(checkout, version, folder, python)
    except (OSError, subprocess.CalledProcessError):
        return _fail(
            "gemaudit could not be installed; the lines above have the reason",
            "an image of its own needs pip and venv: `apk add py3-pip`, `apt-get install python3-venv`",
        )
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as target:
        end = "end-" + uuid.uuid4().hex
        target.write(f"python<<{end}\n{python}\n{end}\n")
    return 0


def _key(checkout: Path, version: str) -> str:
    """What the environment depends on, so that a job that uses the action twice installs it once."""
    parts = (str(checkout), version, sys.version, sys.executable)
    return sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _install(checkout: Path, version: str, folder: Path, python: Path) -> None:
    venv.EnvBuilder(symlinks=True, clear=True).create(str(folder))
    pip = _pip(python)
    own = ["gemaudit==" + version] if version else [*_OWN, str(checkout)]
    for what in ([*_HASHED, str(checkout / "action" / "requirements.txt")], own):
        # stdout is for workflow commands.
        subprocess.run([*pip, *_INSTALL, *what], check=True, stdout=sys.stderr.fileno())  # noqa: S603 - no shell
    (folder / "ready").touch()


def _pip(python: Path) -> "list[str]":
    """The pip for the environment: that of the machine, because another one would take longer than all the rest."""
    from importlib import metadata  # noqa: PLC0415 - a Python that is too old must read this file and has no such module

    try:
        found = tuple(map(int, metadata.version("pip").split(".")[:2]))
    except (metadata.PackageNotFoundError, ValueError):
        found = (0, 0)
    if found >= _KNOWS_PYTHON:
        return [sys.executable, "-I", "-m", "pip", "--python", str(python)]
    line = [str(python), "-I", "-m", "ensurepip", "--default-pip"]
    subprocess.run(line, check=True, stdout=sys.stderr.fileno())  # noqa: S603 - no shell
    return [str(python), "-I", "-m", "pip"]


def _fail(message: str, hint: str) -> int:
    sys.stdout.write(f"::error title=gemaudit::{message}%0Ahint: {hint}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
