"""The report as annotations: workflow commands that a GitHub Actions runner reads from the log.

The syntax and its escapes are those of `packages/core/src/command.ts` in actions/toolkit
and of `ActionCommand.TryParseV2` in actions/runner.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.gate import gating, passes
from gemaudit.model.report import Report
from gemaudit.reporting.compared import in_words, news
from gemaudit.reporting.entries import Entry, by_severity, harmless, plain, sections
from gemaudit.reporting.sanitize import sanitized
from gemaudit.reporting.style import Style
from gemaudit.reporting.words import count

NAME = "github"

#: GitHub shows so many annotations of one level and step, and drops the others without a word.
MOST = 10

Level = Literal["error", "warning", "notice"]
_SHOWN = frozenset({"affected", "under_investigation"})
LEVELS: tuple[Level, ...] = ("error", "warning", "notice")


def render(report: Report, _style: Style) -> str:
    """At most ten commands of each level, the worst first, and a line that counts everything.

    Of a report that was compared, only what is new, and what could not be used.
    """
    entries = by_severity(tuple(entry for section in sections(news(report)) for entry in section.entries))
    commands = [*_diagnostics(report), *_findings(entries)]
    levels = {level: [text for own, text in commands if own == level] for level in LEVELS}
    lines = [text for texts in levels.values() for text in texts[:MOST]]
    rest = [count(len(texts) - MOST, level) for level, texts in levels.items() if len(texts) > MOST]
    if rest:
        lines.append(f"and {', '.join(rest)} more, which GitHub would not show")
    return plain("\n".join([*lines, _summary(report)])) + "\n"


def _findings(entries: Iterable[Entry]) -> Iterator[tuple[Level, str]]:
    """A command for each package and level, so that one package does not take all the room."""
    groups: dict[tuple[Level, str, str, str], list[Entry]] = {}
    for entry in entries:
        finding = entry.finding
        if finding.suppression is None and finding.status in _SHOWN:
            key = (_level(entry), finding.package.kind, entry.package, entry.place)
            groups.setdefault(key, []).append(entry)
    for (level, *_), group in groups.items():
        finding = group[0].finding
        title, lines = _told(group[0]) if len(group) == 1 else _listed(group)
        yield level, _command(level, title, "\n".join(lines), finding.path, finding.line)


def _level(entry: Entry) -> Level:
    if entry.fails:
        return "error"
    return "notice" if entry.finding.status == "under_investigation" or entry.is_remark else "warning"


def _told(entry: Entry) -> tuple[str, list[str]]:
    """One finding in full."""
    advisory = entry.finding.advisory
    title = f"{advisory.title} ({_state(entry)}, {advisory.id})"
    return title, [*entry.sentences, *(f"run `{command}`" for command in entry.commands)]


def _listed(group: list[Entry]) -> tuple[str, list[str]]:
    """The findings of one package, a line for each."""
    worst = group[0].finding.advisory.severity
    lines = []
    for entry in group[:MOST]:
        advice = f" ({entry.advice})" if entry.advice else ""
        lines.append(f"{_state(entry)} {entry.finding.advisory.id}: {entry.finding.advisory.title}{advice}")
    if rest := group[MOST:]:
        lines.append(f"and {count(len(rest), 'finding')} more")
    commands = dict.fromkeys(command for entry in group for command in entry.commands)
    lines += [f"run `{command}`" for command in commands]
    return f"{group[0].package}: {count(len(group), 'finding')}, the worst {worst}", lines


def _state(entry: Entry) -> str:
    severity = entry.finding.advisory.severity
    return f"undecided {severity}" if entry.finding.status == "under_investigation" else severity


def _diagnostics(report: Report) -> Iterator[tuple[Level, str]]:
    """The commands for what could not be read and for ignores that hide nothing."""
    found = (*report.diagnostics, *(diagnostic for audit in report.audits for diagnostic in audit.diagnostics))
    is_compared = report.baseline is not None
    for diagnostic in harmless(tuple(one for one in found if one.level == "error" or not is_compared)):
        message = "\n".join(filter(None, (diagnostic.message, diagnostic.hint and f"hint: {diagnostic.hint}")))
        yield diagnostic.level, _diagnostic(diagnostic, message)
    for unused in () if is_compared else sorted(map(sanitized, report.unused_ignores), key=repr):
        ignore = unused.ignore
        yield "notice", _command("notice", f"unused ignore {ignore.id}", unused.reason, ignore.path, ignore.line)


def _diagnostic(diagnostic: Diagnostic, message: str) -> str:
    return _command(diagnostic.level, diagnostic.code, message, diagnostic.path, diagnostic.line, diagnostic.column)


def _command(level: Level, title: str, message: str, path: str, line: int, column: int = 0) -> str:
    """The command; a path that is no file of the repository is left out."""
    is_file = path and not path.startswith("<")
    properties = {
        "file": path.removeprefix("./") if is_file else "",
        "line": str(line) if is_file and line else "",
        "col": str(column) if is_file and column else "",
        "title": title,
    }
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{level} {written}::{_data(message)}" if written else f"::{level}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _summary(report: Report) -> str:
    """One line without a word of the input, so that nothing in it can be a command."""
    failing = gating(report.findings, report.policy)
    applying = [one for one in report.findings if one.status == "affected" and one.suppression is None]
    hidden = sum(one.suppression is not None for one in report.findings)
    result = "pass" if passes(report) else "fail"
    numbers = [count(len(applying), "finding"), in_words(report), f"{len(failing)} at or above the gate"]
    counts = ", ".join(filter(None, [*numbers, f"{hidden} suppressed"]))
    return f"gemaudit: {result} ({counts}; gate {report.policy.fail_on or 'none'})"
