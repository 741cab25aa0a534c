"""What a fix has closed, and what is left."""

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.baseline import Identity, past
from gemaudit.model.finding import Finding
from gemaudit.model.report import Report
from gemaudit.reporting.page import Page
from gemaudit.reporting.sanitize import sanitized_findings
from gemaudit.reporting.style import Style
from gemaudit.reporting.words import count, place, together


def render_changes(before: Report, after: Report, style: Style) -> str:
    """Each finding that no longer applies, then each that still does, then each that is new."""
    page = Page.of(style)
    old, new = _affected(before), _affected(after)
    gone = [found for key, found in old.items() if key not in new]
    unjudged = {one.path for one in after.audits if any(item.kind == "default-gem" for item in one.unaudited)}
    parts = (
        ("closed", [found for found in gone if not _is_lost(found, unjudged)]),
        (
            "not judged any more: which gems the new Ruby ships is not known",
            [found for found in gone if _is_lost(found, unjudged)],
        ),
        ("left", [new[key] for key in new if key in old]),
        ("new", [new[key] for key in new if key not in old]),
    )
    lines: list[str] = []
    for word, findings in parts:
        if findings or word in {"closed", "left"}:
            lines += page.heading(f"{count(len(findings), 'finding')} {word}")
        lines += [line for finding in findings for line in _line(finding, page)]
    return "\n".join(lines).strip("\n") + "\n"


def _is_lost(finding: Finding, unjudged: set[str]) -> bool:
    """Whether the finding may still apply, and only its package has dropped out of sight."""
    return finding.package.kind == "default-gem" and finding.lockfile in unjudged


def _affected(report: Report) -> dict[Identity, Finding]:
    """What applies, by what outlives a new version; the most severe first."""
    found = [one for one in sanitized_findings(report).findings if one.status == "affected" and not one.suppression]
    found.sort(key=lambda one: (SEVERITIES.index(one.advisory.severity), one.advisory.id, one.lockfile))
    return {past(one).identity: one for one in found}


def _line(finding: Finding, page: Page) -> list[str]:
    package = together(f"{finding.package.name} {finding.package.version}")
    where = place(finding.path, finding.line)
    text = f"{finding.advisory.severity:<9}{finding.advisory.id}  {package} ({where}): {finding.advisory.title}"
    return page.lines(text, lead="  ", indent=11)
