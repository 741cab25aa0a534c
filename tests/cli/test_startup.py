"""What a command imports: it should pay for nothing that it does not use."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from builders import on_gem
from gemaudit.advisories import compile_database
from gemaudit.cli.app import app

LOCKFILE = """\
GEM
  remote: https://rubygems.org/
  specs:
    rake (13.2.1)

PLATFORMS
  ruby

DEPENDENCIES
  rake
"""
#: Slow to import, and of no use to an audit that reads one lockfile and draws text.
HEAVY = {"rich", "yaml", "tomli", "httpx", "jinja2", "jsonschema", "pathspec", "asyncio", "tree_sitter"}
PROGRAM = """\
import sys
from gemaudit.cli import main
try:
    main()
finally:
    print(*sorted(sys.modules), file=sys.stderr)
"""


def imported(*arguments: str) -> set[str]:
    """The modules that a run of the command line has imported in the end."""
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert run.returncode == 0
    return set(run.stderr.splitlines()[-1].split())


def test_an_audit_imports_nothing_heavy_and_no_other_command(tmp_path: Path) -> None:
    lockfile, compiled = tmp_path / "Gemfile.lock", tmp_path / "advisories.db"
    lockfile.write_text(LOCKFILE, encoding="utf-8")
    compiled.write_bytes(compile_database([on_gem("ffi")]))
    modules = imported("check", str(lockfile), "--db", str(compiled))
    assert modules & HEAVY == set()
    assert {name for name in modules if name.startswith("gemaudit.cli.")} & OTHERS == set()
    assert "gemaudit.cli.check" in modules


def test_the_version_imports_no_command() -> None:
    modules = imported("--version")
    assert modules & {*OTHERS, "gemaudit.cli.check", "gemaudit.pipeline"} == set()


NAMES = list(get_command(app).commands)  # type: ignore[attr-defined]
OTHERS = {f"gemaudit.cli.{name}" for name in NAMES} - {"gemaudit.cli.check"}


@pytest.mark.parametrize("name", NAMES)
def test_a_command_is_there_when_it_is_asked_for(name: str) -> None:
    done = CliRunner().invoke(app, [name, "--help"])
    assert done.exit_code == 0
    assert done.output.split()[:3] == ["Usage:", "gemaudit", name]


def test_a_command_that_is_none_is_refused_with_those_that_are_near() -> None:
    done = CliRunner().invoke(app, ["chek"])
    assert done.exit_code == 2
    assert "Did you mean 'check'?" in done.output
