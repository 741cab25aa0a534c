"""The files around a lockfile that say where its bundle runs."""

import os
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from gemaudit.adapters.paths import project_root, read_regular, real
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document

_LARGEST = 1024 * 1024
_MOST = 200  # documents of one lockfile
_DEEPEST = 8  # folders that `**` stands for
_SKIPPED = frozenset({"vendor", "node_modules", ".bundle", ".git"})


def gather(lockfile: str, patterns: Iterable[str]) -> tuple[tuple[Document, ...], tuple[Diagnostic, ...]]:
    """Return the documents around a lockfile, the nearest first, and why files were passed over.

    The globs are relative to a folder of the project: that of the lockfile, its parent, and so on up to the nearest
    one that has a `.git`. Without any `.git` it is the folder alone, and with a folder `gemfiles` the one above too.
    For each pattern the nearest folder with a match counts, so a lockfile's own `Dockerfile` hides that of the root.
    Paths are named relative to the current folder, unless the lockfile is named by an absolute path.
    """
    given = Path(lockfile)
    folders = _project_folders(real(given.parent))
    listing = _Listing()
    chosen: dict[tuple[int, Path], None] = {}
    for pattern in dict.fromkeys(patterns):
        parts = pattern.split("/")
        for distance, folder in enumerate(folders):
            if matches := list(listing.matches(folder, parts)):
                chosen.update(dict.fromkeys((distance, path) for path in matches))
                break
    paths = [path for _, path in sorted(chosen)]
    read = [_document(path, folders[-1], is_absolute=given.is_absolute()) for path in paths[:_MOST]]
    documents = tuple(item for item in read if isinstance(item, Document))
    problems = [item for item in read if isinstance(item, Diagnostic)]
    if len(paths) > _MOST:
        name = _name(paths[_MOST], is_absolute=given.is_absolute())
        problems.append(_passed_over(name, f"of {len(paths)} files that could, the nearest {_MOST} are read"))
    return documents, tuple(problems)


def _project_folders(start: Path) -> list[Path]:
    """The folders of the project from `start` upwards."""
    upwards = [start, *start.parents]
    root = project_root(start)
    if root is None:
        return upwards[: 2 if start.name == "gemfiles" else 1]
    return upwards[: upwards.index(root) + 1]


class _Listing:
    """The entries of folders, each of which is read at most once."""

    def __init__(self) -> None:
        self._entries = cache(_entries)

    def matches(self, folder: Path, parts: Sequence[str], depth: int = 0) -> Iterator[Path]:
        """Yield the files below a folder that the parts of a glob name, in the order of their names."""
        part, rest = parts[0], parts[1:]
        entries = self._entries(folder)
        if part == "**":
            yield from self.matches(folder, rest)
            for name, entry in entries.items() if depth < _DEEPEST else ():
                if name not in _SKIPPED and entry.is_dir(follow_symlinks=False):
                    yield from self.matches(folder / name, parts, depth + 1)
            return
        has_wildcard = any(letter in part for letter in "*?[")
        names = [name for name in entries if fnmatchcase(name, part)] if has_wildcard else [part]
        for found in (entries[name] for name in names if name in entries):
            if rest and found.is_dir():
                yield from self.matches(folder / found.name, rest)
            elif not rest and not found.is_dir():
                yield folder / found.name


def _entries(folder: Path) -> dict[str, "os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry for entry in sorted(entries, key=lambda entry: entry.name)}
    except OSError:
        return {}


def _document(path: Path, root: Path, *, is_absolute: bool) -> Document | Diagnostic:
    name = _name(path, is_absolute=is_absolute)
    if not real(path).is_relative_to(root):
        return _passed_over(name, "it is a link out of the project")
    try:
        content = read_regular(path, _LARGEST + 1)
        if len(content) > _LARGEST:
            return _passed_over(name, "it has more than 1 MiB")
        return Document(name, content.decode("utf-8-sig"))
    except OSError as error:
        return _passed_over(name, error.strerror or "the system refuses")
    except UnicodeDecodeError as error:
        return _passed_over(name, f"byte {error.start} of it is not UTF-8")


def _name(path: Path, *, is_absolute: bool) -> str:
    """How the user would type an absolute path: from the current folder, unless that is on another drive."""
    try:
        return path.as_posix() if is_absolute else Path(os.path.relpath(path)).as_posix()
    except ValueError:
        return path.as_posix()


def _passed_over(path: str, reason: str) -> Diagnostic:
    return Diagnostic(
        code="passed-over",
        message=f"this file says nothing about where the bundle runs: {reason}",
        path=path,
        level="warning",
        hint="state the facts with `--ruby` and `--platform`, or in `.gemaudit.toml`",
    )
