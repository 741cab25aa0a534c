"""A corpus from Parquet to Parquet, on the cores of one machine, with little of it in memory at any time."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from gemaudit.batch.arrow import batch_of, beside, texts_of
from gemaudit.batch.judging import Question
from gemaudit.batch.parquet import Piece, pieces, schema_of, writing
from gemaudit.batch.workers import Workers

#: The numbers of `Row` that are added up.
_SUMS = ("critical", "high", "medium", "low", "undecided")


class Wanted(Struct, frozen=True, kw_only=True):
    """What is asked of a corpus: which column of which tables, and what is asked about each text."""

    column: str
    keep: tuple[str, ...] = ()
    question: Question = Question()


class Job(Struct, frozen=True):
    """Files to read, in this order, and the one file to write."""

    sources: tuple[Path, ...]
    target: Path


class Progress(Struct, kw_only=True):
    """What was done so far.

    `counts` has the rows of each status, the findings of each severity that are affected, `undecided` ones,
    `reached` lockfiles with a finding that is affected, and how many texts were `judged` rather than remembered.
    """

    counts: Counter[str]

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return sum(self.counts[status] for status in ("audited", "empty", "unreadable", "missing"))


def judge_corpus(
    jobs: Sequence[Job], wanted: Wanted, *, workers: int, lost: Callable[[], None]
) -> Iterator[Progress]:
    """Do the jobs one after the other, and yield what was done whenever some rows more are.

    One worker is this very process. Nothing is written where a job fails, and what earlier ones wrote stays.
    Raises ParquetError and ColumnError before anything is written, where the sources cannot be used; OSError where a
    target cannot be written; WorkerLostError, with the Piece, where a text ends every process that reads it.
    """
    schemas = [schema_of(job.sources, wanted.column, wanted.keep) for job in jobs]
    answer = partial(_answer, wanted.question)
    progress = Progress(counts=Counter())
    with _Results(answer, workers, lost) as results:
        for job, schema in zip(jobs, schemas, strict=True):
            job.target.parent.mkdir(parents=True, exist_ok=True)
            tasks = ((piece, _sent(piece, wanted.column)) for source in job.sources for piece in pieces(source, wanted.column, wanted.keep))
            with writing(job.target, schema) as file:
                for piece, (rows, judged) in results.in_order(tasks):
                    file.add(beside(piece.batch, wanted.keep, rows))
                    _count(rows, judged, progress.counts)
                    yield progress
