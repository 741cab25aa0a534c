"""Dask: a column of a DataFrame of any size, on any of Dask's schedulers."""

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any

from gemaudit.advisories.database import Database
from gemaudit.batch.columns import check_columns
from gemaudit.batch.extras import missing
from gemaudit.batch.judging import Question

try:
    import pandas as pd
    import pyarrow as pa
    from dask.dataframe import DataFrame
    from dask.delayed import delayed
except ImportError as error:
    raise missing("dask", error) from error

from gemaudit.batch.arrow import batch_of, texts_of


def judge(
    frame: DataFrame,
    column: str,
    *,
    keep: Sequence[str] = (),
    ruby: str | None = None,
    platform: str | None = None,
    features: Sequence[str] = (),
    database: Database | None = None,
) -> DataFrame:
    """The DataFrame of the kept columns and of what `gemaudit.batch.judge` says about one column.

    Nothing is judged before Dask computes it. Rows, partitions and index are those of `frame`, and a value that pandas
    calls missing is a missing lockfile. The answers have the types of `gemaudit.batch.arrow.SCHEMA`.
    The workers need the same gemaudit; a `database` is sent to each of them once.
    Raises ColumnError for a column that is not there or cannot be kept, ValueError for a word that has no meaning.
    """
    check_columns(tuple(frame.columns), column, keep)
    question = Question.of(ruby=ruby, platform=platform, features=features, database=database)
    kept = list(keep)
    read = frame[list(dict.fromkeys([column, *keep]))]
    asked = question if question.database is None else delayed(question)
    meta = _beside(read._meta, kept, _answers(iter(())))  # noqa: SLF001 - there is no other way to the types of a frame
    answers: DataFrame = read.map_partitions(_judged, column, kept, asked, meta=meta)
    return answers


def _judged(part: Any, column: str, keep: list[str], question: Question) -> Any:
    """The same for one partition, which is a DataFrame of pandas."""
    return _beside(part, keep, _answers(map(question.judge(), _texts(part[column]))))


def _answers(rows: Iterator[Any]) -> Any:
    return batch_of(rows).to_pandas(types_mapper=pd.ArrowDtype)


def _beside(part: Any, keep: list[str], answers: Any) -> Any:
    answers.index = part.index
    return pd.concat([part[keep], answers], axis="columns")


def _texts(series: Any) -> Iterator[str | bytes | None]:
    """The texts of a column; one of objects may hold both text and bytes, and one of nothing may be of any type."""
    if series.dtype == object:
        return (None if _is_missing(value) else value for value in series)
    if series.isna().all():
        return repeat(None, len(series))
    return texts_of(pa.array(series))


def _is_missing(value: object) -> bool:
    return pd.api.types.is_scalar(value) and bool(pd.isna(value))
