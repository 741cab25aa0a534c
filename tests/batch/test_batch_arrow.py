"""Arrow: every shape that a column of texts can have, and a schema that readers can rely on."""

from typing import Any

import pyarrow as pa
import pytest
from corpus_texts import lockfile, small_database, texts
from msgspec.structs import asdict

from gemaudit.batch import judge
from gemaudit.batch.arrow import FINDING, SCHEMA, judge_array, judge_batch
from gemaudit.batch.columns import ColumnError
from gemaudit.batch.row import Row, RowFinding

CORPUS = texts(16)


def expected(corpus: list[str | None], **stated: Any) -> list[dict[str, Any]]:
    return [{**asdict(row), "findings": list(map(asdict, row.findings))} for row in judge(corpus, **stated)]


SHAPES = {
    "string": pa.array(CORPUS, pa.string()),
    "large string": pa.array(CORPUS, pa.large_string()),
    "string view": pa.array(CORPUS, pa.string_view()),
    "binary": pa.array(CORPUS, pa.string()).cast(pa.binary()),
    "large binary": pa.array(CORPUS, pa.large_string()).cast(pa.large_binary()),
    "binary view": pa.array(CORPUS, pa.string_view()).cast(pa.binary_view()),
    "dictionary": pa.array(CORPUS).dictionary_encode(),
    "dictionary of bytes": pa.array(CORPUS).cast(pa.binary()).dictionary_encode(),
    "chunks": pa.chunked_array([CORPUS[:5], [], CORPUS[5:]], pa.string()),
    "chunks of dictionaries": pa.chunked_array([CORPUS[:5], CORPUS[5:]], pa.string()).dictionary_encode(),
    "a slice": pa.array([None, "x", *CORPUS, "y"]).slice(2, len(CORPUS)),
}


@pytest.mark.parametrize("array", SHAPES.values(), ids=SHAPES)
def test_the_shape_of_the_column_makes_no_difference(array: Any) -> None:
    batch = judge_array(array)
    assert batch.schema.equals(SCHEMA, check_metadata=True)
    assert batch.validate(full=True) is None
    assert batch.to_pylist() == expected(CORPUS)


@pytest.mark.parametrize(
    "array", [pa.array([], pa.string()), pa.chunked_array([], pa.binary())], ids=["array", "chunks"]
)
def test_no_rows_are_no_rows(array: Any) -> None:
    assert judge_array(array).equals(pa.RecordBatch.from_pylist([], SCHEMA))


def test_a_column_of_nothing_but_null() -> None:
    assert judge_array(pa.nulls(2)).to_pylist() == expected([None, None])


def test_a_string_that_is_no_utf_8_is_an_unreadable_lockfile() -> None:
    broken = pa.array([b"GEM\n  specs:\n    \xff (1.0)\n", lockfile(1).encode()]).view(pa.string())
    for array in (broken, broken.dictionary_encode()):
        rows = judge_array(array).to_pylist()
        assert [(row["status"], row["error"]) for row in rows] == [("unreadable", "not-utf-8"), ("audited", None)]


@pytest.mark.parametrize(
    "array",
    [pa.array([1]), pa.array([["a"]]), pa.array([1.0]).dictionary_encode(), pa.array([{"a": "b"}])],
    ids=lambda array: str(array.type),
)
def test_a_column_of_anything_else_is_refused(array: Any) -> None:
    with pytest.raises(ColumnError, match="name one that holds strings or bytes"):
        judge_array(array)


def test_columns_are_kept_beside_the_answers() -> None:
    batch = pa.record_batch({"repo": ["a", "b"], "size": pa.array([1, None], pa.int8()), "lock": [lockfile(1), None]})
    stated: dict[str, Any] = {"ruby": "3.4.5", "database": small_database()}
    answers = judge_batch(batch, "lock", keep=("size", "lock"), **stated)
    assert answers.schema.names == ["size", "lock", *SCHEMA.names]
    assert answers.schema.field("size").type == pa.int8()
    assert answers.select(SCHEMA.names).to_pylist() == expected([lockfile(1), None], **stated)
    assert answers["size"].to_pylist() == [1, None]


@pytest.mark.parametrize(
    ("columns", "column", "keep", "said"),
    [
        (["id", "lock"], "lockfile", (), "there is no column `lockfile`; there are `id`, `lock`"),
        (["id", "lock"], "lock", ("repo",), "there is no column `repo`; there are `id`, `lock`"),
        ([], "lock", (), "there is no column `lock`; there are none at all"),
        (["lock", "status"], "lock", ("status",), "the column `status` cannot be kept beside the answer of that name"),
        (["id", "lock"], "lock", ("id", "id"), "the column `id` is kept twice"),
        (["lock", "lock"], "lock", (), "there are several columns `lock`"),
        ([f"c{number}" for number in range(30)], "lock", (), "`c19` and 10 more"),
    ],
    ids=["no such column", "none to keep", "none at all", "a name that is taken", "twice", "ambiguous", "many"],
)
def test_a_column_that_cannot_be_used_is_named(
    columns: list[str], column: str, keep: tuple[str, ...], said: str
) -> None:
    batch = pa.RecordBatch.from_arrays([pa.array(["x"])] * len(columns), columns)
    with pytest.raises(ColumnError) as raised:
        judge_batch(batch, column, keep=keep)
    assert said in str(raised.value)


def test_the_schema_is_that_of_a_row() -> None:
    assert tuple(SCHEMA.names) == Row.__struct_fields__
    assert tuple(field.name for field in FINDING) == RowFinding.__struct_fields__
    assert SCHEMA.metadata[b"gemaudit.schema"] == b"1"


def test_a_text_that_a_dictionary_repeats_is_in_memory_once() -> None:
    large = "x\n" * 4_000_000
    array = pa.DictionaryArray.from_arrays(pa.array([0] * 50, pa.int32()), pa.array([large]))
    before = pa.total_allocated_bytes()
    assert judge_array(array)["error"].to_pylist() == ["too-large"] * 50
    assert pa.total_allocated_bytes() - before < len(large)
