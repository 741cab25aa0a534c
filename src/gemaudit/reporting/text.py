"""The report for people: what is wrong, where, why here, and what to paste."""

from collections import Counter
from collections.abc import Iterator

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.finding import Finding
from gemaudit.model.gate import gating, has_errors, passes
from gemaudit.model.report import Audit, Report
from gemaudit.reporting.diagnostics import diagnostic_line, render_diagnostic
from gemaudit.reporting.ordering import ordered, ordered_audits, ordered_diagnostics
from gemaudit.reporting.page import Page
from gemaudit.reporting.remedy import Remedies
from gemaudit.reporting.sanitize import sanitized
from gemaudit.reporting.style import Style
from gemaudit.reporting.text_environments import environment_lines
from gemaudit.reporting.text_findings import compact, detailed, in_full
from gemaudit.reporting.text_notes import clean, ignores, notes, suppressed, unaudited
from gemaudit.reporting.text_plan import plan_lines
from gemaudit.reporting.text_undecided import undecided
from gemaudit.reporting.words import BULLET, count, together

NAME = "text"


def render(report: Report, style: Style) -> str:
    """The report in lines of the style's width, where only names, paths and commands may be longer."""
    page = Page.of(style)
    report = sanitized(report)
    sections = [section for audit in ordered_audits(report.audits) for section in _audit(audit, report, page)]
    sections += [_diagnostics(report.diagnostics, page), ignores(report.unused_ignores, page), _totals(report, page)]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _audit(audit: Audit, report: Report, page: Page) -> Iterator[list[str]]:
    """The sections about one lockfile."""
    findings = ordered(finding for finding in audit.findings if finding.suppression is None)
    affected = [finding for finding in findings if finding.status == "affected"]
    open_ones = [finding for finding in findings if finding.status == "under_investigation"]
    result = clean(audit, open_ones, page) if audit.status == "audited" and not affected else []
    yield [*_header(audit, page), *result]
    yield _diagnostics(audit.diagnostics, page)
    yield from _affected(affected, audit, report, page)
    yield undecided(open_ones, audit, page)
    yield notes([finding for finding in findings if finding.status in {"not_affected", "fixed"}], page)
    yield plan_lines(audit, affected, page)
    yield unaudited(audit.unaudited, page)
    yield suppressed(ordered(finding for finding in audit.findings if finding.suppression), page)


def _header(audit: Audit, page: Page) -> list[str]:
    title = f"{page.paint(audit.path, 'strong')}: {_state(audit, page)}"
    return [*page.lines(title, indent=2), *environment_lines(audit.environments, page)]


def _state(audit: Audit, page: Page) -> str:
    if audit.status == "audited":
        return BULLET.join([count(audit.packages, "package"), *_found(audit.findings, page)])
    if audit.status == "empty":
        return "names no gem, so there was nothing to judge"
    if audit.packages:
        return f"could only be read in part, {count(audit.packages, 'package')} of it"
    return "could not be read, so nothing in it was judged"


def _affected(findings: list[Finding], audit: Audit, report: Report, page: Page) -> Iterator[list[str]]:
    """A section for each finding that matters, then one for all the others."""
    remedies = Remedies.of(audit.plan)
    full, brief = in_full(findings, report.policy, page)
    for finding in full:
        yield detailed(finding, report.policy, remedies, page)
    if brief:
        hint = "`gemaudit explain ID` tells one of these in full, `--all` tells all"
        yield [*compact(brief, page), *page.lines(page.paint(hint, "faint"), lead=" " * 10)]


def _diagnostics(diagnostics: tuple[Diagnostic, ...], page: Page) -> list[str]:
    """What could not be used in full, what is only worth knowing in a line each."""
    lines = []
    for diagnostic in ordered_diagnostics(diagnostics):
        if diagnostic.level == "notice" and not page.show_all:
            lines += page.lines(diagnostic_line(diagnostic), indent=8)
        else:
            lines += render_diagnostic(diagnostic, color=page.color).split("\n")
    return lines


def _totals(report: Report, page: Page) -> list[str]:
    """The last line: counts, the database that judged, the gate and what it says."""
    is_audited = any(audit.status == "audited" for audit in report.audits)
    parts = _found(report.findings, page) or [together("no findings" if is_audited else "nothing was audited")]
    parts += _counted(sum(len(audit.unaudited) for audit in report.audits), "not audited")
    database = report.database
    dated = f"database {database.revision[:12]} of {database.built}, {count(database.advisories, 'advisory')}"
    return page.lines(BULLET.join([*parts, together(dated), _gate(report, page)]))


def _found(findings: tuple[Finding, ...], page: Page) -> list[str]:
    """How many findings apply, by severity, how many are undecided, and how many suppressed."""
    counted = [finding for finding in findings if finding.suppression is None]
    severities = Counter(finding.advisory.severity for finding in counted if finding.status == "affected")
    worst_first = [severity for severity in SEVERITIES if severities[severity]]
    applying = [page.paint(together(f"{severities[severity]} {severity}"), severity) for severity in worst_first]
    undecided_ones = sum(finding.status == "under_investigation" for finding in counted)
    return [
        *([", ".join(applying)] if applying else []),
        *_counted(undecided_ones, "undecided"),
        *_counted(len(findings) - len(counted), "suppressed"),
    ]


def _counted(number: int, word: str) -> list[str]:
    return [together(f"{number} {word}")] if number else []


def _gate(report: Report, page: Page) -> str:
    """The gate, the result and its reason."""
    policy = report.policy
    gate = f"gate {policy.fail_on or 'none'}{', strict' if policy.strict else ''}"
    if passes(report):
        return f"{together(gate)}: {page.paint('pass', 'good')}"
    failing = gating(report.findings, policy)
    reasons = [count(len(failing), "finding")] if failing else []
    if has_errors(report) or any(audit.status == "unreadable" for audit in report.audits):
        reasons.append("input that could not be used")
    elif not any(audit.status == "audited" for audit in report.audits):
        reasons.append("nothing to audit")
    return f"{together(gate)}: {page.paint('fail', 'high')} ({', '.join(map(together, reasons))})"
