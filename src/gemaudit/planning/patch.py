"""The edits of a plan as changes of texts: nothing else on a line changes, and no other line."""

import unicodedata
from collections.abc import Iterable, Mapping
from difflib import unified_diff

from msgspec import Struct

from gemaudit.model.plan import Edit

_CONTEXT = 2
#: Bidirectional embeddings, overrides and isolates, and separators that some take for the end of a line.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")

#: What ends a path in the head of a diff.
_BREAKING = frozenset("\t\r\n")


class FileChange(Struct, frozen=True, kw_only=True):
    """A file before and after, whole."""

    path: str
    before: str
    after: str


class Refusal(Struct, frozen=True, kw_only=True):
    """An edit that was left for a person, and why."""

    edit: Edit
    reason: str


class Patch(Struct, frozen=True, kw_only=True):
    """What changes, a file each, and what was left."""

    changes: tuple[FileChange, ...] = ()
    refusals: tuple[Refusal, ...] = ()


def patch(edits: Iterable[Edit], texts: Mapping[str, str]) -> Patch:
    """Return the change of each file that the edits name; `texts` holds the files by path, with their line ends.

    An edit without a line is a new line at the end. A line that no longer reads as the edit expects stays as it is, and
    so does a file with characters that a terminal would obey where the diff is shown.
    """
    changed: dict[str, str] = {}
    refusals = []
    for edit in edits:
        text = changed.get(edit.path, texts.get(edit.path))
        outcome = _edited(edit, text)
        if isinstance(outcome, Refusal):
            refusals.append(outcome)
        else:
            changed[edit.path] = outcome
    changes = tuple(
        FileChange(path=path, before=texts[path], after=after)
        for path, after in sorted(changed.items())
        if after != texts[path]
    )
    return Patch(changes=changes, refusals=tuple(refusals))


def is_plain_path(path: str) -> bool:
    """Whether a path stays on its line of a diff, and can be shown as it is."""
    return is_plain(path) and not _BREAKING.intersection(path)


def is_plain(text: str) -> bool:
    """Whether a text can be shown as it is: no control character but those of lines, nothing that turns the reading."""
    return not any(_is_obeyed(character) for character in set(text))


def _is_obeyed(character: str) -> bool:
    return (unicodedata.category(character) == "Cc" and character not in "\t\r\n") or character in _TURNING


def _edited(edit: Edit, text: str | None) -> str | Refusal:
    if text is None:
        return Refusal(edit=edit, reason="the file cannot be read")
    if reason := _unwritable(edit, text):
        return Refusal(edit=edit, reason=reason)
    if not edit.line:
        return text + ("" if text.endswith("\n") or not text else "\n") + edit.after + "\n"
    lines = text.splitlines(keepends=True)
    if edit.line > len(lines) or lines[edit.line - 1].strip() != edit.before:
        return Refusal(edit=edit, reason="the line has changed since it was read")
    line = lines[edit.line - 1]
    start = len(line) - len(line.lstrip())
    lines[edit.line - 1] = line[:start] + edit.after + line[start + len(edit.before) :]
    return "".join(lines)


def _unwritable(edit: Edit, text: str) -> str:
    """Why an edit is left for a person, whatever the line says; empty where it is not."""
    if not is_plain_path(edit.path):
        return "the path holds control characters"
    if not edit.after:
        return "what it shall say depends on what only its authors know"
    return "" if is_plain(text) and is_plain(edit.after) else "the file holds control characters"


def diff(change: FileChange) -> str:
    """The change as a unified diff that `patch -p1` and `git apply` take; empty where its path has no place in one."""
    if not is_plain_path(change.path):
        return ""
    lines = unified_diff(
        change.before.splitlines(keepends=True),
        change.after.splitlines(keepends=True),
        f"a/{change.path}",
        f"b/{change.path}",
        n=_CONTEXT,
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
