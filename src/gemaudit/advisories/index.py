"""The index page: every advisory in one line of Markdown, by what it speaks of."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.model.advisory import SEVERITIES, Advisory, Affected
from gemaudit.model.claims import spell

_CODE = re.compile(r"(`[^`]*`)")
_MEANT = re.compile(r"([\\*_<>\[\]])")


class Listed(Struct, frozen=True):
    """An advisory and where its file lies, seen from the page."""

    path: str
    advisory: Advisory


def render_index(listed: Iterable[Listed]) -> str:
    """Return the page: counts, then one table for each gem and each interpreter, all sorted.

    An advisory that speaks of several packages is in each of their tables. Equal advisories in any order give
    the same text.
    """
    entries = sorted(listed, key=lambda entry: (entry.advisory.id, entry.path))
    gems: dict[str, list[Listed]] = defaultdict(list)
    engines: dict[str, list[Listed]] = defaultdict(list)
    for entry in entries:
        for affected in dict.fromkeys((one.gem, one.engine) for one in entry.advisory.affected):
            gem, engine = affected
            (gems if gem else engines)[gem or engine].append(entry)
    advisories = [entry.advisory for entry in entries]
    lines = ["# Index of the advisories", "", "`gemaudit db index advisories` writes this page.", ""]
    lines += [*_counts(advisories, gems=_standing(gems), engines=_standing(engines)), ""]
    for title, kind, groups in (("Gems", "gem", gems), ("Interpreters", "engine", engines)):
        if groups:
            lines += [f"## {title}", ""]
        for name in sorted(groups):
            lines += [*_table(name, kind, groups[name]), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _counts(advisories: list[Advisory], *, gems: int, engines: int) -> Iterator[str]:
    standing = [one for one in advisories if not one.withdrawn]
    severities = Counter(one.severity for one in standing)
    withdrawn = len(advisories) - len(standing)
    yield f"{len(standing)} advisories on {gems} gems and {engines} interpreters; {withdrawn} more are withdrawn."
    yield ""
    yield "| by | |"
    yield "|---|---|"
    yield f"| severity | {', '.join(f'{severities[name]} {name}' for name in SEVERITIES)} |"
    for word, attribute in (("kind", "kind"), ("class", "class_"), ("confidence", "confidence")):
        counts = Counter(str(getattr(one, attribute)) for one in standing)
        by_size = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        yield f"| {word} | {', '.join(f'{count} {name}' for name, count in by_size)} |"


def _standing(groups: dict[str, list[Listed]]) -> int:
    """How many packages have an advisory that is not withdrawn."""
    return sum(any(not entry.advisory.withdrawn for entry in entries) for entries in groups.values())


def _table(name: str, kind: str, entries: list[Listed]) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    yield "| id | severity | kind | title | affected | aliases |"
    yield "|---|---|---|---|---|---|"
    for path, advisory in ((entry.path, entry.advisory) for entry in entries):
        severity = "withdrawn" if advisory.withdrawn else advisory.severity
        ranges = "; ".join(_ranges(one) for one in advisory.affected if getattr(one, kind) == name)
        aliases = _cell(", ".join(advisory.aliases))
        cells = (f"[{advisory.id}]({path})", severity, advisory.kind, _cell(advisory.title), ranges, aliases)
        yield f"| {' | '.join(cells)} |"


def _ranges(affected: Affected) -> str:
    """The verified ranges in words, then the presumed ones."""
    verified = tuple(one for one in affected.ranges if not one.presumed)
    presumed = tuple(one for one in affected.ranges if one.presumed)
    parts = [
        f"{word}`{spell(replace(affected, ranges=ranges))}`"
        for word, ranges in (("", verified), ("presumed ", presumed))
        if ranges
    ]
    return "; ".join(parts)


def _cell(text: str) -> str:
    """The text as a cell shows it, with its code spans."""
    parts = _CODE.split(text)
    parts[::2] = [_MEANT.sub(r"\\\1", part) for part in parts[::2]]
    return "".join(parts).replace("|", r"\|")
