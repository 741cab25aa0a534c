"""Which repositories of a listing a scan is about."""

import hashlib
from collections import Counter
from fnmatch import fnmatchcase

from msgspec import Struct

from gemaudit.model.repository import Repository, Visibility


class Shard(Struct, frozen=True):
    """One of `count` equal parts, the first being number 1."""

    number: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read `2/4`. Raise ValueError for anything else."""
        number, separator, count = text.partition("/")
        if not separator or not (number + count).isascii() or not number.isdigit() or not count.isdigit():
            raise ValueError(f"`{text}` is no shard")
        shard = cls(int(number), int(count))
        if not 1 <= shard.number <= shard.count:
            raise ValueError(f"`{text}` is no shard")
        return shard

    def __str__(self) -> str:
        """The shard as a user writes it."""
        return f"{self.number}/{self.count}"

    def holds(self, repository: Repository) -> bool:
        """Whether the repository is in this part; that depends on its id and on nothing else."""
        digest = hashlib.sha256(repository.id.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.number - 1


class Selection(Struct, frozen=True, kw_only=True):
    """What a scan is about; globs are of names as in `acme/web-*`, or of what stands behind the last slash.

    Of several topics or visibilities any is enough.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    archived: bool = False
    forks: bool = True
    topics: tuple[str, ...] = ()
    visibilities: tuple[Visibility, ...] = ()
    shard: Shard = Shard()

    def holds(self, repository: Repository) -> bool:
        """Whether the scan is about a repository."""
        return self.shard.holds(repository) and not self.reason(repository)

    def reason(self, repository: Repository) -> str:
        """Why the repository is left out, whatever its shard; empty where it is not."""
        reasons = {
            "not included": bool(self.include) and not _is_named(repository, self.include),
            "excluded": _is_named(repository, self.exclude),
            "archived": repository.is_archived and not self.archived,
            "forks": repository.is_fork and not self.forks,
            "without the topic": bool(self.topics) and not set(self.topics) & set(repository.topics),
            "of another visibility": bool(self.visibilities) and repository.visibility not in self.visibilities,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")


class LeftOut:
    """How many repositories a selection has left out, and why."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._reasons: Counter[str] = Counter()

    def kept(self, repositories: tuple[Repository, ...]) -> tuple[Repository, ...]:
        """Those that the scan is about; the others are counted, but not those of other shards."""
        own = [one for one in repositories if self._selection.shard.holds(one)]
        reasons = {one.id: self._selection.reason(one) for one in own}
        self._reasons.update(filter(None, reasons.values()))
        return tuple(one for one in own if not reasons[one.id])

    def __str__(self) -> str:
        """The counts, as in `12 archived, 3 excluded`; empty where nothing was left out."""
        return ", ".join(f"{number} {reason}" for reason, number in sorted(self._reasons.items()))


def _is_named(repository: Repository, globs: tuple[str, ...]) -> bool:
    names = (repository.name.lower(), repository.name.lower().rpartition("/")[2])
    return any(fnmatchcase(name, glob.lower()) for glob in globs for name in names)
