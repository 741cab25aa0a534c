"""What a query is charged and may ask for.

The rules are those of https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

MOST_NODES = 500_000


class Price(NamedTuple):
    """Points that a query is charged, and nodes that it could return."""

    points: int
    nodes: int


def price_of(document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Price:
    """Each connection is one request for every node above it; a hundred requests are a point, and one is the least."""
    fragments = {part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)}
    requests, nodes = _walk(operation.selection_set, 1, fragments, variables)
    return Price(max(1, round(requests / 100)), nodes)


def _walk(
    selection: SelectionSetNode | None,
    above: int,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> tuple[int, int]:
    requests = nodes = 0
    for part in selection.selections if selection else ():
        below, count = above, 0
        if isinstance(part, FieldNode):
            arguments = {argument.name.value: _value(argument.value, variables) for argument in part.arguments or ()}
            size = arguments.get("first") or arguments.get("last")
            if isinstance(size, int):
                below, count = above * size, 1
            elif part.name.value == "nodes" and isinstance(arguments.get("ids"), list):
                below, count = above * len(arguments["ids"]), 1
            inner = part.selection_set
        elif isinstance(part, FragmentSpreadNode):
            inner = fragments[part.name.value].selection_set
        else:
            inner = part.selection_set  # type: ignore[attr-defined]
        more_requests, more_nodes = _walk(inner, below, fragments, variables)
        requests += count * above + more_requests
        nodes += count * below + more_nodes
    return requests, nodes


def _value(node: ValueNode, variables: Mapping[str, Any]) -> Any:
    if isinstance(node, VariableNode):
        return variables.get(node.name.value)
    if isinstance(node, IntValueNode):
        return int(node.value)
    return list(node.values) if isinstance(node, ListValueNode) else None
