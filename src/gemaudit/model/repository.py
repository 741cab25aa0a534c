"""Repositories as a forge describes them."""

from typing import Literal

from msgspec import Struct

Visibility = Literal["public", "private", "internal", ""]
EntryKind = Literal["file", "link", "submodule"]
SourceKind = Literal["org", "user", "repo"]


class Source(Struct, frozen=True, order=True):
    """Where repositories come from: all of an organisation (a group on GitLab) or of a user, or a single one.

    `name` is a login, the path of a group, or `owner/name`.
    """

    kind: SourceKind
    name: str

    def __str__(self) -> str:
        """The source as a user writes it."""
        return f"{self.kind}:{self.name}"


class Repository(Struct, frozen=True, kw_only=True):
    """A repository at the head of its default branch.

    `id` is the forge's host and its own lasting id, as in `github.com/R_kgDOABC`, and survives a rename.
    `name` is `owner/name`, on GitLab with all groups. `head` is the commit and `tree` its root tree; both are empty for
    a repository without commits, and `tree` is the commit's own name where the forge does not tell the tree in a
    listing.
    """

    id: str
    name: str
    url: str = ""
    branch: str = ""
    head: str = ""
    tree: str = ""
    visibility: Visibility = ""
    is_archived: bool = False
    is_fork: bool = False
    topics: tuple[str, ...] = ()


class Entry(Struct, frozen=True, kw_only=True):
    """A file in a repository's tree; `oid` is git's name of its content, and `size` is in bytes, or -1 if not told."""

    path: str
    oid: str
    kind: EntryKind = "file"
    size: int = -1


class Tree(Struct, frozen=True, kw_only=True):
    """The entries of a tree that were wanted, links and submodules included.

    `unread` are folders that could not be listed, each with the reason.
    """

    entries: tuple[Entry, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()


class Issue(Struct, frozen=True, kw_only=True):
    """An issue as it shall stand; `marker` is a line of its body by which it is found again."""

    title: str
    body: str
    marker: str
    state: Literal["open", "closed"] = "open"
    labels: tuple[str, ...] = ()
