"""Blobs, trees and commits with the names that git gives them."""

import hashlib
import stat
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

FILE, PROGRAM, LINK, FOLDER, SUBMODULE = 0o100644, 0o100755, 0o120000, 0o040000, 0o160000
#: GitHub's word for what a mode says.
TYPES = {FILE: "blob", PROGRAM: "blob", LINK: "blob", FOLDER: "tree", SUBMODULE: "commit"}
_SIGNED = "Ada Example <ada@example.org>"


class Entry(NamedTuple):
    """What a path holds: the content of a file, the target of a link, or the 40 digits of a submodule's commit."""

    content: bytes
    mode: int = FILE


class Item(NamedTuple):
    """A line of a tree; `path` is relative to the tree that was asked for, and `size` is 0 for what is no blob."""

    path: str
    mode: int
    oid: str
    size: int

    @property
    def type(self) -> str:
        return TYPES[self.mode]


def oid_of(kind: str, content: bytes) -> str:
    """The SHA-1 by which git knows an object."""
    return hashlib.sha1(b"%s %d\0%s" % (kind.encode(), len(content), content), usedforsecurity=False).hexdigest()


# The same few files are in thousands of repositories.
_blob_oid = lru_cache(maxsize=4096)(lambda content: oid_of("blob", content))


def encoded(path: str) -> bytes:
    """The bytes of a path; those that are no UTF-8 are kept as Python keeps them, in lone surrogates."""
    return path.encode("utf-8", "surrogateescape")


def shown(path: str) -> str:
    """A path as JSON has it: what is no UTF-8 is replaced."""
    return encoded(path).decode("utf-8", "replace")


@dataclass
class Snapshot:
    """The objects of one commit: `files` maps paths to entries, and no path goes through another."""

    files: Mapping[str, Entry]
    parent: str = ""
    when: int = 1_700_000_000
    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, list[Item]] = field(default_factory=dict)
    tree: str = field(init=False)
    commit: str = field(init=False)

    def __post_init__(self) -> None:
        top: dict[str, object] = {}
        for path, entry in self.files.items():
            *folders, name = path.split("/")
            here = top
            for folder in folders:
                here = here.setdefault(folder, {})  # type: ignore[assignment]
            here[name] = entry
        self.tree = self._store(top)
        self.commit = oid_of("commit", self.commit_text())

    def commit_text(self) -> bytes:
        parents = f"parent {self.parent}\n" if self.parent else ""
        signed = f"{_SIGNED} {self.when} +0000"
        return f"tree {self.tree}\n{parents}author {signed}\ncommitter {signed}\n\nWork\n".encode()

    def _store(self, folder: dict[str, object]) -> str:
        items = [self._item(name, held) for name, held in folder.items()]
        # `base_name_compare` in git's read-cache.c: a folder sorts as if its name ended in a slash.
        items.sort(key=lambda item: encoded(item.path) + (b"/" if item.mode == FOLDER else b""))
        lines = (b"%o %s\0%s" % (item.mode, encoded(item.path), bytes.fromhex(item.oid)) for item in items)
        oid = oid_of("tree", b"".join(lines))
        self.trees[oid] = items
        return oid

    def _item(self, name: str, held: object) -> Item:
        if isinstance(held, dict):
            return Item(name, FOLDER, self._store(held), 0)
        assert isinstance(held, Entry)
        if held.mode == SUBMODULE:
            return Item(name, SUBMODULE, held.content.decode(), 0)
        oid = _blob_oid(held.content)
        self.blobs[oid] = held.content
        return Item(name, held.mode, oid, len(held.content))

    def walk(self, tree: str, prefix: str = "") -> Iterator[Item]:
        """Everything below a tree in git's order, each folder before what is in it."""
        for item in self.trees[tree]:
            yield item._replace(path=prefix + item.path)
            if item.mode == FOLDER:
                yield from self.walk(item.oid, f"{prefix}{item.path}/")

    def find(self, tree: str, path: str) -> Item | None:
        """What is at a path below a tree; links are not followed, as git does not follow them in `HEAD:path`."""
        found = Item("", FOLDER, tree, 0)
        for name in path.strip("/").split("/") if path.strip("/") else ():
            if found.mode != FOLDER:
                return None
            match = next((item for item in self.trees[found.oid] if item.path == name), None)
            if match is None:
                return None
            found = match
        return found._replace(path=path)


def check_out(snapshot: Snapshot, folder: Path) -> None:
    """Make `folder` a clone whose only commit git itself has made of the files."""
    folder.mkdir(parents=True, exist_ok=True)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    for path, entry in snapshot.files.items():
        place = folder / path
        if entry.mode == SUBMODULE:
            place.mkdir(parents=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        if entry.mode == LINK:
            place.symlink_to(entry.content.decode("utf-8", "surrogateescape"))
        else:
            place.write_bytes(entry.content)
            place.chmod(stat.S_IMODE(entry.mode))
    _git(folder, "add", "--all", "--force", ".")
    for path, entry in snapshot.files.items():
        if entry.mode == SUBMODULE:
            _git(folder, "update-index", "--add", "--cacheinfo", f"160000,{entry.content.decode()},{path}")


def git_oids(snapshot: Snapshot, folder: Path) -> tuple[str, str]:
    """The names that git gives to the tree and to the commit of what `check_out` left in a folder."""
    tree = _git(folder, "write-tree")
    parents = ["-p", snapshot.parent] if snapshot.parent else []
    return tree, _git(folder, "commit-tree", tree, *parents, "-m", "Work", when=snapshot.when)


def _git(folder: Path, *words: str, when: int = 0) -> str:
    environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    name, _, address = _SIGNED.partition(" <")
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_NAME": name, f"GIT_{role}_EMAIL": address.strip(">")}
        environment[f"GIT_{role}_DATE"] = f"{when} +0000"
    line = ["git", "-c", "core.autocrlf=false", *words]
    done = subprocess.run(line, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()
