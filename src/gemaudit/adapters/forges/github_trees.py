"""The files below the head of a repository on GitHub: docs.github.com/rest/git/trees."""

from collections import deque
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.github_api import EMPTY, Api
from gemaudit.adapters.forges.objects import is_name
from gemaudit.adapters.forges.transport import LATER, UNREADABLE
from gemaudit.environments.nearby import FOREIGN
from gemaudit.model.repository import Entry, EntryKind, Repository, Tree

#: Questions for one tree of more than GitHub lists at once, which is 100,000 entries or 7 MB.
MOST_REQUESTS = 200

_LINK = "120000"


class _Item(Struct, frozen=True, gc=False):
    path: str
    mode: str
    type: Literal["blob", "tree", "commit"]
    sha: str
    size: int = -1


class _Listing(Struct, frozen=True):
    tree: list[_Item]
    truncated: bool


class _Folder(Struct, frozen=True):
    """A folder that is still to be listed; `prefix` is empty for the root and ends in a slash otherwise."""

    prefix: str
    sha: str
    is_deep: bool = True


async def tree_of(api: Api, repository: Repository, wanted: Callable[[str], bool]) -> Tree:
    """Return the wanted files, links and submodules. Raise Fault where the root cannot be listed.

    A tree is asked for by its own name, so the answer is about the head that was listed, whatever is pushed meanwhile.
    """
    walk = _Walk(api, repository, wanted)
    await walk.go()
    return Tree(entries=tuple(walk.entries), unread=tuple(walk.unread))


class _Walk:
    """The way through the folders of one tree: all at once, and folder by folder where that is too much."""

    def __init__(self, api: Api, repository: Repository, wanted: Callable[[str], bool]) -> None:
        self.entries: list[Entry] = []
        self.unread: list[tuple[str, str]] = []
        self._api = api
        self._repository = repository
        self._wanted = wanted
        self._folders = deque([_Folder("", repository.tree or repository.head)])

    async def go(self) -> None:
        for _ in range(MOST_REQUESTS):
            if not self._folders:
                return
            folder = self._folders.popleft()
            try:
                self._take(folder, await self._list(folder))
            except Fault as fault:
                if not folder.prefix or fault.is_final:
                    raise
                self._give_up(folder, fault.message)
        for folder in self._folders:
            self._give_up(folder, f"{MOST_REQUESTS} requests were not enough for a repository of this size")

    async def _list(self, folder: _Folder) -> _Listing:
        path = f"repos/{self._repository.name}/git/trees/{folder.sha}"
        try:
            return await self._api.get(f"{path}?recursive=1" if folder.is_deep else path, _Listing)
        except Fault as fault:
            if fault.code == EMPTY:
                return _Listing(tree=[], truncated=False)
            raise

    def _take(self, folder: _Folder, listing: _Listing) -> None:
        if folder.is_deep and listing.truncated:
            self._folders.appendleft(_Folder(folder.prefix, folder.sha, is_deep=False))
            return
        for item in listing.tree:
            path = folder.prefix + item.path
            if item.type == "tree":
                if not folder.is_deep and item.path not in FOREIGN:
                    self._folders.append(_Folder(f"{path}/", _name(item.sha)))
            elif (kind := _kind(item)) != "file" or self._wanted(path):
                self.entries.append(Entry(path=path, oid=_name(item.sha), kind=kind, size=item.size))
        if listing.truncated:
            self._give_up(folder, "it has more entries than GitHub lists")

    def _give_up(self, folder: _Folder, reason: str) -> None:
        self.unread.append((folder.prefix.rstrip("/"), reason))


def _kind(item: _Item) -> EntryKind:
    if item.type == "commit":
        return "submodule"
    return "link" if item.mode == _LINK else "file"


def _name(sha: str) -> str:
    """The same name. Raise Fault for what is none, since it becomes a part of an address."""
    if not is_name(sha):
        raise Fault(UNREADABLE, "the forge names an object in a way that git does not", LATER)
    return sha
