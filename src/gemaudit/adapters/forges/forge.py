"""What a scan asks of a forge; GitHub and GitLab answer it."""

from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Protocol, Self

from msgspec import Struct

from gemaudit.adapters.forges.faults import Fault
from gemaudit.model.repository import Entry, Issue, Repository, Source, Tree


class Page(Struct, frozen=True, kw_only=True):
    """Some repositories of the sources, and the sources that could not be listed to their end.

    `unread` are repositories of the sources whose head the forge does not tell, each with the reason; they fail.
    """

    repositories: tuple[Repository, ...] = ()
    unread: tuple[tuple[Repository, Fault], ...] = ()
    unlisted: tuple[tuple[Source, Fault], ...] = ()


class Budget(Struct, frozen=True, kw_only=True):
    """What the forge says about its limit: requests, or points, that are left until `reset` (Unix time)."""

    limit: int
    remaining: int
    reset: float


class Wish(Struct, frozen=True):
    """A file whose content is wanted."""

    repository: Repository
    entry: Entry


class Forge(Protocol):
    """A place that holds repositories.

    Every method raises Fault, or returns it where it says so, for whatever the forge or the network does; retries and
    the forge's limits are its own affair. `requests` counts what was sent, retries included.
    """

    name: str
    host: str

    async def __aenter__(self) -> Self:
        """The forge, which may be asked for as long as the context lasts."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Let go of all connections."""

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""

    @property
    def budget(self) -> Budget | None:
        """What is left of the forge's limit, as of the last answer that told."""

    def repositories(self, sources: Sequence[Source]) -> AsyncIterator[Page]:
        """Yield the repositories of the sources, in pages; a source that fails is told in a page and ends no other."""

    async def tree(self, repository: Repository, wanted: Callable[[str], bool]) -> Tree:
        """Every wanted file below the head of a repository, and all links and submodules."""

    async def contents(self, wishes: Sequence[Wish]) -> list[bytes | Fault]:
        """The bytes of each file, or why there are none, in the order of the wishes, in as few requests as can be.

        What is returned has been compared with git's name of the content.
        """

    async def upload(self, repository: Repository, sarif: str) -> None:
        """Hand a SARIF log of the head to the forge's code scanning."""

    async def settle(self, repository: Repository, issue: Issue) -> str:
        """Create the issue, update it or close it; return its address, or nothing where there is none to close."""


__all__ = ["Budget", "Fault", "Forge", "Issue", "Page", "Wish"]
