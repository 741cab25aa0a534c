"""What is recorded of single repositories."""

import sqlite3
from collections.abc import Iterable

from gemaudit.adapters.scans.contract import File, Known
from gemaudit.adapters.scans.parts import Recorded
from gemaudit.adapters.scans.settling import FINDING, held_of
from gemaudit.adapters.scans.values import from_json, iso, packed, unpacked
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.repository import Repository
from gemaudit.model.survey import Change, News, Result, Runs, Upgrade

_KNOWN = """
SELECT listing, tree, basis, until, scan.started, outcome FROM repository
JOIN part ON part.id = repository.part JOIN scan ON scan.id = part.scan
WHERE forge_id = ? AND outcome <> 'gone'
"""
_RESULT = """
SELECT listing, outcome, reason, problems, scan.started, lockfiles, packages, upgrades, runs
FROM repository LEFT JOIN audit ON audit.repository = repository.id LEFT JOIN scan ON scan.id = audited
WHERE repository.id = ? AND outcome <> 'gone'
"""
_HELD = f"""
SELECT started, {FINDING} FROM finding JOIN scan ON scan.id = since WHERE repository = ? AND until IS NULL
ORDER BY lockfile, advisory, package_kind, package, version, finding.id
"""  # noqa: S608 - names of columns
# Findings that apply, by severity, then by name.
_WORST_FIRST = """
SELECT repository.id FROM repository LEFT JOIN (
    SELECT repository, sum(severity = 'critical') AS critical, sum(severity = 'high') AS high,
        sum(severity = 'medium') AS medium, sum(severity = 'low') AS low
    FROM finding WHERE until IS NULL AND status = 'affected' AND NOT is_suppressed GROUP BY repository
) AS number ON number.repository = repository.id
WHERE part IN (SELECT id FROM part WHERE scan = ?) AND outcome <> 'gone'
ORDER BY ifnull(critical, 0) DESC, ifnull(high, 0) DESC, ifnull(medium, 0) DESC, ifnull(low, 0) DESC, name, forge_id
"""
# What came since a moment and is there, and what was there at that moment and went. A finding that somebody has
# suppressed meanwhile is not fixed. CROSS JOIN makes SQLite look at every finding once, and only then at repositories.
_CAME = f"""
SELECT repository.id, repository.name, since, {FINDING} FROM finding
CROSS JOIN repository ON repository.id = repository
WHERE part IN (SELECT id FROM part WHERE scan = :scan) AND NOT is_suppressed AND finding.until IS NULL
    AND since IN (SELECT id FROM scan WHERE started > :moment)
"""  # noqa: S608 - names of columns
_WENT = f"""
SELECT repository.id, repository.name, since, {FINDING} FROM finding AS own
CROSS JOIN repository ON repository.id = repository
WHERE part IN (SELECT id FROM part WHERE scan = :scan) AND NOT is_suppressed
    AND own.until IN (SELECT id FROM scan WHERE started > :moment)
    AND since IN (SELECT id FROM scan WHERE started <= :moment)
    AND NOT EXISTS (
        SELECT 1 FROM finding AS other
        WHERE other.repository = own.repository AND other.until IS NULL AND other.is_suppressed
            AND other.lockfile = own.lockfile AND other.advisory = own.advisory
            AND other.package_kind = own.package_kind AND other.package = own.package
    )
"""  # noqa: S608 - names of columns

_Diagnostics = tuple[Diagnostic, ...]


def known(db: sqlite3.Connection, ids: Iterable[str]) -> dict[str, Known]:
    """What is remembered of these repositories, by id."""
    found = {}
    for id_ in ids:
        row = db.execute(_KNOWN, (packed(id_),)).fetchone()
        if row:
            found[id_] = Known(
                repository=from_json(row[0], Repository),
                tree=unpacked(row[1]),
                basis=unpacked(row[2]),
                until=unpacked(row[3]),
                scan=iso(row[4]),
                outcome=row[5],
            )
    return found


def named(db: sqlite3.Connection, host: str, name: str) -> Repository | None:
    """The repository of that name that was settled last; forges take names for the same in any case."""
    row = db.execute(
        "SELECT listing FROM repository JOIN part ON part.id = repository.part"
        " WHERE repository.name = ? COLLATE NOCASE AND host = ? AND outcome <> 'gone'"
        " ORDER BY settled DESC, forge_id LIMIT 1",
        (packed(name), packed(host)),
    ).fetchone()
    return from_json(row[0], Repository) if row else None


def number_of(db: sqlite3.Connection, repository_id: str) -> int | None:
    """The row of a repository, also of one that is gone."""
    row = db.execute("SELECT id FROM repository WHERE forge_id = ?", (packed(repository_id),)).fetchone()
    return int(row[0]) if row else None


def result(db: sqlite3.Connection, number: int) -> Result | None:
    """What is recorded of the repository in that row; None for one that is gone."""
    row = db.execute(_RESULT, (number,)).fetchone()
    if row is None:
        return None
    return Result(
        repository=from_json(row[0], Repository),
        outcome=row[1],
        reason=from_json(row[2], Diagnostic) if row[2] is not None else None,
        problems=from_json(row[3], _Diagnostics),
        audited=iso(row[4]),
        lockfiles=row[5] or 0,
        packages=row[6] or 0,
        upgrades=from_json(row[7] or b"[]", tuple[Upgrade, ...]),
        runs=from_json(row[8] or b"[]", tuple[Runs, ...]),
        held=tuple(held_of(columns, iso(since)) for since, *columns in db.execute(_HELD, (number,))),
    )


def files(db: sqlite3.Connection, repository_id: str) -> tuple[File, ...]:
    """The files that the last audit of a repository read, by path."""
    rows = db.execute(
        "SELECT path, oid FROM file WHERE repository = (SELECT id FROM repository WHERE forge_id = ?) ORDER BY path",
        (packed(repository_id),),
    )
    return tuple(File(path=unpacked(path), oid=unpacked(oid)) for path, oid in rows)


def recipe(db: sqlite3.Connection, repository_id: str) -> bytes:
    """How the files make up the repository, empty where there is none."""
    row = db.execute(
        "SELECT recipe FROM audit JOIN repository ON repository.id = repository WHERE forge_id = ?",
        (packed(repository_id),),
    ).fetchone()
    return row[0] if row else b""


def worst_first(db: sqlite3.Connection, scan: int) -> list[int]:
    """The rows of the repositories of a scan, those with most of what is worst first, then by name."""
    return [number for (number,) in db.execute(_WORST_FIRST, (scan,))]


def changes(db: sqlite3.Connection, scan: Recorded, before: Recorded | None) -> list[tuple[int, Change]]:
    """What came and what went between two scans, with the rows of the repositories; nothing for the first scan."""
    if before is None:
        return []
    starts = dict(db.execute("SELECT id, started FROM scan"))
    parameters = {"scan": scan.id, "moment": starts[before.id]}
    statements: tuple[tuple[News, str], ...] = (("new", _CAME), ("fixed", _WENT))
    return [
        (number, Change(news=news, repository=unpacked(name), held=held_of(columns, iso(starts[since]))))
        for news, statement in statements
        for number, name, since, *columns in db.execute(statement, parameters)
    ]


def published(db: sqlite3.Connection, repository_id: str, kind: str) -> str:
    """The digest of what was published last in a way, empty if nothing was."""
    row = db.execute(
        "SELECT digest FROM published JOIN repository ON repository.id = repository WHERE forge_id = ? AND kind = ?",
        (packed(repository_id), packed(kind)),
    ).fetchone()
    return unpacked(row[0]) if row else ""
