"""Conditions use the closed vocabularies, and narrowing has evidence."""

from collections.abc import Iterator

from gemaudit.advisories.rules.entry import Entry
from gemaudit.model.advisory import Conditions
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.environment import CPUS, ENGINES, FEATURES, JITS, LIBCS, OSES, SANITIZERS

_WORDS: dict[str, tuple[str, ...]] = {
    "engine": ENGINES,
    "os": OSES,
    "cpu": CPUS,
    "libc": LIBCS,
    "sanitizer": SANITIZERS,
    "jit": JITS,
    "feature": FEATURES,
}
_NARROWING = {"condition", "reproduction", "fix", "introduced"}


def check(entry: Entry) -> Iterator[Diagnostic]:
    """Yield what is wrong with the `when` tables."""
    for index, affected in enumerate(entry.advisory.affected):
        yield from _vocabulary(entry, affected.when, index)
        if affected.when != Conditions() and not _NARROWING & {item.type for item in entry.advisory.evidence}:
            yield entry.problem(
                "condition-evidence", "a narrowing `when` needs evidence of type `condition`", "affected", index, "when"
            )


def _vocabulary(entry: Entry, when: Conditions, index: int) -> Iterator[Diagnostic]:
    for key, words in _WORDS.items():
        for value in getattr(when, key):
            if value not in words:
                yield entry.problem(
                    "unknown-word", f"`{value}` is no {key}; one of {', '.join(words)}", "affected", index, "when"
                )
