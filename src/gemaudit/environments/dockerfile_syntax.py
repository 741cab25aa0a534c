"""The lexical rules of Dockerfiles: instructions, continuation, heredocs, variables.

They are those of BuildKit (frontend/dockerfile/parser/parser.go, directives.go, and shell/lex.go)
as far as they bear on which image is used; nothing is ever run, and whatever cannot be resolved reads `UNRESOLVED`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from gemaudit.environments.images import UNRESOLVED

#: Longer values are nobody's image; the bound keeps `ARG A=$B$B` from doubling for ever.
_LONGEST_VALUE = 1024
_DEEPEST_NESTING = 8

_DIRECTIVE = re.compile(r"#\s*(?P<name>[a-zA-Z][a-zA-Z0-9]*)\s*=\s*(?P<value>\S+)\s*")
_INSTRUCTION = re.compile(r"\s*(?P<keyword>[A-Za-z]+)(?:\s+|$)")
_HEREDOC = re.compile(r"(?:^|\s)[0-9]*<<-?(?P<quote>[\"']?)(?P<name>[A-Za-z_][A-Za-z0-9_.]*)(?P=quote)(?=[\s;&|>)]|$)")
_TAKES_HEREDOC = frozenset({"RUN", "COPY", "ADD"})


class Instruction(Struct, frozen=True, kw_only=True):
    """One instruction: its keyword in capitals, its arguments as one line, and the lines of its heredocs.

    `line` and `last_line` are the first and the last line of it, 1-based.
    """

    keyword: str
    arguments: str
    line: int
    last_line: int
    body: str = ""


def read_instructions(lines: Sequence[str]) -> Iterator[Instruction]:
    """Yield the instructions of a Dockerfile with the line they begin on."""
    escape = _escape_of(lines)
    # A heredoc that nothing ends is none; the last place of each line tells without searching.
    last = {line.strip(): number for number, line in enumerate(lines)}
    position = 0
    while position < len(lines):
        start = position
        logical, position = _logical_line(lines, position, escape)
        found = _INSTRUCTION.match(logical)
        if found is None:
            continue
        keyword = found["keyword"].upper()
        body: list[str] = []
        if keyword in _TAKES_HEREDOC:
            for heredoc in _HEREDOC.finditer(logical):
                if last.get(heredoc["name"], -1) >= position:
                    position = _skip_heredoc(lines, position, heredoc["name"], body)
        yield Instruction(
            keyword=keyword,
            arguments=logical[found.end() :].strip(),
            line=start + 1,
            last_line=position,
            body="\n".join(body),
        )


def _skip_heredoc(lines: Sequence[str], position: int, name: str, body: list[str]) -> int:
    while lines[position].strip() != name:
        body.append(lines[position])
        position += 1
    return position + 1


def _escape_of(lines: Sequence[str]) -> str:
    """The escape character: parser directives stand before everything else, even other comments."""
    for line in lines:
        directive = _DIRECTIVE.fullmatch(line.strip())
        if directive is None:
            break
        if directive["name"].lower() == "escape" and directive["value"] in {"\\", "`"}:
            return directive["value"]
    return "\\"


def _logical_line(lines: Sequence[str], position: int, escape: str) -> tuple[str, int]:
    """A line with what it is continued by, and the position after it; comments between the parts do not count."""
    parts: list[str] = []
    while position < len(lines):
        line = lines[position]
        position += 1
        stripped = line.strip()
        if stripped.startswith("#") or (parts and not stripped):
            if parts:
                continue
            return "", position
        body = line.rstrip()
        if not body.endswith(escape):
            parts.append(line)
            break
        parts.append(body[:-1])
    return "".join(parts), position


_VARIABLE = re.compile(
    r"\$(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*)(?P<operator>:?[-+?])?)"
)


class Expansion(Struct, frozen=True, kw_only=True):
    """A text with its variables replaced, and the names of those that gave a value."""

    text: str
    used: tuple[str, ...] = ()


def expand(text: str, variables: Mapping[str, str], escape: str = "\\") -> Expansion:
    """Return `text` with `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:+other}` replaced.

    A variable without a value and without a default is `UNRESOLVED`, for the builder has to pass it.
    The pattern operators of BuildKit (`${NAME#prefix}` and its like) are `UNRESOLVED` too.
    """
    used: dict[str, None] = {}
    result, _ = _expand(text[: 2 * _LONGEST_VALUE], 0, variables, escape, used, 0)
    if len(result) > _LONGEST_VALUE:
        return Expansion(text=UNRESOLVED)
    return Expansion(text=result, used=tuple(used))


def _expand(
    text: str, position: int, variables: Mapping[str, str], escape: str, used: dict[str, None], depth: int
) -> tuple[str, int]:
    """Expand from `position` to the end, or to the brace that closes the word at `depth`."""
    parts: list[str] = []
    while position < len(text):
        character = text[position]
        if depth and character == "}":
            return "".join(parts), position + 1
        if character == escape and position + 1 < len(text):
            parts.append(text[position + 1])
            position += 2
        elif character == "$":
            value, position = _variable(text, position, variables, escape, used, depth)
            parts.append(value)
        else:
            if character not in "\"'":
                parts.append(character)
            position += 1
    return "".join(parts), position


def _variable(
    text: str, position: int, variables: Mapping[str, str], escape: str, used: dict[str, None], depth: int
) -> tuple[str, int]:
    found = _VARIABLE.match(text, position)
    if found is None or depth >= _DEEPEST_NESTING:
        return UNRESOLVED, len(text) if depth >= _DEEPEST_NESTING else position + 1
    name = found["name"] or found["braced"]
    value = variables.get(name)
    if found["name"]:
        return _used(name, value, used), found.end()
    operator = found["operator"] or ""
    word_used: dict[str, None] = {}
    word, end = _expand(text, found.end(), variables, escape, word_used, depth + 1)
    if not operator:
        # Anything between the name and the brace is a pattern operator.
        return (_used(name, value, used) if not word else UNRESOLVED), end
    is_set = bool(value) if operator.startswith(":") else value is not None
    if operator.endswith("+"):
        used.update(word_used if is_set else {})
        return (word if is_set else ""), end
    if is_set:
        return _used(name, value, used), end
    used.update(word_used)
    return (word if operator.endswith("-") else UNRESOLVED), end


def _used(name: str, value: str | None, used: dict[str, None]) -> str:
    if value is None:
        return UNRESOLVED
    used[name] = None
    return value[:_LONGEST_VALUE]


_WORD = re.compile(r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|\\.|[^\s])++")
_ASSIGNED = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)(?:=(?P<value>.*))?", re.DOTALL)


def read_pairs(arguments: str) -> tuple[tuple[str, str | None], ...]:
    """The names and raw values of `ARG A B=1` or `ENV A=1 B="2 3"`; the value is None where there is none."""
    words = (_ASSIGNED.fullmatch(word) for word in _WORD.findall(arguments))
    return tuple((found["name"], found["value"]) for found in words if found)
