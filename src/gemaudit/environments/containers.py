"""What the files that start or build containers have in common: variables, commands, paths."""

from collections.abc import Mapping
from itertools import islice

from msgspec import Struct

from gemaudit.environments.dockerfile_syntax import expand
from gemaudit.environments.images import UNRESOLVED
from gemaudit.environments.observation import Evidence
from gemaudit.environments.switches import VARIABLES, command_traits, switch_traits
from gemaudit.environments.yaml_nodes import Node, text_of
from gemaudit.model.environment import Fact

_MOST_PAIRS = 500
_MOST_WORDS = 50
_LONGEST_PATH = 512


class Value(Struct, frozen=True):
    """A text and the line it stands on."""

    text: str
    line: int


def values(node: Node | None) -> dict[str, Value]:
    """The pairs of a mapping, or of a list of `NAME=value`; a name without a value has none that is known."""
    if node is None:
        return {}
    if node.kind == "list":
        words = [(item.text or "", item.line) for item in node.items[:_MOST_PAIRS]]
        split = [(word.partition("="), line) for word, line in words]
        return {name: Value(value if equals else UNRESOLVED, line) for (name, equals, value), line in split}
    return {
        name: Value(value.text if value.text is not None else UNRESOLVED, value.line)
        for name, value in islice(node.merged.items(), _MOST_PAIRS)
    }


def interpolated(pairs: Mapping[str, Value]) -> dict[str, Value]:
    """The pairs with `${NAME:-default}` replaced by the default; what has none is not known."""
    return {name: Value(expand(value.text, {}).text, value.line) for name, value in pairs.items()}


def resolved(pairs: Mapping[str, Value]) -> tuple[tuple[str, str, int], ...]:
    """The pairs as build arguments."""
    return tuple((name, value.text, value.line) for name, value in pairs.items())


def switched(evidence: Evidence, variables: Mapping[str, Value]) -> tuple[Fact, ...]:
    """What the variables switch on."""
    return tuple(
        fact
        for name in VARIABLES
        if (value := variables.get(name)) and UNRESOLVED not in value.text
        for fact in evidence.facts(switch_traits(name, value.text), value.line)
    )


def commanded(evidence: Evidence, *commands: Node | None) -> tuple[Fact, ...]:
    """What the commands start, each a text or a list of words."""
    return tuple(
        fact for node in commands if node for fact in evidence.facts(command_traits(_command_text(node)), node.line)
    )


def _command_text(node: Node) -> str:
    return text_of(node) or " ".join(text_of(item) for item in node.items[:_MOST_WORDS])


def joined(folder: str, path: str) -> str | None:
    """The path as seen from a folder; None for one that is computed, absolute, or leads out of the project."""
    if UNRESOLVED in path or "$" in path or path.startswith(("/", "~")) or "://" in path or len(path) > _LONGEST_PATH:
        return None
    parts = folder.split("/") if folder else []
    for part in path.split("/"):
        if part == "..":
            if not parts or parts[-1] == "..":
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)
