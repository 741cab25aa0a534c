"""The report for code scanning: SARIF 2.1.0, within what GitHub takes.

https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
"""

import gzip
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from gemaudit.model.gate import has_errors
from gemaudit.model.report import Report
from gemaudit.reporting import sarif_shape as shape
from gemaudit.reporting.entries import Entry, Section, by_severity, harmless, sections
from gemaudit.reporting.sanitize import sanitized, visible
from gemaudit.reporting.sarif_results import literal, notification, result
from gemaudit.reporting.sarif_rules import rule, variant
from gemaudit.reporting.style import Style
from gemaudit.reporting.words import count, place

NAME = "sarif"

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
HOMEPAGE = "https://github.com/gemaudit/gemaudit"

#: GitHub rejects a file with more runs or more bytes, compressed, and a run with more results.
MOST_RUNS = 20
MOST_BYTES = 10_000_000
MOST_RESULTS = 25_000

_SHOWN = frozenset({"affected", "under_investigation"})


def render(report: Report, _style: Style) -> str:
    """A run for each lockfile, or one for all where there are too many; of too many findings, the worst."""
    groups = _groups(sections(report))
    most = MOST_RESULTS
    text = _log(groups, report, most)
    while _is_too_large(text) and most > 1:
        most //= 4
        text = _log(groups, report, most)
    return text


def _groups(found: tuple[Section, ...]) -> list[tuple[str, tuple[Section, ...]]]:
    """The lockfiles of each run, with its category."""
    # GitHub takes what a run no longer names for fixed, so there is no run for a lockfile that could not be read.
    judged = [section for section in found if section.entries or section.audit.status != "unreadable"]
    unread = tuple(section for section in found if section not in judged)
    if not judged or len(judged) > MOST_RUNS:
        return [("gemaudit/", found)]
    return [
        (f"gemaudit/{section.audit.path}/", (section, *(unread if section is judged[0] else ()))) for section in judged
    ]


def _log(groups: Iterable[tuple[str, tuple[Section, ...]]], report: Report, most: int) -> str:
    runs = tuple(
        _run(category, chosen, report, most, is_first=number == 0) for number, (category, chosen) in enumerate(groups)
    )
    encoded = msgspec.json.encode(shape.Log(schema=SCHEMA, version="2.1.0", runs=runs), order="deterministic")
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def _is_too_large(text: str) -> bool:
    content = text.encode()
    return len(content) > MOST_BYTES and len(gzip.compress(content, compresslevel=6, mtime=0)) > MOST_BYTES


def _run(category: str, chosen: tuple[Section, ...], report: Report, most: int, *, is_first: bool) -> shape.Run:
    """The results of some lockfiles; what concerns none of them is told in the first run."""
    found = by_severity(tuple(entry for section in chosen for entry in section.entries))
    entries = [entry for entry in found if entry.finding.status in _SHOWN]
    notes = [notification(diagnostic) for section in chosen for diagnostic in section.diagnostics]
    notes += _notes_of_the_run(report) if is_first else []
    if len(entries) > most:
        notes.append(_said("warning", "too-many-results", f"{count(len(entries) - most, 'result')} left out"))
    rules, results = _rules_and_results(entries[:most])
    own = replace(
        report,
        audits=tuple(section.audit for section in chosen),
        diagnostics=report.diagnostics if is_first else (),
    )
    return shape.Run(
        tool=shape.Tool(driver=_driver(report, rules)),
        automation_details=shape.AutomationDetails(id=category),
        column_kind="unicodeCodePoints",
        invocations=(
            shape.Invocation(execution_successful=_is_complete(own), tool_execution_notifications=tuple(notes)),
        ),
        results=results,
    )


def _is_complete(report: Report) -> bool:
    """Whether all of the input could be used."""
    return not has_errors(report) and not any(audit.status == "unreadable" for audit in report.audits)


def _rules_and_results(entries: list[Entry]) -> tuple[tuple[shape.Rule, ...], tuple[shape.Result, ...]]:
    rules: dict[str, shape.Rule] = {}
    for entry in sorted(entries, key=lambda entry: entry.source.advisory.id):
        kind = variant(entry)
        name = f"{entry.source.advisory.id}{kind}"
        if name not in rules:
            rules[name] = rule(entry.source.advisory, kind)
    positions = {name: number for number, name in enumerate(rules)}
    results = (result(entry, positions[f"{entry.source.advisory.id}{variant(entry)}"]) for entry in entries)
    return tuple(rules.values()), tuple(results)


def _driver(report: Report, rules: tuple[shape.Rule, ...]) -> shape.Driver:
    database = sanitized(report.database)
    return shape.Driver(
        name="gemaudit",
        version=visible(report.version),
        information_uri=HOMEPAGE,
        rules=rules,
        properties={
            "database": {"revision": database.revision, "advisories": database.advisories, "built": database.built}
        },
    )


def _notes_of_the_run(report: Report) -> list[shape.Notification]:
    unused = [
        _said("note", "unused-ignore", f"unused ignore {one.ignore.id} ({where}): {one.reason}")
        for one in sorted(map(sanitized, report.unused_ignores), key=repr)
        for where in [place(one.ignore.path, one.ignore.line)]
    ]
    return [*map(notification, harmless(report.diagnostics)), *unused]


def _said(level: shape.Level, code: str, text: str) -> shape.Notification:
    return shape.Notification(
        level=level, message=shape.Message(text=literal(text)), descriptor=shape.Descriptor(id=code)
    )
