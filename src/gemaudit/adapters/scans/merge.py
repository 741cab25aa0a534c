"""One file of several: the shards of one scan, or scans of several organisations.

Scans are joined by name. A repository that is in several files is taken, with all that belongs to it, from the file
that settled it last. As findings begin and end with scans, not with times, their intervals follow when a joined scan
begins as early as the earliest of its parts. All choices depend on what is recorded alone, so neither the order of the
files nor joining them step by step changes the whole.

What the forge answered is not joined: it saves few requests, and each file would bring the same.
"""

import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gemaudit.adapters.paths import real
from gemaudit.adapters.scans import keeping
from gemaudit.adapters.scans.contract import Merged
from gemaudit.adapters.scans.errors import damaged
from gemaudit.adapters.scans.opening import ScansFile, source
from gemaudit.adapters.scans.settling import FINDING

_Value = str | bytes | int | None

_PART = (
    "scope, shard, began, finished, forge, host, sources, version, revision, requests, problems,"
    " number_audited, number_nothing, number_failed"
)
_REPOSITORY = "name, listing, source, settled, outcome, reason, problems, tree, basis, until, history"
_AUDIT = "lockfiles, packages, upgrades, runs, recipe"
_KEY = """
SELECT settled, scan.name, scope, shard, history, listing FROM repository
JOIN part ON part.id = part JOIN scan ON scan.id = part.scan WHERE forge_id = ?
"""


def merge(into: Path, files: Sequence[Path]) -> Merged:
    """Join files to one; what is at `into` already is a part of the whole.

    Raise ScansError, with nothing written, for a file that cannot be used, one that is being written included. The
    files stay untouched, and `into` changes at one moment or not at all.
    """
    others = [file for file in dict.fromkeys(map(real, files)) if file != real(into)]
    for file in others:
        with tempfile.TemporaryDirectory() as folder, source(file, Path(folder)) as connection:
            _check(connection, file)
    target = ScansFile.open(into, write=True)
    try:
        with target.transaction() as db:
            taken = sum(_joined(db, file) for file in others)
            _restart(db)
            keeping.prune(db)
            (repositories,) = db.execute("SELECT count(*) FROM repository WHERE outcome <> 'gone'").fetchone()
            (scans,) = db.execute("SELECT count(*) FROM scan").fetchone()
    finally:
        target.close()
    return Merged(files=len(others), repositories=repositories, scans=scans, taken=taken)


def _check(connection: sqlite3.Connection, file: Path) -> None:
    (answer,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if answer != "ok" or connection.execute("PRAGMA foreign_key_check").fetchone():
        raise damaged(file)


def _joined(db: sqlite3.Connection, file: Path) -> int:
    """How many repositories were taken from the file."""
    with tempfile.TemporaryDirectory() as folder, source(file, Path(folder)) as other:
        scans = {id_: _scan(db, name) for id_, name in other.execute("SELECT id, name FROM scan")}
        parts = {
            id_: _part(db, scans[scan], rest)
            for id_, scan, *rest in other.execute(_select("part", f"id, scan, {_PART}"))
        }
        taken = 0
        for id_, key in other.execute("SELECT id, forge_id FROM repository ORDER BY id").fetchall():
            own = db.execute(_KEY, (key,)).fetchone()
            if own is None or _rank(other.execute(_KEY, (key,)).fetchone()) > _rank(own):
                _take(db, other, id_, key, scans, parts)
                taken += 1
        blobs = other.execute("SELECT oid, size, content FROM blob")
        db.executemany("INSERT OR IGNORE INTO blob (oid, size, content) VALUES (?, ?, ?)", blobs)
    return taken


def _rank(row: Sequence[_Value]) -> tuple[object, ...]:
    """Rises with the time at which a repository was settled; equal for equal ones, and for those alone."""
    settled, *texts = row
    return (settled, *_comparable(texts))


def _scan(db: sqlite3.Connection, name: str | bytes) -> int:
    """The scan of that name; when it began is settled when all are there."""
    row = db.execute("SELECT id FROM scan WHERE name = ?", (name,)).fetchone()
    if row:
        return int(row[0])
    return db.execute("INSERT INTO scan (name, started) VALUES (?, 0)", (name,)).lastrowid or 0


def _part(db: sqlite3.Connection, scan: int, columns: Sequence[_Value]) -> int:
    """The part of a scan; of two records of one part, as in copies of one file, that which ended later counts."""
    select = _select("part", f"id, {_PART}", "scan = ? AND scope = ? AND shard = ?")
    row = db.execute(select, (scan, *columns[:2])).fetchone()
    if row is None:
        return db.execute(_insert("part", f"scan, {_PART}"), (scan, *columns)).lastrowid or 0
    if _part_rank(columns) > _part_rank(row[1:]):
        db.execute(_update("part", _PART), (*columns, row[0]))
    return int(row[0])


def _part_rank(columns: Sequence[_Value]) -> tuple[object, ...]:
    _, _, began, finished, *rest = columns
    return (finished is not None, finished or 0, began, *_comparable(rest))


def _take(
    db: sqlite3.Connection,
    other: sqlite3.Connection,
    id_: int,
    key: str | bytes,
    scans: dict[int, int],
    parts: dict[int, int],
) -> None:
    """Put a repository with all that belongs to it in the place of what there is."""
    db.execute("DELETE FROM repository WHERE forge_id = ?", (key,))
    select = _select("repository", f"part, audited, {_REPOSITORY}", "id = ?")
    part, audited, *columns = other.execute(select, (id_,)).fetchone()
    insert = _insert("repository", f"forge_id, part, audited, {_REPOSITORY}")
    new = db.execute(insert, (key, parts[part], scans.get(audited), *columns)).lastrowid
    findings = other.execute(_select("finding", f"since, until, {FINDING}", "repository = ? ORDER BY id"), (id_,))
    db.executemany(
        _insert("finding", f"repository, since, until, {FINDING}"),
        ((new, scans[since], scans.get(until), *rest) for since, until, *rest in findings),
    )
    for table, names in (("audit", _AUDIT), ("file", "path, oid"), ("published", "kind, digest")):
        rows = other.execute(_select(table, names, "repository = ?"), (id_,))
        db.executemany(_insert(table, f"repository, {names}"), ((new, *row) for row in rows))


def _restart(db: sqlite3.Connection) -> None:
    """Let each scan begin with the earliest of its parts, and no two at the same second."""
    last = -1
    began = "SELECT scan.id, min(began), name FROM scan JOIN part ON part.scan = scan.id GROUP BY scan.id"
    rows = db.execute(began).fetchall()
    for id_, moment, _ in sorted(rows, key=lambda row: (row[1], *_comparable(row[2:]))):
        last = max(moment, last + 1)
        db.execute("UPDATE scan SET started = ? WHERE id = ?", (last, id_))


def _comparable(values: Sequence[_Value]) -> tuple[int | bytes | None, ...]:
    """The values of a kind that can be compared, though a text may be kept as bytes."""
    return tuple(value.encode() if isinstance(value, str) else value for value in values)


def _select(table: str, columns: str, condition: str = "TRUE") -> str:
    return f"SELECT {columns} FROM {table} WHERE {condition}"  # noqa: S608 - all three are literals of this module


def _insert(table: str, columns: str) -> str:
    marks = ", ".join("?" for _ in columns.split(","))
    return f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - likewise


def _update(table: str, columns: str) -> str:
    marks = ", ".join("?" for _ in columns.split(","))
    return f"UPDATE {table} SET ({columns}) = ({marks}) WHERE id = ?"  # noqa: S608 - likewise
