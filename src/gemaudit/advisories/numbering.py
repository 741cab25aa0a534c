"""Numbers for advisories that have none yet."""

import re
from collections.abc import Iterable

from gemaudit.model.advisory import Advisory

#: The id of an advisory that waits for its number; several files may have it.
PLACEHOLDER = "GMSA-0000-0000"

# Every audit imports this module and hardly any numbers something, so `re` compiles these when they are used.
_ID = r"GMSA-(?P<year>\d{4})-(?P<number>\d{4})"
_LINE = rb"(?m)^(?P<before>id[ \t]*=[ \t]*[\"'])" + PLACEHOLDER.encode() + rb"(?=[\"'])"
_HIGHEST = 9999


def number(advisories: Iterable[tuple[str, Advisory]]) -> dict[str, str]:
    """Return the id that each placeholder gets, by path and in the order of paths.

    It is the next after the highest of the year in which the advisory was published, so that the number of
    a file that is gone is never given again.
    Raises ValueError where a year has no number left.
    """
    listed = sorted(advisories, key=lambda pair: pair[0])
    highest: dict[int, int] = {}
    for _, advisory in listed:
        if found := re.fullmatch(_ID, advisory.id):
            year = int(found["year"])
            highest[year] = max(highest.get(year, 0), int(found["number"]))
    given = {}
    for path, advisory in listed:
        if advisory.id == PLACEHOLDER:
            year = advisory.published.year
            highest[year] = highest.get(year, 0) + 1
            if highest[year] > _HIGHEST:
                raise ValueError(f"the year {year} has no number left for {path}")
            given[path] = f"GMSA-{year}-{highest[year]:04}"
    return given


def renumbered(content: bytes, new: str) -> bytes:
    """Return the file with another id and nothing else changed.

    Raises ValueError where the placeholder is not written as `id = "GMSA-0000-0000"` at the beginning of a line.
    """
    result, count = re.subn(_LINE, lambda found: found["before"] + new.encode(), content, count=1)
    if not count:
        raise ValueError(f'`id = "{PLACEHOLDER}"` does not begin a line')
    return result
