"""Findings that one more fact would decide, grouped by that fact."""

from collections import Counter
from collections.abc import Sequence

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.finding import Finding
from gemaudit.model.report import Audit
from gemaudit.reporting.declare import declarations
from gemaudit.reporting.page import Page
from gemaudit.reporting.undecided import Open, grouped
from gemaudit.reporting.words import listing, place, plural, together, unique

_MOST = 6
_MOST_PACKAGES = 4


def undecided(findings: list[Finding], audit: Audit, page: Page) -> list[str]:
    """A section in which each missing fact is named once, with what it would decide, and how to state them all."""
    if not findings:
        return []
    groups = grouped(findings)
    lines = page.heading("Not known, would apply if")
    for group in groups:
        lines += _group(group, audit, page)
    if not page.show_all:
        answers = [answer for group in groups for answer in group.answers]
        hints = [declarations(answers)] if answers else []
        lines += [line for hint in hints for line in page.lines(hint, lead="  ", indent=4)]
    return lines


def _group(group: Open, audit: Audit, page: Page) -> list[str]:
    findings = group.findings
    title = f"{listing(group.demands)}: {_number(findings)}{_where(findings, audit)}"
    if not page.show_all:
        return page.lines(f"{title} on {_names(findings)}", lead="  ", indent=6)
    lines = page.lines(title, lead="  ", indent=6)
    lines += page.lines(_packages(findings), lead=" " * 4, indent=6)
    return lines + [line for hint in group.hints for line in page.lines(hint, lead=" " * 4, indent=6)]


def _names(findings: Sequence[Finding]) -> str:
    packages = (together(f"{one.package.name} {one.package.version}".strip()) for one in findings)
    return listing(unique(packages), limit=_MOST_PACKAGES)


def _number(findings: Sequence[Finding]) -> str:
    """How many advisories of which severity."""
    counts = Counter({finding.advisory.id: finding.advisory.severity for finding in findings}.values())
    total = plural(counts.total(), "advisory")
    if len(counts) == 1:
        return together(f"{counts.total()} {findings[0].advisory.severity} {total}")
    severities = ", ".join(together(f"{counts[severity]} {severity}") for severity in SEVERITIES if counts[severity])
    return f"{together(f'{counts.total()} {total}')} ({severities})"


def _where(findings: Sequence[Finding], audit: Audit) -> str:
    """In which environments, where it is not all of them."""
    names = {
        verdict.environment
        for finding in findings
        for verdict in finding.verdicts
        if verdict.status == "under_investigation"
    }
    if not names or names >= {environment.id for environment in audit.environments}:
        return ""
    return f" in {listing(sorted(names), limit=_MOST)}"


def _packages(findings: Sequence[Finding]) -> str:
    """The packages with the ids that each would have."""
    packages: dict[str, list[str]] = {}
    for finding in findings:
        name = together(
            f"{finding.package.name} {finding.package.version}".strip() + f" ({place(finding.path, finding.line)})"
        )
        packages.setdefault(name, []).append(together(finding.advisory.id))
    return "; ".join(f"{name}: {listing(unique(ids))}" for name, ids in packages.items())
