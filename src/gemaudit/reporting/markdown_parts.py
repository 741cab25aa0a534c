"""The parts of the Markdown report, each in paragraphs that are whole by themselves."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from gemaudit.model.baseline import Past
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.plan import Edit, Step
from gemaudit.model.policy import UnusedIgnore
from gemaudit.model.report import Audit, Report
from gemaudit.reporting.compared import in_words, subjects
from gemaudit.reporting.entries import WIDE, Entry, Section
from gemaudit.reporting.markdown_text import block, code, escape, folded, inline, link, table
from gemaudit.reporting.ordering import ordered_environments
from gemaudit.reporting.page import Page
from gemaudit.reporting.remedy import numbered
from gemaudit.reporting.sanitize import sanitized
from gemaudit.reporting.text_plan import plan_lines
from gemaudit.reporting.undecided import grouped
from gemaudit.reporting.words import count, listing, place

_PAGE = Page(width=100, color=False, show_all=False)
_MOST_FIXED = 12


class Detail(Struct, frozen=True, kw_only=True):
    """How much is told; `left_out` says what is not, as a clause."""

    stories: bool = False
    others: bool = False
    plan: bool = False
    most_rows: int = 1_000_000
    most_lockfiles: int = 1_000_000
    left_out: str = ""


#: From all to next to nothing.
DETAILS = (
    Detail(stories=True, others=True, plan=True),
    Detail(others=True, plan=True, left_out="the details of findings are left out"),
    Detail(plan=True, left_out="all but the findings that apply and the plan is left out"),
    Detail(plan=True, most_rows=30, most_lockfiles=30, left_out="only the worst findings and the plan are told"),
    Detail(most_rows=10, most_lockfiles=20, left_out="only the worst findings are told"),
)


def compared(report: Report) -> Iterator[str]:
    """How many findings are new and how many are not, and which are fixed; nothing where nothing was compared."""
    if report.baseline is None:
        return
    lines = [f"Against {code(sanitized(report.baseline))}: {in_words(report)}. What is unchanged is only counted."]
    for path, group in groupby(sorted(sanitized(report.fixed), key=_lockfile), key=_lockfile):
        fixed = list(group)
        ids = listing([escape(id_) for id_ in dict.fromkeys(one.advisory for one in fixed)], limit=_MOST_FIXED)
        lines.append(f"- fixed in {code(path)}: {ids} ({escape(subjects(fixed))})")
    yield "\n".join([lines[0], *([""] if lines[1:] else []), *_most(lines[1:], _MOST_FIXED)])


def lockfile(section: Section, detail: Detail, *, is_compared: bool = False) -> Iterator[str]:
    """What is wrong with one lockfile, what to do, and what else there is to know."""
    audit = section.audit
    yield f"### {code(audit.path)}"
    shown = [entry for entry in section.entries if not entry.finding.suppression]
    affected = [entry for entry in shown if entry.finding.status == "affected" and not entry.is_remark]
    yield _state(audit, affected, is_compared=is_compared)
    yield from diagnostics(section.diagnostics)
    yield from _findings(affected, detail)
    if detail.plan:
        yield from _plan(audit, affected)
    if detail.others:
        yield from _others(section, shown)


def diagnostics(found: Iterable[Diagnostic]) -> Iterator[str]:
    """A list of what could not be read or is worth knowing."""
    if lines := [_diagnostic(diagnostic) for diagnostic in found]:
        yield "\n".join(lines)


def unused(ignores: tuple[UnusedIgnore, ...]) -> Iterator[str]:
    """A list of the ignores that hide nothing."""
    lines = [
        f"- unused ignore {code(one.ignore.id)} ({code(place(one.ignore.path, one.ignore.line))}): {inline(one.reason)}"
        for one in sorted(map(sanitized, ignores), key=repr)
    ]
    if lines:
        yield "\n".join(lines)


def _lockfile(finding: Past) -> str:
    return finding.lockfile


def _most(lines: list[str], limit: int) -> list[str]:
    rest = len(lines) - limit
    return [*lines[:limit], f"- and {count(rest, 'lockfile')} more"] if rest > 0 else lines


def _state(audit: Audit, affected: list[Entry], *, is_compared: bool) -> str:
    if audit.status == "empty":
        return "It names no gem, so there was nothing to judge."
    if audit.status == "unreadable":
        return "It could not be read in full." if audit.packages else "It could not be read."
    where = listing([code(environment.id) for environment in ordered_environments(audit.environments)], limit=6)
    judged = f"{count(audit.packages, 'package')}{f' in {where}' if where else ''}"
    if is_compared and not affected:
        return f"Nothing new in {judged}."
    return f"{judged}." if affected else f"No known memory-safety defect reaches {judged}."


def _diagnostic(diagnostic: Diagnostic) -> str:
    where = f" ({code(place(diagnostic.path, diagnostic.line))})" if diagnostic.path else ""
    hint = f"; hint: {inline(diagnostic.hint)}" if diagnostic.hint else ""
    return f"- **{diagnostic.level}**: {inline(diagnostic.message)}{where}{hint}"


def _findings(entries: list[Entry], detail: Detail) -> Iterator[str]:
    rows = [_row(entry) for entry in entries[: detail.most_rows]]
    if lines := table(("Severity", "Finding", "Package", "Applies in", "What to do"), rows):
        yield "\n".join(lines)
    if rest := entries[detail.most_rows :]:
        yield f"And {count(len(rest), 'finding')} more."
    if detail.stories:
        stories = [line for entry in entries for line in _story(entry)][1:]
        yield from _folded(f"Details of {count(len(entries), 'finding')}", stories)


def _row(entry: Entry) -> tuple[str, ...]:
    finding = entry.finding
    severity = f"**{finding.advisory.severity}**" if entry.fails else finding.advisory.severity
    title = f"{inline(finding.advisory.title)} ({escape(finding.advisory.id)})"
    where = listing([code(name) for name in entry.environments("affected")], limit=4)
    return severity, title, f"{code(entry.package)}<br>{code(entry.place)}", where, inline(entry.advice)


def _story(entry: Entry) -> list[str]:
    """A heading, what goes wrong, why it applies, and who says so."""
    advisory = entry.finding.advisory
    axes = f"{advisory.severity} severity, confidence {entry.finding.confidence}, {advisory.kind}, {advisory.class_}"
    aliases = [escape(alias) for alias in sorted(advisory.aliases)]
    lines = [axes, *map(inline, entry.sentences)]
    if aliases:
        lines.append(f"also known as {listing(aliases)}")
    if advisory.workaround:
        lines.append(f"until then: {inline(advisory.workaround)}")
    evidence = sanitized(entry.source.advisory.evidence)
    lines += [f"{item.type}: {link(item.url)}" for item in evidence]
    heading = f"#### {escape(advisory.id)}: {inline(advisory.title)}"
    listed = "\n".join(f"- {line}" for line in lines)
    return [part for text in (heading, *map(inline, entry.description), listed) for part in ("", text)]


def _plan(audit: Audit, entries: list[Entry]) -> Iterator[str]:
    """The steps that can be taken, each with what to paste, then the whole plan as text."""
    findings = [entry.finding for entry in entries]
    if not audit.plan.steps:
        return
    headline = plan_lines(audit, findings, WIDE)[0]
    yield f"#### {inline(' '.join(headline.split()))}"
    yield from (_step(number, step) for number, step in numbered(audit.plan))
    yield from _folded("The plan in full", block(plan_lines(audit, findings, _PAGE), "text"))


def _step(number: int, step: Step) -> str:
    lead = f"{number}. "
    subject = code(f"{step.name} {step.current}".strip())
    packages = listing([code(f"{one.name} {one.version}".strip()) for one in step.packages], limit=6)
    change = f"for {packages}" if step.packages else f"{subject} to {code(step.target)}"
    closes = listing([escape(one) for one in step.closes], limit=6)
    lines = [f"{lead}{change}{f', closes {closes}' if closes else ''}"]
    if step.commands:
        lines += ["", *block(step.commands, "sh", indent=len(lead))]
    for path, edits in groupby(step.edits, key=lambda edit: edit.path):
        lines += ["", f"{' ' * len(lead)}{code(path)}", "", *block(_diff(edits), "diff", indent=len(lead))]
    return "\n".join(lines)


def _diff(edits: Iterable[Edit]) -> Iterator[str]:
    for edit in edits:
        yield f"@@ line {edit.line} @@"
        yield from (f"{sign}{text}" for sign, text in (("-", edit.before), ("+", edit.after)) if text)


def _others(section: Section, shown: list[Entry]) -> Iterator[str]:
    """What is open, what is only worth knowing, what was ruled out, hidden, or not audited."""
    open_ones = [entry.finding for entry in shown if entry.finding.status == "under_investigation"]
    questions = [
        f"- it would apply if {inline(listing(group.demands))}: {listing(names, limit=12)}"
        f"{''.join(f'; {inline(hint)}' for hint in group.hints)}"
        for group in grouped(open_ones)
        for names in [[escape(f"{one.advisory.id} {one.package.name} {one.package.version}") for one in group.findings]]
    ]
    yield from _folded(f"{count(len(open_ones), 'finding')} undecided", questions)
    remarks = [entry for entry in shown if entry.finding.status == "affected" and entry.is_remark]
    yield from _folded(count(len(remarks), "note"), [_line(entry) for entry in remarks])
    ruled_out = [entry for entry in shown if entry.finding.status in {"not_affected", "fixed"}]
    yield from _folded(f"{count(len(ruled_out), 'finding')} ruled out", [_line(entry) for entry in ruled_out])
    hidden = [entry for entry in section.entries if entry.finding.suppression]
    lines = [f"{_line(entry)}; suppressed: {inline(entry.justification)}" for entry in hidden]
    yield from _folded(f"{count(len(hidden), 'finding')} suppressed", lines)
    left_out = sorted(
        f"- {code(f'{one.name} {one.version}'.strip())} ({code(place(one.path, one.line))}): {inline(one.reason)}"
        for one in section.audit.unaudited
    )
    yield from _folded(f"{count(len(left_out), 'package')} not audited", left_out)


def _line(entry: Entry) -> str:
    finding = entry.finding
    title = f"{finding.advisory.severity} {escape(finding.advisory.id)}: {inline(finding.advisory.title)}"
    return f"- {title}; {'; '.join(map(inline, entry.sentences))}"


def _folded(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield "\n".join(folded(title, lines))
