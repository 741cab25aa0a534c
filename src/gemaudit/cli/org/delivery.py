"""Reports about a scan to stdout and to files, and the exit code."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct
from msgspec.structs import replace

from gemaudit.adapters.clock import today
from gemaudit.adapters.scans.store import Scans, ScansError
from gemaudit.adapters.tables import ruby_releases
from gemaudit.cli.console import fail, refuse, style_of
from gemaudit.cli.delivery import gate_of, wanted_reports
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.model.advisory import SEVERITIES, Severity
from gemaudit.model.gate import is_gated
from gemaudit.model.policy import Policy
from gemaudit.model.survey import Held, Scan, Survey
from gemaudit.org.rubies import end_of_life
from gemaudit.reporting.org import FORMAT_NAMES, render
from gemaudit.reporting.style import Style

State = Annotated[
    Path,
    typer.Option("--state", metavar="FILE", help="The SQLite file that remembers scans.", rich_help_panel="State"),
]
Format = Annotated[
    str, typer.Option("--format", "-f", metavar="NAME", help=f"What stdout shows: {', '.join(FORMAT_NAMES)}.")
]
Reports = Annotated[
    list[str] | None,
    typer.Option("--report", metavar="NAME=FILE", help="Write a report to a file as well, as in `html=index.html`."),
]
Changed = Annotated[bool, typer.Option("--changed", help="Only what is new or fixed since the scan before.")]
FailOn = Annotated[
    str,
    typer.Option(
        metavar="SEVERITY",
        help=f"The gate: {', '.join(SEVERITIES)} or none; with `--changed`, only what is new fails.",
    ),
]
ShowAll = Annotated[bool, typer.Option("--all", help="Show everything, not only the most telling.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no report and no progress, only errors.")]

DEFAULT_STATE = Path("gemaudit-org.sqlite")


class Wanted(Struct, frozen=True, kw_only=True):
    """What is to be told of a scan, and what it fails for; `-` stands for stdout."""

    reports: tuple[tuple[str, str], ...]
    fail_on: Severity | None
    changed: bool
    style: Style


def wanted(
    format_: str, reports: list[str] | None, fail_on: str, *, changed: bool, quiet: bool, show_all: bool, no_color: bool
) -> Wanted:
    """What the options ask for; exit code 2 for a word without meaning."""
    pairs = wanted_reports(format_, reports or [], quiet=quiet, names=FORMAT_NAMES)
    for _, file in pairs:
        # A scan takes hours: what cannot be written at its end is told at its beginning.
        if file != "-" and not Path(file).absolute().parent.is_dir():
            refuse(f"the report `{file}` cannot be written: there is no such folder", "give a file in one that exists")
    # Stdout comes last, for whoever reads it may stop to.
    ordered = sorted(pairs, key=lambda pair: pair[1] == "-")
    style = style_of(sys.stdout, no_color=no_color, show_all=show_all)
    return Wanted(reports=tuple(ordered), fail_on=gate_of(fail_on), changed=changed, style=style)


@contextmanager
def opened(file: Path, *, write: bool) -> Iterator[Scans]:
    """The file of scans; the run ends with exit code 2 where it cannot be used, or can no longer be."""
    try:
        with Scans.open(file, write=write) as scans:
            yield scans
    except ScansError as error:
        fail(ExitCode.UNUSABLE, error.diagnostic())


def deliver(scans: Scans, scan: Scan, wanted: Wanted) -> ExitCode:
    """Write each report where it is wanted; return what the run ends with."""
    survey = scans.survey(scan, end_of_life(ruby_releases(), today()))
    for name, file in wanted.reports:
        style = wanted.style if file == "-" else replace(wanted.style, color=False)
        pieces = render(name, survey, scans.results(scan), style, changed=wanted.changed)
        if file == "-":
            sys.stdout.writelines(pieces)
            sys.stdout.flush()
        else:
            _write(file, pieces)
    if wanted.fail_on is not None and _fails(scans, scan, survey, wanted):
        return ExitCode.FINDINGS
    if not scan.finished or any(one.level == "error" for one in scan.problems):
        return ExitCode.NETWORK
    return ExitCode.CLEAN if survey.counts.audited else ExitCode.NOTHING


def _write(file: str, pieces: Iterable[str]) -> None:
    try:
        with Path(file).open("w", encoding="utf-8", newline="", errors="backslashreplace") as out:
            out.writelines(pieces)
    except OSError as error:
        refuse(f"the report `{file}` cannot be written: {error.strerror}", "give a file in a folder that exists")


def _fails(scans: Scans, scan: Scan, survey: Survey, wanted: Wanted) -> bool:
    """Whether a finding fails the gate as it would in `check`; if only changes are wanted, one that is new."""
    policy = Policy(fail_on=wanted.fail_on)

    def fails(held: Held) -> bool:
        return not held.is_suppressed and is_gated(held.severity, held.kind, held.status, policy)

    if wanted.changed:
        return any(fails(change.held) for change in survey.changes if change.news == "new")
    return any(fails(held) for result in scans.results(scan) for held in result.held)
