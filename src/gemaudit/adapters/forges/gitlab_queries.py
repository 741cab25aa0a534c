"""What GitLab is asked in GraphQL, what that costs, and what it answers.

Names are those of https://docs.gitlab.com/api/graphql/reference/, and the costs those of GitLab's own
`Types::BaseField` and `Resolvers::BaseResolver`: a query of more than 250 points, 200 without a token, is refused, and
so is one of more than 10,000 characters (https://docs.gitlab.com/api/graphql/#limits). A field is one point, one that
asks Gitaly two; a connection costs what it and its fields do, and one hundredth more for each item it may hold.
Values only ever travel as variables.
"""

import re
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from gemaudit.model.repository import SourceKind

T = TypeVar("T")

#: Projects in one page of a listing, and paths in one list of names: the most that GitLab takes of each.
PAGE = 100
NAMES = 50
#: Projects that are asked for one by one, each for 26 points.
SINGLE = 6

# `lastCommit` of the root folder is the head of the default branch; a page of 100 costs 81 points
# (docs/decisions/0007-gitlab-heads-by-graphql.md).
_PROJECT = """
fragment Listed on Project {
  id fullPath webUrl visibility archived isForked topics
  repository { empty rootRef tree { lastCommit { sha } } }
}"""
_PAGE = "nodes { ...Listed } pageInfo { endCursor hasNextPage }"
_OWNED = {
    "org": "source: group(fullPath: $path) { projects(includeSubgroups: true, first: $first, after: $after)",
    "user": "source: namespace(fullPath: $path) { projects(first: $first, after: $after)",
}

# Points of `project` and `repository`, and of `blobs` with its fields before a path is named.
_COST_OF_PROJECT = 2
_COST_OF_BLOBS = 5


class Failure(Struct):
    """One of the errors of an answer; where it is about a part of the data, `path` leads there."""

    message: str = ""
    path: list[str | int] | None = None
    extensions: dict[str, Any] | None = None


class Reply(Struct, Generic[T]):
    """An answer, in which a part of the data may be missing for what the errors say."""

    data: T | None = None
    errors: list[Failure] = []


class Commit(Struct):
    """A commit."""

    sha: str


class Root(Struct, rename="camel"):
    """The root folder at the head of the default branch."""

    last_commit: Commit | None = None


class Git(Struct, rename="camel"):
    """The repository of a project; `root_ref` is its default branch."""

    empty: bool = False
    root_ref: str | None = None
    tree: Root | None = None


class Project(Struct, rename="camel"):
    """A project; `repository` is None where the token may not read the code, or the project has switched it off."""

    id: str
    full_path: str
    web_url: str | None = None
    visibility: str | None = None
    archived: bool | None = None
    is_forked: bool | None = None
    topics: list[str] | None = None
    repository: Git | None = None


class PageInfo(Struct, rename="camel"):
    """Whether a listing goes on, and from where."""

    end_cursor: str | None = None
    has_next_page: bool = False


class Projects(Struct, rename="camel"):
    """A page of projects; None stands for one that the token may not see."""

    nodes: list[Project | None] = []
    page_info: PageInfo = msgspec.field(default_factory=PageInfo)


class Owner(Struct):
    """A group or the namespace of a user."""

    projects: Projects | None = None


class Owned(Struct):
    """The answer to `owned`; `source` is None for an owner that does not exist or that the token may not see."""

    source: Owner | None = None


class Blob(Struct, rename="camel"):
    """A file; `raw_text_blob` is None where it is not text."""

    path: str
    raw_text_blob: str | None = None


class Blobs(Struct):
    """Files of one project."""

    nodes: list[Blob | None] = []


class Files(Struct):
    """The repository of a project as far as its files are asked for."""

    blobs: Blobs | None = None


class Holder(Struct):
    """A project as far as its files are asked for."""

    repository: Files | None = None


def owned(kind: SourceKind) -> str:
    """The query for a page of what a group with its subgroups, or a user, owns."""
    return f"query($path: ID!, $first: Int!, $after: String) {{ {_OWNED[kind]} {{ {_PAGE} }} }} }}{_PROJECT}"


def named(lists: int) -> str:
    """The query for projects by so many lists of names, each of NAMES at most."""
    variables = ", ".join(f"$names{number}: [String!]" for number in range(lists))
    parts = (
        f"list{number}: projects(fullPaths: $names{number}, first: {NAMES}) {{ nodes {{ ...Listed }} }}"
        for number in range(lists)
    )
    return f"query({variables}) {{ {' '.join(parts)} }}{_PROJECT}"


def single(count: int) -> str:
    """The query for so many projects by name, SINGLE at most; it finds what lists leave out."""
    variables = ", ".join(f"$name{number}: ID!" for number in range(count))
    parts = (f"p{number}: project(fullPath: $name{number}) {{ ...Listed }}" for number in range(count))
    return f"query({variables}) {{ {' '.join(parts)} }}{_PROJECT}"


def files(counts: Sequence[int]) -> str:
    """The query for so many files of the first project, so many of the second, and so on."""
    variables = ", ".join(f"$name{n}: ID!, $ref{n}: String!, $paths{n}: [String!]!" for n in range(len(counts)))
    parts = (
        f"p{n}: project(fullPath: $name{n}) {{ repository {{ blobs(ref: $ref{n}, paths: $paths{n}, first: {count}) "
        "{ nodes { path rawTextBlob } } } }"
        for n, count in enumerate(counts)
    )
    return f"query({variables}) {{ {' '.join(parts)} }}"


def cost_of_files(count: int) -> int:
    """The points of so many files of one project, rounded up."""
    return _COST_OF_PROJECT - (-(_COST_OF_BLOBS + count) * (100 + count) // 100)


_NUMBER = re.compile(r"gid://gitlab/Project/(\d{1,18})")


def number_of(global_id: str) -> str:
    """The number in the id of a project; empty where it is none."""
    found = _NUMBER.fullmatch(global_id)
    return found[1] if found else ""
