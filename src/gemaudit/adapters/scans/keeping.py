"""Contents by git's name of them, and answers of the forge by their address."""

import sqlite3
import zlib
from collections.abc import Iterable, Mapping

from gemaudit.adapters.scans.values import packed, unpacked

# Lockfiles shrink to a quarter at the first level already, and little more at others, which take several times as long.
_LEVEL = 1
_MOST_ANSWERS = 5_000
_MOST_BYTES = 64 * 1024 * 1024


def absent(db: sqlite3.Connection, oids: Iterable[str]) -> set[str]:
    """Those that are not kept."""
    return {oid for oid in oids if not db.execute("SELECT 1 FROM blob WHERE oid = ?", (packed(oid),)).fetchone()}


def keep(db: sqlite3.Connection, contents: Mapping[str, bytes]) -> None:
    """Keep contents; what is kept already stays."""
    rows = ((packed(oid), len(content), zlib.compress(content, _LEVEL)) for oid, content in contents.items())
    db.executemany("INSERT OR IGNORE INTO blob (oid, size, content) VALUES (?, ?, ?)", rows)


def contents(db: sqlite3.Connection, oids: Iterable[str]) -> dict[str, bytes]:
    """What is kept of these."""
    found = {}
    for oid in oids:
        row = db.execute("SELECT size, content FROM blob WHERE oid = ?", (packed(oid),)).fetchone()
        if row:
            found[oid] = _decompressed(*row)
    return found


def prune(db: sqlite3.Connection) -> None:
    """Forget the contents that no repository has any more."""
    db.execute("DELETE FROM blob WHERE oid NOT IN (SELECT oid FROM file)")


def answer(db: sqlite3.Connection, url: str) -> tuple[str, bytes] | None:
    """The ETag and the body of the last answer."""
    row = db.execute("SELECT etag, size, body FROM answer WHERE url = ?", (packed(url),)).fetchone()
    return (unpacked(row[0]), _decompressed(*row[1:])) if row else None


def use(db: sqlite3.Connection, url: str) -> None:
    """Note that an answer was of use."""
    db.execute("UPDATE answer SET used = (SELECT max(used) FROM answer) + 1 WHERE url = ?", (packed(url),))


def remember(
    db: sqlite3.Connection, url: str, etag: str, body: bytes, *, most: int = _MOST_ANSWERS, largest: int = _MOST_BYTES
) -> None:
    """Remember an answer, and forget those of which use was made longest ago beyond a number or a sum of bytes."""
    row = (packed(url), packed(etag), len(body), zlib.compress(body, _LEVEL))
    db.execute(
        "INSERT OR REPLACE INTO answer (url, etag, size, body, used)"
        " VALUES (?, ?, ?, ?, (SELECT ifnull(max(used), 0) + 1 FROM answer))",
        row,
    )
    number, size = db.execute("SELECT count(*), sum(length(body)) FROM answer").fetchone()
    while number > most or size > largest:
        oldest = db.execute("SELECT url, length(body) FROM answer ORDER BY used LIMIT 1").fetchone()
        db.execute("DELETE FROM answer WHERE url = ?", oldest[:1])
        number, size = number - 1, size - oldest[1]


def _decompressed(size: int, compressed: bytes) -> bytes:
    """The content, and never more than its size, whatever somebody wrote into the file. Raise zlib.error."""
    stream = zlib.decompressobj()
    content = stream.decompress(compressed, size + 1)
    if len(content) != size or not stream.eof:
        raise zlib.error("the content is not as long as it was")
    return content
