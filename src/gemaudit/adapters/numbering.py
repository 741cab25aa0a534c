"""Advisory files that get their numbers."""

from pathlib import Path

from msgspec.structs import replace

from gemaudit.adapters.database import read_advisories
from gemaudit.advisories.database import DatabaseError
from gemaudit.advisories.numbering import number, renumbered
from gemaudit.advisories.reader import read
from gemaudit.model.advisory import Advisory
from gemaudit.model.document import Document


def assign_numbers(folder: Path) -> tuple[tuple[Path, Path], ...]:
    """Give every placeholder below `folder` its number; return the old and the new path of each file, in order.

    A file is first written under its new name and then removed under the old one; nothing is overwritten.
    Raises DatabaseError, before anything is written, where a file cannot be read or its id line cannot be found,
    and where a new name is taken.
    """
    advisories = dict(read_advisories([folder]))
    try:
        given = number(advisories.items())
        changes = [
            (Path(path), Path(path).with_name(f"{new}.toml"), _renumbered(Path(path), advisories[path], new))
            for path, new in given.items()
        ]
    except ValueError as error:
        raise DatabaseError(str(error)) from error
    for old, new, content in changes:
        _move(old, new, content)
    return tuple((old, new) for old, new, _ in changes)


def _renumbered(path: Path, advisory: Advisory, new: str) -> bytes:
    """The file's content under its new id, read again to see that it states the same otherwise."""
    try:
        content = renumbered(path.read_bytes(), new)
    except ValueError as error:
        raise ValueError(f"{path.as_posix()}: {error}") from error
    written, _, _ = read(Document(path.as_posix(), content.decode("utf-8-sig")))
    if written != replace(advisory, id=new):
        raise ValueError(f"{path.as_posix()}: its first `id` line is not that of the advisory")
    return content


def _move(old: Path, new: Path, content: bytes) -> None:
    try:
        with new.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise DatabaseError(f"`{new}` cannot be written: {error.strerror}") from error
    old.unlink()
