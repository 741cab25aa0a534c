"""The scans of a file, and the parts that they were made in."""

import datetime
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.adapters.scans.values import from_json, iso, packed, to_json, unix, unpacked
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.survey import Scan

_Diagnostics = tuple[Diagnostic, ...]
_Texts = tuple[str, ...]


class Part(Struct, frozen=True, kw_only=True):
    """What settling needs of the part of a scan that goes on; `scan` is an id, and `key` is the same in every file."""

    id: int
    scan: int
    began: int
    key: bytes


class Recorded(Struct, frozen=True, kw_only=True):
    """A scan as it is recorded, made of its parts.

    `places` are its sources with the hosts they are on. `audited`, `nothing` and `failed` are as of its end.
    """

    id: int
    scan: Scan
    places: frozenset[tuple[str, str]]
    audited: int
    nothing: int
    failed: int

    @property
    def repositories(self) -> int:
        """How many repositories ended in one way or another."""
        return self.audited + self.nothing + self.failed


def begin(db: sqlite3.Connection, asked: Scan, resume_within: datetime.timedelta, *, repeated: bool) -> Scan:
    """Go on with the scan that was interrupted, or record a new one; see `Scans.begin`."""
    now = unix(asked.started)
    (latest,) = db.execute("SELECT max(started) FROM scan").fetchone()
    found = _interrupted(db, asked, latest, now - int(resume_within.total_seconds()), repeated=repeated)
    if found is not None:
        return found
    scan = _joinable(db, asked, latest)
    if scan is not None and latest is not None:
        name, started = asked.name, latest
    else:
        name = _free(db, asked.name or iso(now))
        started = now if latest is None else max(now, latest + 1)
        scan = db.execute("INSERT INTO scan (name, started) VALUES (?, ?)", (packed(name), started)).lastrowid
    described = (asked.scope, asked.shard, asked.forge, asked.host, asked.version, asked.revision)
    db.execute(
        "INSERT INTO part (scan, scope, shard, forge, host, version, revision, began, sources)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (scan, *map(packed, described), max(now, started), to_json(asked.sources)),
    )
    return replace(asked, name=name, started=iso(started), finished="")


def _interrupted(
    db: sqlite3.Connection, asked: Scan, latest: int | None, earliest: int, *, repeated: bool
) -> Scan | None:
    """The scan to go on with: the last of the file, for intervals only grow at their end.

    A shard goes on only under its own name, for it is joined with others by that.
    """
    row = db.execute(
        "SELECT name, started, part.id FROM scan JOIN part ON part.scan = scan.id WHERE started = ?"
        " AND scope = ? AND shard = ? AND version = ? AND revision = ? AND began >= ? AND (shard = '' OR name = ?)"
        " AND (part.finished IS NULL OR (shard <> '' AND ?))",
        (
            latest,
            *map(packed, (asked.scope, asked.shard, asked.version, asked.revision)),
            earliest,
            packed(asked.name),
            repeated,
        ),
    ).fetchone()
    if row is None:
        return None
    db.execute("UPDATE part SET finished = NULL WHERE id = ?", row[2:])
    return replace(asked, name=unpacked(row[0]), started=iso(row[1]), finished="")


def _joinable(db: sqlite3.Connection, asked: Scan, latest: int | None) -> int | None:
    """The last scan of the file, if it has the same name and is made of other shards."""
    row = db.execute("SELECT id FROM scan WHERE name = ? AND started = ?", (packed(asked.name), latest)).fetchone()
    if row is None or not asked.shard:
        return None
    shards = {unpacked(shard) for (shard,) in db.execute("SELECT shard FROM part WHERE scan = ?", row)}
    return None if shards & {"", asked.shard} else int(row[0])


def _free(db: sqlite3.Connection, name: str) -> str:
    """The name, or the first of `name-2`, `name-3` ... that no scan has."""
    free, number = name, 1
    while db.execute("SELECT 1 FROM scan WHERE name = ?", (packed(free),)).fetchone():
        number += 1
        free = f"{name}-{number}"
    return free


