"""Apache Spark: a column of a DataFrame, judged by the Python workers of the executors."""

from collections.abc import Iterator, Sequence
from typing import Any

from gemaudit.advisories.database import Database
from gemaudit.batch.columns import check_columns
from gemaudit.batch.extras import missing
from gemaudit.batch.judging import Question

try:
    import pyarrow as pa
    from pyspark.sql import DataFrame
    from pyspark.sql import types as sql
except ImportError as error:
    raise missing("spark", error) from error

from gemaudit.batch.arrow import FINDING, SCHEMA, judged

_TYPES: dict[Any, sql.DataType] = {pa.string(): sql.StringType(), pa.int32(): sql.IntegerType()}
_FINDING = sql.StructType([sql.StructField(field.name, _TYPES[field.type]) for field in FINDING])
_TYPES[pa.list_(FINDING)] = sql.ArrayType(_FINDING)
#: `gemaudit.batch.arrow.SCHEMA` in Spark's own types.
ANSWERS = sql.StructType([sql.StructField(field.name, _TYPES[field.type]) for field in SCHEMA])


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

    Nothing is judged before Spark carries out an action. The partitions are those of `frame`.
    The Python of the executors needs the same gemaudit; a `database` is sent to them.
    Raises ColumnError for a column that is not there or cannot be used, ValueError for a word that has no meaning.
    """
    check_columns(frame.columns, column, keep)
    question = Question.of(ruby=ruby, platform=platform, features=features, database=database)
    names = tuple(dict.fromkeys([column, *keep]))
    # `mapInArrow` itself stumbles over names with dots.
    read = frame.select(*(frame[_quoted(name)].alias(f"c{at}") for at, name in enumerate(names)))
    kept = [sql.StructField(name, read.schema[names.index(name)].dataType) for name in keep]
    return read.mapInArrow(_Judged(names, tuple(keep), question), sql.StructType([*kept, *ANSWERS]))


class _Judged:
    """What the executors call with the batches of a partition; it is sent to them with all it holds.

    `names` are those of the columns that come, of which the first is judged.
    """

    def __init__(self, names: tuple[str, ...], keep: tuple[str, ...], question: Question) -> None:
        self._names = names
        self._keep = keep
        self._question = question

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        judge = self._question.judge()
        for batch in batches:
            yield judged(batch.rename_columns(list(self._names)), self._names[0], self._keep, judge)


def _quoted(name: str) -> str:
    """A column by its very name, dots and all."""
    return "`" + name.replace("`", "``") + "`"
