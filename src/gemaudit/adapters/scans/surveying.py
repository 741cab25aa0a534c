"""A scan as a whole, and the course of all scans."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from gemaudit.adapters.scans import reading
from gemaudit.adapters.scans.counting import Tally, audits
from gemaudit.adapters.scans.levers import Levers
from gemaudit.adapters.scans.parts import Recorded, families, previous
from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.survey import Change, Counts, Point, Share, Survey

#: For an engine and a version of Ruby, until when there are fixes (ISO 8601) and whether that is over.
EndOfLife = Callable[[str, str], tuple[str, bool]]

_IN_SCAN = "part IN (SELECT id FROM part WHERE scan = ?) AND outcome <> 'gone'"
_OUTCOMES = f"SELECT outcome, count(*) FROM repository WHERE {_IN_SCAN} GROUP BY outcome"  # noqa: S608 - literals
_SIZES = f"""
SELECT ifnull(sum(lockfiles), 0), ifnull(sum(packages), 0)
FROM audit JOIN repository ON repository.id = repository WHERE {_IN_SCAN}
"""  # noqa: S608 - literals
_CLEAN = f"""
SELECT count(*) FROM repository WHERE {_IN_SCAN} AND outcome = 'audited'
AND NOT instr(problems, CAST('"level":"error"' AS BLOB)) AND NOT EXISTS (
    SELECT 1 FROM finding
    WHERE repository = repository.id AND until IS NULL AND status = 'affected' AND NOT is_suppressed
)
"""  # noqa: S608 - literals
_COURSE = """
SELECT part.scan, since, finding.until, severity, status, count(*) FROM finding
JOIN repository ON repository.id = repository JOIN part ON part.id = part
WHERE NOT is_suppressed GROUP BY 1, 2, 3, 4, 5
"""
_UNDECIDED = "undecided"

#: When so many findings of a severity came, or went if the number is negative.
_Event = tuple[str, str, int]


def survey(db: sqlite3.Connection, scans: Sequence[Recorded], one: Recorded, end_of_life: EndOfLife) -> Survey:
    """Everything about a scan that does not grow with its repositories."""
    tally, levers = Tally(), Levers()
    rubies: Counter[tuple[str, str]] = Counter()
    libcs: Counter[tuple[str, str]] = Counter()
    for rows, upgrades, runs in audits(db, one):
        levers.add(upgrades, tally.add(rows))
        rubies.update(_stated((run.engine or "ruby", run.ruby) for run in runs))
        libcs.update(_stated(("libc", run.libc) for run in runs))
    before = previous(scans, one)
    counts = _counts(db, one, tally)
    return Survey(
        scan=one.scan,
        counts=counts,
        previous=before.scan.started if before else "",
        advisories=tally.spreads(),
        levers=levers.most_first(),
        rubies=tuple(_share(*pair, number, end_of_life(*pair)) for pair, number in _most_first(rubies)),
        libcs=tuple(_share(*pair, number, ("", False)) for pair, number in _most_first(libcs)),
        trend=trend(db, scans, one, counts),
        changes=tuple(sorted((change for _, change in reading.changes(db, one, before)), key=_change_rank)),
    )


def _counts(db: sqlite3.Connection, one: Recorded, tally: Tally) -> Counts:
    outcomes = dict(db.execute(_OUTCOMES, (one.id,)))
    lockfiles, packages = db.execute(_SIZES, (one.id,)).fetchone()
    affected, undecided, suppressed = tally.numbers()
    return Counts(
        **{outcome: outcomes.get(outcome, 0) for outcome in ("audited", "nothing", "failed")},
        clean=db.execute(_CLEAN, (one.id,)).fetchone()[0],
        lockfiles=lockfiles,
        packages=packages,
        affected=affected,
        undecided=undecided,
        suppressed=suppressed,
    )


def trend(
    db: sqlite3.Connection, scans: Sequence[Recorded], one: Recorded | None = None, counts: Counts | None = None
) -> tuple[Point, ...]:
    """The scans that reached their end, in the order of time; with `one`, those of its sources, up to it.

    What they had found is counted from the intervals of the findings, of the repositories that were last scanned with
    the same sources; a repository counts up to the scan that settled it last. `counts` are those of `one`.
    """
    family = families(scans)
    shown = [other for other in scans if other.scan.finished or other is one]
    if one is not None:
        own = (other for other in shown if family[other.id] == family[one.id])
        shown = [other for other in own if other.scan.started <= one.scan.started]
    course = _course(db, scans, family)
    found = {
        other.id: now
        for name in {family[other.id] for other in shown}
        for other, now in _swept(sorted(course[name]), [other for other in shown if family[other.id] == name])
    }
    return tuple(_point(other, found[other.id], counts if other is one else None) for other in shown)


def _course(db: sqlite3.Connection, scans: Sequence[Recorded], family: dict[int, int]) -> dict[int, list[_Event]]:
    """What came and went, by family of scans; what a repository holds that a later scan leaves out goes with that."""
    starts = {other.id: other.scan.started for other in scans}
    following = _following(scans, family)
    course: dict[int, list[_Event]] = defaultdict(list)
    for scan, since, until, severity, status, number in db.execute(_COURSE):
        what = severity if status == "affected" else _UNDECIDED
        # When scans are joined that ran by different clocks, what went may seem to have come later; it counts nowhere.
        end = following.get(scan) if until is None else starts[until]
        if end is None or starts[since] < end:
            course[family[scan]].append((starts[since], what, number))
            course[family[scan]] += [(end, what, -number)] if end is not None else []
    return course


def _following(scans: Sequence[Recorded], family: dict[int, int]) -> dict[int, str]:
    """When the next scan of the family of each began; of the last ones nothing."""
    following: dict[int, str] = {}
    last: dict[int, int] = {}
    for one in scans:
        if (before := last.get(family[one.id])) is not None:
            following[before] = one.scan.started
        last[family[one.id]] = one.id
    return following


def _swept(course: Sequence[_Event], scans: Sequence[Recorded]) -> Iterator[tuple[Recorded, Counter[str]]]:
    """Each scan, in the order of time, with how many findings there were then."""
    now: Counter[str] = Counter()
    place = 0
    for one in scans:
        while place < len(course) and course[place][0] <= one.scan.started:
            _, what, number = course[place]
            now[what] += number
            place += 1
        yield one, Counter(now)


def _point(one: Recorded, found: Counter[str], counts: Counts | None) -> Point:
    return Point(
        name=one.scan.name,
        started=one.scan.started,
        finished=one.scan.finished,
        revision=one.scan.revision,
        requests=one.scan.requests,
        repositories=counts.audited + counts.nothing + counts.failed if counts else one.repositories,
        failed=counts.failed if counts else one.failed,
        affected={severity: found[severity] for severity in SEVERITIES if found[severity]},
        undecided=found[_UNDECIDED],
    )


def _stated(pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Each pair of name and version that somebody states; where nobody states any, those without a version."""
    every = set(pairs)
    return {pair for pair in every if pair[1]} or every


def _most_first(shares: Counter[tuple[str, str]]) -> list[tuple[tuple[str, str], int]]:
    return sorted(shares.items(), key=lambda item: (-item[1], item[0]))


def _share(name: str, value: str, repositories: int, life: tuple[str, bool]) -> Share:
    return Share(name=name, value=value, repositories=repositories, end_of_life=life[0], is_over=life[1])


def _change_rank(change: Change) -> tuple[object, ...]:
    return change.news != "new", SEVERITIES.index(change.held.severity), change.repository, change.held
