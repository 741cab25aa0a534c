"""The grammar of one entry, with its indentation.

`name (version-platform)`, `name (requirement)`, `name (requirement)!` and `name (version) digests`
are the alternatives of `NAME_VERSION` in Bundler's lockfile_parser.rb.
Bundler takes any text for a name; here it is what RubyGems lets a gem be called
(`Gem::Specification::VALID_NAME_PATTERN`), so that a name is safe in a command or a report.

The readers answer from the line alone and remember the answer,
because the lockfiles of one organisation repeat the same lines. A long line is forgotten:
nobody repeats it, and thousands of them would fill the memory of a scan.
"""

import re
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import NamedTuple, TypeVar

from gemaudit.model.lockfile import RUBY_PLATFORM
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import PATTERN, Version

ITEM = 2  # spaces before an item of DEPENDENCIES or CHECKSUMS
SPEC = 4  # spaces before a specification
DEPENDENCY = 6  # spaces before what a specification depends on

ANY = ">= 0"

_REMEMBERED = 65_536
_SHORT = 200  # what the usual patterns may see and what is remembered; below `gemaudit.model.version.MAX_LENGTH`
_LONGEST_PLATFORM = 100

T = TypeVar("T")

_NAME = re.compile(r"[0-9A-Za-z._-]+")
# What Bundler itself writes; everything else goes the long way.
_USUAL_SPEC = re.compile(
    rf"([0-9A-Za-z._-]+) \(([0-9]++(?:\.[0-9A-Za-z]++)*+)(?:-([0-9A-Za-z._-]{{1,{_LONGEST_PLATFORM}}}+))?\)"
)
_COMPARISON = rf"(?:=|!=|~>|>=|<=|>|<) {PATTERN}"
_USUAL_REQUIREMENT = re.compile(rf"{_COMPARISON}(?:, {_COMPARISON})*+")


class Spec(NamedTuple):
    """A gem at a version for a platform."""

    name: str
    version: str
    platform: str


class Wanted(NamedTuple):
    """A gem that something depends on; `pinned` is Bundler's `!`."""

    name: str
    requirement: str
    pinned: bool


class Entry(NamedTuple):
    """The parts of an entry as they are written.

    `inside` is what the parentheses hold, None where there are none; `tail` is the last word after them.
    """

    name: str
    inside: str | None
    pinned: bool
    tail: str


def _remembering(read: Callable[[str], T]) -> Callable[[str], T]:
    """The same reader, which remembers what it read from short texts."""
    remembered = lru_cache(maxsize=_REMEMBERED)(read)

    @wraps(read)
    def answer(text: str) -> T:
        return remembered(text) if len(text) <= _SHORT else read(text)

    return answer


@_remembering
def source_line(line: str) -> Spec | Wanted | None:
    """The gem or the dependency on a line of a source block, or None where it states neither."""
    width = indentation(line)
    if width == SPEC:
        return spec(line[SPEC:])
    return dependency(line[DEPENDENCY:]) if width == DEPENDENCY else None


@_remembering
def item(line: str) -> Wanted | None:
    """The dependency on a line of DEPENDENCIES, or None where it states none."""
    return dependency(line[ITEM:]) if indentation(line) == ITEM else None


@_remembering
def spec(body: str) -> Spec | None:
    """The specification that `body` states, or None where it names no gem or no well-formed version."""
    if len(body) <= _SHORT and (usual := _USUAL_SPEC.fullmatch(body)):
        name, version, platform = usual.groups()
        return Spec(name, version, platform or RUBY_PLATFORM)
    found = entry(body)
    if found is None or not found.inside:
        return None
    version, _, platform = (part.strip() for part in found.inside.partition("-"))
    if not version or not is_version(version) or not (is_platform(platform) or not platform):
        return None
    return Spec(found.name, Version.parse(version).text, platform or RUBY_PLATFORM)


def dependency(body: str) -> Wanted | None:
    """The dependency that `body` states, or None where it names no gem or a requirement that RubyGems refuses.

    A dependency without requirement wants `>= 0`. As in Bundler, the first hyphen ends the requirement.
    """
    if is_name(body):
        return Wanted(body, ANY, pinned=False)
    found = entry(body)
    if found is None:
        return None
    stated = _requirement((found.inside or "").partition("-")[0])
    return None if stated is None else Wanted(found.name, stated, found.pinned)


def entry(body: str) -> Entry | None:
    """The parts of `body`, or None where no gem can have this name.

    The name ends at the first ` (`, the parentheses at the last `)`.
    """
    name, opened, rest = body.rstrip().partition(" (")
    inside: str | None = None
    if opened:
        inside, closed, tail = rest.rpartition(")")
        if not closed:
            return None
    else:
        name, space, tail = name.partition(" ")
        if name.endswith("!"):
            name, space = name[:-1], "!"
        tail = space + tail
    pinned = tail.startswith("!")
    tail = tail.removeprefix("!").strip()
    return None if " " in tail or not is_name(name) else Entry(name, inside, pinned, tail)


def indentation(line: str) -> int:
    """How many spaces the line begins with."""
    return len(line) - len(line.lstrip(" "))


def is_name(text: str) -> bool:
    """Whether a gem may be called so."""
    return _NAME.fullmatch(text) is not None


def is_platform(text: str) -> bool:
    """Whether a platform may be called so; RubyGems knows no limit."""
    return len(text) <= _LONGEST_PLATFORM and is_name(text)


def is_version(text: str) -> bool:
    """Whether `Gem::Version` accepts the text."""
    try:
        Version.parse(text)
    except ValueError:
        return False
    return True


def _requirement(text: str) -> str | None:
    """The requirement as Bundler writes it, `>= 1, < 3`, or None where RubyGems refuses it."""
    if len(text) <= _SHORT and _USUAL_REQUIREMENT.fullmatch(text):
        return text
    parts = [part.strip() for part in text.split(",")]
    while parts and not parts[-1]:  # `"1,".split(",")` is `["1"]` in Ruby
        parts.pop()
    try:
        Requirement.parse(parts)
    except ValueError:
        return None
    return ", ".join(parts) or ANY
