"""`gemaudit fix`: Bundler is run without a shell, a step that fails is undone, and no file speaks to the terminal.

The Bundler of these tests is a script that does what a test is about; `tests/proof` runs the real one.
"""

import os
import shutil
from pathlib import Path

import pytest
from command_line import Done, gemaudit

TRANSCRIPTS = Path(__file__).parent / "transcripts"
LOCKED = "1.3.0"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(TRANSCRIPTS / "fix", folder)
    (folder / ".git").mkdir()
    return folder


def fix(project: Path, bundler: str) -> Done:
    """Run it with a `bundle` that is a shell script of this text."""
    tools = project.parent / "bin"
    tools.mkdir()
    (tools / "bundle").write_text(f'#!/bin/sh\necho "$@" >> "{project.parent}/said"\n{bundler}\n', encoding="utf-8")
    (tools / "bundle").chmod(0o755)
    arguments = ["fix", "--write", "--run-bundler", "--db", str(TRANSCRIPTS / "advisories"), "Gemfile.lock"]
    return gemaudit(arguments, project, environment={"PATH": f"{tools}:{os.environ['PATH']}"})


def test_bundler_locks_without_installing(project: Path) -> None:
    done = fix(project, "sed -i -e 's/ember (1.3.0/ember (1.4.0/' -e 's/flint (3.0.1/flint (3.1.0/' Gemfile.lock")
    assert (project.parent / "said").read_text().splitlines() == [
        "lock --update ember --conservative",
        "lock --update flint --conservative",
    ]
    assert 'gem "flint", "~> 3.1", ">= 3.1.0" # sparks' in (project / "Gemfile").read_text()
    assert "2 findings closed" in done.stdout
    assert "1 finding left" in done.stdout
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "harm",
    ["echo garbage > Gemfile.lock", "rm Gemfile.lock", "echo 'gem \"ember\"' >> Gemfile", "rm Gemfile Gemfile.lock"],
)
def test_a_step_that_fails_is_undone(project: Path, harm: str) -> None:
    before = {name: (project / name).read_bytes() for name in ("Gemfile", "Gemfile.lock", "Dockerfile")}
    done = fix(project, f'{harm}; printf "no \\033[31mway\\n"; exit 7')
    assert {name: (project / name).read_bytes() for name in before} == before
    assert done.returncode == 2
    assert "`bundle lock --update ember --conservative` failed; its step was undone" in done.stderr
    assert r"no \x1b[31mway" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_steps_before_it_stay(project: Path) -> None:
    script = 'case "$*" in *flint*) rm Gemfile; exit 1;; esac; sed -i "s/ember (1.3.0/ember (1.4.0/" Gemfile.lock'
    done = fix(project, script)
    assert "ember (1.4.0" in (project / "Gemfile.lock").read_text()
    assert '"~> 3.0.0"' in (project / "Gemfile").read_text()
    assert done.returncode == 2


@pytest.mark.parametrize("option", [[], ["--diff"], ["--write"]], ids=["script", "--diff", "--write"])
@pytest.mark.parametrize("harm", ["\x1b[31m", "\x9b31m", "\x07", "\u202e", "\u2066", "\u2028"])
def test_what_a_terminal_would_obey_is_never_printed(project: Path, harm: str, option: list[str]) -> None:
    gemfile = (project / "Gemfile").read_text().replace('"forge"', f'"forge" # {harm}')
    (project / "Gemfile").write_text(gemfile, encoding="utf-8")
    arguments = ["fix", *option, "--db", str(TRANSCRIPTS / "advisories"), "Gemfile.lock"]
    done = gemaudit(arguments, project)
    assert harm not in done.stdout + done.stderr
    assert "+gem" not in done.stdout
    assert (project / "Gemfile").read_text(encoding="utf-8") == gemfile
    assert "the file holds control characters" in done.stdout + done.stderr
