"""The text of the lockfile that Bundler writes once gems have moved, as far as it can be known.

The rules are those of `Bundler::LockfileGenerator`: specifications in the order of their full names, each with its
dependencies by name; sections keep their order, and what has not moved stays as it is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from gemaudit.model.gem_index import GemFile
from gemaudit.model.lockfile import RUBY_PLATFORM
from gemaudit.model.requirement import Requirement

_ENTRY = re.compile(r"(?P<indent> {2}| {4})(?P<name>[^\s(!]+)(?P<rest>.*)")
_HEADING = re.compile(r"[A-Z][A-Z ]*")
_REMOTE = "  remote: "


class Relocked(Struct, frozen=True, kw_only=True):
    """A gem that moved: the files that are locked now, and the servers that its section names."""

    name: str
    files: tuple[GemFile, ...]
    remotes: tuple[str, ...]


def relock(
    text: str, entering: Mapping[str, Relocked], leaving: Iterable[str], wishes: Mapping[str, tuple[str, ...]]
) -> str:
    """Return the new text, or an empty one where it cannot be known.

    `leaving` are gems that the bundle loses, `wishes` the requirements of gems that the Gemfile asks for otherwise now.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    removed = frozenset(entering) | frozenset(leaving)
    placed: set[str] = set()
    written: list[str] = []
    for section in _sections(text.replace("\r\n", "\n")):
        kept = _without(section, removed) if section[0] in {"GEM", "CHECKSUMS"} else section
        if section[0] == "GEM":
            remotes = tuple(line.removeprefix(_REMOTE) for line in section if line.startswith(_REMOTE))
            mine = [one for one in entering.values() if one.remotes == remotes and one.name not in placed]
            placed |= {one.name for one in mine}
            kept = _with(kept, (block for one in mine for block in _blocks(one)))
        elif section[0] == "CHECKSUMS":
            if not all(file.sha256 for one in entering.values() for file in one.files):
                return ""
            kept = _with(kept, ([_checksum(one.name, file)] for one in entering.values() for file in one.files))
        elif section[0] == "DEPENDENCIES" and wishes:
            pinned = {line.rstrip("!").split(" ")[2] for line in section if line.endswith("!")}
            asked = ([_wish(name, wanted, pinned=name in pinned)] for name, wanted in wishes.items())
            kept = _with(_without(kept, frozenset(wishes)), asked)
        written += kept
    return newline.join(written) if placed == entering.keys() else ""


def _sections(text: str) -> list[list[str]]:
    """The lines cut before each heading, such as `GEM`."""
    found: list[list[str]] = []
    for line in text.split("\n"):
        if not found or _HEADING.fullmatch(line):
            found.append([])
        found[-1].append(line)
    return found


def _without(section: list[str], names: frozenset[str]) -> list[str]:
    """The section without the entries of some gems and what is indented below them."""
    kept = []
    dropping = False
    for line in section:
        entry = _ENTRY.fullmatch(line)
        if entry and not line.endswith(":") and not line.startswith(_REMOTE):
            dropping = entry["name"] in names
        elif not line.startswith("      "):
            dropping = False
        if not dropping:
            kept.append(line)
    return kept


def _with(section: list[str], blocks: Iterable[list[str]]) -> list[str]:
    """The section with further entries, each in its place by name and version."""
    head = [line for line in section if _block_key([line]) is None and line]
    tail = [line for line in section if not line]
    own = list(_entries(section))
    ordered = sorted([*own, *blocks], key=lambda block: _block_key(block) or "")
    return [*_head(head), *(line for block in ordered for line in block), *tail]


def _head(lines: Iterable[str]) -> Iterator[str]:
    return (line for line in lines if not line.startswith("      "))


def _entries(section: Iterable[str]) -> Iterator[list[str]]:
    block: list[str] = []
    for line in section:
        if _block_key([line]) is not None:
            if block:
                yield block
            block = [line]
        elif block and line.startswith("      "):
            block.append(line)
    if block:
        yield block


def _block_key(block: list[str]) -> str | None:
    """What Bundler sorts an entry by: `name-version-platform`; None for a line that is no entry."""
    entry = _ENTRY.fullmatch(block[0])
    if entry is None or block[0].endswith(":") or block[0].startswith((_REMOTE, "      ")):
        return None
    version = re.match(r" \(([^()]+)\)", entry["rest"])
    return f"{entry['name']}-{version[1]}" if version else entry["name"]


def _blocks(gem: Relocked) -> Iterator[list[str]]:
    for file in gem.files:
        yield [
            f"    {gem.name} ({_full(file)})",
            *(
                f"      {_asked(one.name, one.requirement)}"
                for one in sorted(file.dependencies, key=lambda one: one.name)
            ),
        ]


def _full(file: GemFile) -> str:
    return file.version if file.platform == RUBY_PLATFORM else f"{file.version}-{file.platform}"


def _checksum(name: str, file: GemFile) -> str:
    return f"  {name} ({_full(file)}) sha256={file.sha256}"


def _wish(name: str, wanted: Iterable[str], *, pinned: bool) -> str:
    return f"  {_asked(name, ', '.join(wanted))}{'!' if pinned else ''}"


def _asked(name: str, requirement: str) -> str:
    """A dependency as `Bundler::Dependency#to_lock` and `LazySpecification#to_lock` write it."""
    parsed = Requirement.parse(requirement)
    if parsed.is_none:
        return name
    return f"{name} ({', '.join(sorted(parsed.as_list(), reverse=True))})"
