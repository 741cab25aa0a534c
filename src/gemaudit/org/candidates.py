"""Which files of a repository's tree an audit reads."""

import posixpath
from collections.abc import Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from gemaudit.adapters.config import NAME as SETTINGS
from gemaudit.environments import PATTERNS, is_source
from gemaudit.environments.nearby import FOREIGN, MOST, Kind, nearby
from gemaudit.lockfiles import is_lockfile_name
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.repository import Entry, Tree

#: What Bundler reads without a lockfile.
_GEMFILES = frozenset({"Gemfile", "gems.rb"})
_MOST_LOCKFILES = 500
#: Links that are followed, and folders that are named for not being listed; a tree may have a million of both.
_MOST_LINKS = 1000
_MOST_UNREAD = 100
_LONGEST_CHAIN = 8


def may_matter(path: str) -> bool:
    """Whether a file may be a lockfile, settings, or say where a bundle runs."""
    return is_lockfile_name(path.rpartition("/")[2]) or path == SETTINGS or is_source(path)


class Around(Struct, frozen=True, kw_only=True):
    """A lockfile and the files around it that say where it runs, by path, and why others are passed over."""

    lockfile: str
    documents: tuple[str, ...] = ()
    passed_over: int = 0


class Candidates(Struct, frozen=True, kw_only=True, dict=True):
    """What an audit of one tree reads.

    `files` are the entries to read, by the path that names them: of a link, the path of the link and the entry that it
    leads to. `gemfile` is the first Gemfile, if there is one. `problems` are the files that cannot be read as they
    stand in the tree.
    """

    files: Mapping[str, Entry]
    around: tuple[Around, ...] = ()
    settings: str = ""
    gemfile: str = ""
    problems: tuple[Diagnostic, ...] = ()

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every path that an audit reads, each once."""
        wanted = dict.fromkeys(path for one in self.around for path in (one.lockfile, *one.documents))
        return (*wanted, *([self.settings] if self.settings and self.around else []))


def candidates(tree: Tree, targets: Mapping[str, str]) -> Candidates:
    """What to read of a tree; `targets` is what each link says.

    That is what `gemaudit check` at the root of a clone would read, and what a `.gitignore` excludes: it was committed
    all the same.
    """
    files = {entry.path: entry for entry in tree.entries if entry.kind == "file" and _is_safe(entry.path)}
    dangling = []
    for link in links(tree):
        target = files.get(_target(link.path, targets))
        if target is None:
            dangling.append(link.path)
        else:
            files[link.path] = target
    found = sorted(path for path in files if is_lockfile_name(path.rpartition("/")[2]))
    own = [path for path in found if not _is_foreign(path)]
    folders = _Folders(files)
    broken = [path for path in dangling if is_lockfile_name(path.rpartition("/")[2]) and not _is_foreign(path)]
    return Candidates(
        files=files,
        around=tuple(_around(path, folders) for path in own[:_MOST_LOCKFILES]),
        settings=SETTINGS if SETTINGS in files else "",
        gemfile=min((path for path in files if _is_gemfile(path)), default=""),
        problems=(
            *(_left_open(path) for path in broken),
            *_foreign(len(found) - len(own)),
            *_submodules([entry.path for entry in tree.entries if entry.kind == "submodule"]),
            *(_unread(folder, reason) for folder, reason in tree.unread[:_MOST_UNREAD]),
            *([_too_many("lockfiles", len(own), _MOST_LOCKFILES)] if len(own) > _MOST_LOCKFILES else []),
            *([_too_many("links", number, _MOST_LINKS)] if (number := len(_links(tree))) > _MOST_LINKS else []),
        ),
    )


def reason_for_nothing(found: Candidates) -> Diagnostic:
    """Why a repository without a lockfile has nothing to audit."""
    if not found.gemfile:
        return Diagnostic(code="no-lockfile", message="it has no lockfile", path="", level="notice")
    return Diagnostic(
        code="no-lockfile",
        message="it has a Gemfile but no lockfile, so nobody knows which versions it gets",
        path=found.gemfile,
        level="notice",
        hint="commit the lockfile that `bundle lock` writes",
    )


def links(tree: Tree) -> tuple[Entry, ...]:
    """The links to follow: those that may matter by their own name, as far as there are not too many."""
    return _links(tree)[:_MOST_LINKS]


def _links(tree: Tree) -> tuple[Entry, ...]:
    return tuple(one for one in tree.entries if one.kind == "link" and may_matter(one.path) and _is_safe(one.path))


class _Folders:
    """The folders of a tree, made from the paths of its files."""

    def __init__(self, files: Mapping[str, Entry]) -> None:
        folders: dict[str, dict[str, Kind]] = {"": {}}
        for path in files:
            folder, _, name = path.rpartition("/")
            folders.setdefault(folder, {})[name] = "file"
            while folder:
                above, _, name = folder.rpartition("/")
                known = name in folders.setdefault(above, {})
                folders[above][name] = "folder"
                if known:
                    break
                folder = above
        self._folders = {folder: dict(sorted(entries.items())) for folder, entries in folders.items()}

    def listing(self, folder: str) -> Mapping[str, Kind]:
        """The entries of a folder, in the order of their names."""
        return self._folders.get(folder, {})


def _around(lockfile: str, folders: _Folders) -> Around:
    upwards = [lockfile.rpartition("/")[0]]
    while upwards[-1]:
        upwards.append(upwards[-1].rpartition("/")[0])
    paths = nearby(upwards, PATTERNS, folders.listing)
    return Around(lockfile=lockfile, documents=tuple(paths[:MOST]), passed_over=max(0, len(paths) - MOST))


def _target(path: str, targets: Mapping[str, str]) -> str:
    """Where a chain of links ends; empty where that is outside of the repository or a circle."""
    for _ in range(_LONGEST_CHAIN):
        if path not in targets:
            return path
        text = targets[path]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), text))
        if not text or text.startswith("/") or path.startswith("../") or path == "..":
            return ""
    return ""


def _is_gemfile(path: str) -> bool:
    return path.rpartition("/")[2] in _GEMFILES and not _is_foreign(path)


def _is_safe(path: str) -> bool:
    return not any(part in {"", ".", ".."} for part in path.split("/"))


def _is_foreign(path: str) -> bool:
    return not FOREIGN.isdisjoint(path.split("/")[:-1])


def _left_open(path: str) -> Diagnostic:
    message = f"`{path}` is a link that leads to no file of the repository's own that could be a lockfile"
    return Diagnostic(code="unreadable-file", message=message, path=path)


def _foreign(number: int) -> tuple[Diagnostic, ...]:
    if not number:
        return ()
    message = f"lockfiles below `vendor`, `node_modules` and `.bundle` are other people's and are not read: {number}"
    return (Diagnostic(code="vendored", message=message, path="", level="notice"),)


def _submodules(paths: Sequence[str]) -> tuple[Diagnostic, ...]:
    if not paths:
        return ()
    message = f"submodules are repositories of their own and are not read here: {len(paths)}"
    return (Diagnostic(code="submodule", message=message, path=paths[0], level="notice"),)


def _unread(folder: str, reason: str) -> Diagnostic:
    message = f"the folder `{folder}` could not be listed: {reason}"
    hint = "run `gemaudit check` in a clone of the repository"
    return Diagnostic(code="unlisted-folder", message=message, path=folder, hint=hint)


def _too_many(what: str, number: int, most: int) -> Diagnostic:
    message = f"of {number} {what}, {most} are read"
    hint = "run `gemaudit check` in a clone of the repository"
    return Diagnostic(code=f"too-many-{what}", message=message, path="", hint=hint)
