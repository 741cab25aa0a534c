"""Reports that are compared with an earlier one."""

from collections.abc import Sequence

from msgspec.structs import replace

from gemaudit.model.baseline import Past
from gemaudit.model.finding import Finding
from gemaudit.model.report import Audit, Report
from gemaudit.reporting.words import listing, together, unique


def news(report: Report) -> Report:
    """The report without what was there before, and without the steps that end nothing else.

    It is the same report where nothing was compared; the gate says the same of both.
    """
    if report.baseline is None:
        return report
    return replace(report, audits=tuple(map(news_of, report.audits)))


def numbers(report: Report) -> dict[str, int]:
    """How many findings that apply are new or unchanged, and how many are fixed; nothing where nothing was compared."""
    if report.baseline is None:
        return {}
    states = [finding.state for finding in report.findings if _counts(finding)]
    return {"new": states.count("new"), "unchanged": states.count("unchanged"), "fixed": len(report.fixed)}


def in_words(report: Report) -> str:
    """The numbers in a line, as in `1 new, 3 unchanged, 0 fixed`."""
    return ", ".join(f"{number} {word}" for word, number in numbers(report).items())


def subjects(fixed: Sequence[Past], *, limit: int = 6) -> str:
    """The packages of fixed findings, as in `ffi 1.16.3 and json 2.10.1`."""
    return listing(unique(together(f"{one.name} {one.version}".strip()) for one in fixed), limit=limit)


def news_of(audit: Audit) -> Audit:
    """The audit without what was there before, and without the steps that end nothing else."""
    findings = tuple(finding for finding in audit.findings if finding.state != "unchanged")
    ids = {finding.advisory.id for finding in findings if _counts(finding)}
    steps = tuple(step for step in audit.plan.steps if ids & {*step.closes, *step.remains})
    return replace(audit, findings=findings, plan=replace(audit.plan, steps=steps))


def _counts(finding: Finding) -> bool:
    return finding.status == "affected" and finding.suppression is None
