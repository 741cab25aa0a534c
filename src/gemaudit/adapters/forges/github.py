"""GitHub.com, GitHub Enterprise Cloud and GitHub Enterprise Server."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import anyio

from gemaudit.adapters.forges.client import Client
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Page, Wish
from gemaudit.adapters.forges.github_api import DEFAULT_URL, HEADERS, POINTS, Api, site_of
from gemaudit.adapters.forges.github_contents import contents_of
from gemaudit.adapters.forges.github_listing import Listing
from gemaudit.adapters.forges.github_pushing import settle, upload
from gemaudit.adapters.forges.github_trees import tree_of
from gemaudit.adapters.forges.limits import Limits
from gemaudit.adapters.forges.tokens import Token
from gemaudit.adapters.forges.transport import Remembered, Transport
from gemaudit.model.repository import Issue, Repository, Source, Tree


class GitHub(Client):
    """A GitHub as a Forge, for as long as the context lasts.

    `api_url` is the address of the API or of the site. Raise Fault for one that cannot be asked.
    """

    name = "github"

    def __init__(
        self,
        api_url: str = DEFAULT_URL,
        *,
        token: Token | None,
        limits: Limits | None = None,
        remembered: Remembered | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        site = site_of(api_url)
        self.host = site.host
        transport = Transport(
            site.rest,
            token=token,
            token_hint=site.token_hint,
            limits=limits,
            headers=HEADERS,
            points=POINTS if site.is_hosted else {},
            remembered=remembered,
            clock=clock,
            sleep=sleep,
        )
        super().__init__(transport)
        self._api = Api(transport, site)

    def repositories(self, sources: Sequence[Source]) -> AsyncIterator[Page]:
        """Yield the repositories of the sources, in pages; a source that fails is told in a page and ends no other."""
        return Listing(self._api).pages(sources)

    async def tree(self, repository: Repository, wanted: Callable[[str], bool]) -> Tree:
        """Every wanted file below the head of a repository, and all links and submodules."""
        return await tree_of(self._api, repository, wanted)

    async def contents(self, wishes: Sequence[Wish]) -> list[bytes | Fault]:
        """The bytes of each file, or why there are none, in the order of the wishes, in as few requests as can be."""
        return await contents_of(self._api, wishes)

    async def upload(self, repository: Repository, sarif: str) -> None:
        """Hand a SARIF log of the head to code scanning."""
        await upload(self._api, repository, sarif)

    async def settle(self, repository: Repository, issue: Issue) -> str:
        """Create the issue, update it or close it; return its address, or nothing where there is none to close."""
        return await settle(self._api, repository, issue)
