"""Every claim can be checked somewhere."""

from collections.abc import Iterator

from gemaudit.advisories.rules.entry import Entry
from gemaudit.model.diagnostic import Diagnostic


def check(entry: Entry) -> Iterator[Diagnostic]:
    """Yield what is wrong with the `[[evidence]]` tables."""
    evidence = entry.advisory.evidence
    if not evidence:
        yield entry.problem("no-evidence", "an advisory needs `[[evidence]]`", "evidence")
    for index, item in enumerate(evidence):
        if not item.url.startswith("https://") or any(letter.isspace() for letter in item.url):
            yield entry.problem("evidence-url", f"`{item.url}` is no https address", "evidence", index, "url")
    has_fix = any(isinstance(claimed.fixed, str) for affected in entry.advisory.affected for claimed in affected.ranges)
    if has_fix and evidence and not any(item.type in {"fix", "changelog"} for item in evidence):
        yield entry.problem("fix-evidence", "a fixed version needs evidence of type `fix`", "evidence", 0)
