"""One SQLite file, opened by one writer and any number of readers.

The write-ahead log lets others read while a scan writes, and `synchronous=NORMAL` makes a commit cost no wait for the
disk: whatever happens to the process, all that was committed is there, and a machine that loses its power loses at
most the last repositories, which the next scan settles again (https://www.sqlite.org/pragma.html#pragma_synchronous).

A writer holds a lock on a file beside it as long as it lives. SQLite itself takes that lock, on an empty database, so
it is the system's on every system, and ends with the process however that ends.

One connection serves all threads, one at a time: SQLite has one writer anyway.
"""

import contextlib
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from gemaudit.adapters.paths import real
from gemaudit.adapters.scans.errors import damaged, foreign, missing, translated, unreadable, unwritable
from gemaudit.adapters.scans.schema import MIGRATIONS, migrate, version_of

_BUSY_SECONDS = 10
_OWNER_ONLY = 0o600
# https://www.sqlite.org/fileformat.html#the_database_header
_MAGIC = b"SQLite format 3\0"
_SMALLEST_PAGE = 512


class ScansFile:
    """An open file; its parts are read and written through `reading` and `transaction`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: sqlite3.Connection | None) -> None:
        self.path = path
        self._connection = connection
        self._lock = lock
        self._turn = threading.RLock()

    @classmethod
    def open(cls, path: Path, *, write: bool) -> "ScansFile":
        """The file at `path`, made where there is none and `write` is set, with the tables of this release.

        Raise ScansError where it cannot be used, also where another process writes it and `write` is set.
        """
        place = real(path)
        if place.exists() and not place.is_file():
            raise unreadable(place, "it is no regular file")
        if not write:
            return cls(place, _reader(place), None)
        lock = _made_lock(place)
        try:
            return cls(place, _writer(place), lock)
        except BaseException:
            lock.close()
            raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for statements that change nothing. Raise ScansError for what the file is to blame for."""
        with self._turn, translated(self.path):
            yield self._connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection, for changes that all happen or none. Raise ScansError as `reading`."""
        with self._turn, translated(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                # SQLite may have rolled back by itself, as when the disk is full.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """End the use of the file; the last to do so takes the write-ahead log into it."""
        with self._turn:
            self._connection.close()
            if self._lock is not None:
                self._lock.close()


@contextlib.contextmanager
def source(path: Path, folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the content of a file that is left untouched, down to the names beside it.

    `folder` is for the copy that is needed where a scan was killed or an older release wrote. Raise ScansError where
    the file cannot be used, and where a scan is writing it.
    """
    place = real(path)
    with contextlib.ExitStack() as stack:
        if not place.exists():
            raise missing(place)
        if not place.is_file():
            raise unreadable(place, "it is no regular file")
        lock = lock_path(place)
        if lock.is_file() and _may(lock, os.W_OK):
            stack.enter_context(contextlib.closing(_made_lock(place)))
        stack.enter_context(translated(place))
        yield stack.enter_context(contextlib.closing(_untouched(place, folder)))


def lock_path(path: Path) -> Path:
    """The file whose lock a writer holds; it stays there, empty."""
    return path.with_name(f"{path.name}.lock")


def _writer(path: Path) -> sqlite3.Connection:
    # The version comes first, so that a file of another program is not changed in the least.
    connection, _ = _opened(path, "mode=rw")
    try:
        with translated(path):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, through the log as long as the system lets us."""
    connection, version = _opened(path, _way_to_read(path))
    if 0 < version < len(MIGRATIONS):
        connection.close()
        ScansFile.open(path, write=True).close()
        connection, version = _opened(path, _way_to_read(path))
    if version == 0:
        connection.close()
        raise missing(path)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _way_to_read(path: Path) -> str:
    """Only a connection that could write tidies up the log when it is closed; without a log there is none to keep."""
    if _may(path, os.W_OK) and _may(path.parent, os.W_OK):
        return "mode=rw"
    return "mode=ro" if _may(path.parent, os.W_OK) or _has_log(path) else "mode=ro&immutable=1"


def _untouched(path: Path, folder: Path) -> sqlite3.Connection:
    if not _has_log(path):
        connection, version = _opened(path, "mode=ro&immutable=1")
        if version == len(MIGRATIONS):
            return connection
        connection.close()
        if version == 0:
            raise missing(path)
    copy = folder / "copy.sqlite"
    for suffix in ("", "-wal"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            shutil.copyfile(beside, copy.with_name(copy.name + suffix))
    return _writer(copy)


def _opened(path: Path, parameters: str) -> tuple[sqlite3.Connection, int]:
    """A connection, and the version of the tables."""
    if not path.exists():
        raise missing(path)
    if not _may(path, os.R_OK):
        raise unreadable(path, "permission denied")
    _check_head(path)
    connection = _connected(path, parameters)
    try:
        with translated(path):
            return connection, version_of(connection, path)
    except BaseException:
        connection.close()
        raise


def _check_head(path: Path) -> None:
    """SQLite itself takes a file that is shorter than a page for an empty one, and would write over it."""
    with path.open("rb") as file:
        head = file.read(_SMALLEST_PAGE)
    if head and not head.startswith(_MAGIC):
        raise foreign(path)
    if head and len(head) < _SMALLEST_PAGE:
        raise damaged(path)


def _may(path: Path, what: int) -> bool:
    """Whether this process may, as the user that it acts for."""
    return os.access(path, what, effective_ids=os.access in os.supports_effective_ids)


def _has_log(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _made_lock(path: Path) -> sqlite3.Connection:
    """A connection that holds the lock until it is closed; the file of scans is made where there is none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for made in (lock_path(path), path):
            # Names of private repositories are in it.
            os.close(os.open(made, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), _OWNER_ONLY))
    except OSError as error:
        raise unwritable(path) from error
    connection = _connected(lock_path(path), "mode=rw", seconds=0)
    try:
        with translated(path):
            connection.execute("BEGIN EXCLUSIVE")
    except BaseException:
        connection.close()
        raise
    return connection


def _connected(path: Path, parameters: str, *, seconds: float = _BUSY_SECONDS) -> sqlite3.Connection:
    with translated(path):
        return sqlite3.connect(
            f"{path.as_uri()}?{parameters}", uri=True, timeout=seconds, isolation_level=None, check_same_thread=False
        )
