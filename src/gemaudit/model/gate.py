"""The decision whether a run fails."""

from gemaudit.model.advisory import SEVERITIES, Severity, Status
from gemaudit.model.finding import Finding
from gemaudit.model.policy import Policy
from gemaudit.model.report import Report

#: Errors that say that there was nothing to audit.
_NOTHING = frozenset({"empty-lockfile", "no-lockfile"})


def is_gated(severity: Severity, kind: str, status: Status, policy: Policy) -> bool:
    """Whether something that nobody has suppressed fails a run: as bad as `fail_on` or worse, of no tolerated kind."""
    if policy.fail_on is None or SEVERITIES.index(severity) > SEVERITIES.index(policy.fail_on):
        return False
    return status in ({"affected", "under_investigation"} if policy.strict else {"affected"}) and (
        kind not in policy.tolerated
    )


def gating(findings: tuple[Finding, ...], policy: Policy) -> tuple[Finding, ...]:
    """The findings that fail a run: those that are gated, not suppressed and not old."""
    return tuple(
        finding
        for finding in findings
        if finding.suppression is None
        and finding.state != "unchanged"
        and is_gated(finding.advisory.severity, finding.advisory.kind, finding.status, policy)
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
