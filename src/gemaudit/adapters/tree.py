"""The file tree: which lockfiles there are, what is in them, and what lies around them."""

import os
import shlex
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

from gemaudit.adapters import gitignore
from gemaudit.adapters.paths import project_root, read_regular, real
from gemaudit.adapters.surroundings import gather
from gemaudit.lockfiles import MAX_BYTES, is_lockfile_name
from gemaudit.model.diagnostic import Diagnostic, Level

__all__ = ["STDIN", "STDIN_NAME", "find_lockfiles", "gather", "read_lockfile_bytes"]

STDIN = "-"
#: How reports call what came from stdin.
STDIN_NAME = "<stdin>"

_SKIPPED = frozenset({"vendor", "node_modules", ".bundle", ".git"})


def find_lockfiles(paths: Iterable[str]) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
    """Return the lockfiles that `paths` name, each once and in the order of their names, and what is wrong.

    A file is taken whatever its name is; a folder is searched, without `vendor`, `node_modules`, `.bundle`, `.git`
    and what `.gitignore` files exclude. `-` stays as it is.
    """
    found: set[str] = set()
    problems: list[Diagnostic] = []
    for path in paths:
        if path == STDIN:
            found.add(path)
            continue
        name = Path(path).as_posix()
        try:
            is_folder = stat.S_ISDIR(Path(name).stat().st_mode)
        except (OSError, ValueError) as error:
            problems.append(_not_there(name, error))
            continue
        if is_folder:
            search = _Search(Path(path))
            found.update(search.found)
            problems += search.problems
        else:
            found.add(name)
    return tuple(sorted(found)), tuple(problems)


def read_lockfile_bytes(path: str) -> bytes | Diagnostic:
    """Return the content of a file, or of stdin for `-`, or why it cannot be read.

    At most one byte more than the reader accepts is read, so that it can say that the file is too large.
    """
    if path == STDIN:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        return read_regular(path, MAX_BYTES + 1)
    except OSError as error:
        return _unreadable(path, error)


class _Search:
    """The lockfiles below a folder, and what is wrong there.

    Links to folders are not followed, so that there are no loops; a link to a lockfile is, within the project.
    """

    def __init__(self, top: Path) -> None:
        self.found: list[str] = []
        self.problems: list[Diagnostic] = []
        self._top = top
        self._excluded: list[str] = []
        self._root = project_root(real(top)) or real(top)
        self._walk()
        self.problems.sort(key=lambda problem: problem.path)
        if not self.found and not any(problem.level == "error" for problem in self.problems):
            self.problems.append(_no_lockfile(top.as_posix(), self._excluded))

    def _walk(self) -> None:
        start = real(self._top)
        pending = [(self._top, start, gitignore.rules_above(start, self._root))]
        while pending:
            folder, here, rules = pending.pop()
            entries = self._entries(folder)
            if any(entry.name == gitignore.NAME for entry in entries):
                rules = gitignore.rules_of(here, rules)
            for entry in entries:
                name = entry.name
                is_folder = entry.is_dir(follow_symlinks=False)
                if name in _SKIPPED or not (is_folder or is_lockfile_name(name)):
                    continue
                is_excluded = gitignore.is_excluded(here / name, rules, is_folder=is_folder)
                if not is_folder:
                    self._take(folder / name, is_excluded=is_excluded)
                elif not is_excluded:
                    pending.append((folder / name, here / name, rules))

    def _take(self, path: Path, *, is_excluded: bool) -> None:
        name = path.as_posix()
        if is_excluded:
            self._excluded.append(name)
        elif real(path).is_relative_to(self._root):
            self.found.append(name)
        else:
            self.problems.append(_leads_out(name))

    def _entries(self, folder: Path) -> "list[os.DirEntry[str]]":
        try:
            with os.scandir(folder) as entries:
                return list(entries)
        except OSError as error:
            level: Level = "error" if folder == self._top else "warning"
            self.problems.append(_unreadable(folder.as_posix(), error, level=level))
            return []


def _not_there(path: str, error: OSError | ValueError) -> Diagnostic:
    if isinstance(error, OSError) and not isinstance(error, FileNotFoundError | NotADirectoryError):
        return _unreadable(path, error)
    return Diagnostic(
        code="no-such-file",
        message=f"there is no `{path}`",
        path=path,
        hint="name a lockfile or a folder with one; without a name, the current folder is searched",
    )


def _no_lockfile(path: str, excluded: list[str]) -> Diagnostic:
    hint = "run `bundle lock` to write one, or name a file to audit it whatever it is called"
    if excluded:
        hint = f"run `gemaudit check {shlex.quote(min(excluded))}` to audit one that a `.gitignore` excludes"
    return Diagnostic(code="no-lockfile", message=f"there is no lockfile in or below `{path}`", path=path, hint=hint)


def _unreadable(path: str, error: OSError, *, level: Level = "error") -> Diagnostic:
    reason = (error.strerror or "the system refuses").lower()
    is_pipe = "regular" in reason
    return Diagnostic(
        code="unreadable-file",
        message=f"`{path}` cannot be read: {reason}",
        path=path,
        level=level,
        hint="run `gemaudit check -` to read from a pipe" if is_pipe else "run `ls -l` on it to see its permissions",
    )


def _leads_out(path: str) -> Diagnostic:
    return Diagnostic(
        code="unreadable-file",
        message=f"`{path}` is a link out of the project and was passed over",
        path=path,
        level="warning",
        hint=f"run `gemaudit check {shlex.quote(path)}` to follow it",
    )
