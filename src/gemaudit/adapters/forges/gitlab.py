"""GitLab, at gitlab.com or elsewhere, as a place that holds repositories."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import anyio

from gemaudit.adapters.forges.client import Client
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Page, Wish
from gemaudit.adapters.forges.gitlab_api import DEFAULT_URL, SCOPES, Api, address_of
from gemaudit.adapters.forges.gitlab_contents import Contents
from gemaudit.adapters.forges.gitlab_issues import settle
from gemaudit.adapters.forges.gitlab_listing import Listing
from gemaudit.adapters.forges.gitlab_tree import tree_of
from gemaudit.adapters.forges.limits import Limits
from gemaudit.adapters.forges.tokens import Token
from gemaudit.adapters.forges.transport import Remembered, Transport
from gemaudit.model.repository import Issue, Repository, Source, Tree


class GitLab(Client):
    """GitLab as a Forge, for as long as the context lasts.

    `api_url` is the address of GitLab itself, with the path that it is installed at; raises Fault for one that cannot
    be asked. Groups come with all their subgroups. The token is sent as GitLab takes any kind of it, in an
    `Authorization` header (https://docs.gitlab.com/api/rest/authentication/).
    """

    name = "gitlab"

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
        address = address_of(api_url)
        self.host = address.netloc.decode("ascii") + address.path.rstrip("/")
        transport = Transport(
            address.join("api/v4/"),
            token=token,
            token_hint=SCOPES,
            limits=limits,
            remembered=remembered,
            clock=clock,
            sleep=sleep,
        )
        super().__init__(transport)
        self._api = Api(transport, address)

    def repositories(self, sources: Sequence[Source]) -> AsyncIterator[Page]:
        """Yield the projects of the sources; one request tells the heads of 100."""
        return Listing(self._api, self.host).pages(sources)

    async def tree(self, repository: Repository, wanted: Callable[[str], bool]) -> Tree:
        """Every wanted file below the head of a project, and all links and submodules. Sizes are not told."""
        return await tree_of(self._api, repository, wanted)

    async def contents(self, wishes: Sequence[Wish]) -> list[bytes | Fault]:
        """The bytes of each file, compared with git's name of them, or why there are none."""
        return await Contents(self._api).of(wishes)

    async def upload(self, repository: Repository, sarif: str) -> None:  # noqa: ARG002 - a Forge is asked so
        """Raise Fault: GitLab takes SARIF from its own jobs alone.

        https://gitlab.com/gitlab-org/gitlab/-/work_items/452042: as `artifacts:reports:sarif`, and not by an API.
        """
        hint = "let a job of the project run `gemaudit check --report sarif=gemaudit.sarif` and keep the file"
        raise Fault("not-offered", "GitLab has no endpoint for SARIF, it reads it from artifacts of jobs", hint)

    async def settle(self, repository: Repository, issue: Issue) -> str:
        """Create the issue, update it or close it; return its address, or nothing where there is none to close."""
        return await settle(self._api, repository, issue)
