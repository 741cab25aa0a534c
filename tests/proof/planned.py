"""What gemaudit plans for a project, and doing it."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from unittest import mock

import msgspec
from msgspec import Struct, field
from real_bundler import Command
from typer.testing import CliRunner
from workshop import Project, Workshop

from gemaudit.cli.app import app

#: What a plan does with its own commands and edits.
FEASIBLE = frozenset({"upgrade", "needs-parent", "needs-gemfile"})
#: 2026-11-21, the day on which every report is made.
TODAY = "1795219200"


class Edit(Struct, frozen=True, kw_only=True):
    """A line to change, as the report says it."""

    path: str
    line: int | None
    before: str
    after: str | None


class Move(Struct, frozen=True, kw_only=True):
    """A package that moves, as the report says it."""

    kind: str
    name: str
    from_: str | None = field(name="from")
    to: str | None


class Step(Struct, frozen=True, kw_only=True):
    """A step, as the report says it."""

    kind: str
    package: str
    to: str | None
    outcome: str
    commands: tuple[str, ...]
    edits: tuple[Edit, ...]
    closes: frozenset[str]
    remains: frozenset[str]
    moves: tuple[Move, ...]
    verified: bool


class Finding(Struct, frozen=True, kw_only=True):
    """A finding, as the report says it."""

    advisory: str
    status: str


class Report(Struct, frozen=True, kw_only=True):
    """What a report says of plan and findings."""

    plan: tuple[Step, ...]
    findings: tuple[Finding, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """What the plan has for gems."""
        return tuple(step for step in self.plan if step.kind == "gem")

    @property
    def affecting(self) -> frozenset[str]:
        """The advisories that apply."""
        return frozenset(finding.advisory for finding in self.findings if finding.status == "affected")


def audit(project: Project, *options: str) -> Report:
    """What `gemaudit check` reports of the lockfile."""
    arguments = ["check", str(project.lockfile), "--db", str(project.advisories), "--format", "json", *options]
    with _alone(project.folder.parent):
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code in {0, 1}, f"{result.exit_code}: {result.stderr}"
    return msgspec.json.decode(result.stdout, type=Report)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Within the folder, with nothing of the environment that the tests run in."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "SOURCE_DATE_EPOCH": TODAY}
    with chdir(folder), mock.patch.dict(os.environ, environment, clear=True):
        yield


def carry_out(workshop: Workshop, project: Project, step: Step, *, install: bool = False) -> str:
    """What Bundler says against the step, empty where it does it; where it shall not install, it locks."""
    for edit in step.edits:
        _apply(project.folder.parent / edit.path, edit)
    for command in step.commands:
        (outcome,) = workshop.bundle([installing(project, command) if install else locking(project, command)])
        if outcome.status:
            return outcome.output
    return ""


def installing(project: Project, command: str) -> Command:
    """The command as it stands; what it installs stays in the project."""
    program, *arguments = shlex.split(command)
    assert program == "bundle", command
    place = {"BUNDLE_PATH": str(project.folder / "vendor")}
    return Command(folder=project.folder, arguments=tuple(arguments), environment=place)


def locking(project: Project, command: str) -> Command:
    """The command that changes the lockfile in the same way and installs nothing."""
    program, *arguments = shlex.split(command)
    assert [program, arguments[0]] == ["bundle", "update"], command
    options = [argument for argument in arguments[1:] if argument.startswith("-")]
    gems = [argument for argument in arguments[1:] if argument not in options]
    return Command(folder=project.folder, arguments=("lock", "--update", *gems, *options))


def _apply(path: Path, edit: Edit) -> None:
    assert edit.after is not None, edit
    lines = path.read_text(encoding="utf-8").splitlines()
    if edit.line is None:
        assert not edit.before, edit
        lines.append(edit.after)
    else:
        assert lines[edit.line - 1].strip() == edit.before, edit
        lines[edit.line - 1] = lines[edit.line - 1].replace(edit.before, edit.after)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def apply_diff(project: Project) -> None:
    """Apply what `gemaudit fix --diff` prints, with git; nothing where it prints nothing."""
    arguments = ["fix", str(project.lockfile), "--db", str(project.advisories), "--online", "--diff"]
    with _alone(project.folder.parent):
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    if result.stdout:
        text = result.stdout.replace(f"{project.folder}/", "project/")
        command = ["git", "apply", "-p1", "-"]
        subprocess.run(command, cwd=project.folder.parent, input=text, text=True, check=True)


def fix_for_real(project: Project) -> "subprocess.CompletedProcess[str]":
    """Run `gemaudit fix --write --run-bundler` as a user does, with the Bundler of the machine."""
    home = project.folder.parent / "home"
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "SOURCE_DATE_EPOCH": TODAY, "LC_ALL": "C.UTF-8"}
    arguments = ["fix", str(project.lockfile), "--db", str(project.advisories), "--online", "--write", "--run-bundler"]
    return subprocess.run(
        [sys.executable, "-m", "gemaudit", *arguments],
        cwd=project.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
