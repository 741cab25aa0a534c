"""The report for people: what is wrong, where, why here, and what to paste."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.finding import Finding
from gemaudit.model.gate import gating, has_errors, passes
from gemaudit.model.policy import Policy
from gemaudit.model.report import Audit, Report
from gemaudit.reporting.compared import news_of
from gemaudit.reporting.diagnostics import diagnostic_line, render_diagnostic
from gemaudit.reporting.ordering import ordered, ordered_audits, ordered_diagnostics
from gemaudit.reporting.page import Page
from gemaudit.reporting.remedy import Remedies
from gemaudit.reporting.sanitize import sanitized_findings
from gemaudit.reporting.style import Style
from gemaudit.reporting.text_compared import compared
from gemaudit.reporting.text_environments import environment_lines
from gemaudit.reporting.text_findings import alike, compact, detailed, in_full, is_remark
from gemaudit.reporting.text_notes import clean, ignores, left_out, notes, remarks, suppressed, unaudited
from gemaudit.reporting.text_plan import plan_lines
from gemaudit.reporting.text_undecided import undecided
from gemaudit.reporting.words import BULLET, count, together

NAME = "text"


def render(report: Report, style: Style) -> str:
    """The report in lines of the style's width, where only names, paths and commands may be longer."""
    page = Page.of(style)
    report = sanitized_findings(report)
    sections = [section for audit in ordered_audits(report.audits) for section in _audit(audit, report, page)]
    sections += [
        compared(report, page),
        _diagnostics(report.diagnostics, page),
        ignores(report.unused_ignores, page),
        _totals(report, page),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _audit(audit: Audit, report: Report, page: Page) -> Iterator[list[str]]:
    """The sections about one lockfile."""
    whole, audit = audit, audit if report.baseline is None or page.show_all else news_of(audit)
    findings = ordered(finding for finding in audit.findings if finding.suppression is None)
    applying = [finding for finding in findings if finding.status == "affected"]
    remarkable = [finding for finding in applying if is_remark(finding, report.policy)]
    affected = [finding for finding in applying if not is_remark(finding, report.policy)]
    open_ones = [finding for finding in findings if _is_open(finding, report.policy, page)]
    result = clean(audit, open_ones, page) if audit.status == "audited" and not affected else []
    if result and _applying(whole) > _applying(audit):
        result = page.lines(page.paint("nothing new", "good"), lead="  ")
    yield [*_header(whole, report.policy, page), *result]
    yield _diagnostics(audit.diagnostics, page)
    yield from _affected(affected, audit, report, page)
    yield _remarks(remarkable, audit, report, page)
    yield undecided(open_ones, audit, page)
    yield notes([finding for finding in findings if finding.status in {"not_affected", "fixed"}], page)
    yield plan_lines(audit, affected, page)
    yield unaudited(audit, page)
    yield suppressed(ordered(finding for finding in whole.findings if finding.suppression), page)


def _applying(audit: Audit) -> int:
    return sum(finding.status == "affected" for finding in audit.findings)


def _is_open(finding: Finding, policy: Policy, page: Page) -> bool:
    """Whether a finding is undecided and worth a word: what would only be worth knowing is told where all is shown."""
    return finding.status == "under_investigation" and (page.show_all or not is_remark(finding, policy))


def _header(audit: Audit, policy: Policy, page: Page) -> list[str]:
    title = f"{page.paint(audit.path, 'strong')}: {_state(audit, policy, page)}"
    return [*page.lines(title, indent=2), *environment_lines(audit.environments, page)]


def _state(audit: Audit, policy: Policy, page: Page) -> str:
    if audit.status == "audited":
        return BULLET.join([count(audit.packages, "package"), *_found(audit.findings, policy, page)])
    if audit.status == "empty":
        return "names no gem, so there was nothing to judge"
    if audit.packages:
        return f"could only be read in part, {count(audit.packages, 'package')} of it"
    return "could not be read, so nothing in it was judged"


def _affected(findings: list[Finding], audit: Audit, report: Report, page: Page) -> Iterator[list[str]]:
    """A section for each finding that matters, then one for all the others."""
    remedies = Remedies.of(audit.plan)
    full, brief = in_full(findings, report.policy, page)
    for group in alike(full, page):
        yield detailed(group, report.policy, remedies, page)
    if brief:
        hint = "`gemaudit explain ID` tells one of these in full, `--all` tells all"
        yield [*compact(brief, page), *page.lines(page.paint(hint, "faint"), lead=" " * 10)]


def _remarks(findings: list[Finding], audit: Audit, report: Report, page: Page) -> list[str]:
    """What is worth knowing and no defect, with `show_all` as a finding is told."""
    remedies = Remedies.of(audit.plan)
    if not page.show_all:
        return remarks(findings, remedies, page)
    sections = (detailed(group, report.policy, remedies, page) for group in alike(findings, page))
    return [line for section in sections for line in ("", *section)][1:]


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
    parts = _found(report.findings, report.policy, page) or [
        together("no findings" if is_audited else "nothing was audited")
    ]
    parts += _counted(sum(map(left_out, report.audits)), "not audited")
    database = report.database
    dated = f"database {database.revision[:12]} of {database.built}, {count(database.advisories, 'advisory')}"
    return page.lines(BULLET.join([*parts, together(dated), _gate(report, page)]))


def _found(findings: tuple[Finding, ...], policy: Policy, page: Page) -> list[str]:
    """How many findings apply, by severity, how many are mere notes, undecided, and suppressed."""
    counted = [finding for finding in findings if finding.suppression is None]
    applying = [finding for finding in counted if finding.status == "affected"]
    defects = [finding for finding in applying if not is_remark(finding, policy)]
    severities = Counter(finding.advisory.severity for finding in defects)
    worst_first = [severity for severity in SEVERITIES if severities[severity]]
    worst = [page.paint(together(f"{severities[severity]} {severity}"), severity) for severity in worst_first]
    notes = len({(finding.lockfile, finding.advisory.id) for finding in applying if is_remark(finding, policy)})
    undecided_ones = sum(map(partial(_is_open, policy=policy, page=page), counted))
    return [
        *([", ".join(worst)] if worst else []),
        *([count(notes, "note")] if notes else []),
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
