"""The findings as a table for spreadsheets: RFC 4180, UTF-8 without a byte order mark."""

import csv
import io
import re

from gemaudit.model.report import Report
from gemaudit.reporting.entries import Entry, sections
from gemaudit.reporting.sanitize import visible
from gemaudit.reporting.style import Style

NAME = "csv"

COLUMNS = (
    "severity",
    "status",
    "confidence",
    "fails_gate",
    "state",
    "advisory",
    "aliases",
    "title",
    "kind",
    "class",
    "cwe",
    "package_kind",
    "package",
    "version",
    "lockfile",
    "path",
    "line",
    "affected_in",
    "undecided_in",
    "brought_in_by",
    "remediation",
    "to",
    "commands",
    "workaround",
    "suppressed",
    "fingerprint",
)

# What a spreadsheet takes for a formula, at the beginning of a cell or behind what some locales take for a separator:
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile(r"(^|[,;|])(?=[-=+@\uff0d\uff1d\uff0b\uff20])")


def render(report: Report, _style: Style) -> str:
    """A line of names, then one for each finding, the worst of each lockfile first, each ending in CR LF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for section in sections(report):
        writer.writerows(map(_row, section.entries))
    return text.getvalue()


def _row(entry: Entry) -> tuple[str, ...]:
    finding, advisory, remedy = entry.finding, entry.finding.advisory, entry.remedy
    cells = (
        advisory.severity,
        finding.status,
        finding.confidence,
        "yes" if entry.fails else "no",
        finding.state,
        advisory.id,
        " ".join(sorted(advisory.aliases)),
        advisory.title,
        advisory.kind,
        advisory.class_,
        advisory.cwe or "",
        finding.package.kind,
        finding.package.name,
        finding.package.version,
        finding.lockfile,
        finding.path,
        str(finding.line or ""),
        " | ".join(entry.environments("affected")),
        " | ".join(entry.environments("under_investigation")),
        " | ".join(" > ".join(chain) for chain in sorted(finding.paths, key=lambda chain: (len(chain), chain))),
        remedy.outcome if remedy else "",
        remedy.step.target if remedy and remedy.outcome != "no_fix" else "",
        " && ".join(entry.commands),
        dict(remedy.step.workarounds if remedy else ()).get(advisory.id) or advisory.workaround,
        entry.justification,
        entry.fingerprint,
    )
    return tuple(map(cell, cells))


def cell(text: str) -> str:
    """The text on one line, with an apostrophe before what would be a formula."""
    return _FORMULA.sub(r"\1'", visible(text))
