"""Contents of files on GitLab, those of several projects in one question."""

from collections.abc import Iterator, Sequence
from typing import Any

import anyio

from gemaudit.adapters.forges import gitlab_queries as queries
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Wish
from gemaudit.adapters.forges.gitlab_api import TOO_MUCH, Api, of_error
from gemaudit.adapters.forges.gitlab_queries import Holder
from gemaudit.adapters.forges.objects import is_content, is_name
from gemaudit.adapters.forges.transport import (
    LATER,
    SERVER_ERROR,
    SILENT,
    TOO_LARGE,
    UNREADABLE,
    Question,
)
from gemaudit.lockfiles import MAX_BYTES

# Points of one question, below GitLab's 250 with a token and 200 without.
_MOST_POINTS = 180
# GitLab refuses more than 20 MB for one project at once (`Resolvers::BlobsResolver`) and does not tell sizes before.
_MOST_FILES = 25
_MAY_BE_SIZE = frozenset({TOO_MUCH, TOO_LARGE, SERVER_ERROR, SILENT, UNREADABLE})

#: Files of one project at one commit.
_Files = tuple[Wish, ...]


class Contents:
    """What files hold, by git's name of it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[str, bytes | Fault] = {}

    async def of(self, wishes: Sequence[Wish]) -> list[bytes | Fault]:
        """The content of each, or why there is none; what several wishes share is asked for once."""
        distinct = {wish.entry.oid: wish for wish in wishes}
        async with anyio.create_task_group() as group:
            for batch in batches(list(distinct.values())):
                group.start_soon(self._fetch, batch)
        return [self._known[wish.entry.oid] for wish in wishes]

    async def _fetch(self, batch: Sequence[_Files]) -> None:
        """Ask for a batch, for halves of one that is too much, and for what is not text one by one."""
        try:
            texts = await self._texts(batch)
        except Fault as fault:
            if fault.is_final:
                self._known.update({wish.entry.oid: fault for files in batch for wish in files})
                return
            if fault.code in _MAY_BE_SIZE and (halves := _halves(batch)):
                for half in halves:
                    await self._fetch(half)
                return
            texts = {}
        async with anyio.create_task_group() as group:
            for wish in (wish for files in batch for wish in files):
                text = texts.get(wish.entry.oid)
                if text is None:
                    group.start_soon(self._fetch_raw, wish)
                else:
                    self._known[wish.entry.oid] = text

    async def _texts(self, batch: Sequence[_Files]) -> dict[str, bytes]:
        """Those contents that GitLab gives as text which is what git has, and not recoded; by git's name."""
        variables: dict[str, Any] = {}
        for number, files in enumerate(batch):
            repository = files[0].repository
            paths = [wish.entry.path for wish in files]
            variables |= {f"name{number}": repository.name, f"ref{number}": repository.head, f"paths{number}": paths}
        reply = await self._api.query(
            queries.files([len(files) for files in batch]), variables, dict[str, Holder | None]
        )
        if slow := next((one for one in map(of_error, reply.errors) if one.code == TOO_MUCH), None):
            raise slow
        texts: dict[str, bytes] = {}
        for number, files in enumerate(batch):
            holder = (reply.data or {}).get(f"p{number}")
            blobs = holder.repository.blobs if holder and holder.repository else None
            found = {blob.path: blob.raw_text_blob for blob in (blobs.nodes if blobs else ()) if blob is not None}
            for wish in files:
                content = (found.get(wish.entry.path) or "").encode("utf-8", "surrogatepass")
                if is_content(wish.entry.oid, content):
                    texts[wish.entry.oid] = content
        return texts

    async def _fetch_raw(self, wish: Wish) -> None:
        """Ask for the bytes themselves, by the project's lasting id, so that a project that moves is still found."""
        try:
            self._known[wish.entry.oid] = await self._raw(wish)
        except Fault as fault:
            self._known[wish.entry.oid] = fault

    async def _raw(self, wish: Wish) -> bytes:
        number, oid = wish.repository.id.rpartition("/")[2], wish.entry.oid
        if not is_name(oid):
            raise Fault(UNREADABLE, "GitLab names the file by something that is no object of git", LATER)
        question = Question(url=f"projects/{number}/repository/blobs/{oid}/raw", accept="*/*")
        return await self._api.read(question, lambda answer: _checked(oid, answer.body))


def _checked(oid: str, content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise Fault(TOO_LARGE, f"the file is larger than {MAX_BYTES} bytes")
    if not is_content(oid, content):
        raise Fault("damaged-file", "the file is not what its name in git says", LATER, again=True)
    return content


def batches(wishes: Sequence[Wish]) -> Iterator[list[_Files]]:
    """The wishes by project and commit, as many together as one question may ask for."""
    groups: dict[tuple[str, str], list[Wish]] = {}
    for wish in wishes:
        groups.setdefault((wish.repository.id, wish.repository.head), []).append(wish)
    batch: list[_Files] = []
    points = 0
    for files in (group[start : start + _MOST_FILES] for group in groups.values() for start in _starts(group)):
        cost = queries.cost_of_files(len(files))
        if batch and points + cost > _MOST_POINTS:
            yield batch
            batch, points = [], 0
        batch.append(tuple(files))
        points += cost
    if batch:
        yield batch


def _starts(group: Sequence[Wish]) -> range:
    return range(0, len(group), _MOST_FILES)


def _halves(batch: Sequence[_Files]) -> tuple[Sequence[_Files], ...]:
    """The batch in two; nothing where it is a single file."""
    if len(batch) > 1:
        middle = len(batch) // 2
        return batch[:middle], batch[middle:]
    (files,) = batch
    middle = len(files) // 2
    return ([files[:middle]], [files[middle:]]) if middle else ()
