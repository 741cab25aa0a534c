"""What GitHub is asked in GraphQL, and the shapes of its answers.

Names, arguments and what may be null are those of the public schema (docs.github.com/graphql/reference). Values only
ever go into variables. The budget is read from the headers of every answer, as "Rate limits and query limits for the
GraphQL API" recommends, so no query asks for it.
"""

from typing import Annotated, Generic, Literal, TypeVar

from msgspec import Meta, Struct

from gemaudit.model.repository import Repository, Visibility

T = TypeVar("T")

#: GitHub's bound of `first`, and how far a page that takes it too long is made smaller.
LARGEST_PAGE, SMALLEST_PAGE = 100, 10
#: Repositories of one query that are asked for by name.
MOST_NAMES = 50

NAME = r"\A(?!\.{1,2}/)[A-Za-z0-9._-]{1,100}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}\Z"
_ADDRESS = r"\Ahttps?://[^\s\"'<>\\]{1,2000}\Z"
_OID = r"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\Z"

Oid = Annotated[str, Meta(pattern=_OID)]
Name = Annotated[str, Meta(pattern=NAME)]
Address = Annotated[str, Meta(pattern=_ADDRESS)]

_FIELDS = """fragment fields on Repository {
  id nameWithOwner url isArchived isDisabled isEmpty isFork visibility
  repositoryTopics(first: 20) { nodes { topic { name } } }
  defaultBranchRef { name target { oid ... on Commit { tree { oid } } } }
}"""

# Sorted by when they came to be, what comes or goes during a listing moves no page.
_OWNED = """query ($login: String!, $first: Int!, $after: String) {{
  owner: {kind}(login: $login) {{
    repositories(
      first: $first, after: $after, ownerAffiliations: [OWNER], orderBy: {{field: CREATED_AT, direction: ASC}}
    ) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ ...fields }} }}
  }}
}}
"""

OWNED = {
    "org": _OWNED.format(kind="organization") + _FIELDS,
    "user": _OWNED.format(kind="user") + _FIELDS,
}


class Failure(Struct, frozen=True):
    """An error of GraphQL: what kind of, and which part of the data it is about."""

    type: str = ""
    path: tuple[str | int, ...] | None = None
    message: str = ""
    extensions: dict[str, object] | None = None


class Reply(Struct, Generic[T], frozen=True):
    """The body of every answer; part of the data may be missing, and errors then say why.

    `hides_some` is not of the body: it says that what asks for single sign-on is left out.
    """

    data: T | None = None
    errors: tuple[Failure, ...] = ()
    hides_some: bool = False


class _Object(Struct, frozen=True):
    oid: Oid


class _Commit(Struct, frozen=True):
    oid: Oid
    tree: _Object | None = None


class _Branch(Struct, frozen=True):
    name: str
    target: _Commit | None


class _Topic(Struct, frozen=True):
    name: str


class _TopicNode(Struct, frozen=True):
    topic: _Topic


class _Topics(Struct, frozen=True):
    nodes: tuple[_TopicNode | None, ...] | None


class Node(Struct, frozen=True, rename="camel"):
    """A repository."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    name_with_owner: Name
    url: Address
    is_archived: bool
    is_disabled: bool
    is_empty: bool
    is_fork: bool
    visibility: Literal["PUBLIC", "PRIVATE", "INTERNAL"]
    repository_topics: _Topics | None
    default_branch_ref: _Branch | None

    @property
    def has_head(self) -> bool:
        """Whether there is a commit at the head of the default branch that can be read."""
        return self.default_branch_ref is not None and self.default_branch_ref.target is not None

    def repository(self, host: str) -> Repository:
        """The same as a value of ours."""
        branch = self.default_branch_ref
        commit = branch.target if branch else None
        topics = (self.repository_topics.nodes if self.repository_topics else None) or ()
        return Repository(
            id=f"{host}/{self.id}",
            name=self.name_with_owner,
            url=self.url,
            branch=branch.name if branch else "",
            head=commit.oid if commit else "",
            tree=commit.tree.oid if commit and commit.tree else "",
            visibility=_VISIBILITY[self.visibility],
            is_archived=self.is_archived,
            is_fork=self.is_fork,
            topics=tuple(one.topic.name for one in topics if one),
        )


_VISIBILITY: dict[str, Visibility] = {"PUBLIC": "public", "PRIVATE": "private", "INTERNAL": "internal"}


class PageInfo(Struct, frozen=True, rename="camel"):
    """Whether a page is the last one, and where the next one begins."""

    has_next_page: bool
    end_cursor: str | None


class Connection(Struct, frozen=True, rename="camel"):
    """A page of repositories; null are those that the token may not see."""

    page_info: PageInfo
    nodes: tuple[Node | None, ...] | None


class Owner(Struct, frozen=True):
    """An organisation or a user."""

    repositories: Connection


class Owned(Struct, frozen=True):
    """The data of a query of `OWNED`."""

    owner: Owner | None = None


class Blob(Struct, frozen=True, rename="camel"):
    """A file; what is no blob has none of these fields."""

    byte_size: int = -1
    is_binary: bool | None = None
    is_truncated: bool = True
    text: str | None = None


#: The data of a query of `named`, by alias.
Named = dict[str, Node | None]
#: The data of a query of `blobs`, by the aliases of the repository and of the file.
Blobs = dict[str, dict[str, Blob | None] | None]


def named(number: int) -> str:
    """The query for so many repositories by name: variables `o0`, `n0` and so on, aliases `r0` and so on."""
    variables = ", ".join(f"$o{i}: String!, $n{i}: String!" for i in range(number))
    aliases = "\n".join(f"  r{i}: repository(owner: $o{i}, name: $n{i}) {{ ...fields }}" for i in range(number))
    return f"query ({variables}) {{\n{aliases}\n}}\n{_FIELDS}"


def blobs(numbers: tuple[int, ...]) -> str:
    """The query for so many files of each repository: variables `o0`, `n0`, `b0_0` and so on, aliases `r0`, `f0`."""
    variables = ", ".join(
        ", ".join((f"$o{i}: String!", f"$n{i}: String!", *(f"$b{i}_{j}: GitObjectID!" for j in range(number))))
        for i, number in enumerate(numbers)
    )
    aliases = "\n".join(
        f"  r{i}: repository(owner: $o{i}, name: $n{i}) {{\n"
        + "\n".join(f"    f{j}: object(oid: $b{i}_{j}) {{ ...file }}" for j in range(number))
        + "\n  }"
        for i, number in enumerate(numbers)
    )
    return f"query ({variables}) {{\n{aliases}\n}}\nfragment file on Blob {{ byteSize isBinary isTruncated text }}"
