"""Why a file of scans cannot be used."""

import contextlib
import shlex
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gemaudit.model.diagnostic import Diagnostic


class ScansError(Exception):
    """The file of scans at `path` cannot be used; `message` and `hint` are as docs/messages.md wants them."""

    def __init__(self, code: str, message: str, hint: str, *, path: Path) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.path = path.as_posix()

    def diagnostic(self) -> Diagnostic:
        """The error as what to tell the user."""
        return Diagnostic(code=self.code, message=self.message, path=self.path, hint=self.hint)


def damaged(path: Path) -> ScansError:
    """The error about a file whose content is not what SQLite wrote."""
    name = str(path)
    hint = f"put a copy back, or move it away and scan anew: `mv {shlex.quote(name)} {shlex.quote(name + '.damaged')}`"
    return ScansError("damaged-scans", "the file of scans is damaged or cut off", hint, path=path)


def foreign(path: Path) -> ScansError:
    """The error about a file that somebody else made."""
    return ScansError(
        "foreign-scans",
        "this is no file of scans",
        "name another file with `--state FILE`; this one is left as it is",
        path=path,
    )


def locked(path: Path) -> ScansError:
    """The error about a file that another scan writes."""
    message = "another scan is writing this file"
    return ScansError(
        "locked-scans", message, "wait until it has ended, or name another file with `--state FILE`", path=path
    )


def missing(path: Path) -> ScansError:
    """The error about a file that is read and is not there."""
    return ScansError(
        "missing-scans",
        "there is no file of scans here",
        "`gemaudit org ORG` makes it; name another with `--state FILE`",
        path=path,
    )


def unwritable(path: Path) -> ScansError:
    """The error about a file or a folder that the system does not let us write."""
    message = "the file of scans, or the folder it is in, cannot be written"
    hint = f"see who may with `ls -ld {_quoted(path.parent)} {_quoted(path)}`, or name a file in another folder"
    return ScansError("unwritable-scans", message, hint, path=path)


def unreadable(path: Path, why: str) -> ScansError:
    """The error about a file that the system does not let us read."""
    hint = f"see who may with `ls -l {_quoted(path)}`, or name another file with `--state FILE`"
    return ScansError("unreadable-scans", f"the file of scans cannot be read: {why}", hint, path=path)


def _full(path: Path) -> ScansError:
    hint = f"free some space, see `df {_quoted(path.parent)}`, and start the scan again: it goes on where it stopped"
    return ScansError("full-disk", "the disk is full", hint, path=path)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


# https://www.sqlite.org/rescode.html; the lower byte of an extended code is the code it extends.
_PRIMARY = 0xFF
_ERRORS = {
    sqlite3.SQLITE_BUSY: locked,
    sqlite3.SQLITE_LOCKED: locked,
    sqlite3.SQLITE_READONLY: unwritable,
    sqlite3.SQLITE_PERM: unwritable,
    sqlite3.SQLITE_CANTOPEN: unwritable,
    sqlite3.SQLITE_NOTADB: foreign,
    sqlite3.SQLITE_CORRUPT: damaged,
    sqlite3.SQLITE_FULL: _full,
}


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Whatever the file is to blame for, as ScansError; a mistake in a statement stays what it is."""
    try:
        yield
    except (msgspec.MsgspecError, zlib.error) as error:
        raise damaged(path) from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if known := _ERRORS.get((code or 0) & _PRIMARY):
            raise known(path) from error
        if code is not None and code & _PRIMARY == sqlite3.SQLITE_IOERR:
            raise unreadable(path, "the disk reports an error") from error
        if "decode to UTF-8" in str(error):
            raise damaged(path) from error
        raise
