"""Organisations of any size, made from a number, and what happens to them while somebody looks."""

import bisect
import random
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal, NamedTuple

from forges.git_objects import FILE, Entry, Snapshot
from forges.kinds import KINDS, Expected, Made

Access = Literal["", "blocked", "forbidden"]

_FIRST_PUSH = 1_700_000_000
_NAMES = list(KINDS)
_ENDS = list(accumulate(weight for weight, _ in KINDS.values()))
_WORDS = ("billing", "ledger", "search", "mailer", "gateway", "reports", "catalog", "intake", "console", "sync")
_TOPICS = ("rails", "production", "team-payments", "internal-tool", "deprecated", "ruby")
_BRANCHES = ("main", "main", "main", "main", "master", "release/2.x", '"><script>alert(1)</script>', "entwicklung/ü")
_DESCRIPTIONS = (
    "", "Internal service", "=cmd|' /C calc'!A0", "<img src=x onerror=alert(1)>", "\x1b]0;pwned\x07", "\u202edesrever",
    "Überwacht das Lager \U0001f4e6", "{{ 7 * 7 }}", "::error::not an error", "a\nb | c",
)  # fmt: skip


class Push(NamedTuple):
    """Files that were put on the default branch, None for one that was taken away, after the commit `parent`."""

    files: Mapping[str, Entry | None]
    parent: str
    when: int


@dataclass(slots=True)
class Repository:
    """A repository as its owner's page shows it; its files are asked of the world.

    `truth` is what is expected of it in place of what was when it was made.
    """

    id: int
    name: str
    kind: str
    description: str = ""
    topics: tuple[str, ...] = ()
    branch: str = "main"
    visibility: Literal["public", "private", "internal"] = "private"
    is_archived: bool = False
    is_fork: bool = False
    has_issues: bool = True
    has_code_scanning: bool = True
    access: Access = ""
    created_at: int = _FIRST_PUSH
    pushed_at: int = _FIRST_PUSH
    updated_at: int = _FIRST_PUSH
    pushes: list[Push] = field(default_factory=list)
    truth: Expected | None = None
    former_names: list[str] = field(default_factory=list)


