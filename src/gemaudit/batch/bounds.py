"""How large a lockfile of a corpus may be.

Whoever fills a data lake chooses what is in it, and one text must not hold up a worker or take its memory.
An audit of one project is more patient. Among 192,000 lockfiles of public repositories the largest has
542 gems, 24 platforms, and 108 KB.
"""

import re

MAX_BYTES = 1024 * 1024
MAX_GEMS = 5_000
MAX_PLATFORMS = 100
#: Readers remember lines, so a long one is not theirs to see.
MAX_LINE = 2_000

_PLATFORM = re.compile(rb"^ {4}\S+ \([^()\s-]+-([^()\s]+)\)", re.MULTILINE)
_PLATFORMS = b"\nPLATFORMS"


def refusal(content: bytes) -> str | None:
    """The code of the bound that a text is beyond, or None where it is within all of them."""
    if len(content) > MAX_BYTES:
        return "too-large"
    lines = content.splitlines()
    if max(map(len, lines), default=0) > MAX_LINE:
        return "line-too-long"
    if sum(line.startswith(b"    ") and line[4:5] != b" " for line in lines) > MAX_GEMS:
        return "too-many-gems"
    if len(lines) > MAX_PLATFORMS and _platforms(content, lines) > MAX_PLATFORMS:
        return "too-many-platforms"
    return None
