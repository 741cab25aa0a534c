"""Findings that one more fact would decide, grouped by that fact."""

from collections import Counter

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.finding import Answer, Finding
from gemaudit.model.report import Audit
from gemaudit.reporting.conditions import demand
from gemaudit.reporting.declare import declaration
from gemaudit.reporting.page import Page
from gemaudit.reporting.words import count, listing, place, plural, together, unique

_MOST = 6
_PRESUMED = "an old branch, which nobody checked, has the defect too"
_OTHER = "what the advisory leaves open is so"


def undecided(findings: list[Finding], audit: Audit, page: Page) -> list[str]:
    """A section in which each missing fact is named once, with what it would decide and how to state it."""
    if not findings:
        return []
    groups: dict[tuple[str, ...], list[Finding]] = {}
    answers: dict[tuple[str, ...], list[Answer]] = {}
    for finding in findings:
        missing = _missing(finding)
        key = tuple(demand(answer) for answer in missing) or ((_PRESUMED if finding.basis == "presumed" else _OTHER),)
        groups.setdefault(key, []).append(finding)
        answers[key] = missing
    lines = page.heading("Not known, would apply if")
    for key in sorted(groups, key=lambda key: (_worst(groups[key]), -len(groups[key]), key)):
        lines += _group(key, groups[key], answers[key], audit, page)
    return lines


def _missing(finding: Finding) -> list[Answer]:
    """The fewest facts that would make the finding apply somewhere; none where its range is only presumed."""
    if finding.basis == "presumed":
        return []
    candidates = [
        sorted((answer for answer in verdict.answers if answer.answer == "unknown"), key=demand)
        for verdict in finding.verdicts
        if verdict.status == "under_investigation"
    ]
    return min(candidates, key=lambda missing: (len(missing), [demand(answer) for answer in missing]), default=[])


def _group(key: tuple[str, ...], findings: list[Finding], answers: list[Answer], audit: Audit, page: Page) -> list[str]:
    title = f"{listing(key)}: {_number(findings)}{_where(findings, audit)}"
    lines = page.lines(title, lead="  ", indent=6)
    lines += page.lines(_packages(findings, page), lead=" " * 4, indent=6)
    hints = unique(declaration(answer) for answer in answers)
    if key == (_PRESUMED,):
        hints = ["an upgrade settles it; `gemaudit explain ID` says what is known"]
    return lines + [line for hint in hints for line in page.lines(hint, lead=" " * 4, indent=6)]


def _worst(findings: list[Finding]) -> int:
    return min(SEVERITIES.index(finding.advisory.severity) for finding in findings)


def _number(findings: list[Finding]) -> str:
    """How many advisories of which severity."""
    counts = Counter({finding.advisory.id: finding.advisory.severity for finding in findings}.values())
    total = plural(counts.total(), "advisory")
    if len(counts) == 1:
        return together(f"{counts.total()} {findings[0].advisory.severity} {total}")
    severities = ", ".join(together(f"{counts[severity]} {severity}") for severity in SEVERITIES if counts[severity])
    return f"{together(f'{counts.total()} {total}')} ({severities})"


def _where(findings: list[Finding], audit: Audit) -> str:
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


def _packages(findings: list[Finding], page: Page) -> str:
    """The packages with the ids that each would have."""
    packages: dict[str, list[str]] = {}
    for finding in findings:
        name = together(
            f"{finding.package.name} {finding.package.version}".strip() + f" ({place(finding.path, finding.line)})"
        )
        packages.setdefault(name, []).append(together(finding.advisory.id))
    limit = 0 if page.show_all else _MOST
    texts = [f"{name}: {listing(unique(ids), limit=limit)}" for name, ids in packages.items()]
    if page.show_all or len(texts) <= _MOST:
        return "; ".join(texts)
    return f"{'; '.join(texts[:_MOST])}; and {count(len(texts) - _MOST, 'package')} more (--all)"
