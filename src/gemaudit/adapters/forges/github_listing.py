"""Which repositories there are on GitHub, and what the heads of their default branches are."""

import re
from collections.abc import AsyncIterator, Collection, Iterator, Sequence

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Page
from gemaudit.adapters.forges.github_api import (
    INVALID_CURSOR,
    NOT_FOUND,
    TOO_MUCH,
    Api,
    blocked,
    fault_of,
    not_found,
    sso_required,
)
from gemaudit.adapters.forges.github_queries import (
    LARGEST_PAGE,
    MOST_NAMES,
    NAME,
    OWNED,
    SMALLEST_PAGE,
    Connection,
    Failure,
    Named,
    Node,
    Owned,
    Reply,
    named,
)
from gemaudit.adapters.forges.transport import LATER, UNREADABLE
from gemaudit.model.repository import Repository, Source

_LOST = "lost-place"
_MOST_PAGES = 100_000


class Listing:
    """The repositories of several sources, each of them once."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._seen: set[str] = set()

    async def pages(self, sources: Sequence[Source]) -> AsyncIterator[Page]:
        """Yield the repositories; a source that fails is told in a page and ends no other."""
        for source in sources:
            if source.kind != "repo":
                async for page in self._owned(source):
                    yield page
        singles = [source for source in sources if source.kind == "repo"]
        for start in range(0, len(singles), MOST_NAMES):
            yield await self._named(singles[start : start + MOST_NAMES])

    async def _owned(self, source: Source) -> AsyncIterator[Page]:
        """Yield the repositories of an owner; what goes wrong is told in the last page."""
        after, size, may_restart = None, LARGEST_PAGE, True
        cursors: set[str | None] = set()
        for _ in range(_MOST_PAGES):
            try:
                reply = await self._page(source, after, size)
                connection = _connection_of(source, reply, cursors)
            except Fault as fault:
                if fault.code == _LOST and after and may_restart:
                    after, may_restart = None, False
                    cursors.clear()
                elif fault.code in TOO_MUCH and size > SMALLEST_PAGE and not fault.is_final:
                    # What takes GitHub too long may be in time when there is less of it.
                    size = max(SMALLEST_PAGE, size // 2)
                else:
                    yield Page(unlisted=((source, fault),))
                    return
                continue
            yield self._read(source, connection, reply)
            if not connection.page_info.has_next_page:
                return
            after = connection.page_info.end_cursor
            cursors.add(after)
        yield Page(unlisted=((source, _endless()),))

    async def _page(self, source: Source, after: str | None, size: int) -> Reply[Owned]:
        return await self._api.query(OWNED[source.kind], {"login": source.name, "first": size, "after": after}, Owned)

    def _read(self, source: Source, connection: Connection, reply: Reply[Owned]) -> Page:
        nodes = connection.nodes or ()
        errors = {_place_of(error): error for error in reply.errors}
        page = self._page_of([(node, errors.get(place)) for place, node in enumerate(nodes) if node])
        hidden = sum(node is None for node in nodes)
        unlisted = [(source, _inaccessible(hidden))] if hidden else []
        if reply.hides_some:
            unlisted.append((source, sso_required()))
        return Page(repositories=page.repositories, unread=page.unread, unlisted=tuple(unlisted))

    async def _named(self, sources: Sequence[Source]) -> Page:
        """The repositories of these names, as far as the forge knows them."""
        wrong = tuple((one, _no_name()) for one in sources if not re.match(NAME, one.name))
        usable = [one for one in sources if re.match(NAME, one.name)]
        pages = [page async for page in self._halved(usable)]
        return Page(
            repositories=tuple(one for page in pages for one in page.repositories),
            unread=tuple(one for page in pages for one in page.unread),
            unlisted=(*wrong, *(one for page in pages for one in page.unlisted)),
        )

    async def _halved(self, sources: Sequence[Source]) -> AsyncIterator[Page]:
        """Yield what a question brings, or its halves where it is too much at once."""
        if not sources:
            return
        parts = [one.name.split("/") for one in sources]
        variables = {f"o{i}": owner for i, (owner, _) in enumerate(parts)} | {
            f"n{i}": name for i, (_, name) in enumerate(parts)
        }
        try:
            reply = await self._api.query(named(len(sources)), variables, Named)
        except Fault as fault:
            if len(sources) == 1 or fault.code not in TOO_MUCH or fault.is_final:
                yield Page(unlisted=tuple((one, fault) for one in sources))
                return
            half = len(sources) // 2
            for part in (sources[:half], sources[half:]):
                async for page in self._halved(part):
                    yield page
            return
        yield self._found(sources, reply)

    def _found(self, sources: Sequence[Source], reply: Reply[Named]) -> Page:
        errors = {error.path[0]: error for error in reply.errors if error.path}
        data = reply.data or {}
        nodes = [(data.get(f"r{place}"), errors.get(f"r{place}")) for place in range(len(sources))]
        page = self._page_of([(node, error) for node, error in nodes if node])
        missing = [
            (source, fault_of(error) if error else not_found())
            for source, (node, error) in zip(sources, nodes, strict=True)
            if node is None
        ]
        return Page(repositories=page.repositories, unread=page.unread, unlisted=tuple(missing))

    def _page_of(self, nodes: Sequence[tuple[Node, Failure | None]]) -> Page:
        """Those that are seen for the first time, apart by whether their head is known."""
        fresh = [(node.repository(self._api.host), node, error) for node, error in nodes if self._is_new(node)]
        return Page(
            repositories=tuple(one for one, node, error in fresh if node.has_head or (node.is_empty and error is None)),
            unread=tuple(_headless(fresh)),
        )

    def _is_new(self, node: Node) -> bool:
        is_new = node.id not in self._seen
        self._seen.add(node.id)
        return is_new


def _headless(nodes: Sequence[tuple[Repository, Node, Failure | None]]) -> Iterator[tuple[Repository, Fault]]:
    for repository, node, error in nodes:
        if not node.has_head and node.is_disabled:
            yield repository, blocked()
        elif not node.has_head and error is not None:
            yield repository, fault_of(error)
        elif not node.has_head and not node.is_empty:
            hint = "choose one that exists in the settings of the repository"
            yield repository, Fault("no-default-branch", "its default branch does not exist", hint)


def _connection_of(source: Source, reply: Reply[Owned], cursors: Collection[str | None]) -> Connection:
    """The page. Raise Fault where there is none, and for one that goes on nowhere, or at one of the cursors again."""
    if any(error.type == INVALID_CURSOR for error in reply.errors):
        raise Fault(_LOST, "the forge has lost its place in the list", LATER)
    if reply.data is None or reply.data.owner is None:
        raise _missing(source, reply.errors)
    connection = reply.data.owner.repositories
    if connection.nodes is None:
        raise fault_of(reply.errors[0]) if reply.errors else Fault(UNREADABLE, "the forge leaves out its list", LATER)
    if connection.page_info.has_next_page and not connection.page_info.end_cursor:
        raise Fault(UNREADABLE, "the forge does not say where its list goes on", LATER)
    if connection.page_info.has_next_page and connection.page_info.end_cursor in cursors:
        raise Fault("endless-list", "the list of the forge goes round in a circle", LATER)
    return connection


def _place_of(error: Failure) -> int | None:
    """Which node of a page an error is about; None for one about something else."""
    match error.path:
        case ("owner", "repositories", "nodes", int(place), *_):
            return place
        case _:
            return None


def _missing(source: Source, errors: Sequence[Failure]) -> Fault:
    """Why an owner has no list."""
    fault = fault_of(errors[0]) if errors else not_found()
    if fault.code != NOT_FOUND:
        return fault
    what, other = ("organisation", "user") if source.kind == "org" else ("user", "org")
    hint = f"check the name, and that the token may see it; `{other}:NAME` asks for the other kind of owner"
    return Fault(NOT_FOUND, f"there is no such {what}, or the token may not see it", hint)


def _endless() -> Fault:
    return Fault("endless-list", f"the list of repositories has not ended after {_MOST_PAGES} pages", LATER)


def _inaccessible(number: int) -> Fault:
    hint = "give the token access to all repositories of the owner"
    return Fault("inaccessible-repositories", f"repositories that the token may not see: {number}", hint)


def _no_name() -> Fault:
    return Fault("unusable-name", "this is no name of a repository", "a repository is named `OWNER/NAME`")
