"""What scans have found: one file, one writer at a time."""

import datetime
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from gemaudit.adapters.scans import keeping, parts, reading, settling, surveying
from gemaudit.adapters.scans.contract import File, Known, Settled
from gemaudit.adapters.scans.errors import ScansError
from gemaudit.adapters.scans.opening import ScansFile
from gemaudit.adapters.scans.values import iso, packed, unix
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.repository import Repository
from gemaudit.model.survey import Point, Result, Scan, Survey

__all__ = ["Scans", "ScansError"]


class Scans:
    """The repositories, findings and scans of a file; any thread may call, one is served at a time.

    Every method raises ScansError for what the file, or the system it is on, is to blame for. A finding begins with the
    scan that saw it first and ends with the scan in which it was gone; one that goes on in another version, at another
    line or with another severity is the same, one whose status or suppression changes is another.
    """

    def __init__(self, file: ScansFile) -> None:
        self._file = file
        self._parts: dict[tuple[str, str, str], parts.Part] = {}

    @classmethod
    def open(cls, path: Path, *, write: bool = True) -> Self:
        """Open the file, which is made where there is none and `write` is set.

        Raise ScansError at once where another process writes it and `write` is set; reading is always possible.
        """
        return cls(ScansFile.open(path, write=write))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the use of the file, and let others write it."""
        self._file.close()

    def begin(
        self,
        scan: Scan,
        *,
        resume_within: datetime.timedelta = datetime.timedelta(hours=24),
        repeated: bool = False,
    ) -> Scan:
        """The scan as it is recorded from now on, with its start and name.

        That is the last scan of the file where it did not reach its end, began within `resume_within`, and has the same
        scope, shard, revision and version; a shard must have the same name as well. With `repeated`, that name is never
        given to two scans, and a shard of the last scan goes on although it has ended: on its own it would be a scan of
        a part, while the other shards are not run again. Else it is a new one, which begins
        a second after the last where the clock is behind. A name that is taken gets `-2`, unless it is that of the last
        scan, and this is another shard of it. Times are whole seconds, as in `2026-11-21T02:00:00Z`.
        """
        with self._file.transaction() as db:
            return parts.begin(db, scan, resume_within, repeated=repeated)

    def finish(self, scan: Scan, *, requests: int, problems: tuple[Diagnostic, ...], finished: str) -> Scan:
        """The scan as it ended, or as it stands where `finished` is empty; contents that nobody needs are forgotten.

        `requests` are added to those before the scan was resumed; `problems` take the place of those.
        """
        with self._file.transaction() as db:
            parts.finish(db, self._part(scan), requests, problems, finished)
            if finished:
                keeping.prune(db)
        return self._recorded(scan)[1].scan

    def known(self, ids: Iterable[str]) -> dict[str, Known]:
        """What is remembered of repositories, by id; those never seen and those that are gone are left out."""
        with self._file.reading() as db:
            return reading.known(db, ids)

    def named(self, host: str, name: str) -> Repository | None:
        """The repository that was known by a name on a host when it was settled last, None if there is none."""
        with self._file.reading() as db:
            return reading.named(db, host, name)

    def settle(self, scan: Scan, settled: Settled) -> None:
        """Record a repository with all that belongs to it, or nothing of it.

        Of one that failed, what the last audit found stays; of one with nothing to audit it is gone. Of several
        results in one scan the last counts. `Result.audited` and `Held.since` are worked out, not taken.
        """
        with self._file.transaction() as db:
            settling.settle(db, self._part(scan), settled)

    def confirm(self, scan: Scan, repositories: Sequence[Repository], source: str) -> None:
        """Let the scan count repositories that are as they were, with what their listing says now.

        One that failed has still failed. Raise LookupError, having changed nothing, if one of them is not `known`.
        """
        with self._file.transaction() as db:
            settling.confirm(db, self._part(scan), repositories, source)

    def unseen(self, scan: Scan, source: str, listed: Collection[str]) -> tuple[Repository, ...]:
        """The known repositories of a source, on the scan's host, that are not among the ids of `listed`, by name."""
        with self._file.reading() as db:
            return tuple(repository for _, repository, _ in settling.unseen(db, scan.host, source, listed))

    def gone(self, scan: Scan, source: str, listed: Collection[str]) -> tuple[Repository, ...]:
        """Let those leave that a listing of the whole source does not name any more, and return them.

        `listed` are the ids of all repositories that were listed, also of those that the scan is not about, for they
        are there.
        """
        with self._file.transaction() as db:
            left = settling.unseen(db, scan.host, source, listed)
            for id_, _, history in left:
                settling.gone(db, self._part(scan), id_, history)
        return tuple(repository for _, repository, _ in left)

    def last(self, repository_id: str) -> Result | None:
        """What is recorded of a repository, None if it was never seen or is gone."""
        with self._file.reading() as db:
            number = reading.number_of(db, repository_id)
            return reading.result(db, number) if number is not None else None

    def files(self, repository_id: str) -> tuple[File, ...]:
        """The files that the last audit of a repository read, by path."""
        with self._file.reading() as db:
            return reading.files(db, repository_id)

    def recipe(self, repository_id: str) -> bytes:
        """How the files make up the repository, as `Settled.recipe` said; empty if there is none."""
        with self._file.reading() as db:
            return reading.recipe(db, repository_id)

    def absent(self, oids: Iterable[str]) -> set[str]:
        """Those of git's names whose contents are not kept."""
        with self._file.reading() as db:
            return keeping.absent(db, oids)

    def keep(self, contents: Mapping[str, bytes]) -> None:
        """Keep contents, by git's name of them, until a scan ends in which no repository has them."""
        with self._file.transaction() as db:
            keeping.keep(db, contents)

    def contents(self, oids: Iterable[str]) -> dict[str, bytes]:
        """What is kept, by git's name of it; what is not is left out."""
        with self._file.reading() as db:
            return keeping.contents(db, oids)

    def published(self, repository_id: str, kind: str) -> str:
        """What `mark_published` was told last, empty if it never was."""
        with self._file.reading() as db:
            return reading.published(db, repository_id, kind)

    def mark_published(self, repository_id: str, kind: str, digest: str) -> None:
        """Note what a repository was last given back in a way. Raise LookupError for one that was never settled."""
        with self._file.transaction() as db:
            number = reading.number_of(db, repository_id)
            if number is None:
                raise LookupError("the repository is not known")
            row = (number, packed(kind), packed(digest))
            db.execute("INSERT OR REPLACE INTO published (repository, kind, digest) VALUES (?, ?, ?)", row)

    def get(self, url: str, /) -> tuple[str, bytes] | None:
        """The ETag and the body that the forge answered last at an address, None if that is not remembered."""
        with self._file.transaction() as db:
            if found := keeping.answer(db, url):
                keeping.use(db, url)
            return found

    def put(self, url: str, etag: str, body: bytes, /) -> None:
        """Remember an answer; those that were of no use for longest are forgotten as room is needed."""
        with self._file.transaction() as db:
            keeping.remember(db, url, etag, body)

    def scans(self) -> tuple[Scan, ...]:
        """All scans, in the order of time."""
        with self._file.reading() as db:
            return tuple(one.scan for one in parts.recorded(db))

    def latest(self) -> Scan | None:
        """The scan that began last, None if there is none."""
        return next(iter(reversed(self.scans())), None)

    def survey(self, scan: Scan, end_of_life: Callable[[str, str], tuple[str, bool]]) -> Survey:
        """Everything about a scan that does not grow with its repositories, which are those that it settled last.

        `end_of_life` tells for an engine and a version until when there are fixes (ISO 8601), and whether that is over.
        What is new and fixed is so since the last scan before that reached its end and shares a source; of the first
        scan nothing is. `clean` repositories may have findings that are not decided, but nothing that could not be
        read. Levers are the steps that can be taken at once and move a package, and close what applies.
        """
        scans, one = self._recorded(scan)
        with self._file.reading() as db:
            return surveying.survey(db, scans, one, end_of_life)

    def results(self, scan: Scan, *, changed: bool = False) -> Iterator[Result]:
        """The repositories that a scan settled last, worst first; only those where findings came or went if `changed`.

        No more than one of them, and a number for each, is in memory.
        """
        scans, one = self._recorded(scan)
        with self._file.reading() as db:
            numbers = reading.worst_first(db, one.id)
            if changed:
                with_changes = {number for number, _ in reading.changes(db, one, parts.previous(scans, one))}
                numbers = [number for number in numbers if number in with_changes]
        for number in numbers:
            with self._file.reading() as db:
                result = reading.result(db, number)
            if result is not None:
                yield result

    def trend(self) -> tuple[Point, ...]:
        """The scans that reached their end, in the order of time, each with what there was to find then."""
        with self._file.reading() as db:
            return surveying.trend(db, parts.recorded(db))

    def _part(self, scan: Scan) -> parts.Part:
        """Called with the file's turn taken."""
        key = (scan.started, scan.scope, scan.shard)
        if key not in self._parts:
            with self._file.reading() as db:
                self._parts[key] = parts.part_of(db, scan)
        return self._parts[key]

    def _recorded(self, scan: Scan) -> tuple[tuple[parts.Recorded, ...], parts.Recorded]:
        """All scans, and the one that is meant. Raise LookupError for one that is not recorded here."""
        with self._file.reading() as db:
            scans = parts.recorded(db)
        started = iso(unix(scan.started))
        found = next((one for one in scans if one.scan.started == started), None)
        if found is None:
            raise LookupError("the scan is not recorded in this file")
        return scans, found
