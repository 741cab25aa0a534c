"""The script of `gemaudit fix`, run with the shell and the `patch` of the machine."""

import os
import subprocess
from pathlib import Path

import pytest

from gemaudit.model.plan import Edit, Step
from gemaudit.planning.patch import diff, patch
from gemaudit.reporting.script import Script, ScriptStep, render_script

BEFORE = "FROM ruby:3.4.5\nRUN echo '$HOME' `id`\n"
AFTER = BEFORE.replace("3.4.5", "3.4.9")
UPDATE = "bundle update --conservative ffi"
#: What a folder of a stranger's project may be called.
NAMES = ["a b", "it's", "$(touch pwned)", "`touch pwned`", "-o", "--dry-run", "é", "*", "END_OF_PATCH"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder in which the script runs, with a `bundle` that notes down where it was called and how."""
    (tmp_path / "bin").mkdir()
    bundle = tmp_path / "bin" / "bundle"
    bundle.write_text('#!/bin/sh\necho "$PWD: $*" >> "$SAID"\n')
    bundle.chmod(0o755)
    folder = tmp_path / "top" / "project"
    folder.mkdir(parents=True)
    return folder


def script(path: str, before: str, *, folder: str = "", commands: tuple[str, ...] = ()) -> str:
    """The script of one step that changes the first line of a file."""
    old, new = before.splitlines()[0], before.splitlines()[0].replace("3.4.5", "3.4.9")
    done = patch([Edit(path=path, line=1, before=old, after=new)], {path: before})
    step = Step(
        kind="gem", name="ffi", current="1.0", target="2.0", outcome="upgrade", commands=commands, closes=("GMSA-1",)
    )
    planned = ScriptStep(
        step=step,
        diffs=tuple((change.path, diff(change)) for change in done.changes),
        by_hand=tuple((refusal.edit, refusal.reason) for refusal in done.refusals),
    )
    return render_script([Script(lockfile="Gemfile.lock", folder=folder, steps=(planned,), verified=True)])


def run(text: str, project: Path) -> str:
    """What `bundle` was asked for, one call a line."""
    said = project.parents[1] / "said"
    environment = {"PATH": f"{project.parents[1] / 'bin'}:{os.environ['PATH']}", "SAID": str(said)}
    done = subprocess.run(
        ["sh"], input=text.encode(), cwd=project, env=environment, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert not list(project.parents[1].rglob("*.rej")) + list(project.parents[1].rglob("pwned"))
    return said.read_text() if said.exists() else ""


@pytest.mark.parametrize("before", [BEFORE, BEFORE.replace("\n", "\r\n"), BEFORE.rstrip("\n")], ids=["", "CRLF", "cut"])
@pytest.mark.parametrize("place", ["inside", "upwards", "absolute"])
def test_files_are_patched_wherever_they_lie(project: Path, place: str, before: str) -> None:
    name = {"inside": "Dockerfile", "upwards": "../Dockerfile", "absolute": str(project.parent / "Dockerfile")}[place]
    file = project / name
    file.write_bytes(before.encode())
    run(script(name, before), project)
    assert file.read_bytes().decode() == before.replace("3.4.5", "3.4.9")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_name_and_nothing_else(project: Path, name: str) -> None:
    folder = project / name
    folder.mkdir()
    for path in (f"{name}/Dockerfile", f"{name}.Dockerfile"):
        (project / path).write_text(BEFORE)
        said = run(script(path, BEFORE, folder=name, commands=(UPDATE,)), project)
        assert (project / path).read_text() == AFTER
        assert said.splitlines()[-1] == f"{folder}: update --conservative ffi"


def test_a_name_cannot_end_the_patch(project: Path) -> None:
    name = "a\nEND_OF_PATCH\ntouch pwned\n: <<'END_OF_PATCH'\nb"
    (project / name).write_text(BEFORE)
    text = script(name, BEFORE)
    assert "the path holds control characters" in text
    assert run(text, project) == ""
    assert (project / name).read_text() == BEFORE


def test_it_stops_where_a_patch_does_not_fit(project: Path) -> None:
    (project / "Dockerfile").write_text("FROM debian\n")
    text = script("Dockerfile", BEFORE, commands=(UPDATE,))
    done = subprocess.run(["sh"], input=text, cwd=project, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert not (project.parents[1] / "said").exists()
