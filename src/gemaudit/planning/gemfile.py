"""What the Gemfile says about a gem, read as text."""

import re
from collections.abc import Iterable

from gemaudit.model.document import Document
from gemaudit.model.plan import Edit
from gemaudit.model.version import Version

_GEMFILES = ("Gemfile", "gems.rb")
_GEM_LINE = re.compile(r"""^\s*gem[ (]\s*["'](?P<name>[^"']{1,200})["'](?P<rest>[^#]{0,500})""")
_REQUIREMENT = re.compile(r"""["']\s*((?:[~<>=!]{1,2}\s*)?\d[0-9A-Za-z.]*)\s*["']""")


def requirement_edit(documents: Iterable[Document], gem: str, target: str) -> Edit | None:
    """The line of the Gemfile that names a gem, and how it reads once it admits `target`.

    `after` is empty where the line holds no literal requirement or more than one. None where no Gemfile names the gem.
    """
    for document in documents:
        if document.path.rpartition("/")[2] not in _GEMFILES:
            continue
        for number, line in enumerate(document.text.splitlines(), 1):
            found = _GEM_LINE.match(line)
            if found and found["name"] == gem:
                return Edit(path=document.path, line=number, before=line.strip(), after=_admitting(line, target))
    return None


def _admitting(line: str, target: str) -> str:
    literals = list(_REQUIREMENT.finditer(line))
    if len(literals) != 1:
        return ""
    start, end = literals[0].span(1)
    return f"{line[:start]}{_pessimistic(target)}{line[end:]}".strip()


def _pessimistic(target: str) -> str:
    """`~> 1.17` with the exact floor: every later release of the same major, from the target on."""
    major, *rest = Version.parse(target).segments
    return f'~> {major}.{rest[0]}", ">= {target}' if rest[1:] else f"~> {target}"
