"""The words say something, and the vocabularies are closed."""

from collections.abc import Iterator

from gemaudit.advisories.rules.entry import Entry
from gemaudit.model.advisory import CLASSES
from gemaudit.model.diagnostic import Diagnostic

_LONGEST_TITLE = 100


def check(entry: Entry) -> Iterator[Diagnostic]:
    """Yield what is wrong with the class, the title, the description and the workaround."""
    advisory = entry.advisory
    if advisory.class_ not in CLASSES:
        yield entry.problem("unknown-class", f"`{advisory.class_}` is no class; one of {', '.join(CLASSES)}", "class")
    if not advisory.title.strip() or len(advisory.title) > _LONGEST_TITLE or advisory.title.endswith("."):
        yield entry.problem("title", f"a title has 1 to {_LONGEST_TITLE} characters and no full stop", "title")
    if not advisory.description.strip():
        yield entry.problem("description", "the description is empty", "description")
    if _has_open_end(entry) and not advisory.workaround.strip():
        yield entry.problem("workaround", "a range without a fix needs a `workaround`", "affected", 0, "ranges")
    if advisory.cvss and not advisory.cvss.startswith("CVSS:"):
        yield entry.problem("cvss", "`cvss` holds a vector such as `CVSS:3.1/AV:N/…`", "cvss")


def _has_open_end(entry: Entry) -> bool:
    return any(claimed.fixed is False for affected in entry.advisory.affected for claimed in affected.ranges)
