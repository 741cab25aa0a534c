"""Ranges are readable, not empty, and do not overlap."""

from collections.abc import Iterator

from gemaudit.advisories.rules.entry import Entry
from gemaudit.model.advisory import Affected, Range
from gemaudit.model.claims import interval
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.environment import ENGINES
from gemaudit.model.ranges import VersionRanges
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version


def check(entry: Entry) -> Iterator[Diagnostic]:
    """Yield what is wrong with the affected packages and their ranges."""
    if not entry.advisory.affected:
        yield entry.problem("no-affected", "nothing is affected; write an `[[affected]]` table", "affected")
    for index, affected in enumerate(entry.advisory.affected):
        yield from _subject(entry, affected, index)
        yield from _ranges(entry, affected, index)
        if affected.reported:
            yield from _reported(entry, affected, index)


def _subject(entry: Entry, affected: Affected, index: int) -> Iterator[Diagnostic]:
    if bool(affected.gem) == bool(affected.engine):
        yield entry.problem("subject", "exactly one of `gem` and `engine` is affected", "affected", index)
    if affected.engine and affected.engine not in ENGINES:
        yield entry.problem("unknown-engine", f"`{affected.engine}` is no engine", "affected", index, "engine")
    if not affected.ranges:
        yield entry.problem("no-ranges", "an `[[affected]]` needs `ranges`", "affected", index)


def _ranges(entry: Entry, affected: Affected, index: int) -> Iterator[Diagnostic]:
    before = VersionRanges.none()
    for position, claimed in enumerate(affected.ranges):
        place = ("affected", index, "ranges", position)
        if problem := _problem(claimed):
            yield entry.problem(*problem, *place)
            continue
        versions = interval(claimed)
        if versions.is_empty:
            yield entry.problem("empty-range", f"no version is in {_spell(claimed)}", *place)
        if not versions.is_disjoint(before):
            yield entry.problem("overlapping-ranges", f"{_spell(claimed)} overlaps another range", *place)
        before |= versions


def _problem(claimed: Range) -> tuple[str, str] | None:
    if (claimed.fixed is None) == (not claimed.last_affected):
        return "range-end", "a range ends with exactly one of `fixed` and `last_affected`"
    if isinstance(claimed.fixed, str) and Version.parse(claimed.fixed).is_prerelease:
        return _stable_problem(claimed.fixed, claimed.stable)
    return None


def _stable_problem(fixed: str, stable: str) -> tuple[str, str] | None:
    """A fix in a prerelease names the final release that users can move to."""
    if not stable or Version.parse(stable) <= Version.parse(fixed) or Version.parse(stable).is_prerelease:
        return "stable", f"`{fixed}` is a prerelease; `stable` names the first final release after it"
    return None


def _reported(entry: Entry, affected: Affected, index: int) -> Iterator[Diagnostic]:
    claimed = VersionRanges.none()
    for range_ in affected.ranges:
        claimed |= interval(range_)
    if Requirement.parse(affected.reported).ranges.is_subset(claimed):
        yield entry.problem("reported", "`reported` adds no version to `ranges`", "affected", index, "reported")


def _spell(claimed: Range) -> str:
    end = f"last_affected {claimed.last_affected}" if claimed.last_affected else f"fixed {claimed.fixed}"
    return f"introduced {claimed.introduced}, {end}"