def part_of(db: sqlite3.Connection, scan: Scan) -> Part:
    """The part that `begin` returned. Raise LookupError for a scan that did not begin in this file."""
    row = db.execute(
        "SELECT part.id, scan.id, began, name FROM part JOIN scan ON scan.id = part.scan"
        " WHERE started = ? AND scope = ? AND shard = ?",
        (unix(scan.started), packed(scan.scope), packed(scan.shard)),
    ).fetchone()
    if row is None:
        raise LookupError("the scan did not begin in this file")
    key = to_json((unpacked(row[3]), scan.scope, scan.shard))
    return Part(id=row[0], scan=row[1], began=row[2], key=key)


def finish(db: sqlite3.Connection, part: Part, requests: int, problems: _Diagnostics, finished: str) -> None:
    """Record how the part went; see `Scans.finish`."""
    counts = dict(db.execute("SELECT outcome, count(*) FROM repository WHERE part = ? GROUP BY outcome", (part.id,)))
    db.execute(
        "UPDATE part SET finished = ?, requests = requests + ?, problems = ?,"
        " number_audited = ?, number_nothing = ?, number_failed = ? WHERE id = ?",
        (
            max(unix(finished), part.began) if finished else None,
            requests,
            to_json(problems),
            *(counts.get(outcome, 0) for outcome in ("audited", "nothing", "failed")),
            part.id,
        ),
    )


def recorded(db: sqlite3.Connection) -> tuple[Recorded, ...]:
    """All scans, in the order of time."""
    parts: dict[tuple[int, int, str], list[sqlite3.Row]] = defaultdict(list)
    cursor = db.cursor()
    cursor.row_factory = sqlite3.Row
    for row in cursor.execute(
        "SELECT part.*, scan.id AS scan_id, scan.started, scan.name FROM part JOIN scan ON scan.id = part.scan"
        " ORDER BY started, scope, shard"
    ):
        parts[row["started"], row["scan_id"], unpacked(row["name"])].append(row)
    return tuple(_joined(*key, rows) for key, rows in parts.items())


def _joined(started: int, id_: int, name: str, parts: Sequence[sqlite3.Row]) -> Recorded:
    last = max(parts, key=lambda part: (part["began"], *(unpacked(part[one]) for one in ("scope", "shard"))))
    sources = [(unpacked(part["host"]), from_json(part["sources"], _Texts)) for part in parts]
    problems = {to_json(one): one for part in parts for one in from_json(part["problems"], _Diagnostics)}
    is_finished = all(part["finished"] is not None for part in parts)
    scan = Scan(
        name=name,
        started=iso(started),
        finished=iso(max(started, *(part["finished"] for part in parts))) if is_finished else "",
        **{key: unpacked(last[key]) for key in ("forge", "host", "scope", "version", "revision")},
        sources=tuple(dict.fromkeys(source for _, texts in sources for source in texts)),
        shard=_shards(unpacked(part["shard"]) for part in parts),
        requests=sum(part["requests"] for part in parts),
        problems=tuple(problems.values()),
    )
    return Recorded(
        id=id_,
        scan=scan,
        places=frozenset((host, source) for host, texts in sources for source in texts),
        **{outcome: sum(part[f"number_{outcome}"] for part in parts) for outcome in ("audited", "nothing", "failed")},
    )


def _shards(shards: Iterable[str]) -> str:
    """The shards that a scan has, empty where they make up the whole."""
    present = set(shards)
    whole = any(
        {f"{number}/{count}" for number in range(1, int(count) + 1)} <= present
        for count in {shard.partition("/")[2] for shard in present}
        if count.isascii() and count.isdigit() and int(count) <= len(present)
    )
    return "" if whole or "" in present else ", ".join(sorted(present))


def previous(scans: Sequence[Recorded], one: Recorded) -> Recorded | None:
    """The last scan before that reached its end and shares a source."""
    before = (other for other in scans if other.scan.started < one.scan.started and other.scan.finished)
    return next((other for other in reversed(tuple(before)) if other.places & one.places), None)


def families(scans: Sequence[Recorded]) -> dict[int, int]:
    """For the id of each scan, an id that it has in common with all that share sources, directly or by others."""
    family = {one.id: one.id for one in scans}
    holders: dict[tuple[str, str], int] = {}
    for one in scans:
        for place in one.places:
            old, new = family[holders.setdefault(place, one.id)], family[one.id]
            family = {id_: new if name == old else name for id_, name in family.items()} if old != new else family
    return family
