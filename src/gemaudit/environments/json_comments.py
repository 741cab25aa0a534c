"""JSON with comments and trailing commas, as editors read it, with the line of every value.

What is left without its comments is YAML, too, whose reader knows lines and bounds.
"""

from collections.abc import Sequence

from gemaudit.environments.yaml_nodes import Node, parse_yaml


def parse_json(lines: Sequence[str]) -> Node | None:
    """The value of a JSON text, or None where there is none; raise YamlError for what cannot be read."""
    return parse_yaml(without_comments(lines))


def without_comments(lines: Sequence[str]) -> list[str]:
    """The lines with comments and tabs replaced by blanks; strings keep theirs."""
    found: list[str] = []
    is_inside = False
    for line in lines:
        code, is_inside = _code(line, is_inside=is_inside)
        found.append(code)
    return found


def _code(line: str, *, is_inside: bool) -> tuple[str, bool]:
    """A line without its comments, and whether a comment goes on after it."""
    parts: list[str] = []
    position, size = 0, len(line)
    while position < size:
        if is_inside:
            end = line.find("*/", position)
            is_inside, position = end < 0, size if end < 0 else end + 2
        elif line.startswith("//", position):
            break
        elif line.startswith("/*", position):
            is_inside, position = True, position + 2
        elif line[position] == '"':
            end = _string_end(line, position + 1)
            parts.append(line[position:end])
            position = end
        else:
            parts.append(" " if line[position] == "\t" else line[position])
            position += 1
    return "".join(parts), is_inside


def _string_end(line: str, position: int) -> int:
    while position < len(line) and line[position] != '"':
        position += 2 if line[position] == "\\" else 1
    return min(position + 1, len(line))
