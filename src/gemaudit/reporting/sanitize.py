r"""Text of inputs, made harmless for terminals.

Whoever writes a lockfile or a pull request chooses gem names, versions and paths.
None of them may move the cursor, recolour the screen, reverse the reading direction or begin a line of their own.
"""

import operator
import re
import unicodedata
from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.model.advisory import Advisory
from gemaudit.model.finding import Finding
from gemaudit.model.report import Report

T = TypeVar("T")

#: Longer names are cut; no honest name, version or path comes near.
LIMIT = 400

#: Fields that hold sentences, where a line break is only a space.
PROSE = frozenset(
    {"title", "description", "workaround", "workarounds", "confirm", "note", "otherwise", "reason", "message", "hint"}
)

#: Controls, invisible format characters such as bidi overrides, line and paragraph separators, lone surrogates.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
# GitHub's runner obeys `##[command]` anywhere in what a job prints, and `::command` at the beginning of a line.
_COMMAND_SIGNS = frozenset("#:")
_SUSPECT = re.compile(r"[^ -~]|(?<=#)#(?=\[)|(?:(?<=\s)|(?<!.)):(?=:)")
#: What can hold text.
_COMPOUND = (str, tuple, Struct)


def visible(text: str) -> str:
    r"""The text with every character that a terminal obeys, or does not show, spelled out, as in `\n` or `\u202e`."""
    return _SUSPECT.sub(_spelled, text)


def visible_lines(text: str) -> str:
    """The same of several lines, which stay lines."""
    return "\n".join(map(visible, text.split("\n")))


def prose(text: str) -> str:
    """The text as one paragraph on one line, with nothing hidden in it."""
    return visible(" ".join(text.split()))


def sanitized(value: T) -> T:
    """The same value with every string in it made harmless, sentences as paragraphs and all else letter by letter."""
    return mapped(value, _harmless)


def is_hidden(character: str) -> bool:
    """Whether a terminal obeys the character or does not show it."""
    return unicodedata.category(character) in _HIDDEN


#: What the text report never shows of an advisory; making it harmless would take most of the time.
_UNSEEN: dict[str, Any] = {
    "description": "",
    "confirm": "",
    "affected": (),
    "evidence": (),
    "example": (),
    "upgrade": (),
}


def sanitized_findings(report: Report) -> Report:
    """The report with all that a list of findings shows made harmless; the rest of each advisory is left out."""
    shown: dict[str, Advisory] = {}

    def short(finding: Finding) -> Finding:
        advisory = finding.advisory
        if advisory.id not in shown:
            shown[advisory.id] = replace(advisory, **_UNSEEN)
        return replace(finding, advisory=shown[advisory.id])

    audits = tuple(replace(audit, findings=tuple(map(short, audit.findings))) for audit in report.audits)
    return sanitized(replace(report, audits=audits))


def mapped(value: T, function: Callable[[str, str], str], name: str = "") -> T:
    """The same value with every string replaced by `function` of its field's name and itself.

    What nothing changes in is the same object.
    """
    result: Any = value
    if isinstance(value, str):
        result = function(name, value)
    elif isinstance(value, tuple):
        items = tuple([mapped(item, function, name) for item in value])
        if any(map(operator.is_not, items, value)):
            result = items
    elif isinstance(value, Struct):
        result = _mapped_struct(value, function)
    return result  # type: ignore[no-any-return]


def _mapped_struct(value: Struct, function: Callable[[str, str], str]) -> Struct:
    changed = {}
    for field in value.__struct_fields__:
        before = getattr(value, field)
        if before and isinstance(before, _COMPOUND):
            after = mapped(before, function, field)
            if after is not before:
                changed[field] = after
    return replace(value, **changed) if changed else value


def _harmless(name: str, text: str) -> str:
    if name in PROSE:
        return prose(text)
    if len(text) <= LIMIT and text.isascii() and text.isprintable() and not _SUSPECT.search(text):
        return text
    is_endless = name != "commands" and len(text) > LIMIT
    return visible(text[: LIMIT - 1] + "…" if is_endless else text)


def _spelled(match: re.Match[str]) -> str:
    character = match.group()
    if character in _COMMAND_SIGNS:
        return f"\\x{ord(character):02x}"
    if not is_hidden(character):
        return character
    return _NAMED.get(character) or ascii(character)[1:-1]
