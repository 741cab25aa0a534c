"""Where the sections of a lockfile begin and end."""

from collections.abc import Iterator
from typing import NamedTuple

SOURCES = ("GEM", "GIT", "PATH", "PLUGIN SOURCE")
PLATFORMS = "PLATFORMS"
DEPENDENCIES = "DEPENDENCIES"
CHECKSUMS = "CHECKSUMS"
RUBY_VERSION = "RUBY VERSION"
BUNDLED_WITH = "BUNDLED WITH"

#: `KNOWN_SECTIONS` in Bundler's lockfile_parser.rb.
KNOWN = frozenset({*SOURCES, PLATFORMS, DEPENDENCIES, CHECKSUMS, RUBY_VERSION, BUNDLED_WITH})

#: What git leaves where it could not merge; Bundler refuses a lockfile that has one anywhere.
CONFLICT_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


class Section(NamedTuple):
    """A header and the lines below it, up to the next line that is not indented.

    `line` is the number of the header; the lines above the first header form a section with an empty one.
    """

    header: str
    line: int
    lines: list[str]

    def numbered(self) -> Iterator[tuple[int, str]]:
        """Yield each line that is not blank with its number and without the space at its end."""
        for number, line in enumerate(self.lines, self.line + 1):
            if line and (text := line.rstrip()):
                yield number, text


def lines_of(text: str) -> list[str]:
    """Return the lines of `text`, however they end: LF, CRLF or CR."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")


def split(lines: list[str]) -> list[Section]:
    """Return the sections in file order; together they have every line."""
    candidates = [index for index, line in enumerate(lines) if line and line[0] != " "]
    starts = [index for index in candidates if not lines[index][0].isspace()]
    ends = [*starts, len(lines)]
    headless = Section("", 0, lines[: ends[0]])
    return [
        headless,
        *(
            Section(lines[start].rstrip(), start + 1, lines[start + 1 : end])
            for start, end in zip(starts, ends[1:], strict=True)
        ),
    ]
