"""What a report says about the one it was compared with."""

from gemaudit.model.report import Report
from gemaudit.reporting.page import Page
from gemaudit.reporting.words import BULLET, listing, plural, together

_MOST = 6


def compared(report: Report, page: Page) -> list[str]:
    """How many findings are new and how many are old, and which are fixed; nothing where nothing was compared."""
    if report.baseline is None:
        return []
    counted = [finding for finding in report.findings if finding.suppression is None and finding.status == "affected"]
    new = sum(finding.state == "new" for finding in counted)
    old = sum(finding.state == "unchanged" for finding in counted)
    parts = [f"{new} new", f"{old} unchanged", f"{len(report.fixed)} fixed"]
    hint = f" (`--all` shows {plural(old, 'it')})" if old and not page.show_all else ""
    lines = page.lines(f"Against {together(report.baseline)}: {BULLET.join(map(together, parts))}{hint}")
    for word in ("gem", "default-gem", "ruby", "tool", "bundle"):
        ids = [one.advisory for one in report.fixed if one.kind == word]
        names = [together(f"{one.name} {one.version}".strip()) for one in report.fixed if one.kind == word]
        if ids:
            limit = 0 if page.show_all else _MOST
            text = f"fixed: {listing(list(dict.fromkeys(map(together, ids))), limit=limit)}"
            lines += page.lines(f"{text} in {listing(list(dict.fromkeys(names)), limit=limit)}", lead="  ", indent=4)
    return lines
