"""The tables, and how a file of an older release becomes one of this release.

What is only read whole is one JSON column; what is counted, compared or closed has rows of its own. What moves every
night (`repository`) is apart from what is large and rarely moves (`audit`, `finding`).

A `scan` has one `part`, or several after files of shards were joined. A finding is an interval between two scans:
seen first by `since`, gone in `until`, which is empty as long as it is held.
"""

import sqlite3
from pathlib import Path

from gemaudit.adapters.scans.errors import ScansError, foreign

#: "gmsc": tells `file` and us that the SQLite file is ours, https://www.sqlite.org/fileformat.html#application_id.
APPLICATION_ID = 0x676D7363

_VERSION_1 = """
CREATE TABLE scan (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    started INTEGER NOT NULL                        -- Unix seconds; no two are equal
);
CREATE TABLE part (
    id INTEGER PRIMARY KEY,
    scan INTEGER NOT NULL REFERENCES scan (id),
    scope TEXT NOT NULL,
    shard TEXT NOT NULL,
    began INTEGER NOT NULL,                         -- Unix seconds, by the clock of the machine it ran on
    finished INTEGER,
    forge TEXT NOT NULL,
    host TEXT NOT NULL,
    sources BLOB NOT NULL,
    version TEXT NOT NULL,
    revision TEXT NOT NULL,
    requests INTEGER NOT NULL DEFAULT 0,
    problems BLOB NOT NULL DEFAULT X'5B5D',
    number_audited INTEGER NOT NULL DEFAULT 0,      -- of repositories, as of `finished`
    number_nothing INTEGER NOT NULL DEFAULT 0,
    number_failed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (scan, scope, shard)
);
CREATE TABLE repository (
    id INTEGER PRIMARY KEY,
    forge_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    listing BLOB NOT NULL,
    source TEXT NOT NULL,                           -- in whose listing it was
    part INTEGER NOT NULL REFERENCES part (id),     -- that settled it last
    settled INTEGER NOT NULL,                       -- when that part began
    outcome TEXT NOT NULL CHECK (outcome IN ('audited', 'nothing', 'failed', 'gone')),
    reason BLOB,
    problems BLOB NOT NULL,
    tree TEXT NOT NULL,
    basis TEXT NOT NULL,
    until TEXT NOT NULL,
    audited INTEGER REFERENCES scan (id),
    history BLOB NOT NULL                           -- digest of all that was ever settled, in its order
);
CREATE INDEX repository_by_part ON repository (part);
CREATE TABLE audit (
    repository INTEGER PRIMARY KEY REFERENCES repository (id) ON DELETE CASCADE,
    lockfiles INTEGER NOT NULL,
    packages INTEGER NOT NULL,
    upgrades BLOB NOT NULL,
    runs BLOB NOT NULL,
    recipe BLOB NOT NULL
);
CREATE TABLE finding (
    id INTEGER PRIMARY KEY,
    repository INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
    lockfile TEXT NOT NULL,
    advisory TEXT NOT NULL,
    package_kind TEXT NOT NULL,
    package TEXT NOT NULL,
    status TEXT NOT NULL,
    is_suppressed INTEGER NOT NULL,
    version TEXT NOT NULL,
    title TEXT NOT NULL,
    severity TEXT NOT NULL,
    kind TEXT NOT NULL,
    line INTEGER NOT NULL,
    since INTEGER NOT NULL REFERENCES scan (id),
    until INTEGER REFERENCES scan (id)
);
CREATE INDEX finding_by_repository ON finding (repository, until);
CREATE TABLE file (
    repository INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    oid TEXT NOT NULL,
    PRIMARY KEY (repository, path)
) WITHOUT ROWID;
CREATE TABLE published (
    repository INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (repository, kind)
) WITHOUT ROWID;
CREATE TABLE blob (
    oid TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    content BLOB NOT NULL                           -- compressed by zlib, `size` bytes without
);
CREATE TABLE answer (
    url TEXT PRIMARY KEY,
    etag TEXT NOT NULL,
    size INTEGER NOT NULL,
    body BLOB NOT NULL,
    used INTEGER NOT NULL                           -- rises with every use
);
CREATE INDEX answer_by_use ON answer (used);
"""

#: The step at index n makes a file of version n into one of version n + 1. A released step never changes.
MIGRATIONS: tuple[str, ...] = (_VERSION_1,)


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """The version of the tables, 0 for an empty file.

    Raise ScansError for a database of another program, and for one of a later release.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and (application or version or tables):
        raise foreign(path)
    if version > len(MIGRATIONS):
        message = f"a later release of gemaudit wrote this file (tables {version}, known here: {len(MIGRATIONS)})"
        raise ScansError(
            "later-scans",
            message,
            "`pip install --upgrade gemaudit`, or name another file with `--state FILE`",
            path=path,
        )
    return int(version)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the tables to this release, each version in a transaction of its own. Raise ScansError as `version_of`."""
    for version in range(version_of(connection, path), len(MIGRATIONS)):
        # In the script, for `executescript` ends any transaction that it is called in.
        connection.executescript(
            f"BEGIN IMMEDIATE;{MIGRATIONS[version]}"
            f"PRAGMA application_id = {APPLICATION_ID};PRAGMA user_version = {version + 1};COMMIT;"
        )
