"""Write `requirements.txt` anew: what gemaudit needs to be built and to run, on every platform, with hashes.

`python action/lock.py` keeps the versions that still fit, `--upgrade` takes the newest.
"""  # noqa: INP001 - it is run, never imported

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "action" / "requirements.txt"
_OPTIONS = ("--universal", "--generate-hashes", "--no-annotate", "--custom-compile-command", "python action/lock.py")


def main(arguments: list[str]) -> int:
    """The exit code of `uv pip compile`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = "\n".join([*project["build-system"]["requires"], *project["project"]["dependencies"]])
    oldest = project["project"]["requires-python"].removeprefix(">=")
    command = ["uv", "pip", "compile", *_OPTIONS, "--python-version", oldest, *arguments, "-o", str(FILE), "-"]
    return subprocess.run(command, input=needed.encode(), check=False).returncode  # noqa: S603 - no shell


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
