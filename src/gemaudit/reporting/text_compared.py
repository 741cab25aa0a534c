"""What a report says about the one it was compared with."""

from gemaudit.model.report import Report
from gemaudit.reporting.compared import numbers, subjects
from gemaudit.reporting.page import Page
from gemaudit.reporting.words import BULLET, listing, plural, together, unique

_MOST = 6


def compared(report: Report, page: Page) -> list[str]:
    """How many findings are new and how many are old, and which are fixed; nothing where nothing was compared."""
    if report.baseline is None:
        return []
    counts = numbers(report)
    old = counts["unchanged"]
    hint = f" (`--all` shows {plural(old, 'it')})" if old and not page.show_all else ""
    parts = (together(f"{number} {word}") for word, number in counts.items())
    lines = page.lines(f"Against {together(report.baseline)}: {BULLET.join(parts)}{hint}")
    for word in ("gem", "default-gem", "ruby", "tool", "bundle"):
        fixed = [one for one in report.fixed if one.kind == word]
        if fixed:
            limit = 0 if page.show_all else _MOST
            ids = listing(unique(together(one.advisory) for one in fixed), limit=limit)
            lines += page.lines(f"fixed: {ids} in {subjects(fixed, limit=limit)}", lead="  ", indent=4)
    return lines
