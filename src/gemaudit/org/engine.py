"""A scan: every repository of the sources, at no cost where nothing has changed."""

from collections.abc import Sequence

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Forge
from gemaudit.adapters.scans.store import Scans, ScansError
from gemaudit.advisories.database import DatabaseError
from gemaudit.model.repository import Repository, Source
from gemaudit.org.fetching import Failed, Fetched, Store, fetch
from gemaudit.org.judging import Audited, Judge
from gemaudit.org.ledger import Ledger, tree_of
from gemaudit.org.listing import Listing, Work
from gemaudit.org.publishing import Publisher
from gemaudit.org.selection import Selection

_GROUPS_AT_ONCE = 4


class Engine:
    """Carries out one scan: one task lists, several read and judge what the listing hands them."""

    def __init__(
        self,
        forge: Forge,
        scans: Scans,
        ledger: Ledger,
        judge: Judge,
        selection: Selection,
        publisher: Publisher | None = None,
    ) -> None:
        self._forge = forge
        self._ledger = ledger
        self._judge = judge
        self._publisher = publisher
        self._store = Store(scans.absent, scans.keep)
        self._listing = Listing(forge, ledger, selection, judge.today.isoformat(), publisher)
        self._thread = anyio.CapacityLimiter(1)

    async def run(self, sources: Sequence[Source]) -> None:
        """Bring every repository of the sources to its end."""
        send, receive = anyio.create_memory_object_stream[Work](_GROUPS_AT_ONCE)
        async with anyio.create_task_group() as group:
            for _ in range(_GROUPS_AT_ONCE):
                group.start_soon(self._worker, receive.clone())
            receive.close()
            async with send:
                async for work in self._listing.work(sources):
                    await send.send(work)

    async def _worker(self, receive: MemoryObjectReceiveStream[Work]) -> None:
        async with receive:
            async for work in receive:
                for one in await self._fetched(work):
                    await self._settle(one, work.source)

    async def _fetched(self, work: Work) -> list[Fetched | Failed]:
        """The repositories with their files, from the store as far as it has them all."""
        stored = {one.id: self._ledger.stored(one) if work.is_stored else None for one in work.repositories}
        missing = [one for one in work.repositories if stored[one.id] is None]
        fetched = await fetch(self._forge, missing, self._store) if missing else []
        return [*(one for one in stored.values() if one is not None), *fetched]

    async def _settle(self, fetched: Fetched | Failed, source: str) -> None:
        if isinstance(fetched, Failed):
            self._ledger.fail(fetched.repository, fetched.fault, source)
            return
        # Judging is work for the processor; meanwhile the other groups go on asking.
        audited = await anyio.to_thread.run_sync(self._judged, fetched, limiter=self._thread)
        if isinstance(audited, Fault):
            self._ledger.fail(fetched.repository, audited, source)
            return
        self._ledger.keep(fetched, audited, source)
        await self._publish(fetched.repository, audited)

    def _judged(self, fetched: Fetched) -> Audited | Fault:
        try:
            return self._judge.audit(fetched.repository, fetched.found, self._ledger.contents(fetched), fetched.unread)
        except (DatabaseError, ScansError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - what one repository brings to light takes nothing from the others
            message = f"gemaudit failed at it, and that is its own fault: {type(error).__name__}"
            return Fault("bug", message, "report it at https://github.com/gemaudit/gemaudit/issues with the lockfile")

    async def _publish(self, repository: Repository, audited: Audited) -> None:
        if self._publisher is None:
            return
        for fault in await self._publisher.publish(self._forge, repository, tree_of(repository), audited.report):
            self._ledger.unpublished(repository, fault)
