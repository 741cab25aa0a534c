"""How large a lockfile of a corpus may be.

Whoever fills a data lake chooses what is in it, and one text must not hold up a worker or take its memory;
an audit of one project is more patient. All of 192,000 lockfiles of public repositories are within the bounds:
none has more than 567 gems, 24 platforms, 109 KB, or a line of 2,256 bytes.
"""

import re

from gemaudit.lockfiles import read_bytes

MAX_BYTES = 1024 * 1024
#: The readers remember lines, so that long ones would stay in memory.
MAX_LINE = 4_000
#: Each gem is a specification line: a version for a platform.
MAX_GEMS = 5_000
MAX_PLATFORMS = 50

# Whatever a reader may take for the platform of a gem, and more.
_HYPHENATED = re.compile(rb"\([^-)\r\n]*-([^)\r\n]*)\)")


def refusal(content: bytes) -> str | None:
    """The code of the first bound that a text is beyond, or None where it is within all of them."""
    if len(content) > MAX_BYTES:
        return "too-large"
    lines = content.splitlines()
    if max(map(len, lines), default=0) > MAX_LINE:
        return "line-too-long"
    if len(lines) <= MAX_GEMS and len(set(_HYPHENATED.findall(content))) <= MAX_PLATFORMS:
        return None
    return _exactly(content)


def _exactly(content: bytes) -> str | None:
    """The same for a text that must be read to know."""
    packages = read_bytes("Gemfile.lock", content).packages
    if len(packages) > MAX_GEMS:
        return "too-many-gems"
    return "too-many-platforms" if len({package.platform for package in packages}) > MAX_PLATFORMS else None
