"""A corpus from Parquet to Parquet, on the cores of one machine, with little of it in memory at any time."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, get_args

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from gemaudit.batch.arrow import batch_of, beside, texts_of
from gemaudit.batch.jobs import Job
from gemaudit.batch.judging import Question
from gemaudit.batch.parquet import Piece, pieces, schema_of, writing
from gemaudit.batch.row import RowStatus
from gemaudit.batch.workers import Workers

#: The numbers of a row that are added up.
SUMS = ("critical", "high", "medium", "low", "undecided")

#: The rows about a piece, and how many of its texts were judged rather than remembered.
_Answer = tuple[Any, int]


class Wanted(Struct, frozen=True, kw_only=True):
    """What is asked of a corpus: a column, the columns to keep beside the answers, and the question about each text."""

    column: str
    keep: tuple[str, ...] = ()
    question: Question = Question()


def judge_corpus(
    jobs: Sequence[Job], wanted: Wanted, *, workers: int, lost: Callable[[], None]
) -> Iterator[Counter[str]]:
    """Do the jobs one after the other, and yield what each piece of them came to.

    That is its rows by status and in all (`rows`), its findings by severity where they are affected, the `undecided`
    ones, the lockfiles `reached` by one that is affected, and the texts `judged` rather than remembered.
    One worker is this very process. A target is there when all of it is; what earlier jobs wrote stays.
    Raises ParquetError and ColumnError, before anything is written, where sources cannot be used; ParquetError where a
    target cannot be written; WorkerLostError, with the Piece, for a text that ends every process that reads it.
    """
    schemas = [schema_of(job.sources, wanted.column, wanted.keep) for job in jobs]
    with contextlib.ExitStack() as stack:
        in_order = _carrier(partial(_answer, wanted.question), workers, lost, stack)
        for job, schema in zip(jobs, schemas, strict=True):
            with writing(job.target, schema) as file:
                for piece, (rows, judged) in in_order(_tasks(job, wanted)):
                    file.add(beside(piece.batch, wanted.keep, rows))
                    yield _counted(rows, judged)


def _carrier(
    function: Callable[[bytes], _Answer], workers: int, lost: Callable[[], None], stack: contextlib.ExitStack
) -> Callable[[Iterable[tuple[Piece, bytes]]], Iterator[tuple[Piece, _Answer]]]:
    """What carries tasks out in their order, in this process or in others."""
    if workers == 1:
        return lambda tasks: ((piece, function(sent)) for piece, sent in tasks)
    return stack.enter_context(Workers(function, workers, lost)).in_order


def _tasks(job: Job, wanted: Wanted) -> Iterator[tuple[Piece, bytes]]:
    """The pieces of a job, each with what a worker needs of it."""
    for source in job.sources:
        for piece in pieces(source, wanted.column, wanted.keep):
            texts = piece.batch.select([wanted.column])
            # Pickled, a slice would bring along all that it is a slice of.
            stream = pa.BufferOutputStream()
            with pa.ipc.new_stream(stream, texts.schema) as writer:
                writer.write_batch(texts)
            yield piece, stream.getvalue().to_pybytes()


def _answer(question: Question, sent: bytes) -> _Answer:
    judge = question.judge()
    before = judge.judged
    with pa.ipc.open_stream(sent) as stream:
        rows = batch_of(map(judge, (text for batch in stream for text in texts_of(batch.column(0)))))
    return rows, judge.judged - before


def _counted(rows: Any, judged: int) -> Counter[str]:
    counts = Counter({"rows": rows.num_rows, "judged": judged})
    statuses = Counter(rows["status"].to_pylist())
    counts.update({status: statuses[status] for status in get_args(RowStatus)})
    counts.update({name: pc.sum(rows[name]).as_py() or 0 for name in SUMS})
    affected = [pc.greater(rows[name], 0) for name in SUMS if name != "undecided"]
    reached = affected[0]
    for column in affected[1:]:
        reached = pc.or_(reached, column)
    counts["reached"] = pc.sum(reached).as_py() or 0
    return counts
