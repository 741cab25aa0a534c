"""What becomes of the findings of a repository when it is audited again.

A row is a finding from the scan that saw it first up to the scan in which it was gone. It is the same finding as long
as lockfile, advisory, package, status and suppression are the same; version, line, title and severity may change.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.model.survey import Held

Identity = tuple[str, str, str, str, str, bool]


class Row(Struct, frozen=True):
    """A finding as it is recorded: held, or gone since this very scan. `since` and `until` are ids of scans."""

    id: int
    held: Held
    since: int
    until: int | None


class Difference(Struct, frozen=True, kw_only=True):
    """What to change so that exactly the findings of an audit are held.

    `dropped` are rows of findings that came and went within one scan, which nobody has seen.
    """

    opened: tuple[Held, ...] = ()
    changed: tuple[tuple[int, Held], ...] = ()
    closed: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()


def identity(held: Held) -> Identity:
    """What makes two findings of a repository the same one."""
    return held.lockfile, held.advisory, held.package_kind, held.package, held.status, held.is_suppressed


def difference(rows: Sequence[Row], held: Iterable[Held], scan: int) -> Difference:
    """What an audit in the scan of that id makes of the rows, oldest first.

    A row that this scan closed is opened again where the finding is back, so that of several audits of a repository
    in one scan only the last counts. Of several rows of one identity, one of the same version goes on.
    """
    free: dict[Identity, list[Row]] = defaultdict(list)
    for known in rows:
        free[identity(known.held)].append(known)
    opened: list[Held] = []
    changed: list[tuple[int, Held]] = []
    for one in sorted((replace(one, since="") for one in held), key=lambda one: (one.version, one.line, one)):
        row = _taken(free[identity(one)], one, scan)
        if row is None:
            opened.append(one)
        elif row.until is not None or row.held != one:
            changed.append((row.id, one))
    left = [other for group in free.values() for other in group]
    return Difference(
        opened=tuple(opened),
        changed=tuple(changed),
        closed=tuple(other.id for other in left if other.until is None and other.since != scan),
        dropped=tuple(other.id for other in left if other.since == scan),
    )


def _taken(free: list[Row], held: Held, scan: int) -> Row | None:
    """The row that goes on as this finding: one from before this scan if there is any."""
    before = [row for row in free if row.since != scan] or free
    row = next((row for row in before if row.held.version == held.version), next(iter(before), None))
    if row is not None:
        free.remove(row)
    return row
