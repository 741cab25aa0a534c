"""The grammar of one entry.

`name (version-platform)`, `name (requirement)`, `name (requirement)!` and `name (version) digests`
are the alternatives of `NAME_VERSION` in Bundler's lockfile_parser.rb, without its indentation.
Bundler takes any text for a name; here it is what RubyGems lets a gem be called
(`Gem::Specification::VALID_NAME_PATTERN`), so that a name is safe in a command or a report.

Every function answers from the text alone and remembers its answer,
because the lockfiles of one organisation repeat the same lines.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from gemaudit.model.lockfile import RUBY_PLATFORM
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import PATTERN, Version

_REMEMBERED = 32_768
_SHORT = 200  # what the fast patterns may see; below `gemaudit.model.version.MAX_LENGTH`

_NAME = re.compile(r"[0-9A-Za-z._-]+")
_PLATFORM = re.compile(r"[0-9A-Za-z._-]*")
# What Bundler itself writes; everything else goes the long way.
_USUAL_SPEC = re.compile(r"([0-9A-Za-z._-]+) \(([0-9]++(?:\.[0-9A-Za-z]++)*+)(?:-([0-9A-Za-z._-]++))?\)")
_COMPARISON = rf"(?:=|!=|~>|>=|<=|>|<) {PATTERN}"
_USUAL_REQUIREMENT = re.compile(rf"{_COMPARISON}(?:, {_COMPARISON})*+")

ANY = ">= 0"


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


@lru_cache(maxsize=_REMEMBERED)
def spec(body: str) -> Spec | None:
    """The specification that `body` states, or None where it names no gem or no well-formed version."""
    if len(body) <= _SHORT and (usual := _USUAL_SPEC.fullmatch(body)):
        name, version, platform = usual.groups()
        return Spec(name, version, platform or RUBY_PLATFORM)
    found = entry(body)
    if found is None or not found.inside:
        return None
    version, _, platform = found.inside.partition("-")
    if not version.strip() or not is_version(version) or not _PLATFORM.fullmatch(platform.strip()):
        return None
    return Spec(found.name, Version.parse(version).text, platform.strip() or RUBY_PLATFORM)


@lru_cache(maxsize=_REMEMBERED)
def dependency(body: str) -> Wanted | None:
    """The dependency that `body` states, or None where it names no gem or a requirement that RubyGems refuses.

    A dependency without requirement wants `>= 0`. As in Bundler, the first hyphen ends the requirement.
    """
    if _NAME.fullmatch(body):
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
    body = body.rstrip()
    name, opened, rest = body.partition(" (")
    inside: str | None = None
    if opened:
        inside, closed, tail = rest.rpartition(")")
        if not closed:
            return None
    else:
        name, space, tail = body.partition(" ")
        tail = space + tail
        if name.endswith("!"):
            name, tail = name[:-1], "!" + tail
    pinned = tail.startswith("!")
    tail = tail.removeprefix("!").strip()
    if " " in tail or not _NAME.fullmatch(name):
        return None
    return Entry(name, inside, pinned, tail)


def is_name(text: str) -> bool:
    """Whether a gem may be called so."""
    return _NAME.fullmatch(text) is not None


def is_version(text: str) -> bool:
    """Whether `Gem::Version` accepts the text."""
    try:
        Version.parse(text)
    except ValueError:
        return False
    return True


def _requirement(text: str) -> str | None:
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