class World:
    """All repositories of one owner.

    Repository `index` is the same in every world with the same seed, however large. Only what the owner's page shows
    is kept; files are made when they are asked for, and those of the last few hundred repositories are remembered.
    """

    def __init__(
        self,
        count: int,
        seed: int = 0,
        *,
        owner: str = "acme",
        owner_type: str = "Organization",
        kinds: Sequence[str] = (),
    ) -> None:
        self.seed = seed
        self.owner = owner
        self.owner_type = owner_type
        self.clock = _FIRST_PUSH + 50_000_000
        self.revision = 0
        self._kinds = kinds
        self._next_id = 1
        self._by_id: dict[int, Repository] = {}
        self._by_name: dict[str, int] = {}
        self._snapshots: OrderedDict[tuple[int, int], Snapshot] = OrderedDict()
        for _ in range(count):
            self._append(self._generated(self._next_id))
        self.revision = 0

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Repository]:
        return iter(list(self._by_id.values()))

    def of_kind(self, kind: str) -> Repository:
        """The first repository of a kind that nothing keeps from being read."""
        return next(one for one in self if one.kind == kind and not one.access)

    def by_id(self, number: int) -> Repository | None:
        return self._by_id.get(number)

    def by_name(self, name: str) -> Repository | None:
        """The repository that has this name, or that had it before it was renamed."""
        number = self._by_name.get(name.casefold())
        return None if number is None else self._by_id.get(number)

    def expected(self, repository: Repository) -> Expected:
        """What there is to say about a repository at this moment."""
        if repository.access:
            return Expected("failed", why=repository.access)
        return repository.truth or self._made(repository).expected

    def files(self, repository: Repository, pushes: int | None = None) -> dict[str, Entry]:
        """The files on the default branch at this moment, or after the first few pushes."""
        files: dict[str, Entry | None] = {**self._made(repository).files}
        for push in repository.pushes[:pushes]:
            files |= push.files
        return {path: entry for path, entry in files.items() if entry is not None}

    def history(self, repository: Repository) -> Iterator[Snapshot]:
        """The commits of the default branch, the newest first."""
        for pushes in range(len(repository.pushes), -1, -1):
            if snapshot := self._snapshot(repository, pushes):
                yield snapshot

    def snapshot(self, repository: Repository) -> Snapshot | None:
        """The newest commit of the default branch, or None where there is none."""
        return self._snapshot(repository, len(repository.pushes))

    def _snapshot(self, repository: Repository, pushes: int) -> Snapshot | None:
        key = (repository.id, pushes)
        if key in self._snapshots:
            self._snapshots.move_to_end(key)
            return self._snapshots[key]
        files = self.files(repository, pushes)
        if not files:
            return None
        last = repository.pushes[pushes - 1] if pushes else Push({}, "", repository.created_at)
        self._snapshots[key] = Snapshot(files, last.parent, last.when)
        if len(self._snapshots) > 400:
            self._snapshots.popitem(last=False)
        return self._snapshots[key]

    def push(
        self, repository: Repository, files: Mapping[str, bytes | Entry | None], expected: Expected | None = None
    ) -> None:
        """Put files on the default branch, and take away those that are None; `expected` is what is true from then on.

        Without `expected` what was true stays so: the same lockfiles can be judged, whatever is in them.
        """
        before = self.snapshot(repository)
        entries = {path: Entry(held, FILE) if isinstance(held, bytes) else held for path, held in files.items()}
        repository.truth = expected or repository.truth
        repository.pushed_at = repository.updated_at = self._now()
        repository.pushes.append(Push(entries, before.commit if before else "", repository.pushed_at))

    def rename(self, repository: Repository, name: str) -> None:
        repository.former_names.append(repository.name)
        repository.name = name
        self._by_name[name.casefold()] = repository.id
        repository.updated_at = self._now()

    def delete(self, repository: Repository) -> None:
        del self._by_id[repository.id]
        for name in (repository.name, *repository.former_names):
            self._by_name.pop(name.casefold(), None)
        self._now()

    def archive(self, repository: Repository) -> None:
        repository.is_archived = True
        repository.updated_at = self._now()

    def block(self, repository: Repository, access: Access) -> None:
        repository.access = access
        self._now()

    def add(self, kind: str = "single", name: str = "") -> Repository:
        """A repository that was not there before."""
        repository = self._generated(self._next_id)
        repository.kind, repository.name = kind, name or f"new-{repository.name}"
        repository.created_at = repository.pushed_at = repository.updated_at = self._now()
        return self._append(repository)

    def _append(self, repository: Repository) -> Repository:
        self._by_id[repository.id] = repository
        self._by_name[repository.name.casefold()] = repository.id
        self._next_id += 1
        return repository

    def _now(self) -> int:
        self.revision += 1
        self.clock += 1
        return self.clock

    def _generated(self, number: int) -> Repository:
        chance = random.Random(self.seed * 1_000_003 + number)  # noqa: S311 - nothing secret
        roll = chance.random() * _ENDS[-1]
        kind = self._kinds[(number - 1) % len(self._kinds)] if self._kinds else _NAMES[bisect.bisect(_ENDS, roll)]
        pushed_at = _FIRST_PUSH + chance.randrange(40_000_000)
        return Repository(
            id=number,
            name=f"{chance.choice(_WORDS)}-{chance.choice(_WORDS)}.{number}",
            kind=kind,
            description=chance.choice(_DESCRIPTIONS),
            topics=tuple(sorted(chance.sample(_TOPICS, chance.randrange(4)))),
            branch=chance.choice(_BRANCHES),
            visibility=chance.choice(("public", "private", "private", "internal")),
            is_archived=chance.random() < 0.05,
            is_fork=chance.random() < 0.05,
            has_issues=chance.random() > 0.05,
            has_code_scanning=chance.random() > 0.1,
            access=chance.choice(("blocked", "forbidden")) if chance.random() < 0.005 and not self._kinds else "",
            created_at=pushed_at - chance.randrange(1_000_000),
            pushed_at=pushed_at,
            updated_at=pushed_at,
        )

    def _made(self, repository: Repository) -> Made:
        _, make = KINDS[repository.kind]
        return make(random.Random((self.seed << 32) + repository.id))  # noqa: S311 - likewise


def world(count: int, seed: int = 0, *, kinds: Sequence[str] = ()) -> World:
    """An organisation `acme` of `count` repositories, of all kinds or of `kinds` by turns."""
    return World(count, seed, kinds=kinds)
