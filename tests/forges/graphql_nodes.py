"""The nodes of GitHub's graph: mappings that graphql-core's default resolver reads."""

import base64
import datetime as dt
from collections.abc import Callable
from typing import Any

from forges.connections import GitHubError, connection
from forges.git_objects import Item, Snapshot, encoded, shown
from forges.ids import global_id, parts_of
from forges.world import Repository, World

Node = dict[str, Any]
#: Text of a blob that is longer is cut there, which GitHub does not document; users have measured it to the byte.
MOST_TEXT = 512_000
#: git looks for a zero in this many bytes to tell what is binary (`FIRST_FEW_BYTES` of xdiff-interface.c).
_FEW = 8000

_KEYS: dict[str, Callable[[Repository], Any]] = {
    "CREATED_AT": lambda one: one.created_at,
    "NAME": lambda one: one.name.casefold(),
    "PUSHED_AT": lambda one: one.pushed_at,
    "STARGAZERS": lambda _: 0,
    "UPDATED_AT": lambda one: one.updated_at,
}


def moment(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Graph:
    """What the world's objects are to GraphQL; `web` is where its pages are."""

    def __init__(self, world: World, web: str = "https://github.com") -> None:
        self.world = world
        self.web = web
        self._sorted: dict[Any, list[tuple[Any, int]]] = {}
        self._revision = -1

    def owner(self) -> Node:
        login = self.world.owner
        is_user = self.world.owner_type == "User"
        return {
            "__typename": self.world.owner_type,
            "id": global_id("U" if is_user else "O", login),
            "databaseId": 1,
            "login": login,
            "name": login.title(),
            "description": None,
            "resourcePath": f"/{login}",
            "url": f"{self.web}/{login}",
            "repositories": self._repositories,
            "repository": lambda _, name, followRenames=True: self.named(login, name, follow=followRenames),  # noqa: N803
        }

    def viewer(self) -> Node:
        url = f"{self.web}/ada"
        nobodys = connection("repositories", [], _none, {"first": 1})
        return {
            "__typename": "User",
            "id": global_id("U", "ada"),
            "databaseId": 2,
            "login": "ada",
            "name": "Ada",
            "resourcePath": "/ada",
            "url": url,
            "repositories": lambda _, **__: nobodys,
        }

    def named(self, owner: str, name: str, *, follow: bool = True) -> Node:
        found = self.world.by_name(name) if owner.casefold() == self.world.owner.casefold() else None
        if found is None or (found.name.casefold() != name.casefold() and not follow):
            raise GitHubError("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        return self.repository(found)

    def node(self, node_id: str) -> Node:
        letter, parts = parts_of(node_id) or ("", [""])
        repository = self.world.by_id(int(parts[0])) if letter in "RBTC" and parts[0].isdigit() else None
        found = self.owner() if node_id == self.owner()["id"] else None
        if repository is not None and letter == "R":
            found = self.repository(repository)
        elif repository is not None and len(parts) > 1:
            found = self._object(repository, parts[1])
        if found is None:
            raise GitHubError("NOT_FOUND", f"Could not resolve to a node with the global id of '{node_id}'")
        return found

    def repository(self, one: Repository) -> Node:
        path = f"/{self.world.owner}/{one.name}"
        return {
            "__typename": "Repository",
            "id": global_id("R", one.id),
            "databaseId": one.id,
            "name": one.name,
            "nameWithOwner": path[1:],
            "description": one.description or None,
            "owner": lambda _: self.owner(),
            "resourcePath": path,
            "url": self.web + path,
            "isArchived": one.is_archived,
            "isDisabled": one.access == "blocked",
            "isEmpty": one.kind == "empty" and not one.pushes,
            "isFork": one.is_fork,
            "isLocked": False,
            "isMirror": False,
            "isPrivate": one.visibility != "public",
            "isTemplate": False,
            "lockReason": None,
            "visibility": one.visibility.upper(),
            "diskUsage": 128,
            "hasIssuesEnabled": one.has_issues,
            "stargazerCount": 0,
            "createdAt": moment(one.created_at),
            "pushedAt": moment(one.pushed_at),
            "updatedAt": moment(one.updated_at),
            "defaultBranchRef": lambda _: self._branch(one),
            "ref": lambda _, qualifiedName: self._ref(one, qualifiedName),  # noqa: N803 - GitHub's name
            "repositoryTopics": lambda _, **arguments: self._topics(one, arguments),
            "object": lambda _, **arguments: self._found(one, **arguments),
        }

    def _repositories(self, _: Any, **arguments: Any) -> Node:
        order = arguments.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
        wanted = {
            "is_archived": arguments.get("isArchived"),
            "is_fork": arguments.get("isFork"),
            "has_issues": arguments.get("hasIssuesEnabled"),
            "visibility": (arguments.get("visibility") or "").lower() or None,
        }
        keys = self._keys(order["field"], wanted, arguments.get("privacy"), is_locked=arguments.get("isLocked"))
        return connection("repositories", keys, self._of_key, arguments, descending=order["direction"] == "DESC")

    def _of_key(self, key: tuple[Any, int]) -> Node | None:
        found = self.world.by_id(key[1])
        return self.repository(found) if found is not None else None

    def _keys(self, field: str, wanted: Node, privacy: str | None, *, is_locked: bool | None) -> list[tuple[Any, int]]:
        if self._revision != self.world.revision:
            self._sorted.clear()
            self._revision = self.world.revision
        asked = (field, tuple(wanted.items()), privacy, is_locked)
        if asked not in self._sorted:
            checks = [(name, value) for name, value in wanted.items() if value is not None]
            self._sorted[asked] = sorted(
                (_KEYS[field](one), one.id)
                for one in self.world
                if all(getattr(one, name) == value for name, value in checks)
                and privacy in {None, "PUBLIC" if one.visibility == "public" else "PRIVATE"}
                and not is_locked
            )
        return self._sorted[asked]

    def _topics(self, one: Repository, arguments: Node) -> Node:
        def node(key: tuple[Any, int]) -> Node:
            path = f"/topics/{key[0]}"
            topic = {"__typename": "Topic", "id": global_id("O", "topic", key[0]), "name": key[0]}
            place = {"resourcePath": path, "url": self.web + path}
            return {"__typename": "RepositoryTopic", "id": global_id("O", one.id, key[0]), "topic": topic, **place}

        return connection("repositoryTopics", [(name, 0) for name in one.topics], node, arguments)

    def _branch(self, one: Repository) -> Node | None:
        snapshot = self._readable(one)
        return self._named_ref(one, one.branch, snapshot) if snapshot else None

    def _ref(self, one: Repository, name: str) -> Node | None:
        snapshot = self._readable(one)
        return self._named_ref(one, one.branch, snapshot) if snapshot and _short(name) == one.branch else None

    def _named_ref(self, one: Repository, name: str, snapshot: Snapshot) -> Node:
        names = {"id": global_id("F", one.id, name), "name": name, "prefix": "refs/heads/"}
        target = self._commit(one, snapshot)
        return {**names, "repository": lambda _: self.repository(one), "target": lambda _: target}

    def _readable(self, one: Repository) -> Snapshot | None:
        """The newest commit; raise what GitHub says where the token may not read a repository that it may see."""
        if one.access == "forbidden":
            raise GitHubError("FORBIDDEN", "Resource not accessible by personal access token", saml_failure=False)
        return self.world.snapshot(one)

    def _found(self, one: Repository, expression: str | None = None, oid: str | None = None) -> Node | None:
        if one.access == "blocked":
            raise GitHubError("FORBIDDEN", "Repository access blocked")
        if self._readable(one) is None or not (oid or expression):
            return None
        if oid:
            return self._object(one, oid)
        revision, colon, path = (expression or "").partition(":")
        snapshot = self._readable(one)
        assert snapshot is not None
        revision = revision.removesuffix("^{tree}")
        if revision not in {"HEAD", one.branch, f"refs/heads/{one.branch}", snapshot.commit, snapshot.tree}:
            return self._object(one, revision) if not colon else None
        if not colon:
            wants_tree = revision == snapshot.tree or str(expression).endswith("^{tree}")
            return self._object(one, snapshot.tree if wants_tree else snapshot.commit)
        item = snapshot.find(snapshot.tree, path)
        return item and self._object(one, item.oid, path.strip("/"))

    def _object(self, one: Repository, oid: str, path: str = "") -> Node | None:
        """A commit, tree or blob by its name; those of older commits are kept."""
        if one.access == "blocked":
            raise GitHubError("FORBIDDEN", "Repository access blocked")
        self._readable(one)
        for snapshot in self.world.history(one):
            if oid == snapshot.commit:
                return self._commit(one, snapshot)
            if oid in snapshot.trees:
                return self._tree(one, oid, snapshot.trees[oid], path)
            if oid in snapshot.blobs:
                return {**self._git_object(one, "Blob", oid), **_blob(snapshot.blobs[oid])}
        return None

    def _tree(self, one: Repository, oid: str, items: list[Item], path: str) -> Node:
        entries = {"entries": lambda _: [self._entry(one, item, path) for item in items]}
        return {**self._git_object(one, "Tree", oid), **entries}

    def _commit(self, one: Repository, snapshot: Snapshot) -> Node:
        tree = {"committedDate": moment(snapshot.when), "tree": lambda _: self._object(one, snapshot.tree)}
        return {**self._git_object(one, "Commit", snapshot.commit), **tree}

    def _git_object(self, one: Repository, kind: str, oid: str) -> Node:
        path = f"/{self.world.owner}/{one.name}/commit/{oid}"
        return {
            "__typename": kind,
            "id": global_id(kind[0], one.id, oid),
            "oid": oid,
            "abbreviatedOid": oid[:7],
            "commitResourcePath": path,
            "commitUrl": self.web + path,
            "repository": lambda _: self.repository(one),
        }

    def _entry(self, one: Repository, item: Item, folder: str) -> Node:
        path = f"{folder}/{item.path}" if folder else item.path
        return {
            "name": shown(item.path),
            "nameRaw": _base64(item.path),
            "path": shown(path),
            "pathRaw": _base64(path),
            "mode": item.mode,
            "type": item.type,
            "oid": item.oid,
            "size": item.size,
            "object": lambda _: self._object(one, item.oid, path),
            "repository": lambda _: self.repository(one),
        }


def _blob(content: bytes) -> Node:
    is_binary = b"\0" in content[:_FEW]
    is_cut = len(content) > MOST_TEXT
    return {
        "byteSize": len(content),
        "isBinary": None if is_cut else is_binary,
        "isTruncated": is_cut,
        "text": lambda _: None if is_binary else _text(content[:MOST_TEXT]),
    }


def _text(content: bytes) -> str:
    """The text of a blob in UTF-8: what is encoded otherwise is converted, and no longer what the oid names."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        is_cut_letter = error.end == len(content) and error.reason == "unexpected end of data"
        return content[: error.start].decode() if is_cut_letter else content.decode("latin-1")


def _short(name: str) -> str:
    return name.removeprefix("refs/heads/")


def _base64(path: str) -> str:
    return base64.b64encode(encoded(path)).decode()


def _none(_: Any) -> None:
    """No node."""
