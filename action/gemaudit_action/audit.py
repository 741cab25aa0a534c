"""Running `gemaudit check`, and what it said in numbers."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from gemaudit_action.inputs import Inputs
from gemaudit_action.runner import UsageError

Result = Literal["pass", "fail", "nothing", "error"]

#: What the exit codes of gemaudit mean for a job; any other one is an `error`.
RESULTS: dict[int, Result] = {0: "pass", 1: "fail", 3: "nothing", 5: "pass"}
#: The gem servers could not be asked, which says nothing of the application.
NETWORK = 5
_BUG = 70


class Reports(Struct, frozen=True, kw_only=True):
    """The files of a run."""

    json: Path
    sarif: Path
    markdown: Path

    @classmethod
    def below(cls, folder: Path) -> "Reports":
        """Files with the names that they are known for."""
        return cls(json=folder / "gemaudit.json", sarif=folder / "gemaudit.sarif", markdown=folder / "gemaudit.md")


class Counts(Struct, frozen=True, kw_only=True):
    """How many findings apply, and how many of them are new: all of them where nothing was compared."""

    findings: int = 0
    new: int = 0


class _Finding(Struct, frozen=True):
    status: str
    state: str | None = None


class _Report(Struct, frozen=True):
    findings: tuple[_Finding, ...]
    baseline: str | None = None


def command(inputs: Inputs, reports: Reports, base: str) -> list[str]:
    """The command line of the audit; texts from the workflow are values of options or stand behind `--`."""
    # Isolated, so that nothing in the repository that is checked can be imported.
    line = [sys.executable, "-I", "-m", "gemaudit", "check", "--no-color"]
    line += [f"--report={name}={getattr(reports, name)}" for name in Reports.__struct_fields__]
    if inputs.annotations:
        line.append("--report=github=-")
    if inputs.config:
        line.append(f"--config={inputs.config}")
    if inputs.fail_on:
        line.append(f"--fail-on={inputs.fail_on}")
    if inputs.online:
        line.append("--online")
    if base:
        line.append(f"--against=git:{base}")
    return [*line, "--", *inputs.paths]


def run(line: list[str], environment: Mapping[str, str]) -> int:
    """The exit code of the audit, which prints for itself; 70, as of a bug, where a signal ended it."""
    done = subprocess.run(line, env=dict(environment), stdin=subprocess.DEVNULL, check=False)  # noqa: S603 - no shell
    return done.returncode if done.returncode >= 0 else _BUG


def counts(file: Path) -> Counts:
    """The numbers of a JSON report. Raise UsageError where it is none of version 1."""
    try:
        report = msgspec.json.decode(file.read_bytes(), type=_Report)
    except msgspec.MsgspecError as error:
        raise UsageError(f"the report cannot be read: {error}", "use a `version` of the same action") from error
    applying = [finding for finding in report.findings if finding.status == "affected"]
    is_compared = report.baseline is not None
    new = sum(finding.state == "new" or not is_compared for finding in applying)
    return Counts(findings=len(applying), new=new)
