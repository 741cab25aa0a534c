"""A scan: every repository of the sources, at no cost where nothing has changed."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import anyio
import msgspec
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from msgspec import Struct
from msgspec.structs import replace

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Forge
from gemaudit.adapters.scans.contract import File, Known, Settled
from gemaudit.adapters.scans.store import Scans
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.repository import Repository, Source
from gemaudit.model.survey import Outcome, Result, Scan
from gemaudit.org.candidates import Candidates
from gemaudit.org.fetching import Failed, Fetched, Store, fetch
from gemaudit.org.judging import Audited, Judge
from gemaudit.org.publishing import Publisher
from gemaudit.org.selection import LeftOut, Selection

#: Repositories whose files share requests.
_TOGETHER = 10
_GROUPS_AT_ONCE = 4
#: So many repositories, and such a part of all, do not leave an organisation in one night.
_SUSPICIOUS = 5
_SUSPICIOUS_SHARE = 0.1


class Watch(Protocol):
    """Who is told how a scan goes."""

    def listed(self, number: int) -> None:
        """So many more repositories are known."""

    def settled(self, outcome: Outcome, number: int = 1) -> None:
        """So many more have ended in that way."""


class Work(Struct, frozen=True):
    """Repositories that are to be judged together, from the store alone or with the help of the forge."""

    repositories: tuple[Repository, ...]
    source: str
    is_stored: bool


class Engine:
    """Carries out one scan.

    `problems` is what went wrong beside single repositories. `is_complete` turns false where something made the scan
    end early; it can then be taken up again.
    """

    def __init__(
        self,
        forge: Forge,
        scans: Scans,
        scan: Scan,
        judge: Judge,
        selection: Selection,
        watch: Watch,
        publisher: Publisher | None = None,
    ) -> None:
        self.problems: list[Diagnostic] = []
        self.is_complete = True
        self._forge = forge
        self._scans = scans
        self._scan = scan
        self._judge = judge
        self._left_out = LeftOut(selection)
        self._watch = watch
        self._publisher = publisher
        self._store = Store(scans.absent, scans.keep)
        self._thread = anyio.CapacityLimiter(1)

    async def run(self, sources: Sequence[Source]) -> None:
        """Bring every repository of the sources to its end."""
        send, receive = anyio.create_memory_object_stream[Work](_GROUPS_AT_ONCE)
        async with anyio.create_task_group() as group:
            for _ in range(_GROUPS_AT_ONCE):
                group.start_soon(self._worker, receive.clone())
            receive.close()
            async with send:
                await self._list(sources, send)
        if left_out := str(self._left_out):
            message = f"repositories that the scan is not about: {left_out}"
            self.problems.append(Diagnostic(code="left-out", message=message, path="", level="notice"))

    async def _list(self, sources: Sequence[Source], send: MemoryObjectSendStream[Work]) -> None:
        for source in (one for one in sources if one.kind != "repo"):
            listed: set[str] = set()
            fault = await self._list_from([source], str(source), send, listed)
            if fault is None:
                self._vanished(source, self._scans.gone(self._scan, str(source), listed), len(listed))
            else:
                self._unreached(str(source), listed, fault)
        singles = [source for source in sources if source.kind == "repo"]
        if singles:
            await self._list_from(singles, "repo", send, set())

    async def _list_from(
        self, sources: Sequence[Source], name: str, send: MemoryObjectSendStream[Work], listed: set[str]
    ) -> Fault | None:
        """Add to `listed` the ids of what is there; return why the listing did not reach its end, or None."""
        failure = None
        try:
            async for page in self._forge.repositories(sources):
                listed.update(one.id for one in page.repositories)
                for source, fault in page.unlisted:
                    failure = fault
                    self._unlisted(source, fault)
                unread = dict(page.unread)
                listed.update(one.id for one in unread)
                kept = self._left_out.kept(tuple(unread))
                self._watch.listed(len(kept))
                for repository in kept:
                    self._fail(repository, unread[repository], name)
                await self._sort(self._left_out.kept(page.repositories), name, send)
        except Fault as fault:
            failure = fault
            self._unlisted(sources[0], fault)
        return failure

    def _vanished(self, source: Source, gone: Sequence[Repository], listed: int) -> None:
        """Tell of repositories that are not listed any more; many at once may be hidden instead of deleted."""
        if not gone:
            return
        self.problems.append(
            Diagnostic(
                code="vanished",
                message=f"repositories that are not listed any more: {len(gone)}, next to {listed} that are",
                path=str(source),
                level="warning" if len(gone) >= max(_SUSPICIOUS, listed * _SUSPICIOUS_SHARE) else "notice",
                hint="see whether the token may still see them: with their findings they are out of the report",
            )
        )

    def _unlisted(self, source: Source, fault: Fault) -> None:
        """Tell that a source could not be listed; one that is a repository is itself what failed."""
        if source.kind == "repo":
            self._watch.listed(1)
            known = self._scans.named(self._forge.host, source.name)
            self._fail(known or Repository(id=f"{self._forge.host}/{source}", name=source.name), fault, "repo")
        else:
            self._note(fault)
            self.problems.append(fault.diagnostic(str(source)))

    def _unreached(self, source: str, listed: set[str], fault: Fault) -> None:
        """Let what is known of a source that could not be listed to its end fail, for nobody knows how it is now."""
        for repository in self._left_out.kept(self._scans.unseen(self._scan, source, listed)):
            self._watch.listed(1)
            self._fail(repository, fault, source)

    async def _sort(self, repositories: Sequence[Repository], source: str, send: MemoryObjectSendStream[Work]) -> None:
        """Leave alone what has not changed, and hand on the rest."""
        known = self._scans.known([one.id for one in repositories])
        self._watch.listed(len(repositories))
        same = [one for one in repositories if self._is_settled(one, known.get(one.id))]
        self._scans.confirm(self._scan, same, source)
        for one in same:
            self._watch.settled(known[one.id].outcome)
        rest = [one for one in repositories if not self._is_settled(one, known.get(one.id))]
        stored = {one.id for one in rest if self._is_stored(one, known.get(one.id))}
        for is_stored in (True, False):
            wanted = [one for one in rest if (one.id in stored) is is_stored]
            for group in _groups(wanted):
                await send.send(Work(group, source, is_stored))

    def _is_settled(self, repository: Repository, known: Known | None) -> bool:
        if known is None or not self._is_stored(repository, known):
            return False
        if known.basis != self._judge.basis or (known.until and known.until < self._judge.today.isoformat()):
            return False
        return self._publisher is None or self._publisher.is_done(known)

    def _is_stored(self, repository: Repository, known: Known | None) -> bool:
        """Whether the files are those of the last audit."""
        return known is not None and known.tree == _tree_of(repository)

    async def _worker(self, receive: MemoryObjectReceiveStream[Work]) -> None:
        async with receive:
            async for work in receive:
                await self._do(work)

    async def _do(self, work: Work) -> None:
        if work.is_stored:
            fetched = [self._stored(one) for one in work.repositories]
        else:
            fetched = await fetch(self._forge, work.repositories, self._store)
        for one in fetched:
            if isinstance(one, Failed):
                self._fail(one.repository, one.fault, work.source)
                continue
            # Judging is work for the processor; meanwhile the other groups go on asking.
            audited = await anyio.to_thread.run_sync(self._judged, one, limiter=self._thread)
            self._keep(one, audited, work.source)
            await self._publish(one.repository, audited)

    def _stored(self, repository: Repository) -> Fetched | Failed:
        recipe = self._scans.recipe(repository.id)
        return Fetched(repository=repository, found=msgspec.json.decode(recipe, type=Candidates))

    def _judged(self, fetched: Fetched) -> Audited:
        oids = {entry.oid for path in fetched.found.paths if (entry := fetched.found.files.get(path)) is not None}
        known = self._scans.contents(oids)
        contents = {
            path: known[fetched.found.files[path].oid]
            for path in fetched.found.paths
            if fetched.found.files[path].oid in known
        }
        return self._judge.audit(fetched.repository, fetched.found, contents, fetched.unread)

    def _keep(self, fetched: Fetched, audited: Audited, source: str) -> None:
        found = fetched.found
        slim = replace(found, files={path: found.files[path] for path in found.paths})
        self._scans.settle(
            self._scan,
            Settled(
                result=audited.result,
                source=source,
                tree=_tree_of(fetched.repository),
                basis=self._judge.basis,
                until=audited.until,
                files=tuple(File(path=path, oid=entry.oid) for path, entry in slim.files.items()),
                recipe=msgspec.json.encode(slim),
            ),
        )
        self._watch.settled(audited.result.outcome)

    def _fail(self, repository: Repository, fault: Fault, source: str) -> None:
        """Settle a repository that nothing is known of; without a tree, the next scan asks for it again."""
        result = Result(repository=repository, outcome="failed", reason=fault.diagnostic())
        self._scans.settle(self._scan, Settled(result=result, source=source))
        self._watch.settled("failed")
        self._note(fault)

    def _note(self, fault: Fault) -> None:
        if fault.is_final:
            self.is_complete = False

    async def _publish(self, repository: Repository, audited: Audited) -> None:
        if self._publisher is None:
            return
        for fault in await self._publisher.publish(self._forge, repository, _tree_of(repository), audited.report):
            self._note(fault)
            self.problems.append(replace(fault.diagnostic(repository.name), level="warning"))


def _tree_of(repository: Repository) -> str:
    """What the answer about a repository rests on; that of one without commits is known, too."""
    return repository.tree or repository.head or "empty"


def _groups(repositories: Sequence[Repository]) -> Iterator[tuple[Repository, ...]]:
    for start in range(0, len(repositories), _TOGETHER):
        yield tuple(repositories[start : start + _TOGETHER])
