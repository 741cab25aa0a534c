"""Files of Apache Parquet: read in pieces, written whole or not at all."""

import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from gemaudit.batch.arrow import check_type, kept_schema
from gemaudit.batch.columns import check_columns
from gemaudit.batch.extras import missing

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as error:
    raise missing("arrow", error) from error

SUFFIX = ".parquet"

# What is at hand at a time: a piece for a worker, and a row group for the output.
_PIECE_BYTES = 4 * 1024 * 1024
_PIECE_ROWS = 256
_GROUP_BYTES = 32 * 1024 * 1024
_GROUP_ROWS = 100_000
_BUFFER = 1024 * 1024


class ParquetError(ValueError):
    """A file cannot be used; `hint` says what can."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message}; {hint}")
        self.message = message
        self.hint = hint


class Piece(Struct, frozen=True, kw_only=True):
    """Some successive rows of a file, with the columns that were asked for; `first` counts from 0."""

    path: Path
    first: int
    batch: Any


def files_below(path: Path) -> tuple[Path, ...]:
    """The file itself, or every Parquet file in a folder, in the order of their paths.

    What engines leave beside their output, such as `_metadata`, `.crc` files and attempts that failed, is left out.
    Raises ParquetError where there is none.
    """
    if not path.is_dir():
        return (path,)
    found = sorted(one for one in path.rglob(f"*{SUFFIX}") if one.is_file() and not _is_hidden(one.relative_to(path)))
    if not found:
        raise ParquetError(f"there is no Parquet file in `{path}`", f"its files end in `{SUFFIX}`")
    return tuple(found)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def schema_of(paths: Sequence[Path], column: str, keep: Sequence[str]) -> Any:
    """The schema of the answers for files, which must agree on the columns that are kept.

    Raises ParquetError for a file that cannot be used, and for two that do not agree; ColumnError for a column.
    """
    found: dict[Any, Path] = {}
    for path in paths:
        with _opened(path) as file:
            schema = file.schema_arrow
        check_columns(schema.names, column, keep)
        check_type(schema.field(column).type, column)
        found.setdefault(kept_schema(schema, keep).remove_metadata(), path)
    if len(found) > 1:
        one, other, *_ = found.values()
        raise ParquetError(
            f"`{one}` and `{other}` have different types for the columns that are kept",
            "keep others, or judge them one by one",
        )
    return kept_schema(schema, keep)


def pieces(path: Path, column: str, keep: Sequence[str]) -> Iterator[Piece]:
    """A file from its first row to its last, in pieces of some MiB.

    Raises ParquetError where it turns out to be damaged.
    """
    columns = list(dict.fromkeys([column, *keep]))
    first = 0
    with _opened(path) as file, _reading(path):
        for group in range(file.num_row_groups):
            size = _rows_at_once(file.metadata.row_group(group))
            for batch in file.iter_batches(size, row_groups=[group], columns=columns, use_threads=False):
                yield Piece(path=path, first=first, batch=batch)
                first += batch.num_rows


def _rows_at_once(group: Any) -> int:
    average: int = group.total_byte_size // max(group.num_rows, 1)
    return max(1, min(_PIECE_ROWS, _PIECE_BYTES // max(average, 1)))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with _reading(path):
        # Arrow does not tell a file that it cannot open from one that it cannot read.
        path.open("rb").close()
        # A row group may have gigabytes; with a buffer it is read page by page.
        file = pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
    with file:
        yield file


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        if isinstance(error, OSError) and error.strerror:
            raise ParquetError(f"`{path}` cannot be read: {error.strerror}", "name files that are there") from error
        hint = "name files and folders of Parquet, as engines and `pandas.DataFrame.to_parquet` write them"
        raise ParquetError(f"`{path}` is no Parquet, or damaged: {_brief(error)}", hint) from error


def _brief(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]


class Writer:
    """Writes batches into row groups of a size that readers like."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer
        self._batches: list[Any] = []

    def add(self, batch: Any) -> None:
        """Write the batch, now or later."""
        self._batches.append(batch)
        rows = sum(one.num_rows for one in self._batches)
        if rows >= _GROUP_ROWS or sum(one.nbytes for one in self._batches) >= _GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what was kept for later."""
        if self._batches:
            self._writer.write_table(pa.Table.from_batches(self._batches))
            self._batches.clear()


@contextlib.contextmanager
def writing(path: Path, schema: Any) -> Iterator[Writer]:
    """A writer of the file at `path`, which is there when all of it is: until then, and after a failure, there is none.

    A file that was there before is replaced. Raises ParquetError where it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("xb") as stream:
            with pq.ParquetWriter(stream, schema, compression="zstd") as file:
                writer = Writer(file)
                yield writer
                writer.flush()
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except OSError as error:
        hint = "name a place where there is room for a file"
        raise ParquetError(f"`{path}` cannot be written: {error.strerror or _brief(error)}", hint) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
