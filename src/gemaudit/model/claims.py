"""Whether a version lies in what an advisory claims."""

from functools import lru_cache

from gemaudit.model.advisory import Affected, Range
from gemaudit.model.finding import Basis
from gemaudit.model.ranges import VersionRanges
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version


@lru_cache(maxsize=8192)
def interval(claimed: Range) -> VersionRanges:
    """The versions of one range; an unknown introduction counts every earlier release.

    Raises ValueError where a bound is no version.
    """
    introduced = None if claimed.introduced in {"0", "unknown"} else Version.parse(claimed.introduced)
    if claimed.last_affected:
        return VersionRanges.between(introduced, None, last_affected=Version.parse(claimed.last_affected))
    return VersionRanges.between(introduced, Version.parse(claimed.fixed) if claimed.fixed else None)


@lru_cache(maxsize=4096)
def _verified_first(ranges: tuple[Range, ...]) -> tuple[tuple[VersionRanges, Range], ...]:
    return tuple((interval(claimed), claimed) for claimed in sorted(ranges, key=lambda claimed: claimed.presumed))


def basis(affected: Affected, version: str) -> tuple[Basis, Range | None] | None:
    """Which claim of `affected` speaks of a version, the strongest first, or None where none does."""
    parsed = Version.parse(version)
    for versions, claimed in _verified_first(affected.ranges):
        if versions.contains(parsed):
            return ("presumed" if claimed.presumed else "range"), claimed
    if affected.reported and Requirement.parse(affected.reported).admits(parsed):
        return "reported", None
    return None


def spoken_of(affected: Affected) -> VersionRanges:
    """The versions of which any claim of `affected` speaks: those for which `basis` is not None.

    Raises ValueError where a bound or the reported requirement cannot be read.
    """
    result = Requirement.parse(affected.reported).ranges if affected.reported else VersionRanges.none()
    for claimed in affected.ranges:
        result |= interval(claimed)
    return result


def spell(affected: Affected) -> str:
    """The claimed ranges in words: `>= 1.16.0, < 1.17.0.rc2 or >= 2.0`."""
    return " or ".join(_spell(claimed) for claimed in affected.ranges)


def _spell(claimed: Range) -> str:
    low = "" if claimed.introduced in {"0", "unknown"} else f">= {claimed.introduced}"
    high = f"<= {claimed.last_affected}" if claimed.last_affected else f"< {claimed.fixed}"
    return ", ".join(part for part in (low, high if claimed.fixed is not False else "") if part) or "every version"
