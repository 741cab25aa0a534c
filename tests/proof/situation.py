"""The language of the situations: what gem servers have, what a project asks for, what is defective.

A situation has two days. On the first, each server has only the first version listed of each gem, and the project is
locked. Today the servers have everything listed but what was yanked since.
"""

import re
from typing import Literal

from msgspec import Struct

from gemaudit.model.version import Version

#: What has to be free to move before Bundler can move a gem to a version without defects. Each level frees more than
#: `alone`; those from `gemfile` on free one thing each beside the gems, and `several` frees all of it.
Level = Literal[
    "alone", "dependencies", "parents", "gemfile", "ruby", "rubygems", "platform", "several", "nothing", "no release"
]
Server = Literal["one", "two"]

_REQUIREMENTS = re.compile(r'^(\s*gem "[^"]+")(?:, "[^"]+")+', re.MULTILINE)


class Release(Struct, frozen=True, kw_only=True):
    """A version of a stub gem, with a file for each platform; `needs` are dependencies such as `ffi ~> 1.15`."""

    gem: str
    version: str
    needs: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ("ruby",)
    ruby: str = ""
    rubygems: str = ""
    yanked: bool = False
    server: Server = "one"


class Defect(Struct, frozen=True, kw_only=True):
    """An advisory. A span reaches from its first version to the one before its second, or to the end of time."""

    gem: str
    spans: tuple[tuple[str, str], ...]

    def spoils(self, version: str) -> bool:
        """Whether the version has the defect."""
        known = Version.parse(version)
        return any(
            known >= Version.parse(introduced) and not (fixed and known >= Version.parse(fixed))
            for introduced, fixed in self.spans
        )


class Reach(Struct, frozen=True, kw_only=True):
    """The least that has to be free for a gem to lose what defects it can lose, and the smallest version that does it.

    `to` is empty where the gem leaves the bundle, or stays as it is; `remains` counts the defects it still has then.
    """

    gem: str
    level: Level
    to: str = ""
    remains: int = 0


class Situation(Struct, frozen=True, kw_only=True):
    """A project and its world; `reach` is what Bundler makes of it.

    In `gemfile`, `one` and `two` stand for the addresses of the servers; without a `source` line it is `one`.
    `files` are paths and texts beside it, `repositories` those of their folders that are Git repositories.
    `moves` are other gems that have to move along, and where to.
    """

    name: str
    gemfile: str
    releases: tuple[Release, ...]
    defects: tuple[Defect, ...]
    reach: tuple[Reach, ...] = ()
    moves: tuple[tuple[str, str], ...] = ()
    platforms: tuple[str, ...] = ("x86_64-linux",)
    manifest: Literal["Gemfile", "gems.rb"] = "Gemfile"
    files: tuple[tuple[str, str], ...] = ()
    repositories: tuple[str, ...] = ()

    @property
    def lockfile(self) -> str:
        """The name of the lockfile."""
        return "gems.locked" if self.manifest == "gems.rb" else "Gemfile.lock"

    @property
    def first_day(self) -> tuple[Release, ...]:
        """What the servers had when the project was locked."""
        first = {release.gem: release.version for release in reversed(self.releases)}
        return tuple(release for release in self.releases if release.version == first[release.gem])

    @property
    def today(self) -> tuple[Release, ...]:
        """What the servers have."""
        return tuple(release for release in self.releases if not release.yanked)


def release(
    spec: str,
    *needs: str,
    platforms: str = "ruby",
    ruby: str = "",
    rubygems: str = "",
    yanked: bool = False,
    server: Server = "one",
) -> Release:
    """A release from `name version` and dependencies such as `ffi ~> 1.15`; the platforms are words."""
    gem, version = spec.split(" ")
    return Release(
        gem=gem,
        version=version,
        needs=needs,
        platforms=tuple(platforms.split()),
        ruby=ruby,
        rubygems=rubygems,
        yanked=yanked,
        server=server,
    )


def plain(gem: str, *versions: str) -> tuple[Release, ...]:
    """Releases that ask for nothing, the locked one first."""
    return tuple(release(f"{gem} {version}") for version in versions)


def defect(text: str) -> Defect:
    """A defect from `ffi 1.0...1.16.4 1.17.0...1.17.3`; nothing after the dots where no release has a fix."""
    gem, *spans = text.split(" ")
    pairs = (span.partition("...") for span in spans)
    return Defect(gem=gem, spans=tuple((introduced, fixed) for introduced, _, fixed in pairs))


def at(gem: str, level: Level, to: str = "", *, remains: int = 0) -> Reach:
    """How far the gem gets."""
    return Reach(gem=gem, level=level, to=to, remains=remains)


def without_requirements(gemfile: str) -> str:
    """The Gemfile when it admits every version."""
    return _REQUIREMENTS.sub(r"\1", gemfile)
