"""From repositories to the contents of those of their files that an audit reads."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import anyio
from msgspec import Struct

from gemaudit.adapters.config import NAME as SETTINGS
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Forge, Wish
from gemaudit.environments.documents import LARGEST, passed_over
from gemaudit.lockfiles import MAX_BYTES, is_lockfile_name
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.repository import Repository, Tree
from gemaudit.org.candidates import Candidates, candidates, links, may_matter

#: What ends a link is a path, and no path of git's is longer.
_LONGEST_LINK = 4096
#: What is read of one repository, in bytes. Five hundred lockfiles of blanks are small in git and 8 GiB in memory.
_MOST_TOGETHER = 64 * 1024 * 1024
_UNKNOWN_SIZE = 512 * 1024
_TOO_LARGE = "too-large"


class Store(Struct, frozen=True):
    """Where contents are kept by git's name of them."""

    absent: Callable[[set[str]], set[str]]
    keep: Callable[[Mapping[str, bytes]], None]


class Fetched(Struct, frozen=True, kw_only=True):
    """A repository whose contents are in the store, and why some of them are not."""

    repository: Repository
    found: Candidates
    unread: tuple[Diagnostic, ...] = ()


class Failed(Struct, frozen=True):
    """A repository that could not be read."""

    repository: Repository
    fault: Fault


async def fetch(forge: Forge, repositories: Sequence[Repository], store: Store) -> list[Fetched | Failed]:
    """Read several repositories together, so that their files share requests; the order is theirs."""
    trees: dict[str, Tree | Fault] = {}
    async with anyio.create_task_group() as group:
        for repository in repositories:
            group.start_soon(_tree, forge, repository, trees)
    targets = await _targets(forge, [(one, trees[one.id]) for one in repositories], trees)
    found = {
        one.id: candidates(tree, targets.get(one.id, {}))
        for one in repositories
        if isinstance(tree := trees[one.id], Tree)
    }
    faults = await _contents(forge, [(one, found[one.id]) for one in repositories if one.id in found], store)
    return [
        Failed(one, tree) if isinstance(tree := trees[one.id], Fault) else _fetched(one, found[one.id], faults)
        for one in repositories
    ]


async def _tree(forge: Forge, repository: Repository, trees: dict[str, Tree | Fault]) -> None:
    try:
        trees[repository.id] = await forge.tree(repository, may_matter) if repository.head else Tree()
    except Fault as fault:
        trees[repository.id] = fault


async def _targets(
    forge: Forge, listed: Sequence[tuple[Repository, Tree | Fault]], trees: dict[str, Tree | Fault]
) -> dict[str, dict[str, str]]:
    """What the links say that may matter, by repository and path; where that cannot be had, the tree is of no use."""
    wishes = [Wish(one, link) for one, tree in listed if isinstance(tree, Tree) for link in links(tree)]
    answers = await forge.contents(wishes) if wishes else []
    targets: dict[str, dict[str, str]] = {}
    for wish, answer in zip(wishes, answers, strict=True):
        if isinstance(answer, bytes) and len(answer) <= _LONGEST_LINK:
            targets.setdefault(wish.repository.id, {})[wish.entry.path] = answer.decode("utf-8", "surrogateescape")
        elif isinstance(answer, Fault) and answer.code != _TOO_LARGE:
            trees[wish.repository.id] = answer
    return targets


async def _contents(
    forge: Forge, found: Sequence[tuple[Repository, Candidates]], store: Store
) -> dict[tuple[str, str], Fault]:
    """Bring what is missing into the store; return why files are still missing, by repository and path."""
    wanted = [(one, path, files.files[path]) for one, files in found for path in files.paths]
    faults = {(one.id, path): fault for one, files in found for path, fault in _oversized(files)}
    absent = store.absent({entry.oid for _, _, entry in wanted})
    holders: dict[str, list[Wish]] = {}
    for one, path, entry in wanted:
        if entry.oid in absent and (one.id, path) not in faults:
            holders.setdefault(entry.oid, []).append(Wish(one, entry))
    missing = await _answers(forge, holders, store)
    for one, path, entry in wanted:
        if entry.oid in missing:
            faults.setdefault((one.id, path), missing[entry.oid])
    return faults


async def _answers(forge: Forge, holders: dict[str, list[Wish]], store: Store) -> dict[str, Fault]:
    """Keep what the holders of contents give, each asked in its turn; return what none of them gave, and why."""
    missing: dict[str, Fault] = {}
    while pending := {oid: wishes.pop(0) for oid, wishes in holders.items() if wishes}:
        for some in _portions(pending):
            answers = dict(zip(some, await forge.contents(list(some.values())), strict=True))
            store.keep({oid: answer for oid, answer in answers.items() if isinstance(answer, bytes)})
            missing |= {oid: answer for oid, answer in answers.items() if isinstance(answer, Fault)}
            for oid in (oid for oid, answer in answers.items() if isinstance(answer, bytes)):
                holders.pop(oid)
                missing.pop(oid, None)
    return missing


def _portions(pending: Mapping[str, Wish]) -> Iterator[dict[str, Wish]]:
    """As much as shall be in memory at once; GitLab does not tell sizes."""
    some: dict[str, Wish] = {}
    size = 0
    for oid, wish in pending.items():
        size += wish.entry.size if wish.entry.size >= 0 else _UNKNOWN_SIZE
        if some and size > _MOST_TOGETHER:
            yield some
            some, size = {}, 0
        some[oid] = wish
    yield some


def _fetched(repository: Repository, found: Candidates, faults: Mapping[tuple[str, str], Fault]) -> Fetched | Failed:
    own = {path: fault for path in found.paths if (fault := faults.get((repository.id, path))) is not None}
    grave = next((fault for fault in own.values() if fault.code != _TOO_LARGE), None)
    if grave is not None:
        return Failed(repository, grave)
    return Fetched(repository=repository, found=found, unread=tuple(_unread(*item) for item in own.items()))


def _oversized(files: Candidates) -> Iterator[tuple[str, Fault]]:
    """The files that are not read for their size, or for what was already read of the repository."""
    left = _MOST_TOGETHER
    for path in files.paths:
        size = files.files[path].size
        if size > _most(path):
            yield path, Fault(_TOO_LARGE, f"it has more than {_most(path) // 1024 // 1024} MiB")
        elif size > left:
            most = f"{_MOST_TOGETHER // 1024 // 1024} MiB"
            yield path, Fault(_TOO_LARGE, f"the files that matter have more than {most} together")
        else:
            left -= max(size, 0)


def _unread(path: str, fault: Fault) -> Diagnostic:
    if path == SETTINGS:
        return Diagnostic(code=_TOO_LARGE, message=f"the settings are not read: {fault.message}", path=path)
    if not is_lockfile_name(path.rpartition("/")[2]):
        return passed_over(path, fault.message)
    return Diagnostic(
        code=_TOO_LARGE,
        message=f"this lockfile is not read: {fault.message}",
        path=path,
        hint="run `gemaudit check` in a clone of the repository to see more",
    )


def _most(path: str) -> int:
    return MAX_BYTES if is_lockfile_name(path.rpartition("/")[2]) else LARGEST
