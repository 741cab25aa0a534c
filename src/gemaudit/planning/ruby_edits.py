"""Which lines of a project have to change for another Ruby."""

import re
from collections.abc import Iterable, Iterator

from gemaudit.model.document import Document
from gemaudit.model.environment import Fact
from gemaudit.model.plan import Edit
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

#: Bundler writes its own file; a command changes it, not an editor.
_LOCKFILE = "gemfile-lock"
_DOCKERFILE = "dockerfile"
_NAMES_AN_IMAGE = re.compile(r"\s*(?:FROM|ARG)\s", re.IGNORECASE)


def ruby_edits(facts: Iterable[Fact], documents: Iterable[Document], current: str, target: str) -> tuple[Edit, ...]:
    """The lines that state `current`, and those whose requirement does not admit `target`, in the order of places.

    In a Dockerfile every stage that names the version moves, not only the one that runs.
    `after` is empty where the new text cannot be known.
    """
    texts = {document.path: document.text for document in documents}
    found: dict[tuple[str, int], Edit] = {}
    for fact in facts:
        if not _can_be_edited(fact):
            continue
        for edit in _edits(fact, texts.get(fact.path, ""), current, target):
            found.setdefault((edit.path, edit.line), edit)
    return tuple(edit for _, edit in sorted(found.items()))


def ruby_commands(facts: Iterable[Fact], current: str) -> tuple[str, ...]:
    """What rewrites the lockfile's own RUBY VERSION, where it has one."""
    is_locked = any(fact.source == _LOCKFILE and fact.value == current for fact in facts)
    return ("bundle update --ruby",) if is_locked else ()


def _can_be_edited(fact: Fact) -> bool:
    return fact.name in {"ruby", "engine_version"} and bool(fact.line) and fact.source != _LOCKFILE


def _edits(fact: Fact, text: str, current: str, target: str) -> Iterator[Edit]:
    if fact.exact and fact.value == current:
        yield Edit(path=fact.path, line=fact.line, before=fact.text, after=_moved(fact.text, current, target))
        if fact.source == _DOCKERFILE:
            yield from _other_stages(fact.path, text, current, target)
    elif not fact.exact and (fact.value == current or not _admits(fact.value, target)):
        yield Edit(path=fact.path, line=fact.line, before=fact.text)


def _other_stages(path: str, text: str, current: str, target: str) -> Iterator[Edit]:
    for number, line in enumerate(text.splitlines(), 1):
        if _NAMES_AN_IMAGE.match(line) and (after := _moved(line.strip(), current, target)):
            yield Edit(path=path, line=number, before=line.strip(), after=after)


def _moved(line: str, current: str, target: str) -> str:
    """The line with the version replaced where it stands by itself.

    Empty where it does not, and where a digest says which image is meant, whatever its tag.
    """
    if "@sha256:" in line:
        return ""
    moved = re.sub(rf"(?<![\w.]){re.escape(current)}(?![\w]|\.\d)", target, line)
    return moved if moved != line else ""


def _admits(requirement: str, target: str) -> bool:
    try:
        return Requirement.parse(requirement).admits(Version.parse(target))
    except ValueError:
        return False
