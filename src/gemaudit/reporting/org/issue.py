"""The issue that stands in a repository as long as a defect applies to it.

Nothing in it changes unless the findings or the plan do: an issue that told the day or the database would be rewritten
every night, in every repository. GitHub takes 65,536 characters and GitLab more, so it says less until it fits.
"""

import re
from collections import Counter
from collections.abc import Iterator

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.gate import has_errors
from gemaudit.model.report import Report
from gemaudit.model.repository import Issue
from gemaudit.reporting.entries import Entry, Section, harmless, plain, sections
from gemaudit.reporting.markdown_parts import Detail, diagnostics, lockfile
from gemaudit.reporting.words import count

TITLE = "Memory-safety defects in what the lockfile names"
#: The line by which the issue is found again; no text of an input can hold it, because `<` is escaped in all of them.
MARKER = "<!-- gemaudit keeps this issue -->"
LABELS = ("gemaudit",)
#: GitHub says `body is too long (maximum is 65536 characters)`.
MOST_CHARACTERS = 65_000

_MOST_ERRORS = 10
_DETAILS = (
    Detail(stories=True, plan=True),
    Detail(plan=True, left_out="the details of findings are left out"),
    Detail(plan=True, most_rows=30, most_lockfiles=20, left_out="only the worst findings and the plan are told"),
    Detail(most_rows=10, most_lockfiles=20, left_out="only the worst findings are told"),
)
_KEPT = (
    "gemaudit keeps this issue: it rewrites the text when findings come or go, and closes the issue when none applies "
    "any more. A finding that was looked into and does not matter is hidden by an `[[ignore]]` in `.gemaudit.toml`."
)
# GitLab obeys `/close` and its like at the beginning of a line: https://docs.gitlab.com/user/project/quick_actions/
_QUICK_ACTION = re.compile("^/(?=[A-Za-z])", re.MULTILINE)


def issue(report: Report) -> Issue | None:
    """The issue of a repository as it shall stand: open where a finding applies that nobody suppressed, else closed.

    None where nothing applies as far as one can see, but some input could not be used: whatever stands shall stay.
    A repository that has no lockfile any more is a report without audits.
    """
    found = [section for section in sections(report) if _applying(section)]
    if not found and (has_errors(report) or any(audit.status == "unreadable" for audit in report.audits)):
        return None
    texts = (_body(report, found, detail) for detail in _DETAILS)
    body = next((text for text in texts if len(text) <= MOST_CHARACTERS), "") or _brief(report, found)
    return Issue(title=TITLE, body=body, marker=MARKER, state="open" if found else "closed", labels=LABELS)


def _applying(section: Section) -> list[Entry]:
    return [
        entry
        for entry in section.entries
        if entry.finding.status == "affected" and not entry.finding.suppression and not entry.is_remark
    ]


def _body(report: Report, found: list[Section], detail: Detail) -> str:
    """The text with as much detail; it breaks off where it is too long anyway, for there may be very much of it."""
    parts: list[str] = []
    length = 0
    for part in _parts(report, found, detail):
        parts.append(part)
        length += len(part)
        if length > MOST_CHARACTERS:
            break
    return _whole(parts)


def _parts(report: Report, found: list[Section], detail: Detail) -> Iterator[str]:
    yield from _head(report, found)
    errors = [one for one in harmless(report.diagnostics) if one.level == "error"]
    yield from diagnostics(errors[:_MOST_ERRORS])
    for section in found[: detail.most_lockfiles]:
        yield from lockfile(section, detail)
    if rest := found[detail.most_lockfiles :]:
        yield f"And {count(len(rest), 'lockfile')} more."
    if detail.left_out:
        yield f"To keep within what an issue takes, {detail.left_out}. `gemaudit check` tells everything."


def _brief(report: Report, found: list[Section]) -> str:
    """The numbers alone, which fit whatever was found."""
    return _whole([*_head(report, found), "`gemaudit check` tells which; they do not fit into an issue."])


def _whole(parts: list[str]) -> str:
    text = plain("\n\n".join([MARKER, *parts, _KEPT]))
    return _QUICK_ACTION.sub(r"\\/", text) + "\n"


def _head(report: Report, found: list[Section]) -> Iterator[str]:
    applying = [entry for section in found for entry in _applying(section)]
    if applying:
        severities = Counter(entry.finding.advisory.severity for entry in applying)
        numbers = ", ".join(f"{severities[severity]} {severity}" for severity in SEVERITIES if severities[severity])
        yield f"**{count(len(applying), 'finding')}** of memory safety where this bundle runs: {numbers}."
    elif report.audits:
        yield "No known memory-safety defect applies to what the lockfiles name."
    else:
        yield "There is no lockfile any more."
    if others := ", ".join(_others(report)):
        yield f"Beside that: {others}; `gemaudit check` tells more of them."


def _others(report: Report) -> Iterator[str]:
    findings = report.findings
    undecided = sum(one.status == "under_investigation" and not one.suppression for one in findings)
    suppressed = sum(one.suppression is not None for one in findings)
    unreadable = sum(audit.status == "unreadable" for audit in report.audits)
    if undecided:
        yield f"{undecided} undecided"
    if suppressed:
        yield f"{suppressed} suppressed"
    if unreadable:
        yield f"{count(unreadable, 'lockfile')} that could not be read in full"
