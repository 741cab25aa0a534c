r"""Text of inputs in GitHub Flavored Markdown, where nothing in it is markup, mentions anybody or becomes a link.

Escapes are those of https://spec.commonmark.org/0.31.2/#backslash-escapes; a `|` is written as an entity because cells
of tables are split before anything else is looked at. Text comes in lines without control characters.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import cycle

# What means something anywhere, `:` because of addresses and emoji, `$` because of formulas, and what begins a line.
_MARKUP = re.compile(r"[\\`*_\[\]<>&~|!#@$^]|:(?! |$)|^[-+=]")
_ORDINAL = re.compile(r"^(\d{1,9})(?=[.)])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}
# GitHub looks for mentions and references after it has read the Markdown, where no escape is left to see.
_REFERENCE = re.compile(r"(?<=[@#])(?=\w)|(?<=\bGH-)(?=\d)|(?<=\bwww)(?=\.)", re.IGNORECASE)
_NO_WIDTH = "\N{ZERO WIDTH SPACE}"
_RUN = re.compile("`+")
# A link to an issue of GitHub makes GitHub tell everybody there, once for each comment that has the link. What goes
# through this host leads to the same page and is not told (docs.renovatebot.com has it for the same reason).
_BACKLINK = re.compile("^https?://(?:www\\.)?github\\.com/", re.IGNORECASE)
_NO_URL = re.compile(r"[^A-Za-z0-9\-._~:/?#@!$&'*+,;=%]")


def escape(text: str) -> str:
    """The text with every character of markup escaped."""
    parted = _REFERENCE.sub(_NO_WIDTH, text)
    return _ORDINAL.sub(r"\1\\", _MARKUP.sub(_escaped, parted)).replace(_NO_WIDTH, "&#8203;")


def inline(text: str) -> str:
    """A sentence, in which only what stands between backticks is markup: it becomes code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    writers = cycle((escape, code))
    return "".join(write(part) for write, part in zip(writers, parts, strict=False) if part)


def code(text: str) -> str:
    """The text as code; escaped instead where it holds what a cell of a table cannot."""
    if not text.strip() or "|" in text:
        return escape(text)
    fence = "`" * (_longest_run(text) + 1)
    edge = " " if "`" in (text[0], text[-1]) or text[0] == text[-1] == " " else ""
    return f"{fence}{edge}{text}{edge}{fence}"


def block(lines: Iterable[str], language: str, *, indent: int = 0) -> list[str]:
    """The lines as a block of code."""
    content = list(lines)
    fence = "`" * max(3, *(_longest_run(line) + 1 for line in content)) if content else "```"
    margin = " " * indent
    return [f"{margin}{line}".rstrip() for line in (f"{fence}{language}", *content, fence)]


def link(url: str) -> str:
    """The address as a link to itself; as code where it is none of the web."""
    if not re.match(r"https?://[^/]", url):
        return code(url)
    quoted = _NO_URL.sub(lambda match: "".join(f"%{byte:02X}" for byte in match.group().encode()), url)
    quoted = _BACKLINK.sub("https://redirect.github.com/", quoted)
    return f"[{escape(url)}](<{quoted.replace('&', '&amp;')}>)"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of cells that are Markdown."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines] if lines else []


def folded(title: str, lines: Sequence[str]) -> list[str]:
    """The lines behind a title that opens them; nothing where there are none."""
    return ["<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>"] if lines else []


def _escaped(match: re.Match[str]) -> str:
    return _ENTITIES.get(match.group()) or f"\\{match.group()}"


def _longest_run(text: str) -> int:
    return max(map(len, _RUN.findall(text)), default=0)
