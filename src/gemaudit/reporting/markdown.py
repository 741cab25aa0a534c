"""The report for reviewers: the summary of a job and the comment on a pull request.

GitHub refuses a comment of more than 65,536 characters and a summary of more than 1 MiB,
so the report says less, a whole part at a time, until it fits.
"""

from collections import Counter
from collections.abc import Iterator

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.gate import gating, has_errors, passes
from gemaudit.model.report import Report
from gemaudit.reporting.compared import news
from gemaudit.reporting.entries import Entry, Section, harmless, plain, sections
from gemaudit.reporting.markdown_parts import DETAILS, Detail, compared, diagnostics, lockfile, unused
from gemaudit.reporting.markdown_text import code, escape
from gemaudit.reporting.sanitize import sanitized, visible
from gemaudit.reporting.style import Style
from gemaudit.reporting.words import count

NAME = "markdown"

#: What GitHub takes, less some room for whoever wraps the report in a comment.
MOST_CHARACTERS = 65_000


def render(report: Report, _style: Style) -> str:
    """The fullest of several reports that GitHub takes; the briefest is the numbers alone."""
    found = sections(news(report))
    texts = (_text(report, found, detail) for detail in DETAILS)
    return next((text for text in texts if len(text) <= MOST_CHARACTERS), "") or _brief(report, found)


def _text(report: Report, found: tuple[Section, ...], detail: Detail) -> str:
    parts = [*_head(report, found), *compared(report), *diagnostics(harmless(report.diagnostics))]
    for section in found[: detail.most_lockfiles]:
        parts += lockfile(section, detail, is_compared=report.baseline is not None)
    if rest := found[detail.most_lockfiles :]:
        parts.append(f"And {count(len(rest), 'lockfile')} more.")
    parts += unused(report.unused_ignores)
    if detail.left_out:
        parts.append(f"To keep within what GitHub takes, {detail.left_out}. `gemaudit check` tells everything.")
    return plain("\n\n".join([*parts, _foot(report)])) + "\n"


def _brief(report: Report, found: tuple[Section, ...]) -> str:
    """The numbers alone, which fit whatever was found."""
    rest = "The findings do not fit into what GitHub takes. `gemaudit check` tells everything."
    return plain("\n\n".join([*_head(report, found), *compared(report), rest, _foot(report)])) + "\n"


def _head(report: Report, found: tuple[Section, ...]) -> Iterator[str]:
    """The result and its reason, then what was found."""
    entries = [entry for section in found for entry in section.entries]
    yield f"## gemaudit: {'pass' if passes(report) else 'fail'}"
    failing = len(gating(report.findings, report.policy))
    gate = report.policy.fail_on or "none"
    reasons = [
        f"**{count(failing, 'finding')}** at or above the gate {code(gate)}" if failing else f"gate {code(gate)}"
    ]
    if has_errors(report) or any(audit.status == "unreadable" for audit in report.audits):
        reasons.append("**input that could not be used**")
    elif not any(audit.status == "audited" for audit in report.audits):
        reasons.append("**nothing was audited**")
    yield " · ".join([*reasons, *_counts(entries, report)])


def _counts(entries: list[Entry], report: Report) -> Iterator[str]:
    shown = [entry for entry in entries if not entry.finding.suppression]
    applying = [entry for entry in shown if entry.finding.status == "affected"]
    severities = Counter(entry.finding.advisory.severity for entry in applying if not entry.is_remark)
    if severities:
        yield ", ".join(f"{severities[severity]} {severity}" for severity in SEVERITIES if severities[severity])
    numbers = {
        "undecided": sum(entry.finding.status == "under_investigation" for entry in shown),
        "suppressed": len(entries) - len(shown),
        "not audited": sum(len(audit.unaudited) for audit in report.audits),
    }
    yield from (f"{number} {word}" for word, number in numbers.items() if number)


def _foot(report: Report) -> str:
    database = sanitized(report.database)
    revision = f"database {code(database.revision[:12])} of {escape(database.built)}"
    return f"gemaudit {escape(visible(report.version))}, {revision}, {count(database.advisories, 'advisory')}"
