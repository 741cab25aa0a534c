"""What the exit code says; the same for every format."""

from enum import IntEnum

from gemaudit.model.gate import gating, has_errors
from gemaudit.model.report import Report


class ExitCode(IntEnum):
    """The answer of a run in one number."""

    CLEAN = 0  # nothing at or above the gate
    FINDINGS = 1  # findings at or above the gate
    UNUSABLE = 2  # usage, settings, or input that cannot be read
    NOTHING = 3  # nothing to audit
    DATABASE = 4  # the advisory database is missing, damaged or too old
    NETWORK = 5  # a network step failed
    BUG = 70  # gemaudit itself is at fault
    INTERRUPTED = 130


def exit_code(report: Report, *, network_failed: bool = False) -> ExitCode:
    """The exit code of a report.

    An input that cannot be read weighs more than findings, for the findings are then not all.
    An empty lockfile weighs nothing as long as another one was audited.
    Findings are as true without the network, so a step of it that failed weighs less than they do.
    """
    statuses = {audit.status for audit in report.audits}
    if "unreadable" in statuses or has_errors(report):
        return ExitCode.UNUSABLE
    if "audited" not in statuses:
        return ExitCode.NOTHING
    if gating(report.findings, report.policy):
        return ExitCode.FINDINGS
    return ExitCode.NETWORK if network_failed else ExitCode.CLEAN
