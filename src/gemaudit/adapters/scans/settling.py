"""What a scan learns about repositories, written down."""

import hashlib
import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

from gemaudit.adapters.scans.contract import Settled
from gemaudit.adapters.scans.intervals import Row, difference
from gemaudit.adapters.scans.parts import Part
from gemaudit.adapters.scans.values import from_json, packed, to_json, unpacked
from gemaudit.model.repository import Repository
from gemaudit.model.survey import Held

#: The columns of a finding, in the order of `held_of`.
FINDING = "lockfile, advisory, package_kind, package, status, is_suppressed, version, title, severity, kind, line"

_DIGEST_SIZE, _NUMBER_SIZE = 16, 4

# `audited` of one that failed is when it last was; of one that has nothing to audit there is none. One that could not
# be read keeps the tree of its recipe, so that one listing that fails does not make the next scan read everything.
_REPOSITORY = """
INSERT INTO repository (
    forge_id, name, listing, source, part, settled, outcome, reason, problems, tree, basis, until, audited, history
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (forge_id) DO UPDATE SET
    name = excluded.name, listing = excluded.listing, source = excluded.source, part = excluded.part,
    settled = excluded.settled, outcome = excluded.outcome, reason = excluded.reason, problems = excluded.problems,
    tree = CASE WHEN excluded.outcome = 'failed' AND excluded.tree = '' THEN tree ELSE excluded.tree END,
    basis = excluded.basis, until = excluded.until, history = excluded.history,
    audited = CASE excluded.outcome WHEN 'failed' THEN audited ELSE excluded.audited END
"""
_AUDIT = """
INSERT INTO audit (repository, lockfiles, packages, upgrades, runs, recipe) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (repository) DO UPDATE SET
    lockfiles = excluded.lockfiles, packages = excluded.packages, upgrades = excluded.upgrades, runs = excluded.runs
"""
_CONFIRM = """
UPDATE repository SET name = ?, listing = ?, source = ?, part = ?, settled = ?,
    audited = CASE outcome WHEN 'audited' THEN ? ELSE audited END
WHERE forge_id = ? AND outcome <> 'gone'
"""
_OPEN = f"""
INSERT INTO finding (repository, since, {FINDING}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""  # noqa: S608 - names of columns
_CHANGE = f"""
UPDATE finding SET until = NULL, ({FINDING}) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?
"""  # noqa: S608 - names of columns
_ROWS = f"""
SELECT finding.id, since, until, {FINDING} FROM finding JOIN scan ON scan.id = since
WHERE repository = ? AND (until IS NULL OR until = ?) ORDER BY started, finding.id
"""  # noqa: S608 - names of columns


def settle(db: sqlite3.Connection, part: Part, settled: Settled) -> None:
    """Record one repository; see `Scans.settle`."""
    result = settled.result
    id_ = _repository(db, part, settled)
    if result.outcome != "failed":
        audit = (result.lockfiles, result.packages, to_json(result.upgrades), to_json(result.runs), b"")
        db.execute(_AUDIT, (id_, *audit))
        _findings(db, id_, result.held if result.outcome == "audited" else (), part.scan)
    if settled.recipe is not None:
        db.execute("INSERT OR IGNORE INTO audit VALUES (?, 0, 0, X'5B5D', X'5B5D', X'')", (id_,))
        db.execute("UPDATE audit SET recipe = ? WHERE repository = ?", (settled.recipe, id_))
    if settled.files is not None:
        db.execute("DELETE FROM file WHERE repository = ?", (id_,))
        # A hostile tree may have one path twice.
        files = ((id_, packed(file.path), packed(file.oid)) for file in settled.files)
        db.executemany("INSERT OR REPLACE INTO file (repository, path, oid) VALUES (?, ?, ?)", files)


def _repository(db: sqlite3.Connection, part: Part, settled: Settled) -> int:
    result, repository = settled.result, settled.result.repository
    key = packed(repository.id)
    row = db.execute("SELECT id, history FROM repository WHERE forge_id = ?", (key,)).fetchone()
    cursor = db.execute(
        _REPOSITORY,
        (
            key,
            packed(repository.name),
            to_json(repository),
            packed(settled.source),
            part.id,
            part.began,
            result.outcome,
            to_json(result.reason) if result.reason is not None else None,
            to_json(result.problems),
            *map(packed, (settled.tree, settled.basis, settled.until)),
            part.scan if result.outcome == "audited" else None,
            _history(row[1] if row else b"", part, to_json(settled)),
        ),
    )
    return int(row[0] if row else cursor.lastrowid or 0)


def _history(before: bytes, part: Part, event: bytes) -> bytes:
    """How often something was settled so far, and a digest of all of that.

    It is equal in two files only where all of that is equal, and greater in the one that knows more of the same scan.
    """
    number = int.from_bytes(before[:_NUMBER_SIZE]) + 1
    digest = hashlib.blake2b(digest_size=_DIGEST_SIZE)
    for piece in (before, part.key, event):
        digest.update(len(piece).to_bytes(8) + piece)
    return number.to_bytes(_NUMBER_SIZE) + digest.digest()


def _findings(db: sqlite3.Connection, repository: int, held: Sequence[Held], scan: int) -> None:
    rows = [Row(row[0], held_of(row[3:]), row[1], row[2]) for row in db.execute(_ROWS, (repository, scan))]
    what = difference(rows, held, scan)
    db.executemany(_OPEN, ((repository, scan, *_columns(one)) for one in what.opened))
    db.executemany(_CHANGE, ((*_columns(one), id_) for id_, one in what.changed))
    db.executemany("UPDATE finding SET until = ? WHERE id = ?", ((scan, id_) for id_ in what.closed))
    db.executemany("DELETE FROM finding WHERE id = ?", ((id_,) for id_ in what.dropped))


def held_of(columns: Sequence[Any], since: str = "") -> Held:
    """The finding in the columns of `FINDING`, seen first by the scan of that start."""
    lockfile, advisory, package_kind, package, status, is_suppressed, version, title, severity, kind, line = columns
    return Held(
        lockfile=unpacked(lockfile),
        advisory=unpacked(advisory),
        package_kind=package_kind,
        package=unpacked(package),
        version=unpacked(version),
        title=unpacked(title),
        severity=severity,
        kind=kind,
        status=status,
        line=line,
        is_suppressed=bool(is_suppressed),
        since=since,
    )


def _columns(held: Held) -> tuple[str | bytes | int, ...]:
    return (
        packed(held.lockfile),
        packed(held.advisory),
        held.package_kind,
        packed(held.package),
        held.status,
        held.is_suppressed,
        packed(held.version),
        packed(held.title),
        held.severity,
        held.kind,
        held.line,
    )


def confirm(db: sqlite3.Connection, part: Part, repositories: Sequence[Repository], source: str) -> None:
    """Let the scan count repositories as they are; see `Scans.confirm`."""
    rows = (
        (packed(one.name), to_json(one), packed(source), part.id, part.began, part.scan, packed(one.id))
        for one in repositories
    )
    if repositories and db.executemany(_CONFIRM, rows).rowcount != len(repositories):
        raise LookupError("one of the repositories is not known")


def unseen(
    db: sqlite3.Connection, host: str, source: str, listed: Collection[str]
) -> tuple[tuple[int, Repository, bytes], ...]:
    """The repositories of a source that are not among the ids of `listed`, each with its own id and its history."""
    rows = db.execute(
        "SELECT repository.id, forge_id, listing, history FROM repository JOIN part ON part.id = repository.part"
        " WHERE source = ? AND host = ? AND outcome <> 'gone' ORDER BY repository.name, forge_id",
        (packed(source), packed(host)),
    )
    return tuple(
        (id_, from_json(listing, Repository), history)
        for id_, key, listing, history in rows
        if unpacked(key) not in listed
    )


def gone(db: sqlite3.Connection, part: Part, id_: int, history: bytes) -> None:
    """Let a repository leave, with all that it holds."""
    db.execute(
        "UPDATE repository SET outcome = 'gone', part = ?, settled = ?, tree = '', audited = NULL, history = ?"
        " WHERE id = ?",
        (part.id, part.began, _history(history, part, b"gone"), id_),
    )
    for table in ("DELETE FROM file WHERE repository = ?", "DELETE FROM audit WHERE repository = ?"):
        db.execute(table, (id_,))
    _findings(db, id_, (), part.scan)
