"""Advisories: TOML files into a database, and the linter that keeps them true."""

from gemaudit.advisories.database import Database, DatabaseError, compile_database
from gemaudit.advisories.reader import read

__all__ = ["Database", "DatabaseError", "compile_database", "load", "read"]


def load(path: str) -> Database:
    """Return the database at `path`: a compiled file, an advisory file, or a folder of advisory files.

    Raises DatabaseError for anything that cannot be read as one.
    """
    from gemaudit.adapters.database import load_database  # noqa: PLC0415 - the one door from a stage to the disk

    return load_database(path)
