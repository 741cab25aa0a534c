"""The files around a lockfile that say where its bundle runs."""

import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from gemaudit.adapters.paths import project_root, read_regular, real
from gemaudit.environments.documents import LARGEST, document, passed_over
from gemaudit.environments.nearby import MOST, Kind, nearby
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document


def gather(lockfile: str, patterns: Iterable[str]) -> tuple[tuple[Document, ...], tuple[Diagnostic, ...]]:
    """Return the documents around a lockfile, the nearest first, and why files were passed over.

    The globs are relative to a folder of the project: that of the lockfile, its parent, and so on up to the nearest
    one that has a `.git`. Without any `.git` it is the folder alone, and with a folder `gemfiles` the one above too.
    For each pattern the nearest folder with a match counts, so a lockfile's own `Dockerfile` hides that of the root.
    Paths are named relative to the current folder, unless the lockfile is named by an absolute path.
    """
    given = Path(lockfile)
    folders = _project_folders(real(given.parent))
    paths = list(map(Path, nearby([folder.as_posix() for folder in folders], patterns, cache(_entries))))
    read = [_document(path, folders[-1], is_absolute=given.is_absolute()) for path in paths[:MOST]]
    documents = tuple(item for item in read if isinstance(item, Document))
    problems = [item for item in read if isinstance(item, Diagnostic)]
    if len(paths) > MOST:
        name = _name(paths[MOST], is_absolute=given.is_absolute())
        problems.append(passed_over(name, f"of {len(paths)} files that could, the nearest {MOST} are read"))
    return documents, tuple(problems)


def _project_folders(start: Path) -> list[Path]:
    """The folders of the project from `start` upwards."""
    upwards = [start, *start.parents]
    root = project_root(start)
    if root is None:
        return upwards[: 2 if start.name == "gemfiles" else 1]
    return upwards[: upwards.index(root) + 1]


def _entries(folder: str) -> Mapping[str, Kind]:
    try:
        with os.scandir(folder) as entries:
            return {entry.name: _kind(entry) for entry in sorted(entries, key=lambda entry: entry.name)}
    except OSError:
        return {}


def _kind(entry: "os.DirEntry[str]") -> Kind:
    if not entry.is_dir():
        return "file"
    return "link" if entry.is_symlink() else "folder"


def _document(path: Path, root: Path, *, is_absolute: bool) -> Document | Diagnostic:
    name = _name(path, is_absolute=is_absolute)
    if not real(path).is_relative_to(root):
        return passed_over(name, "it is a link out of the project")
    try:
        return document(name, read_regular(path, LARGEST + 1))
    except OSError as error:
        return passed_over(name, error.strerror or "the system refuses")


def _name(path: Path, *, is_absolute: bool) -> str:
    """How the user would type an absolute path: from the current folder, unless that is on another drive."""
    try:
        return path.as_posix() if is_absolute else Path(os.path.relpath(path)).as_posix()
    except ValueError:
        return path.as_posix()
