"""Findings compared with those of an earlier report."""

from collections.abc import Iterable

from msgspec.structs import replace

from gemaudit.model.advisory import Status
from gemaudit.model.baseline import Baseline, Identity, Past, past
from gemaudit.model.finding import Finding

#: The statuses that an earlier finding may have had for one of this status to be nothing new.
_AS_BAD: dict[Status, frozenset[Status]] = {
    "affected": frozenset({"affected"}),
    "under_investigation": frozenset({"affected", "under_investigation"}),
}


def compare(findings: Iterable[Finding], baseline: Baseline) -> tuple[Finding, ...]:
    """Return the same findings, each `new` or `unchanged`; one that does not apply is neither."""
    before: dict[Identity, set[Status]] = {}
    for one in baseline.findings:
        before.setdefault(one.identity, set()).add(one.status)
    return tuple(_compared(finding, before) for finding in findings)


def _compared(finding: Finding, before: dict[Identity, set[Status]]) -> Finding:
    as_bad = _AS_BAD.get(finding.status)
    if as_bad is None:
        return finding
    known = before.get(past(finding).identity, set())
    return replace(finding, state="unchanged" if known & as_bad else "new")


def fixed(findings: Iterable[Finding], baseline: Baseline, lockfiles: Iterable[str]) -> tuple[Past, ...]:
    """The earlier findings that applied, in lockfiles that were judged again, and do not apply any more."""
    judged = frozenset(lockfiles)
    now = {past(finding).identity for finding in findings if finding.status in {"affected", "under_investigation"}}
    gone = (one for one in baseline.findings if one.status == "affected" and one.lockfile in judged)
    return tuple(sorted({one for one in gone if one.identity not in now}, key=lambda one: one.identity))
