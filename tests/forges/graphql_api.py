"""Queries, executed by graphql-core against the part of GitHub's schema that is beside this file."""

import json
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)

from forges.connections import MOST, GitHubError
from forges.graphql_nodes import Graph, Node
from forges.query_cost import MOST_NODES, Price, price_of

#: The fields of `rateLimit` for what a query is charged.
Charge = Callable[[Price], Node]


class Answer(NamedTuple):
    """The body of an answer and the points it is charged."""

    body: Node
    points: int = 1


@cache
def schema() -> GraphQLSchema:
    return build_schema(Path(__file__).with_name("schema.graphql").read_text())


@lru_cache(maxsize=64)
def _checked(query: str) -> DocumentNode | list[GraphQLError]:
    try:
        document = parse(query)
    except GraphQLError as error:
        return [error]
    return list(validate(schema(), document)) or document


def answer(graph: Graph, query: str, variables: Node, operation_name: str | None, rate_limit: Charge) -> Answer:
    """What GitHub answers, always with status 200, to a query by somebody who may ask."""
    document = _checked(query)
    if isinstance(document, list):
        return Answer({"errors": [_formatted(error) for error in document]})
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        return Answer({"errors": [{"message": "An operation name is required"}]})
    price = price_of(document, operation, variables)
    if price.nodes > MOST_NODES:
        asked = f"This query requests up to {price.nodes:,} possible nodes"
        message = f"{asked} which exceeds the maximum limit of {MOST_NODES:,}."
        return Answer({"errors": [{"type": "MAX_NODE_LIMIT_EXCEEDED", "message": message}]})
    result = execute_sync(
        schema(), document, _root(graph, price, rate_limit), variable_values=variables, operation_name=operation_name
    )
    assert isinstance(result, ExecutionResult)
    body: Node = {"data": result.data} if result.data is not None or result.errors is None else {"data": None}
    if result.errors:
        body["errors"] = [_formatted(error) for error in result.errors]
    return Answer(body, price.points)


def _root(graph: Graph, price: Price, rate_limit: Charge) -> Node:
    def owner(kind: str, login: str) -> Node:
        is_kind = kind in {"", graph.world.owner_type}
        if login.casefold() == graph.world.owner.casefold() and is_kind:
            return graph.owner()
        if kind == "User" and login == "ada":
            return graph.viewer()
        named = {"Organization": "an Organization", "User": "a User", "": "a User"}[kind]
        raise GitHubError("NOT_FOUND", f"Could not resolve to {named} with the login of '{login}'.")

    def nodes(_: Any, ids: list[str]) -> list[Any]:
        if len(ids) > MOST:
            message = f"You may not provide more than {MOST} node ids; you provided {len(ids)}."
            raise GitHubError("ARGUMENT_LIMIT", message)
        return [_caught(graph.node, one) for one in ids]

    return {
        "node": lambda _, id: graph.node(id),  # noqa: A006 - GitHub's name
        "nodes": nodes,
        "organization": lambda _, login: owner("Organization", login),
        "user": lambda _, login: owner("User", login),
        "repositoryOwner": lambda _, login: owner("", login),
        "repository": lambda _, owner, name, followRenames=True: graph.named(owner, name, follow=followRenames),  # noqa: N803
        "rateLimit": lambda _, **__: rate_limit(price),
        "viewer": lambda _: graph.viewer(),
    }


def _caught(resolve: Callable[[str], Node], node_id: str) -> Node | GraphQLError:
    """A node or, for graphql-core to report at its place in the list, the error in its stead."""
    try:
        return resolve(node_id)
    except GitHubError as error:
        return error


def _formatted(error: GraphQLError) -> Node:
    original = error.original_error if isinstance(error.original_error, GitHubError) else error
    shape: Node = {"type": original.type} if isinstance(original, GitHubError) else {}
    if error.path is not None:
        shape["path"] = list(error.path)
    if original.extensions:
        shape["extensions"] = original.extensions
    if error.locations:
        shape["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return {**shape, "message": error.message}


def rate_limited(user: int = 1) -> bytes:
    """The body for somebody whose points are used up; the status is 200 all the same."""
    message = f"API rate limit already exceeded for user ID {user}."
    return json.dumps({"errors": [{"type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": message}]}).encode()
