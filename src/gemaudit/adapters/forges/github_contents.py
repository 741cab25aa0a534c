"""The contents of files on GitHub: several at once in GraphQL, and one by one what that cannot carry."""

from collections.abc import Iterator, Mapping, Sequence

import anyio

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Wish
from gemaudit.adapters.forges.github_api import TOO_MUCH, Api, fault_of
from gemaudit.adapters.forges.github_queries import Blob, Blobs, Failure, Reply, blobs
from gemaudit.adapters.forges.objects import is_content
from gemaudit.adapters.forges.transport import LATER, TOO_LARGE, UNREADABLE
from gemaudit.lockfiles import MAX_BYTES

#: Files and bytes of one query, so that it stays well within the 10 seconds that GitHub works on one.
MOST_FILES, MOST_BYTES = 100, 4 * 1024 * 1024
#: `Blob.text` is cut off at so many bytes, which GitHub does not document; `isTruncated` tells.
LONGEST_TEXT = 512_000

_RAW = "application/vnd.github.raw+json"
_UNKNOWN_SIZE = 64 * 1024

#: Contents by git's name of them, or why there are none.
Contents = dict[str, bytes | Fault]


async def contents_of(api: Api, wishes: Sequence[Wish]) -> list[bytes | Fault]:
    """The bytes of each file, compared with git's name of them, or why there are none, in the order of the wishes.

    What several wishes share is asked for once.
    """
    found: Contents = {}
    places: dict[str, dict[str, Wish]] = {}
    for wish in wishes:
        places.setdefault(wish.entry.oid, {}).setdefault(wish.repository.name, wish)
    first = [next(iter(place.values())) for place in places.values()]
    found.update((wish.entry.oid, _too_large()) for wish in first if wish.entry.size > MAX_BYTES)
    async with anyio.create_task_group() as group:
        for batch in _batches([wish for wish in first if wish.entry.size <= LONGEST_TEXT]):
            group.start_soon(_together, api, batch, found)
    async with anyio.create_task_group() as group:
        for oid, place in places.items():
            group.start_soon(_apart, api, oid, list(place.values()), found)
    return [found[wish.entry.oid] for wish in wishes]


def _batches(wishes: Sequence[Wish]) -> Iterator[list[Wish]]:
    batch: list[Wish] = []
    size = 0
    for wish in wishes:
        more = wish.entry.size if wish.entry.size >= 0 else _UNKNOWN_SIZE
        if batch and (len(batch) == MOST_FILES or size + more > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(wish)
        size += more
    if batch:
        yield batch


async def _together(api: Api, wishes: Sequence[Wish], found: Contents) -> None:
    """Add what one query brings, or two of half its size where it is too much; what has to come alone is left out."""
    groups = _by_repository(wishes)
    try:
        reply = await api.query(blobs(tuple(map(len, groups))), _variables(groups), Blobs)
    except Fault as fault:
        if fault.is_final or fault.code not in TOO_MUCH:
            found.update((wish.entry.oid, fault) for wish in wishes)
        elif len(wishes) > 1:
            half = len(wishes) // 2
            await _together(api, wishes[:half], found)
            await _together(api, wishes[half:], found)
        return
    errors = {error.path[:2]: error for error in reply.errors if error.path}
    for i, group in enumerate(groups):
        for j, wish in enumerate(group):
            answer = _answer(reply, errors, f"r{i}", f"f{j}", wish.entry.oid)
            if answer is not None:
                found[wish.entry.oid] = answer


def _by_repository(wishes: Sequence[Wish]) -> list[list[Wish]]:
    groups: dict[str, list[Wish]] = {}
    for wish in wishes:
        groups.setdefault(wish.repository.name, []).append(wish)
    return list(groups.values())


def _variables(groups: Sequence[Sequence[Wish]]) -> dict[str, str]:
    variables = {}
    for i, group in enumerate(groups):
        variables[f"o{i}"], _, variables[f"n{i}"] = group[0].repository.name.partition("/")
        variables.update((f"b{i}_{j}", wish.entry.oid) for j, wish in enumerate(group))
    return variables


def _answer(
    reply: Reply[Blobs], errors: Mapping[tuple[str | int, ...], Failure], repository: str, file: str, oid: str
) -> bytes | Fault | None:
    """The content, or why there is none; None for what has to be asked for alone."""
    error = errors.get((repository,)) or errors.get((repository, file))
    if error is not None:
        return fault_of(error)
    files = (reply.data or {}).get(repository) or {}
    return _content(files.get(file), oid)


def _content(blob: Blob | None, oid: str) -> bytes | None:
    """The bytes of a text that is what it was in git; not one that is binary, cut off or converted."""
    if blob is None or blob.text is None or blob.is_binary or blob.is_truncated:
        return None
    content = blob.text.encode("utf-8", "surrogatepass")
    return content if is_content(oid, content) else None


async def _apart(api: Api, oid: str, wishes: Sequence[Wish], found: Contents) -> None:
    """Add a file by itself where it is still missing, from the next of its repositories where one has none of it."""
    for number, wish in enumerate(wishes):
        known = found.get(oid)
        if isinstance(known, bytes) or (isinstance(known, Fault) and (known.code == TOO_LARGE or known.is_final)):
            return
        if known is None or number > 0:
            found[oid] = await _alone(api, wish)


async def _alone(api: Api, wish: Wish) -> bytes | Fault:
    """A file by itself: docs.github.com/rest/git/blobs has up to 100 MB."""
    oid = wish.entry.oid

    def checked(content: bytes) -> bytes:
        if len(content) > MAX_BYTES:
            raise _too_large()
        if not is_content(oid, content):
            raise Fault(UNREADABLE, "the content is not what git's name of it says", LATER, again=True)
        return content

    try:
        return await api.read(f"repos/{wish.repository.name}/git/blobs/{oid}", _RAW, checked)
    except Fault as fault:
        return _too_large() if fault.code == TOO_LARGE else fault


def _too_large() -> Fault:
    return Fault(TOO_LARGE, f"the file has more than {MAX_BYTES // 1024 // 1024} MiB")
