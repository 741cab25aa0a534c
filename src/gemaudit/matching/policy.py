"""What the project decided about findings, applied to them."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase

from msgspec.structs import replace

from gemaudit.model.advisory import Advisory
from gemaudit.model.finding import Finding, Suppression
from gemaudit.model.policy import Ignore, UnusedIgnore
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version


def apply_policy(
    findings: Iterable[Finding],
    ignores: Sequence[Ignore],
    today: datetime.date,
    known: Callable[[str], tuple[Advisory, ...]],
) -> tuple[tuple[Finding, ...], tuple[UnusedIgnore, ...]]:
    """Return the same findings, those that an ignore covers with their suppression, and the ignores that cover none.

    An ignore that has expired covers nothing. `known` finds the advisories that a name stands for.
    A finding that is `not_affected` needs no ignore, so covering one does not make an ignore used.
    """
    live = _live(ignores, today)
    used: set[int] = set()
    spare: dict[int, str] = {}
    result = []
    for finding in findings:
        names = {name.casefold() for name in finding.advisory.names()}
        about = sorted(position for name in names for position in live.get(name, ()))
        covering = [position for position in about if _covers(ignores[position], finding)]
        if not covering or finding.status == "not_affected":
            spare |= dict.fromkeys(covering, "what it matches does not apply here; remove it")
            result.append(finding)
            continue
        first, *others = covering
        used.add(first)
        spare |= dict.fromkeys(others, "an earlier ignore covers what it matches; remove it")
        ignore = ignores[first]
        suppression = Suppression(
            id=ignore.id, reason=ignore.reason, until=ignore.until, path=ignore.path, line=ignore.line
        )
        result.append(replace(finding, suppression=suppression))
    unused = tuple(
        UnusedIgnore(ignore=ignore, reason=spare.get(position) or _why_unused(ignore, today, known))
        for position, ignore in enumerate(ignores)
        if position not in used
    )
    return tuple(result), unused


def _live(ignores: Iterable[Ignore], today: datetime.date) -> dict[str, list[int]]:
    """The positions of the ignores that have not expired, by the name of their advisory without regard to case."""
    found: dict[str, list[int]] = {}
    for position, ignore in enumerate(ignores):
        if not _has_expired(ignore, today):
            found.setdefault(ignore.id.casefold(), []).append(position)
    return found


def _covers(ignore: Ignore, finding: Finding) -> bool:
    """Whether an ignore of the advisory covers this finding of it."""
    if ignore.gem and ignore.gem != finding.package.name:
        return False
    if ignore.version and not _admits(ignore.version, finding.package.version):
        return False
    return not ignore.lockfile or fnmatchcase(finding.lockfile, ignore.lockfile)


def _admits(requirement: str, version: str) -> bool:
    """Whether a version satisfies the ignore; a Ruby that is only known as a series never does."""
    try:
        return Requirement.parse(requirement).admits(Version.parse(version))
    except ValueError:
        return False


def _has_expired(ignore: Ignore, today: datetime.date) -> bool:
    return ignore.until is not None and today > ignore.until


def _why_unused(ignore: Ignore, today: datetime.date, known: Callable[[str], tuple[Advisory, ...]]) -> str:
    if _has_expired(ignore, today):
        return f"it expired on {ignore.until}"
    if not known(ignore.id):
        return "no advisory has this id or alias"
    return "it matches no finding; remove it"
