"""The compact index: text of `/info/GEM` to the files of a gem.

A line is `VERSION[-PLATFORM] [DEPENDENCY,...]|[KEY:VALUE,...]`, and a dependency `NAME:REQUIREMENT&REQUIREMENT`.
The grammar is that of `Gem::Resolver::APISet::GemParser` (rubygems/resolver/api_set/gem_parser.rb),
the keys are those of `Bundler::EndpointSpecification#parse_metadata`. A line that these refuse, or take to mean
something that nobody can have meant, is left out as a whole: half a line would be a release without its demands.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from gemaudit.model.gem_index import GemFile
from gemaudit.model.lockfile import RUBY_PLATFORM, Dependency
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

_HEADER = "---"
_LONGEST_LINE = 256 * 1024
_RELEASE = re.compile(r"([0-9][0-9A-Za-z.]*)(?:-([0-9A-Za-z][0-9A-Za-z._+-]*))?")
# `Gem::Specification::VALID_NAME_PATTERN`; without a letter or a digit it would be a path such as `..`.
_NAME = re.compile(r"(?=[._-]*[0-9A-Za-z])[0-9A-Za-z._-]{1,255}")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{64}")


class CompactIndex(NamedTuple):
    """The files in the order of the text, and the 1-based numbers of the lines that were left out."""

    files: tuple[GemFile, ...]
    unreadable: tuple[int, ...]


def is_gem_name(text: str) -> bool:
    """Whether RubyGems would take it for the name of a gem; such a name is safe in a path."""
    return _NAME.fullmatch(text) is not None


def parse_index(text: str) -> CompactIndex:
    """Return what the index states; nothing is refused as a whole.

    Of two lines for the same version and platform the later one counts, as `Bundler::Index#add` has it.
    Blank lines, which Artifactory writes, state nothing.
    """
    lines = text.split("\n")
    start = lines.index(_HEADER) + 1 if _HEADER in lines else 0
    files: dict[tuple[str, str], GemFile] = {}
    unreadable = []
    for number, line in enumerate(lines[start:], start + 1):
        if not line.strip():
            continue
        try:
            file = _read_line(line)
        except ValueError:
            unreadable.append(number)
        else:
            files[file.version, file.platform] = file
    return CompactIndex(tuple(files.values()), tuple(unreadable))


def _read_line(line: str) -> GemFile:
    """Return what a line states. Raise ValueError where it is malformed."""
    if len(line) > _LONGEST_LINE:
        raise ValueError("the line is too long")
    release, _, rest = line.partition(" ")
    if (found := _RELEASE.fullmatch(release)) is None:
        raise ValueError("the line names no release")
    version, platform = found.groups()
    Version.parse(version)
    stated, _, asked = rest.partition("|")
    dependencies = tuple(map(_dependency, _items(stated)))
    demands = _demands(asked)
    return GemFile(
        version=version,
        platform=platform or RUBY_PLATFORM,
        dependencies=dependencies,
        ruby=_demand(demands.get("ruby", "")),
        rubygems=_demand(demands.get("rubygems", "")),
        sha256=_sha256(demands.get("checksum", "")),
    )


def _items(text: str) -> Iterable[str]:
    items = text.split(",") if text else ()
    if not all(items):
        raise ValueError("between two commas is nothing")
    return items


def _demands(text: str) -> dict[str, str]:
    """The values by their keys; keys that a later RubyGems may add are among them."""
    pairs = [item.partition(":") for item in _items(text)]
    demands = {key: value for key, _, value in pairs}
    if len(demands) != len(pairs):
        raise ValueError("a key is stated twice")
    return demands


def _dependency(text: str) -> Dependency:
    name, _, requirement = text.partition(":")
    if not is_gem_name(name):
        raise ValueError("a dependency has no name")
    return Dependency(name, str(_requirement(requirement)))


def _requirement(text: str) -> Requirement:
    return Requirement.parse(text.split("&") if text else None)


def _demand(text: str) -> str:
    """The requirement, or an empty text where it demands nothing."""
    requirement = _requirement(text)
    return "" if requirement.is_none else str(requirement)


def _sha256(text: str) -> str:
    if text and not _HEXADECIMAL.fullmatch(text):
        raise ValueError("the checksum is no SHA-256")
    return text.lower()
