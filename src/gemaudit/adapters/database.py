"""Where advisory databases come from."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from gemaudit.advisories.database import Database, DatabaseError, compile_database
from gemaudit.advisories.numbering import PLACEHOLDER
from gemaudit.advisories.reader import read
from gemaudit.model.advisory import Advisory
from gemaudit.model.document import Document

_PACKAGE = Path(__file__).parent.parent
#: What a wheel carries, and where the files lie that an editable install reads.
BUNDLED = _PACKAGE / "data" / "advisories.db"
SOURCES = _PACKAGE.parent.parent / "advisories"


def advisory_documents(paths: Iterable[Path]) -> tuple[Document, ...]:
    """Return the advisory files at and below `paths`, in the order of their names.

    Raises DatabaseError where a path does not exist or a file is not text.
    """
    documents = []
    for path in paths:
        if not path.exists():
            raise DatabaseError(f"there is no advisory database at `{path}`")
        files = sorted(path.rglob("*.toml")) if path.is_dir() else [path]
        documents += [Document(file.as_posix(), _text(file)) for file in files]
    return tuple(documents)


def read_advisories(paths: Iterable[Path]) -> tuple[tuple[str, Advisory], ...]:
    """Return the advisories at and below `paths` with the paths of their files, in the order of their names.

    Raises DatabaseError, naming path and line, for an advisory that cannot be read.
    """
    advisories = []
    for document in advisory_documents(paths):
        advisory, _, problems = read(document)
        if advisory is None:
            raise DatabaseError(f"{problems[0].path}:{problems[0].line}: {problems[0].message}")
        advisories.append((document.path, advisory))
    return tuple(advisories)


def compile_folder(folder: Path) -> bytes:
    """Return the compiled form of all advisories below `folder`.

    Raises DatabaseError, naming the path, for an advisory that cannot be read or has no number yet.
    """
    advisories = read_advisories([folder])
    if not advisories:
        raise DatabaseError(f"there are no advisories below `{folder}`")
    for path, advisory in advisories:
        if advisory.id == PLACEHOLDER:
            raise DatabaseError(f"{path} has no number yet; `gemaudit db assign` gives it one")
    return compile_database(advisory for _, advisory in advisories)


def load_database(path: str | Path) -> Database:
    """Return the database at `path`: a compiled file, an advisory file, or a folder of advisory files.

    Raises DatabaseError for anything that cannot be read as one.
    """
    place = Path(path)
    try:
        if place.is_dir() or place.suffix == ".toml":
            return Database(compile_folder(place))
        return Database(place.read_bytes())
    except OSError as error:
        raise DatabaseError(f"the advisory database `{path}` cannot be read: {error.strerror}") from error


def open_database(paths: Iterable[str | Path] = ()) -> Database:
    """Return one database of all `paths`, a later one overriding equal ids; without paths, the bundled one.

    Raises DatabaseError where one of them cannot be read.
    """
    databases = [load_database(path) for path in paths] or [_bundled()]
    if len(databases) == 1:
        return databases[0]
    return Database(compile_database(advisory for database in databases for advisory in database))


@cache
def _bundled() -> Database:
    """What a wheel carries; in an editable install, the advisories that lie beside the code, read once."""
    return load_database(BUNDLED if BUNDLED.exists() else SOURCES)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatabaseError(f"`{file}` is not UTF-8 text (byte {error.start})") from error
