"""From sources to the repositories that there is something to do about."""

from collections.abc import AsyncIterator, Iterator, Sequence

from msgspec import Struct

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Forge, Page
from gemaudit.adapters.scans.contract import Known
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.repository import Repository, Source
from gemaudit.org.ledger import Ledger, tree_of
from gemaudit.org.publishing import Publisher
from gemaudit.org.selection import LeftOut, Selection

#: Repositories whose files share requests.
_MOST_TOGETHER = 10
#: What single repositories are recorded as a part of, and those of which no more than the name is known.
_SINGLE, _NAMELESS = "repo", "unlisted"


class Work(Struct, frozen=True):
    """Repositories to be judged together; `is_stored` says that their files are those of the last audit."""

    repositories: tuple[Repository, ...]
    source: str
    is_stored: bool


class Listing:
    """The repositories of the sources, each once; those with nothing to do about them are settled at once."""

    def __init__(
        self, forge: Forge, ledger: Ledger, selection: Selection, today: str, publisher: Publisher | None
    ) -> None:
        self._forge = forge
        self._ledger = ledger
        self._left_out = LeftOut(selection)
        self._today = today
        self._publisher = publisher
        self._listed: set[str] = set()
        self._pretended: set[str] = set()
        self._together = 1

    async def work(self, sources: Sequence[Source]) -> AsyncIterator[Work]:
        """Yield what is left to do, and settle everything else."""
        for source in (one for one in sources if one.kind != "repo"):
            listed: set[str] = set()
            faults: list[Fault] = []
            async for work in self._of([source], str(source), listed, faults):
                yield work
            if faults:
                self._unreached(source, listed, faults[0])
            else:
                self._ledger.leave(source, listed)
        if singles := [source for source in sources if source.kind == "repo"]:
            async for work in self._of(singles, _SINGLE, set(), []):
                yield work
            # One that only had a name when this scan was interrupted has an id now, and must not be there twice.
            self._ledger.drop(_NAMELESS, self._pretended)
        if left_out := str(self._left_out):
            message = f"repositories that the scan is not about: {left_out}"
            self._ledger.tell(Diagnostic(code="left-out", message=message, path="", level="notice"))

    async def _of(
        self, sources: Sequence[Source], name: str, listed: set[str], faults: list[Fault]
    ) -> AsyncIterator[Work]:
        """Add to `listed` the ids of what is there, and to `faults` why the listing did not reach its end."""
        try:
            async for page in self._forge.repositories(sources):
                listed.update(one.id for one in page.repositories)
                listed.update(one.id for one, _ in page.unread)
                for source, fault in page.unlisted:
                    faults.append(fault)
                    self._unlisted(source, fault)
                for work in self._sorted(page, name):
                    yield work
        except Fault as fault:
            faults.append(fault)
            self._unlisted(sources[0], fault)

    def _sorted(self, page: Page, source: str) -> Iterator[Work]:
        """Leave alone what has not changed, and hand on the rest."""
        unread = dict(page.unread)
        for repository in self._taken(tuple(unread)):
            self._ledger.fail(repository, unread[repository], source)
        repositories = self._taken(page.repositories)
        known = self._ledger.known(repositories)
        same = {one.id for one in repositories if one.id in known and self._is_settled(one, known[one.id])}
        self._ledger.confirm([one for one in repositories if one.id in same], known, source)
        for is_stored in (True, False):
            wanted = [
                one
                for one in repositories
                if one.id not in same and (one.id in known and known[one.id].tree == tree_of(one)) is is_stored
            ]
            while wanted:
                yield Work(tuple(wanted[: self._together]), source, is_stored)
                del wanted[: self._together]
                # Small groups come to an end also where only few requests may be sent.
                self._together = min(self._together + 1, _MOST_TOGETHER)

    def _taken(self, repositories: Sequence[Repository]) -> tuple[Repository, ...]:
        """Those that the scan is about and that no other source had already."""
        fresh = tuple(one for one in repositories if one.id not in self._listed)
        self._listed.update(one.id for one in fresh)
        kept = self._left_out.kept(fresh)
        self._ledger.listed(len(kept))
        return kept

    def _is_settled(self, repository: Repository, known: Known) -> bool:
        return (
            known.tree == tree_of(repository)
            and self._ledger.is_current(known, self._today)
            and (self._publisher is None or self._publisher.is_done(known))
        )

    def _unlisted(self, source: Source, fault: Fault) -> None:
        """Tell that a source could not be listed; one that is a repository is itself what failed."""
        if source.kind == "repo":
            known = self._ledger.named(self._forge.host, source.name)
            pretended = Repository(id=f"{self._forge.host}/{source}", name=source.name)
            if known is None or known.id == pretended.id:
                self._pretended.add(pretended.id)
            for repository in self._taken((known or pretended,)):
                self._ledger.fail(repository, fault, _NAMELESS if repository.id in self._pretended else _SINGLE)
        else:
            self._ledger.note(fault)
            self._ledger.tell(fault.diagnostic(str(source)))

    def _unreached(self, source: Source, listed: set[str], fault: Fault) -> None:
        """Let what is known of a source that could not be listed to its end fail, for nobody knows how it is now."""
        for repository in self._taken(self._ledger.unseen(source, listed)):
            self._ledger.fail(repository, fault, str(source))
