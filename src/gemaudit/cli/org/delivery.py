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
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.model.advisory import SEVERITIES, Severity
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
    pairs = []
    for text in reports or ():
        name, separator, file = text.partition("=")
        if not separator or not file:
            refuse(f"`{text}` is no report", "write `--report html=index.html`")
        # A scan takes hours: what cannot be written at its end is told at its beginning.
        if not Path(file).absolute().parent.is_dir():
            refuse(f"the report `{file}` cannot be written: there is no such folder", "give a file in one that exists")
        pairs.append((name, file))
    # Stdout comes last, for whoever reads it may stop to.
    pairs += [] if quiet else [(format_, "-")]
    for name, _ in pairs:
        if name not in FORMAT_NAMES:
            refuse(f"`{name}` is no format of a scan", f"choose one of {', '.join(FORMAT_NAMES)}")
    if fail_on not in {*SEVERITIES, "none"}:
        refuse(f"`{fail_on}` is no severity", f"choose one of {', '.join(SEVERITIES)} or none")
    gate = next((severity for severity in SEVERITIES if severity == fail_on), None)
    style = style_of(sys.stdout, no_color=no_color, show_all=show_all)
    return Wanted(reports=tuple(pairs), fail_on=gate, changed=changed, style=style)


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
        pieces = render(name, survey, scans.results(scan), wanted.style, changed=wanted.changed)
        if file == "-":
            sys.stdout.writelines(pieces)
            sys.stdout.flush()
        else:
            _write(file, render(name, survey, scans.results(scan), _plain(wanted.style), changed=wanted.changed))
    if wanted.fail_on is not None and _fails(scans, scan, survey, wanted):
        return ExitCode.FINDINGS
    if not scan.finished or any(one.level == "error" for one in scan.problems):
        return ExitCode.NETWORK
    return ExitCode.CLEAN if survey.counts.audited else ExitCode.NOTHING


def _plain(style: Style) -> Style:
    return replace(style, color=False)


def _write(file: str, pieces: Iterable[str]) -> None:
    try:
        with Path(file).open("w", encoding="utf-8", newline="", errors="backslashreplace") as out:
            out.writelines(pieces)
    except OSError as error:
        refuse(f"the report `{file}` cannot be written: {error.strerror}", "give a file in a folder that exists")


def _fails(scans: Scans, scan: Scan, survey: Survey, wanted: Wanted) -> bool:
    """Whether a finding is as bad as the gate, as `check` sees it; if only changes are wanted, one that is new."""
    severities = SEVERITIES[: SEVERITIES.index(wanted.fail_on or SEVERITIES[-1]) + 1]

    def counts(held: Held) -> bool:
        return (
            held.status == "affected"
            and not held.is_suppressed
            and held.severity in severities
            and held.kind not in Policy().tolerated
        )

    if wanted.changed:
        return any(counts(change.held) for change in survey.changes if change.news == "new")
    return any(counts(held) for result in scans.results(scan) for held in result.held)
