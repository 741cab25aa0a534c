"""The decision whether a run fails."""

from gemaudit.model.advisory import SEVERITIES, Status
from gemaudit.model.finding import Finding
from gemaudit.model.policy import Policy
from gemaudit.model.report import Report

#: Errors that say that there was nothing to audit.
_NOTHING = frozenset({"empty-lockfile", "no-lockfile"})


def gating(findings: tuple[Finding, ...], policy: Policy) -> tuple[Finding, ...]:
    """The findings that fail a run: as bad as `fail_on` or worse, not of a tolerated kind, not suppressed, not old."""
    if policy.fail_on is None:
        return ()
    severities = SEVERITIES[: SEVERITIES.index(policy.fail_on) + 1]
    statuses: tuple[Status, ...] = ("affected", "under_investigation") if policy.strict else ("affected",)
    return tuple(
        finding
        for finding in findings
        if finding.suppression is None
        and finding.state != "unchanged"
        and finding.status in statuses
        and finding.advisory.severity in severities
        and finding.advisory.kind not in policy.tolerated
    )


def passes(report: Report) -> bool:
    """Whether something was audited, all of the input could be used, and no finding fails the run."""
    return (
        any(audit.status == "audited" for audit in report.audits)
        and not any(audit.status == "unreadable" for audit in report.audits)
        and not has_errors(report)
        and not gating(report.findings, report.policy)
    )


def has_errors(report: Report) -> bool:
    """Whether some input could not be used, as opposed to there being nothing in it."""
    diagnostics = [*report.diagnostics, *(diagnostic for audit in report.audits for diagnostic in audit.diagnostics)]
    return any(diagnostic.level == "error" and diagnostic.code not in _NOTHING for diagnostic in diagnostics)
