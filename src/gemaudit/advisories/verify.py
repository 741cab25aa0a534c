"""What an upstream's history proves of an advisory."""

import re
from collections.abc import Iterator
from typing import Literal, Protocol

from msgspec import Struct

from gemaudit.model.advisory import Advisory, Affected, Evidence
from gemaudit.model.claims import interval
from gemaudit.model.version import Version

Outcome = Literal["proved", "contradicted", "open"]

_COMMIT = re.compile(r"https://github\.com/(?P<repository>[^/]+/[^/]+)/commit/(?P<sha>[0-9a-f]{7,40})")


class History(Protocol):
    """A repository's history, such as `gemaudit.adapters.upstream.Upstream`."""

    def has_commit(self, sha: str) -> bool:
        """Whether the history holds the commit."""

    def releases_with(self, sha: str) -> tuple[Version, ...]:
        """The releases that contain the commit, in order."""


class Proof(Struct, frozen=True, kw_only=True):
    """What the history says about one piece of evidence of an advisory."""

    advisory: str
    url: str
    outcome: Outcome
    message: str


def verify(advisory: Advisory, repository: str, history: History) -> Iterator[Proof]:
    """Yield what the history of a repository such as `ffi/ffi` says about each commit that the advisory names there.

    A `fix` is contradicted where a release that has the commit lies in a verified range,
    an `introduced` where a range begins before the first release that has one of those commits.
    Either is proved where the first release with the commit, or a prerelease of it, is a bound of a range.
    What no release tag contains stays open, and so does a fix that took several commits, but for the last.
    An advisory that was withdrawn claims nothing.
    """
    if advisory.withdrawn:
        return
    commits = [(item, sha) for item in advisory.evidence if (sha := _commit(item, repository))]
    for kind, compare in (("fix", _fix), ("introduced", _introduced)):
        found = [(item, history.releases_with(sha)) for item, sha in commits if item.type == kind]
        for item, releases in found:
            outcome: Outcome
            if not history.has_commit(_commit(item, repository)):
                outcome, message = "contradicted", "the repository has no such commit"
            elif not releases:
                outcome, message = "open", "no release tag contains the commit"
            else:
                outcome, message = compare(advisory, releases, [others for _, others in found if others])
            yield Proof(advisory=advisory.id, url=item.url, outcome=outcome, message=message)


def _commit(item: Evidence, repository: str) -> str:
    """The commit that a piece of evidence names in that repository, or nothing."""
    found = _COMMIT.match(item.url)
    return found["sha"] if found and found["repository"].casefold() == repository.casefold() else ""


Releases = tuple[Version, ...]


def _fix(advisory: Advisory, releases: Releases, all_fixes: list[Releases]) -> tuple[Outcome, str]:
    affected = _affected_with(advisory, releases)
    if affected:
        complete = any(not _affected_with(advisory, others) for others in all_fixes)
        message = f"{affected[0]} has the commit and is said to be affected"
        return ("open", f"{message}; another commit completes the fix") if complete else ("contradicted", message)
    bounds = _bounds(advisory, ends=True)
    return _named(releases[0], bounds)


def _introduced(advisory: Advisory, releases: Releases, all_introductions: list[Releases]) -> tuple[Outcome, str]:
    first = min(others[0] for others in all_introductions)
    early = [
        min(
            (bound for bound in _beginnings(affected) if bound < first and bound.release != first.release), default=None
        )
        for affected in advisory.affected
    ]
    if early and all(bound is not None for bound in early):
        return "contradicted", f"a range begins at {early[0]}, the first release with the commit is {first}"
    return _named(releases[0], _bounds(advisory, ends=False))


def _beginnings(affected: Affected) -> set[Version]:
    return {
        Version.parse(claimed.introduced)
        for claimed in affected.ranges
        if not claimed.presumed and claimed.introduced not in {"0", "unknown"}
    }


def _named(first: Version, bounds: set[Version]) -> tuple[Outcome, str]:
    """Whether a release, or the one that it is a prerelease of, is a bound."""
    if first in bounds or first.release in {bound.release for bound in bounds}:
        return "proved", f"{first} is the first release with the commit"
    return "open", f"{first} is the first release with the commit, which no range names"


def _affected_with(advisory: Advisory, releases: Releases) -> list[Version]:
    """The releases that verified ranges name, where the ranges of every package of the advisory name one.

    A commit is in the repository of one package; what it says nothing about does not contradict it.
    """
    found = []
    for affected in advisory.affected:
        verified = [interval(claimed) for claimed in affected.ranges if not claimed.presumed]
        named = [release for release in releases if any(versions.contains(release) for versions in verified)]
        if not named:
            return []
        found += named
    return sorted(found)


def _bounds(advisory: Advisory, *, ends: bool) -> set[Version]:
    """The ends or the beginnings of the verified ranges."""
    named: set[str] = set()
    for affected in advisory.affected:
        for claimed in affected.ranges:
            if ends:
                named |= {bound for bound in (claimed.fixed, claimed.stable) if isinstance(bound, str) and bound}
            elif not claimed.presumed and claimed.introduced not in {"0", "unknown"}:
                named.add(claimed.introduced)
    return {Version.parse(bound) for bound in named}
