"""The matrix of a GitHub Actions job, and the expressions that read it.

See GitHub's documentation, "Running variations of jobs in a workflow": `include` extends the combinations
that it does not contradict and adds one of its own else; `exclude` removes those that have all of its values.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product

from msgspec import Struct

from gemaudit.environments.images import UNRESOLVED
from gemaudit.environments.yaml_nodes import Node

#: GitHub starts at most this many jobs for one matrix.
_MOST_JOBS = 256
#: More entries and keys than anybody writes; aliases can make them many in a short text.
_MOST_INCLUDES = 100
_MOST_KEYS = 16

Combination = Mapping[str, Node]


class Matrix(Struct, frozen=True):
    """The combinations of a job; `is_known` is false where an expression computes them."""

    combinations: tuple[Combination, ...]
    is_known: bool = True


#: What an expression computes: one combination of which nothing is known.
UNKNOWN_MATRIX = Matrix(({},), is_known=False)


def read_matrix(node: Node | None) -> Matrix:
    """The combinations that `strategy.matrix` stands for: a single empty one where there is no matrix."""
    if node is None:
        return Matrix(({},))
    if node.kind != "map":
        return UNKNOWN_MATRIX
    axes: dict[str, Sequence[Node]] = {}
    for name, value in islice(node.named.items(), _MOST_KEYS):
        if name in {"include", "exclude"}:
            continue
        if value.kind != "list":
            return UNKNOWN_MATRIX
        axes[name] = value.items
    includes, excludes = node.get("include"), node.get("exclude")
    if any(part is not None and part.kind != "list" for part in (includes, excludes)):
        return UNKNOWN_MATRIX
    kept = list(_without(_product(axes), _mappings(excludes)))
    combinations = _including(kept, set(axes), _mappings(includes))
    return Matrix(tuple(combinations[:_MOST_JOBS]) or ({},), is_known=bool(combinations))


def _product(axes: Mapping[str, Sequence[Node]]) -> Iterator[dict[str, Node]]:
    if axes:
        for values in islice(product(*axes.values()), _MOST_JOBS):
            yield dict(zip(axes, values, strict=True))


def _mappings(node: Node | None) -> list[dict[str, Node]]:
    items = (node.items if node else [])[:_MOST_INCLUDES]
    return [dict(islice(item.named.items(), _MOST_KEYS)) for item in items if item.kind == "map"]


def _without(combinations: Iterator[dict[str, Node]], excludes: Sequence[Combination]) -> Iterator[dict[str, Node]]:
    for combination in combinations:
        if not any(exclude and _has(combination, exclude) for exclude in excludes):
            yield combination


def _has(combination: Combination, wanted: Combination) -> bool:
    return all(name in combination and _same(combination[name], value) for name, value in wanted.items())


def _same(one: Node, other: Node) -> bool:
    return one is other or (one.text is not None and one.text == other.text)


def _including(
    combinations: list[dict[str, Node]], axes: set[str], includes: Sequence[Combination]
) -> list[dict[str, Node]]:
    originals = [(combination, dict(combination)) for combination in combinations]
    added: list[dict[str, Node]] = []
    for include in includes:
        own = {name: value for name, value in include.items() if name in axes}
        fitting = [extended for original, extended in originals if _has(original, own)]
        for extended in fitting:
            extended.update({name: value for name, value in include.items() if name not in axes})
        if not fitting:
            added.append(dict(include))
    return [extended for _, extended in originals] + added


class Resolved(Struct, frozen=True, kw_only=True):
    """A text with its expressions replaced.

    `line` is where the value stands: that of the one matrix value or variable it consists of, else that of the text.
    `used` are the matrix keys it depends on.
    """

    text: str
    line: int
    used: tuple[str, ...] = ()
    is_shortened: bool = False


class Scope(Struct, frozen=True, kw_only=True):
    """What expressions of a job can refer to."""

    matrix: Combination
    is_known: bool
    env: Mapping[str, Node]


_EXPRESSION = re.compile(r"\$\{\{(?P<body>[^{}]{0,200})\}\}")
_OPEN = re.compile(r"\$\{\{.*", re.DOTALL)
_LITERAL = re.compile(r"'(?P<text>[^']*)'")
_REFERENCE = re.compile(
    r"(?P<context>matrix|env)(?P<path>(?:\.[A-Za-z_][A-Za-z0-9_-]{0,60}|\[\s*'[^'\]]{1,60}'\s*\]){1,4})"
)
_STEP = re.compile(r"\.(?P<dotted>[A-Za-z0-9_-]+)|\[\s*'(?P<quoted>[^']+)'\s*\]")


def resolve(node: Node, scope: Scope) -> Resolved:
    """What a scalar says in this scope; whatever is more than a reference with a default is `UNRESOLVED`."""
    text = UNRESOLVED if node.text is None else node.text
    used: dict[str, None] = {}
    values: list[Node] = []

    def replacement(found: re.Match[str]) -> str:
        value = _evaluate(found["body"], scope, used)
        if isinstance(value, Node):
            values.append(value)
            return value.text if value.text is not None and "${{" not in value.text else UNRESOLVED
        return value

    result = _OPEN.sub(UNRESOLVED, _EXPRESSION.sub(replacement, text[:500]))
    is_whole = len(values) == 1 and _EXPRESSION.fullmatch(text.strip()) is not None
    return Resolved(
        text=result.strip(),
        line=values[0].line if len(values) == 1 else node.line,
        used=tuple(used),
        is_shortened=values[0].is_shortened if is_whole else node.is_shortened,
    )


def _evaluate(body: str, scope: Scope, used: dict[str, None]) -> Node | str:
    """The value of `matrix.ruby || '3.4'` and its like: the first operand that is not empty."""
    for operand in body.split("||"):
        text = operand.strip()
        if literal := _LITERAL.fullmatch(text):
            value: Node | str = literal["text"]
        elif reference := _REFERENCE.fullmatch(text):
            value = _look_up(reference, scope, used)
        else:
            return UNRESOLVED
        if isinstance(value, Node) or value:
            return value
    return ""


def _look_up(reference: re.Match[str], scope: Scope, used: dict[str, None]) -> Node | str:
    """The node a reference means; empty where it means nothing, as in GitHub."""
    path = [step["dotted"] or step["quoted"] for step in _STEP.finditer(reference["path"])]
    if reference["context"] == "env":
        # What a step writes to GITHUB_ENV is not seen here, so an unknown name may well have a value.
        return scope.env.get(path[0], UNRESOLVED) if len(path) == 1 else UNRESOLVED
    used[path[0]] = None
    if not scope.is_known:
        return UNRESOLVED
    node = scope.matrix.get(path[0])
    node = node.get(*path[1:]) if node else None
    if node is None or node.text == "":
        return ""
    return node
