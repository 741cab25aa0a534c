"""The plan as a shell script: patches for the files, commands for Bundler, everything else as comments."""

import shlex
from collections.abc import Iterator, Sequence

from msgspec import Struct

from gemaudit.model.plan import Edit, Step
from gemaudit.reporting.entries import plain
from gemaudit.reporting.plan_words import change, in_words
from gemaudit.reporting.sanitize import prose, visible
from gemaudit.reporting.words import place

# Every line of a unified diff begins with a sign, so none of them can be this.
_END = "END_OF_PATCH"


class ScriptStep(Struct, frozen=True, kw_only=True):
    """A step of a plan, `diffs` of the files that it changes by path, and the edits that a person has to make."""

    step: Step
    diffs: tuple[tuple[str, str], ...] = ()
    by_hand: tuple[tuple[Edit, str], ...] = ()


class Script(Struct, frozen=True, kw_only=True):
    """The steps for one lockfile; `folder` is where Bundler runs, empty for the current one."""

    lockfile: str
    folder: str
    steps: tuple[ScriptStep, ...]
    verified: bool


def render_script(scripts: Sequence[Script]) -> str:
    """One script for all lockfiles. It stops at the first command that fails."""
    lines = ["#!/bin/sh", "# written by `gemaudit fix`; read it before you run it", "set -eu"]
    for script in scripts:
        lines += _lockfile(script)
    return "\n".join(lines) + "\n"


def _lockfile(script: Script) -> Iterator[str]:
    basis = "" if script.verified else ", not checked against the gem servers (`--online` does)"
    yield from ("", f"# {visible(script.lockfile)}{basis}")
    for number, step in enumerate(script.steps, 1):
        yield ""
        yield from _step(number, step, script.folder)


def _step(number: int, planned: ScriptStep, folder: str) -> Iterator[str]:
    step = planned.step
    if step.packages:
        yield f"# {number}. for {visible(', '.join(package.name for package in step.packages))}"
    else:
        yield f"# {number}. {visible(plain(change(step)))}"
    yield f"#    closes {', '.join(map(visible, step.closes))}"
    for move in step.moves:
        if move.name != step.name:
            yield f"#    with it {visible(plain(in_words(move)))}"
    for need in step.needs:
        if not need.met:
            yield f"#    needs {need.name} {visible(need.requirement)}"
    if step.note:
        yield f"#    {prose(step.note)}"
    for edit, reason in planned.by_hand:
        yield f"#    by hand: {place(visible(edit.path), edit.line)} ({prose(reason)}): {visible(edit.before)}"
    for path, diff in planned.diffs:
        # Named, `patch` takes a path that is absolute or leads upwards, too.
        yield f"patch {_quoted(path)} <<'{_END}'"
        yield diff.rstrip("\n")
        yield _END
    for command in step.commands:
        yield f"(cd {_quoted(folder)} && {command})" if folder else command


def _quoted(path: str) -> str:
    """The path as one word of a shell that no program takes for an option."""
    return shlex.quote(f"./{path}" if path.startswith("-") else path)
