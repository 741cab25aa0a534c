"""GitLab's GraphQL as far as it is asked, with its own names, its own points and its own refusals.

https://docs.gitlab.com/api/graphql/reference/ has the types; the points are those of GitLab's `Types::BaseField`,
`Resolvers::BaseResolver` and of the resolvers named below.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
)
from graphql.utilities import value_from_ast_untyped

MOST_POINTS = 250
MOST_POINTS_UNKNOWN = 200
MOST_CHARACTERS = 10_000
MOST_PER_PAGE = 100
MOST_PATHS = 50

SCHEMA = build_schema("""
type Query {
  group(fullPath: ID!): Group
  namespace(fullPath: ID!): Namespace
  project(fullPath: ID!): Project
  projects(ids: [ID!], fullPaths: [String!], first: Int, after: String): ProjectConnection
}
type Group {
  id: ID! fullPath: ID! name: String!
  projects(includeSubgroups: Boolean = false, first: Int, after: String): ProjectConnection!
}
type Namespace {
  id: ID! fullPath: ID! name: String!
  projects(includeSubgroups: Boolean = false, first: Int, after: String): ProjectConnection!
}
type ProjectConnection { count: Int! nodes: [Project] pageInfo: PageInfo! }
type PageInfo { endCursor: String hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String }
type Project {
  id: ID! fullPath: ID! name: String! webUrl: String visibility: String archived: Boolean isForked: Boolean!
  topics: [String!] repository: Repository
}
type Repository {
  empty: Boolean! exists: Boolean! rootRef: String
  tree(path: String = "", recursive: Boolean = false, ref: String): Tree
  blobs(paths: [String!]!, ref: String, first: Int, after: String): RepositoryBlobConnection
}
type Tree { lastCommit: Commit }
type Commit { id: ID! sha: String! title: String }
type RepositoryBlobConnection { nodes: [RepositoryBlob] pageInfo: PageInfo! }
type RepositoryBlob { id: ID! oid: String! path: String! name: String mode: String size: Int rawTextBlob: String }
""")

_OF_A_RESOLVER = 1
_OF_GITALY = 1
_EXTRA_OF_OWNED = 10  # Resolvers::NamespaceProjectsResolver
_OF_LAST_COMMIT = 10  # Types::Tree::TreeType
_RESOLVED = frozenset({"group", "namespace", "project", "isForked"})
_FROM_GITALY = frozenset({"empty", "exists", "rootRef"})


def points_of(document: DocumentNode, variables: Mapping[str, Any]) -> int:
    """What a query costs."""
    fragments = {part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)}
    (operation,) = (part for part in document.definitions if isinstance(part, OperationDefinitionNode))
    return _Points(fragments, variables).of(operation.selection_set, "Query")


class _Points:
    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]) -> None:
        self._fragments = fragments
        self._variables = variables

    def of(self, selection: SelectionSetNode | None, parent: str) -> int:
        return sum(self._part(part, parent) for part in selection.selections) if selection else 0

    def _part(self, part: Any, parent: str) -> int:
        if isinstance(part, FragmentSpreadNode):
            return self.of(self._fragments[part.name.value].selection_set, parent)
        if isinstance(part, InlineFragmentNode):
            return self.of(part.selection_set, parent)
        return self._field(part, parent)

    def _field(self, field: FieldNode, parent: str) -> int:
        name = field.name.value
        given = {
            one.name.value: value_from_ast_untyped(one.value, dict(self._variables)) for one in field.arguments or ()
        }
        below = self.of(field.selection_set, name)
        if name == "projects":
            extra = _EXTRA_OF_OWNED if parent != "Query" else 0
            return _connection(below + _OF_A_RESOLVER + extra, given)
        if name == "blobs":
            return _connection(below + _OF_A_RESOLVER + len(given["paths"]) + _OF_GITALY, given)
        if name == "tree":
            return below + _OF_A_RESOLVER + _OF_GITALY
        if name == "lastCommit":
            return below + _OF_LAST_COMMIT
        return below + _OF_A_RESOLVER + (_OF_GITALY if name in _FROM_GITALY else 0)


def _connection(points: int, given: Mapping[str, Any]) -> int:
    return int(points * (100 + min(given.get("first") or MOST_PER_PAGE, MOST_PER_PAGE)) / 100)


def page(items: Sequence[Any], first: int | None, after: str | None) -> dict[str, Any]:
    """A connection over the items; a cursor is the number of items before it."""
    start = int(after or 0)
    end = start + min(first or MOST_PER_PAGE, MOST_PER_PAGE)
    info = {"endCursor": str(end), "hasNextPage": end < len(items), "hasPreviousPage": start > 0}
    return {"nodes": list(items[start:end]), "pageInfo": info}
