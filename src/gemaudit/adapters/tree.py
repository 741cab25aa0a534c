"""The file tree: which lockfiles there are, and which files around one say where it runs."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gemaudit.lockfiles import MAX_BYTES, is_lockfile_name
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

STDIN = "-"
#: How reports call what came from stdin.
STDIN_NAME = "<stdin>"

_SKIPPED = frozenset({"vendor", "node_modules", ".bundle", ".git"})
_LARGEST_DOCUMENT = 1024 * 1024
_MOST_DOCUMENTS = 200


def find_lockfiles(paths: Sequence[str]) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
    """Return the lockfiles that `paths` name, each once, and what is wrong with the others.

    A file is taken whatever its name is; a folder is searched, without `vendor`, `node_modules`, `.bundle`, `.git`
    and what `.gitignore` files exclude.
    """
    found: dict[str, None] = {}
    problems: list[Diagnostic] = []
    for path in paths:
        if path == STDIN or not Path(path).is_dir():
            problem = None if path == STDIN else _missing(path)
            if problem:
                problems.append(problem)
            else:
                found[path] = None
            continue
        below = list(_search(Path(path), problems))
        found.update(dict.fromkeys(below))
        if not below:
            problems.append(_no_lockfile(path))
    return tuple(found), tuple(problems)


def read_lockfile_bytes(path: str) -> bytes | Diagnostic:
    """Return the content of a file, or of stdin for `-`, or why it cannot be read.

    At most one byte more than the reader accepts is read, so that it can say that the file is too large.
    """
    if path == STDIN:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        with Path(path).open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return _unreadable(path, "it is no regular file")
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        return _unreadable(path, error.strerror or "the system refuses")


def gather(lockfile: str, patterns: Iterable[str]) -> tuple[tuple[Document, ...], tuple[Diagnostic, ...]]:
    """Return the files around a lockfile that match the patterns, and which of them could not be read.

    The lockfile's own folder is looked at first, then each parent up to the nearest one with a `.git`
    (without any, no parent but that of a `gemfiles` folder). For each pattern the nearest folder with a match counts.
    """
    folders = _project_folders(Path(lockfile).parent)
    chosen: dict[Path, None] = {}
    for pattern in patterns:
        for folder in folders:
            if matches := _matches(folder, pattern):
                chosen.update(dict.fromkeys(matches))
                break
    documents: list[Document] = []
    problems: list[Diagnostic] = []
    for path in list(chosen)[:_MOST_DOCUMENTS]:
        read = _document(path, folders[-1])
        (documents if isinstance(read, Document) else problems).append(read)  # type: ignore[arg-type]
    return tuple(documents), tuple(problems)


def _project_folders(start: Path) -> list[Path]:
    folders = [start]
    while not (folders[-1] / ".git").exists():
        parent = _parent(folders[-1])
        if parent is None:
            return folders[:2] if start.resolve().name == "gemfiles" else folders[:1]
        folders.append(parent)
    return folders


def _parent(folder: Path) -> Path | None:
    """The parent as the user would type it: relative stays relative as long as there is a name to drop."""
    if folder.resolve() == folder.resolve().parent:
        return None
    if folder.name and folder.name != "..":
        return folder.parent
    return folder / ".." if folder.parts and folder.name == ".." else Path("..")


def _matches(folder: Path, pattern: str) -> list[Path]:
    try:
        if not any(letter in pattern for letter in "*?["):
            return [folder / pattern] if (folder / pattern).is_file() else []
        return sorted(path for path in folder.glob(pattern) if path.is_file())
    except OSError:
        return []


def _document(path: Path, root: Path) -> Document | Diagnostic:
    name = path.as_posix()
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            return _passed_over(name, "it is a link out of the project")
        if path.stat().st_size > _LARGEST_DOCUMENT:
            return _passed_over(name, "it is larger than 1 MiB")
        return Document(name, path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        return _passed_over(name, error.strerror or "the system refuses")
    except UnicodeDecodeError as error:
        return _passed_over(name, f"it is not UTF-8 text (byte {error.start})")


def _search(top: Path, problems: list[Diagnostic]) -> Iterator[str]:
    """Walk a folder in the order of names; links to folders are not followed, so that there are no loops."""
    ignored = _Ignored()
    for folder, names, files in os.walk(top, onerror=lambda error: problems.append(_unsearchable(error))):
        here = Path(folder)
        ignored.enter(here, files)
        names[:] = sorted(
            name for name in names if name not in _SKIPPED and not ignored.covers(here / name, is_dir=True)
        )
        for name in sorted(files):
            if is_lockfile_name(name) and not ignored.covers(here / name, is_dir=False):
                yield (here / name).as_posix()


class _Ignored:
    """The `.gitignore` files met on the way down; the nearest one that says something about a path decides."""

    def __init__(self) -> None:
        self._specs: dict[Path, GitIgnoreSpec] = {}

    def enter(self, folder: Path, files: Sequence[str]) -> None:
        if ".gitignore" not in files:
            return
        from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only a tree with such a file pays for the import

        try:
            lines = (folder / ".gitignore").read_text(encoding="utf-8", errors="replace").splitlines()
            self._specs[folder] = GitIgnoreSpec.from_lines(lines)
        except (OSError, ValueError):
            return

    def covers(self, path: Path, *, is_dir: bool) -> bool:
        for folder in path.parents:
            spec = self._specs.get(folder)
            if spec is None:
                continue
            name = path.relative_to(folder).as_posix() + ("/" if is_dir else "")
            verdict = spec.check_file(name).include
            if verdict is not None:
                return verdict
        return False


def _missing(path: str) -> Diagnostic | None:
    if Path(path).exists():
        return None
    return Diagnostic(
        code="no-such-file",
        message=f"there is no `{path}`",
        path=path,
        hint="`ls` shows what is there; the default is `.`",
    )


def _no_lockfile(path: str) -> Diagnostic:
    return Diagnostic(
        code="no-lockfile",
        message=f"there is no lockfile below `{path}`",
        path=path,
        hint="`bundle lock` writes one; name a file to audit it whatever it is called",
    )


def _unreadable(path: str, reason: str) -> Diagnostic:
    return Diagnostic(
        code="unreadable-file", message=f"this file cannot be read: {reason}", path=path, hint="check its permissions"
    )


def _unsearchable(error: OSError) -> Diagnostic:
    return _unreadable(str(error.filename or ""), error.strerror or "the system refuses")


def _passed_over(path: str, reason: str) -> Diagnostic:
    return Diagnostic(
        code="passed-over",
        message=f"this file says nothing about where the bundle runs: {reason}",
        path=path,
        level="warning",
        hint="state the facts with `--ruby` and `--platform`, or in `.gemaudit.toml`",
    )
