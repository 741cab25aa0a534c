"""The real command line, said and answered.

Each folder in `transcripts/` is a small project and a `session.txt`: `$ command` lines, each followed by what it prints
on stdout and stderr and, unless it is 0, by its exit code. `GEMAUDIT_UPDATE=1` writes what was printed into the files,
for a person to read before committing.
"""

import os
import shlex
import shutil
from pathlib import Path

import pytest
from command_line import gemaudit

TRANSCRIPTS = Path(__file__).parent / "transcripts"
ADVISORIES = TRANSCRIPTS / "advisories"
#: 2026-11-21, because ignores expire and Rubies come to their end.
TODAY = "1795219200"
SESSIONS = sorted(path.parent for path in TRANSCRIPTS.glob("*/session.txt"))


def run(command: str, folder: Path) -> str:
    """The answer to one command: stdout, then stderr with a bar before each line, then the exit code."""
    before, _, source = command.partition(" < ")
    program, *arguments = shlex.split(before)
    assert program == "gemaudit"
    stdin = (folder / source).read_bytes() if source else b""
    done = gemaudit(arguments, folder, stdin=stdin, environment={"COLUMNS": "100", "SOURCE_DATE_EPOCH": TODAY})
    stderr = "".join(f"| {line}\n".replace("|  \n", "|\n") for line in done.stderr.splitlines())
    code = f"[exit {done.returncode}]\n" if done.returncode else ""
    return f"{done.stdout}{stderr}{code}"


@pytest.mark.parametrize("project", SESSIONS, ids=lambda path: path.name)
def test_session(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(project, folder)
    shutil.copytree(ADVISORIES, tmp_path / "advisories")
    (folder / ".git").mkdir(exist_ok=True)
    written = (project / "session.txt").read_text(encoding="utf-8")
    commands = [line[2:] for line in written.splitlines() if line.startswith("$ ")]

    said = "\n".join(f"$ {command}\n{run(command, folder)}" for command in commands)

    if os.environ.get("GEMAUDIT_UPDATE"):
        (project / "session.txt").write_text(said, encoding="utf-8")
    assert said == written


def test_every_project_has_a_session() -> None:
    folders = {path for path in TRANSCRIPTS.iterdir() if path.is_dir() and path != ADVISORIES}
    assert folders == set(SESSIONS)
