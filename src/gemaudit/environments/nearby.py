"""Which files around a lockfile may say where its bundle runs, whatever holds the folders."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal

#: What an entry of a folder is; `link` is a link to a folder, one to a file is a file.
Kind = Literal["file", "folder", "link"]
#: The entries of a folder by name, in the order of their names; nothing for one that cannot be listed.
Listing = Callable[[str], Mapping[str, Kind]]

#: Folders that hold other people's files.
FOREIGN = frozenset({"vendor", "node_modules", ".bundle", ".git"})
#: How many documents of one lockfile are read.
MOST = 200

_DEEPEST = 8  # folders that `**` stands for


def nearby(folders: Sequence[str], patterns: Iterable[str], listing: Listing) -> list[str]:
    """The paths that the globs name, those of the first of the folders first.

    `folders` go from the lockfile's own up to the project's root. For each glob the nearest folder with a match counts,
    so a lockfile's own `Dockerfile` hides that of the root. Paths are joined by `/`; the folder `""` is the root.
    """
    chosen: dict[tuple[int, tuple[str, ...]], str] = {}
    for pattern in dict.fromkeys(patterns):
        parts = pattern.split("/")
        for distance, folder in enumerate(folders):
            if matches := list(_matches(folder, parts, listing)):
                chosen.update(((distance, tuple(path.split("/"))), path) for path in matches)
                break
    return [chosen[key] for key in sorted(chosen)]


def _matches(folder: str, parts: Sequence[str], listing: Listing, depth: int = 0) -> Iterator[str]:
    """Yield the files below a folder that the parts of a glob name, in the order of their names."""
    part, rest = parts[0], parts[1:]
    entries = listing(folder)
    if part == "**":
        yield from _matches(folder, rest, listing)
        for name, kind in entries.items() if depth < _DEEPEST else ():
            if kind == "folder" and name not in FOREIGN:
                yield from _matches(_joined(folder, name), parts, listing, depth + 1)
        return
    has_wildcard = any(letter in part for letter in "*?[")
    names = [name for name in entries if fnmatchcase(name, part)] if has_wildcard else [part]
    for name in names:
        found = entries.get(name)
        if rest and found in {"folder", "link"}:
            yield from _matches(_joined(folder, name), rest, listing)
        elif not rest and found == "file":
            yield _joined(folder, name)


def _joined(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if folder else name
