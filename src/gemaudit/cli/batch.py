"""`gemaudit batch`: a corpus of lockfiles, from Parquet to Parquet."""

import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from gemaudit.cli import options
from gemaudit.cli.console import refuse, say
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.cli.session import open_advisories
from gemaudit.reporting.sanitize import visible

if TYPE_CHECKING:
    from gemaudit.batch.judging import Question

EPILOG = """\
\b
Exit codes:
  0  the answers are written; findings make no difference
  2  wrong usage, or a file that cannot be read or written
  3  the answers are written, and no row has a lockfile
  4  no usable advisory database
  70 a bug in gemaudit
"""

_SECONDS_BETWEEN_WORDS = 10


def batch(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Parquet files, or folders of them.")],
    column: Annotated[str, typer.Option(metavar="NAME", help="The column that holds the texts of the lockfiles.")],
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="PATH", help="One file for all, or a folder that gets one for each of FILE."
        ),
    ],
    keep: Annotated[
        str, typer.Option(metavar="NAMES", help="Columns to keep beside the answers, with commas between them.")
    ] = "",
    ruby: options.Ruby = None,
    platform: Annotated[
        str | None, typer.Option(metavar="PLATFORM", help="Where they run, e.g. `x86_64-linux-musl`.")
    ] = None,
    feature: options.Features = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=512, help="Processes that judge.", show_default="one for each core"),
    ] = None,
    db: options.Databases = None,
) -> None:
    """Judge the lockfiles of a corpus: Parquet in, Parquet out, row by row in the same order."""
    try:
        from gemaudit.batch.columns import ColumnError  # noqa: PLC0415 - an extra
        from gemaudit.batch.parquet import ParquetError  # noqa: PLC0415 - likewise
    except ImportError as error:
        refuse(f"this command needs `{error.name}`, which is not installed", "run `pip install 'gemaudit[arrow]'`")
    question = _question(ruby, platform, feature or (), db)
    kept = tuple(name.strip() for name in keep.split(",") if name.strip())
    try:
        counts = _judged(files, output, column, kept, question, workers or _cores())
    except (ColumnError, ParquetError) as error:
        refuse(error.message, error.hint)
    raise typer.Exit(ExitCode.CLEAN if counts["rows"] > counts["missing"] + counts["empty"] else ExitCode.NOTHING)


def _question(ruby: str | None, platform: str | None, features: Sequence[str], db: Sequence[str] | None) -> "Question":
    """What the options ask; the run ends with exit code 2 for a word that has no meaning, 4 without a database."""
    from gemaudit.batch.judging import Question  # noqa: PLC0415 - only when there is something to judge

    database = open_advisories(db)
    try:
        return Question.of(ruby=ruby, platform=platform, features=features, database=database if db else None)
    except ValueError as error:
        refuse(str(error), "`gemaudit batch --help` lists the options")


def _judged(
    files: Sequence[str], output: str, column: str, keep: tuple[str, ...], question: "Question", workers: int
) -> Counter[str]:
    """Do it, and say what was done."""
    from gemaudit.batch.corpus import Wanted, judge_corpus  # noqa: PLC0415 - an extra
    from gemaudit.batch.jobs import jobs_for  # noqa: PLC0415 - likewise
    from gemaudit.batch.workers import WorkerLostError  # noqa: PLC0415 - likewise

    if output == "-":
        refuse("Parquet is not written to stdout", "name a file, as in `--output answers.parquet`")
    jobs = jobs_for([Path(file) for file in files], Path(output))
    wanted = Wanted(column=column, keep=keep, question=question)
    clock = _Clock()
    counts: Counter[str] = Counter()
    try:
        for some in judge_corpus(jobs, wanted, workers=workers, lost=_say_lost):
            counts.update(some)
            clock.tick(counts)
    except WorkerLostError as error:
        _refuse_deadly(error.place)
    say("\n".join(summary(counts, clock.seconds, workers)))
    return counts


class _Clock:
    """Says now and then how far a long run is."""

    def __init__(self) -> None:
        self._start = self._said = time.monotonic()

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self._start, 0.001)

    def tick(self, counts: Counter[str]) -> None:
        if time.monotonic() - self._said >= _SECONDS_BETWEEN_WORDS:
            self._said = time.monotonic()
            say(f"{counts['rows']:,} rows so far, {counts['rows'] / self.seconds:,.0f} a second")


def summary(counts: Counter[str], seconds: float, workers: int) -> tuple[str, ...]:
    """What a run comes to, line by line."""
    rows, judged = counts["rows"], counts["judged"]
    texts = rows - counts["missing"]
    states = ", ".join(f"{counts[name]:,} {name}" for name in ("audited", "unreadable", "empty", "missing"))
    found = ", ".join(f"{counts[name]:,} {name}" for name in ("critical", "high", "medium", "low", "undecided"))
    processes = f"{workers} processes" if workers > 1 else "1 process"
    return (
        f"{rows:,} rows: {states}",
        f"{counts['reached']:,} lockfiles are affected: {found}",
        f"{judged:,} of {texts:,} lockfiles were judged, the others equal one that was remembered",
        f"{seconds:,.1f} s, {rows / seconds:,.0f} rows a second, {processes}",
    )


def _say_lost() -> None:
    say("warning[worker-lost]: a worker process was ended from outside; what it worked on is done again")


def _refuse_deadly(place: object) -> NoReturn:
    """Leave because of a text that ends every process that reads it."""
    from gemaudit.batch.parquet import Piece  # noqa: PLC0415 - an extra

    where = ""
    if isinstance(place, Piece):
        last = place.first + place.batch.num_rows - 1
        where = f" on rows {place.first} to {last} of `{visible(str(place.path))}`"
    refuse(
        f"every worker process was ended from outside when it worked{where}",
        "free memory or take fewer `--workers`; if it is the same rows again, judge the table without them",
    )


def _cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
