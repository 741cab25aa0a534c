"""The files below the head of a project on GitLab."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import httpx
from msgspec import Struct

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.gitlab_api import Api
from gemaudit.adapters.forges.transport import (
    LATER,
    SERVER_ERROR,
    SILENT,
    TOO_LARGE,
    UNREADABLE,
    Answer,
    Question,
)
from gemaudit.environments.nearby import FOREIGN
from gemaudit.model.repository import Entry, EntryKind, Repository, Tree

#: What ends a question about too much at once.
_MAY_BE_SIZE = frozenset({TOO_LARGE, SERVER_ERROR, SILENT})
_MOST_REQUESTS = 200
_PER_PAGE = 100
_LINK = "120000"
_NEXT = re.compile(r'<([^<>]{1,8192})>;\s*rel="next"')


class _Item(Struct):
    """An entry as GitLab lists it; `type` is that of a git object."""

    id: str
    path: str
    type: str
    mode: str


async def tree_of(api: Api, repository: Repository, wanted: Callable[[str], bool]) -> Tree:
    """Every wanted file below the head, and all links and submodules, in one question where that is possible.

    `pagination=none` is taken since GitLab 15.3 (merge request 92624), and a commit stands for its tree. A tree that
    is too much for one answer is walked, without the folders of other people's code.
    """
    try:
        return Tree(entries=tuple(_entries(await _whole(api, repository, ""), wanted)))
    except Fault as fault:
        if fault.is_final or fault.code not in _MAY_BE_SIZE:
            raise
        return await _Walk(api, repository, wanted).tree()


class _Walk:
    """A tree, folder by folder: those that fit come whole, the others are looked into."""

    def __init__(self, api: Api, repository: Repository, wanted: Callable[[str], bool]) -> None:
        self._api = api
        self._repository = repository
        self._wanted = wanted
        self._left = _MOST_REQUESTS

    async def tree(self) -> Tree:
        """What could be listed, and the folders that could not. Raise Fault where the root cannot be listed."""
        entries, folders = await self._look_into("")
        unread: list[tuple[str, str]] = []
        while folders:
            folder = folders.pop()
            try:
                found, deeper = await self._below(folder)
            except Fault as fault:
                if fault.is_final:
                    raise
                unread.append((folder, fault.message))
                continue
            entries += found
            folders += deeper
        return Tree(entries=tuple(entries), unread=tuple(sorted(unread)))

    async def _below(self, folder: str) -> tuple[list[Entry], list[str]]:
        """The entries below a folder, and the folders that are still to be looked into."""
        self._count()
        try:
            return list(_entries(await _whole(self._api, self._repository, folder), self._wanted)), []
        except Fault as fault:
            if fault.is_final or fault.code not in _MAY_BE_SIZE:
                raise
            return await self._look_into(folder)

    async def _look_into(self, folder: str) -> tuple[list[Entry], list[str]]:
        items, token = list[_Item](), ""
        while True:
            self._count()
            page, following = await self._page(folder, token)
            items += page
            if not following:
                break
            if following == token:
                raise Fault(UNREADABLE, "the listing of GitLab goes round in a circle", LATER)
            token = following
        folders = [one.path for one in items if one.type == "tree" and one.path.rpartition("/")[2] not in FOREIGN]
        return list(_entries(items, self._wanted)), folders

    async def _page(self, folder: str, token: str) -> tuple[list[_Item], str]:
        question = {"path": folder, "pagination": "keyset", "per_page": str(_PER_PAGE), "page_token": token}
        return await self._api.read(_question(self._repository, question), _page_of)

    def _count(self) -> None:
        if self._left == 0:
            raise Fault(TOO_LARGE, f"the tree takes more than {_MOST_REQUESTS} requests to list")
        self._left -= 1


async def _whole(api: Api, repository: Repository, folder: str) -> list[_Item]:
    question = _question(repository, {"path": folder, "recursive": "true", "pagination": "none"})
    return await api.read(question, lambda answer: answer.json(list[_Item]))


def _question(repository: Repository, parameters: dict[str, str]) -> Question:
    number = repository.id.rpartition("/")[2]
    given = {name: value for name, value in {"ref": repository.head, **parameters}.items() if value}
    return Question(url=f"projects/{number}/repository/tree?{urlencode(given, errors='surrogatepass')}")


def _page_of(answer: Answer) -> tuple[list[_Item], str]:
    """A page, and what asks for the next one; the address of that is not used, for a proxy may have garbled it.

    Raise Fault where there is a next one and nothing to ask for it.
    """
    found = _NEXT.search(answer.headers.get("Link", ""))
    try:
        token = httpx.URL(found[1]).params.get("page_token", "") if found else ""
    except (httpx.InvalidURL, UnicodeError):
        token = ""
    if found and not token:
        raise Fault(UNREADABLE, "GitLab does not tell where the listing goes on", LATER)
    return answer.json(list[_Item]), token


def _entries(items: list[_Item], wanted: Callable[[str], bool]) -> Iterator[Entry]:
    for item in items:
        kind = _kind(item)
        if kind and (kind != "file" or wanted(item.path)):
            yield Entry(path=item.path, oid=item.id, kind=kind)


def _kind(item: _Item) -> EntryKind | None:
    if item.type == "commit":
        return "submodule"
    if item.type != "blob":
        return None
    return "link" if item.mode == _LINK else "file"
