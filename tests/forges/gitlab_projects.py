"""Projects of a local GitLab, and what GraphQL tells of them.

Ids of files are git's; those of commits are made up, because nothing looks into them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from graphql import GraphQLError

from forges import gitlab_graphql as graph

LINK, SUBMODULE, FILE = "120000", "160000", "100644"


@dataclass
class File:
    """A file, a link whose content is where it leads, or a submodule whose content is the id of a commit."""

    content: bytes
    mode: str = FILE

    @property
    def oid(self) -> str:
        if self.mode == SUBMODULE:
            return self.content.decode()
        return hashlib.sha1(b"blob %d\0" % len(self.content) + self.content, usedforsecurity=False).hexdigest()


@dataclass
class Issue:
    """An issue; `state` is `opened` or `closed`."""

    iid: int
    title: str
    description: str
    labels: list[str]
    state: str = "opened"


@dataclass
class Project:
    """A project; without files it is an empty repository. `code` is whether the token may read it."""

    number: int
    path: str
    files: dict[str, File] = field(default_factory=dict)
    visibility: str = "private"
    archived: bool = False
    forked: bool = False
    topics: list[str] = field(default_factory=list)
    code: bool = True
    has_head: bool = True
    has_issues: bool = True
    issues: list[Issue] = field(default_factory=list)
    pushes: int = 0

    @property
    def head(self) -> str:
        seed = f"{self.number} {self.pushes}".encode()
        return hashlib.sha1(seed, usedforsecurity=False).hexdigest() if self.files and self.has_head else ""


def named(projects: Mapping[int, Project], path: str) -> Project | None:
    """The project of that path, whatever its case."""
    return next((one for one in projects.values() if one.path.lower() == path.lower()), None)


class Root:
    """What the root fields of a query resolve to."""

    def __init__(self, projects: Mapping[int, Project]) -> None:
        self._projects = projects

    def group(self, _info: Any, fullPath: str) -> dict[str, Any] | None:  # noqa: N803 - GitLab's name
        owned = [one for one in self._projects.values() if one.path.lower().startswith(f"{fullPath.lower()}/")]
        if not owned:
            return None

        def projects(
            _info: Any,
            includeSubgroups: bool = False,  # noqa: N803
            first: int | None = None,
            after: str | None = None,
        ) -> Any:
            depth = fullPath.count("/") + 1
            chosen = [one for one in owned if includeSubgroups or one.path.count("/") == depth]
            return graph.page([_project(one) for one in chosen], first, after)

        return {"projects": projects}

    namespace = group

    def project(self, _info: Any, fullPath: str) -> dict[str, Any] | None:  # noqa: N803
        found = named(self._projects, fullPath)
        return _project(found) if found else None

    def projects(
        self,
        _info: Any,
        ids: list[str] | None = None,
        fullPaths: list[str] | None = None,  # noqa: N803
        first: int | None = None,
        after: str | None = None,
    ) -> dict[str, Any]:
        if len(fullPaths or ()) > graph.MOST_PATHS:
            raise GraphQLError("You cannot provide more than 50 full_paths")
        numbers = {int(one.rpartition("/")[2]) for one in ids or ()}
        names = {one.lower() for one in fullPaths or ()}
        chosen = [
            _project(one)
            for one in self._projects.values()
            if (not numbers or one.number in numbers) and (not names or one.path.lower() in names)
        ]
        return graph.page(chosen, first, after)


def _project(project: Project) -> dict[str, Any]:
    return {
        "id": f"gid://gitlab/Project/{project.number}",
        "fullPath": project.path,
        "webUrl": f"https://gitlab.example/{quote(project.path)}",
        "visibility": project.visibility,
        "archived": project.archived,
        "isForked": project.forked,
        "topics": project.topics,
        "repository": _repository(project) if project.code else None,
    }


def _repository(project: Project) -> dict[str, Any]:
    def blobs(_info: Any, paths: list[str], ref: str | None = None, first: int | None = None, after: Any = None) -> Any:
        found = project.files if ref in {None, project.head} else {}
        nodes = [
            {"oid": found[path].oid, "path": path, "rawTextBlob": _text(found[path].content)}
            for path in paths
            if path in found
        ]
        return graph.page(nodes, first, after)

    tree = {"lastCommit": {"sha": project.head}} if project.head else None
    return {"empty": not project.files, "rootRef": "main" if project.files else None, "tree": tree, "blobs": blobs}


def _text(content: bytes) -> str | None:
    """As GitLab has it: nothing for what is binary, and recoded where it is not UTF-8."""
    return None if b"\0" in content else content.decode("utf-8", "replace")
