"""Columns of Apache Arrow in, record batches out."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, repeat
from typing import Any

from msgspec.structs import astuple

from gemaudit import __version__
from gemaudit.advisories.database import Database
from gemaudit.batch.columns import ColumnError, check_columns
from gemaudit.batch.extras import missing
from gemaudit.batch.judging import Judge, Question
from gemaudit.batch.row import VERSION, Row, RowFinding

try:
    import pyarrow as pa
    import pyarrow.types as kinds
except ImportError as error:
    raise missing("arrow", error) from error

FINDING = pa.struct([(name, pa.string()) for name in RowFinding.__struct_fields__])
#: The fields of `Row`, in their order; the metadata says which version of it.
SCHEMA = pa.schema(
    [
        ("status", pa.string()),
        ("error", pa.string()),
        ("sha256", pa.string()),
        ("packages", pa.int32()),
        ("unaudited", pa.int32()),
        ("critical", pa.int32()),
        ("high", pa.int32()),
        ("medium", pa.int32()),
        ("low", pa.int32()),
        ("undecided", pa.int32()),
        ("not_affected", pa.int32()),
        ("findings", pa.list_(FINDING)),
        ("database", pa.string()),
    ],
    metadata={"gemaudit.schema": str(VERSION), "gemaudit.version": __version__},
)


def judge_array(
    texts: Any,
    *,
    ruby: str | None = None,
    platform: str | None = None,
    features: Sequence[str] = (),
    database: Database | None = None,
) -> Any:
    """The RecordBatch of `SCHEMA` about an Array or a ChunkedArray of texts: one row for each, in the same order.

    Texts are strings or bytes of any of Arrow's widths, or a dictionary of them; null is a missing lockfile.
    Strings need not be UTF-8. The keywords are those of `gemaudit.batch.judge`, and so is what is raised;
    ColumnError for an array of anything else.
    """
    question = Question.of(ruby=ruby, platform=platform, features=features, database=database)
    return batch_of(map(question.judge(), texts_of(texts)))


def judge_batch(
    batch: Any,
    column: str,
    *,
    keep: Sequence[str] = (),
    ruby: str | None = None,
    platform: str | None = None,
    features: Sequence[str] = (),
    database: Database | None = None,
) -> Any:
    """The kept columns of a RecordBatch, and beside them what `judge_array` says about one column.

    Raises ColumnError for a column that is not there or cannot be used.
    """
    question = Question.of(ruby=ruby, platform=platform, features=features, database=database)
    return judged(batch, column, keep, question.judge())


def judged(batch: Any, column: str, keep: Sequence[str], judge: Judge) -> Any:
    """The same, by a judge."""
    check_columns(batch.schema.names, column, keep)
    return beside(batch, keep, batch_of(map(judge, texts_of(batch.column(column)))))


def beside(batch: Any, keep: Sequence[str], rows: Any) -> Any:
    """The kept columns of a batch, then the rows."""
    schema = kept_schema(batch.schema, keep)
    return pa.RecordBatch.from_arrays([*(batch.column(name) for name in keep), *rows.columns], schema=schema)


def kept_schema(schema: Any, keep: Sequence[str]) -> Any:
    """The schema of what `judge_batch` returns for batches of a schema."""
    return pa.schema([*(schema.field(name) for name in keep), *SCHEMA], metadata=SCHEMA.metadata)


def texts_of(array: Any) -> Iterator[bytes | None]:
    """The texts of an array, one at a time; those that are equal in a dictionary stay one.

    Raises ColumnError for an array of anything but texts.
    """
    check_type(array.type)
    chunks = array.chunks if isinstance(array, pa.ChunkedArray) else (array,)
    return (text for chunk in chunks for text in _texts(chunk))


def check_type(type_: Any, name: str = "") -> None:
    """Raise ColumnError unless the type is one of texts."""
    inner = type_.value_type if kinds.is_dictionary(type_) else type_
    if inner not in _TEXTS:
        called = f"the column `{name}`" if name else "the column"
        raise ColumnError(f"{called} holds {inner}", "name one that holds strings or bytes")


#: The types of texts, and as which bytes they are read: Arrow itself refuses to give a string that is no UTF-8.
_TEXTS = {
    pa.null(): pa.binary(),
    pa.string(): pa.binary(),
    pa.binary(): pa.binary(),
    pa.large_string(): pa.large_binary(),
    pa.large_binary(): pa.large_binary(),
    pa.string_view(): pa.binary_view(),
    pa.binary_view(): pa.binary_view(),
}


def _texts(chunk: Any) -> Iterator[bytes | None]:
    if kinds.is_dictionary(chunk.type):
        values = chunk.dictionary.cast(_TEXTS[chunk.type.value_type])
        return (None if at is None else values[at].as_py() for at in chunk.indices.to_pylist())
    return (value.as_py() for value in chunk.cast(_TEXTS[chunk.type]))


def batch_of(rows: Iterator[Row]) -> Any:
    """The rows as a RecordBatch of `SCHEMA`."""
    listed = list(rows)
    columns = [_findings(listed) if field.name == "findings" else _column(listed, field) for field in SCHEMA]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def _column(rows: list[Row], field: Any) -> Any:
    return pa.array([getattr(row, field.name) for row in rows], field.type)


def _findings(rows: list[Row]) -> Any:
    """The lists of findings, column by column: a dictionary for each finding would take most of the time."""
    findings = [astuple(finding) for row in rows for finding in row.findings]
    values = zip(*findings, strict=True) if findings else repeat(())
    columns = [pa.array(column, field.type) for column, field in zip(values, FINDING, strict=False)]
    offsets = pa.array(accumulate((len(row.findings) for row in rows), initial=0), pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(columns, fields=list(FINDING)))
