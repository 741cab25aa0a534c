"""CRuby's releases, how long their branches live, and the gems that each release ships."""

import datetime as dt
from bisect import bisect_right
from functools import cached_property
from typing import Literal

import msgspec
from msgspec import Struct

from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

BranchStatus = Literal["preview", "normal", "security", "eol"]
GemKind = Literal["default", "bundled"]

#: Where a value changes: the position of a release, and what holds from there on; None where nothing does.
Changes = tuple[tuple[int, str | None], ...]


class Release(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A release, spelled as RubyGems does: `3.4.0.preview1`.

    `date` is the day of the release, or, where `date_is_latest`, the first day on which it was seen.
    `seen` is the tag or commit in CRuby's history that was read; `source` is the page that says so where none was.
    """

    version: str
    date: dt.date
    date_is_latest: bool = False
    seen: str = ""
    source: str = ""


class Branch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of releases such as `3.4`.

    `newest` is its newest final release, empty for a branch that has only previews.
    `end_of_life` lies ahead where `end_is_expected`; `source` is the page that says what the website does not.
    """

    name: str
    status: BranchStatus
    end_of_life: dt.date | None = None
    end_is_expected: bool = False
    newest: str = ""
    source: str = ""


class RubyReleases(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """Every known release of CRuby, in the order of versions, as of the day the table was `generated`.

    `website` is the commit of Ruby's website from which dates and branches were read.
    """

    generated: dt.date
    website: str
    branches: tuple[Branch, ...]
    releases: tuple[Release, ...]

    @staticmethod
    def decode(text: bytes) -> "RubyReleases":
        """Return the table that the bytes of a JSON file hold. Raises msgspec.ValidationError, naming the place."""
        return msgspec.json.decode(text, type=RubyReleases)

    @cached_property
    def versions(self) -> tuple[Version, ...]:
        """All releases as versions, oldest first."""
        return tuple(Version.parse(release.version) for release in self.releases)

    @cached_property
    def _branches(self) -> dict[str, Branch]:
        return {branch.name: branch for branch in self.branches}

    def matching(self, requirement: Requirement) -> tuple[str, ...]:
        """The releases that a floating version may stand for, oldest first.

        Previews count only where the requirement itself names one, as when Bundler resolves.
        """
        known = self._matching.get(requirement)
        if known is None:
            known = self._matching[requirement] = self._find(requirement)
        return known

    @cached_property
    def _matching(self) -> dict[Requirement, tuple[str, ...]]:
        return {}

    def _find(self, requirement: Requirement) -> tuple[str, ...]:
        with_previews = any(version.is_prerelease for _, version in requirement.comparators)
        return tuple(
            version.text
            for version in self.versions
            if (with_previews or not version.is_prerelease) and requirement.admits(version)
        )

    def branch_of(self, version: str) -> str:
        """The name of the branch that a version belongs to, whether or not it is known here: `3.4` for `3.4.1`."""
        return ".".join(version.split(".")[:2])

    def only_branch(self, requirement: Requirement) -> str:
        """The name of the branch that all releases are of that satisfy a requirement; empty where there are several."""
        names = {self.branch_of(release) for release in self.matching(requirement)}
        return names.pop() if len(names) == 1 else ""

    def branch(self, name: str) -> Branch | None:
        """What is known about a branch."""
        return self._branches.get(name)

    def newest(self, branch: str) -> str | None:
        """The newest final release of a branch, or None where it has none."""
        known = self._branches.get(branch)
        return known.newest or None if known else None

    def end_of_life(self, branch: str) -> dt.date | None:
        """The day from which a branch gets no more fixes, past or expected; None where nobody said."""
        known = self._branches.get(branch)
        return known.end_of_life if known else None

    def next_branch(self, branch: str) -> str | None:
        """The oldest branch with a final release that is newer than `branch`."""
        here = Version.parse(branch)
        return next((known.name for known in self.branches if known.newest and Version.parse(known.name) > here), None)


class ShippedGems(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """The gems that come with each release in `rubies`, encoded as the releases where a version changes.

    A default gem is a part of Ruby and loads without a lockfile's leave; a bundled gem is merely installed with it.
    """

    generated: dt.date
    rubies: tuple[str, ...]
    windows_only: frozenset[str]
    rubygems_changes: Changes
    default: dict[str, Changes]
    bundled: dict[str, Changes]

    @staticmethod
    def decode(text: bytes) -> "ShippedGems":
        """Return the table that the bytes of a JSON file hold. Raises msgspec.ValidationError, naming the place."""
        return msgspec.json.decode(text, type=ShippedGems)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {ruby: position for position, ruby in enumerate(self.rubies)}

    @cached_property
    def _read(self) -> dict[tuple[str, bool], tuple[dict[str, str], dict[str, str]]]:
        # An organisation's repositories run few Rubies, and each is asked for once per environment.
        return {}

    def shipped(self, ruby: str, *, os: str = "") -> dict[str, str] | None:
        """The names and versions of all gems of a release; None, never a guess, for a release that is not in the table.

        Gems that are only built on Windows are there only where `os` is `windows`.
        """
        gems = self._gems(ruby, windows=os == "windows")
        return None if gems is None else gems[0] | gems[1]

    def version(self, name: str, ruby: str) -> str | None:
        """The version of one gem that a release ships; None where it does not, or is not in the table."""
        return self._one(self.default.get(name, ()), ruby) or self._one(self.bundled.get(name, ()), ruby)

    def default_gems(self, ruby: str, *, os: str = "") -> dict[str, str] | None:
        """The default gems among what is `shipped`."""
        gems = self._gems(ruby, windows=os == "windows")
        return None if gems is None else gems[0].copy()

    def _gems(self, ruby: str, *, windows: bool) -> tuple[dict[str, str], dict[str, str]] | None:
        """The default and the bundled gems of a release."""
        key = (_spelled(ruby), windows)
        if key not in self._read:
            position = self._positions.get(key[0])
            if position is None:
                return None
            hidden = frozenset() if windows else self.windows_only
            self._read[key] = _at(position, self.default, hidden), _at(position, self.bundled, hidden)
        return self._read[key]

    def rubygems(self, ruby: str) -> str | None:
        """The version of RubyGems that a release ships; None for a release that is not in the table."""
        return self._one(self.rubygems_changes, ruby)

    def bundler(self, ruby: str) -> str | None:
        """The version of Bundler that a release ships, which is a default gem since 2.6."""
        return self._one(self.default.get("bundler", ()), ruby)

    def kind(self, name: str, ruby: str | None = None) -> GemKind | None:
        """Whether a gem is a default or a bundled one in a release; without one, in the newest that ships it.

        The answer differs between releases: `bigdecimal` is a default gem up to 3.3 and a bundled one since 3.4.
        """
        default, bundled = self.default.get(name, ()), self.bundled.get(name, ())
        if ruby is None:
            return _later(default, bundled)
        return "default" if self._one(default, ruby) else "bundled" if self._one(bundled, ruby) else None

    def _one(self, changes: Changes, ruby: str) -> str | None:
        position = self._positions.get(_spelled(ruby))
        return None if position is None else _value(changes, position)


def _spelled(ruby: str) -> str:
    # Image tags and version files write `3.4.0-preview1`.
    return ruby.replace("-", ".")


def _value(changes: Changes, position: int) -> str | None:
    """What holds at a position: the value of the last change up to it."""
    count = bisect_right(changes, position, key=lambda change: change[0])
    return changes[count - 1][1] if count else None


def _at(position: int, table: dict[str, Changes], hidden: frozenset[str]) -> dict[str, str]:
    """The gems of one kind that are there at a position, but for the hidden ones."""
    return {
        name: version
        for name, changes in table.items()
        if name not in hidden and (version := _value(changes, position)) is not None
    }


def _later(default: Changes, bundled: Changes) -> GemKind | None:
    """The kind that holds in the newest release with the gem."""
    if not default or not bundled:
        return "default" if default else "bundled" if bundled else None
    # A gem changes from one kind to the other; the kind it has left is the one whose changes end with None.
    if default[-1][1] is None and bundled[-1][1] is None:
        return "default" if default[-1][0] > bundled[-1][0] else "bundled"
    return "bundled" if default[-1][1] is None else "default"
