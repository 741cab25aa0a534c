"""YAML as nodes with lines, read within bounds.

The tree is built from PyYAML's events, so nothing recurses and an alias costs no copy.
GitHub reads YAML 1.2 and sees numbers where it finds them unquoted: `3.0` becomes `3`, and `3.10` becomes `3.1`.
"""

import re
from collections.abc import Iterator, Sequence

from gemaudit.environments.observation import Evidence
from gemaudit.model.diagnostic import Diagnostic

_LONGEST_TEXT = 256 * 1024
_DEEPEST_NESTING = 64
_MOST_MERGES = 32
_FLOAT = re.compile(r"(?P<whole>[0-9]+)\.(?P<part>[0-9]*)")
_OTHER_BREAKS = re.compile(r"[\x85\u2028\u2029]")


class Node:
    """A scalar, a list or a mapping, with its 1-based line."""

    __slots__ = ("_named", "children", "is_plain", "kind", "line", "value")

    def __init__(self, kind: str, line: int, *, value: str = "", is_plain: bool = False) -> None:
        self.kind = kind
        self.line = line
        self.value = value
        self.is_plain = is_plain
        self.children: list[Node] = []  # of a mapping: key, value, key, value
        self._named: dict[str, Node] | None = None

    @property
    def text(self) -> str | None:
        """What GitHub makes of a scalar; None for a list or a mapping."""
        if self.kind != "scalar":
            return None
        number = _FLOAT.fullmatch(self.value) if self.is_plain else None
        if number is None:
            return self.value
        part = number["part"].rstrip("0")
        return f"{number['whole']}.{part}" if part else number["whole"]

    @property
    def is_shortened(self) -> bool:
        """Whether a number lost a zero that was written."""
        return self.kind == "scalar" and self.text != self.value

    @property
    def items(self) -> list["Node"]:
        """The members of a list; nothing for anything else."""
        return self.children if self.kind == "list" else []

    @property
    def named(self) -> dict[str, "Node"]:
        """The values of a mapping by those keys that are scalars; nothing for anything else."""
        if self._named is None:
            pairs = zip(self.children[::2], self.children[1::2], strict=False) if self.kind == "map" else ()
            self._named = {key.value: value for key, value in pairs if key.kind == "scalar"}
        return self._named

    @property
    def merged(self) -> dict[str, "Node"]:
        """The same, with what the mappings under the merge key `<<` add (yaml.org/type/merge.html)."""
        found: dict[str, Node] = {}
        pending = [self]
        for _ in range(_MOST_MERGES):
            if not pending:
                break
            node = pending.pop(0)
            for key, value in node.named.items():
                if key != "<<":
                    found.setdefault(key, value)
            if other := node.named.get("<<"):
                pending[:0] = other.items[:_MOST_MERGES] or [other]
        return found

    def get(self, *keys: str) -> "Node | None":
        """The value under a path of keys, or None where there is none."""
        node: Node | None = self
        for key in keys:
            if node is None:
                return None
            node = node.named.get(key)
        return node


class YamlError(ValueError):
    """A text that is not YAML, or more of it than is read; `line` is 0 where no line is to blame."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def parse_yaml(lines: Sequence[str]) -> Node | None:
    """The first YAML document of these lines, or None where there is none.

    Raise YamlError for what is no YAML, is too long or nests too deeply.
    """
    import yaml  # noqa: PLC0415 - only what reads YAML pays for the import

    # The breaks that only YAML knows would shift the lines.
    text = _OTHER_BREAKS.sub(" ", "\n".join(lines))
    if len(text) > _LONGEST_TEXT:
        raise YamlError(f"it is longer than {_LONGEST_TEXT} characters")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _build(yaml.parse(text, Loader=loader))
    except YamlError:
        raise
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        raise YamlError(str(problem), min(mark.line + 1, len(lines)) if mark else 0) from error
    except (ValueError, RecursionError) as error:
        raise YamlError("it cannot be read") from error


def unreadable(evidence: Evidence, error: YamlError, kind: str, hint: str) -> Diagnostic:
    """What there is to say about a file of this kind that cannot be read."""
    message = f"this {kind} cannot be read, so the Ruby it names is not known: {error}"
    return evidence.diagnostic("invalid-yaml", message, error.line, level="warning", hint=hint)


def text_of(node: Node | None) -> str:
    """The text of a scalar; empty for anything else."""
    return (node.text or "") if node else ""


def _build(events: Iterator[object]) -> Node | None:
    root = Node("list", 1)
    stack: list[tuple[Node, str | None]] = [(root, None)]
    anchors: dict[str, Node] = {}
    for event in events:
        kind = type(event).__name__
        if kind in {"SequenceEndEvent", "MappingEndEvent"}:
            node, anchor = stack.pop()
            # Known only when it is complete, so no node can contain itself.
            if anchor:
                anchors[anchor] = node
        elif kind in {"ScalarEvent", "AliasEvent", "SequenceStartEvent", "MappingStartEvent"}:
            node = _node(event, kind, anchors)
            stack[-1][0].children.append(node)
            anchor = getattr(event, "anchor", None)
            if kind == "ScalarEvent" and anchor:
                anchors[anchor] = node
            elif kind.endswith("StartEvent"):
                stack.append((node, anchor))
            if len(stack) > _DEEPEST_NESTING:
                raise YamlError("it nests too deeply", node.line)
        elif kind == "DocumentEndEvent":
            break
    return root.children[0] if root.children else None


def _node(event: object, kind: str, anchors: dict[str, Node]) -> Node:
    line = event.start_mark.line + 1  # type: ignore[attr-defined] # PyYAML's events have no common typed base
    if kind == "AliasEvent":
        return anchors.get(getattr(event, "anchor", ""), Node("scalar", line))
    if kind == "ScalarEvent":
        value, style = getattr(event, "value", ""), getattr(event, "style", None)
        return Node("scalar", line, value=value, is_plain=style in {None, ""})
    return Node("list" if kind == "SequenceStartEvent" else "map", line)
