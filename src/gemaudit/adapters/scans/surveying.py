"""A scan as a whole, counted from what is recorded of its repositories."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from msgspec import Struct, field

from gemaudit.adapters.scans import reading
from gemaudit.adapters.scans.parts import Recorded, families, previous
from gemaudit.adapters.scans.values import from_json, iso, unpacked
from gemaudit.model.advisory import SEVERITIES, Severity
from gemaudit.model.finding import PackageKind
from gemaudit.model.plan import FEASIBLE
from gemaudit.model.survey import Change, Counts, Lever, Point, Runs, Share, Spread, Survey, Upgrade
from gemaudit.model.version import Version

#: For an engine and a version of Ruby, until when there are fixes (ISO 8601) and whether that is over.
EndOfLife = Callable[[str, str], tuple[str, bool]]

_RANK = {severity: rank for rank, severity in enumerate(SEVERITIES)}

_IN_SCAN = "part IN (SELECT id FROM part WHERE scan = ?) AND outcome <> 'gone'"
_OUTCOMES = f"SELECT outcome, count(*) FROM repository WHERE {_IN_SCAN} GROUP BY outcome"  # noqa: S608
_SIZES = f"""
SELECT ifnull(sum(lockfiles), 0), ifnull(sum(packages), 0)
FROM audit JOIN repository ON repository.id = repository WHERE {_IN_SCAN}
"""  # noqa: S608
_CLEAN = f"""
SELECT count(*) FROM repository WHERE {_IN_SCAN} AND outcome = 'audited' AND NOT EXISTS (
    SELECT 1 FROM finding
    WHERE repository = repository.id AND until IS NULL AND status = 'affected' AND NOT is_suppressed
)
"""  # noqa: S608
_HELD = f"""
FROM finding JOIN repository ON repository.id = repository WHERE {_IN_SCAN} AND finding.until IS NULL
"""
_FINDINGS = f"SELECT severity, status, is_suppressed, count(*) {_HELD} GROUP BY 1, 2, 3"
_TEXTS = f"""
SELECT advisory, severity, title, package, count(*) {_HELD} AND NOT is_suppressed GROUP BY 1, 2, 3, 4
"""
_REACH = f"""
SELECT advisory, sum(applies), sum(NOT applies) FROM (
    SELECT advisory, max(status = 'affected') AS applies {_HELD} AND NOT is_suppressed GROUP BY advisory, repository
) GROUP BY advisory
"""  # noqa: S608
_AFFECTED = f"""
SELECT repository, lockfile, advisory, severity {_HELD} AND NOT is_suppressed AND status = 'affected'
ORDER BY repository
"""
_AUDITS = f"""
SELECT repository, upgrades, runs FROM audit JOIN repository ON repository.id = repository
WHERE {_IN_SCAN} AND audited IS NOT NULL ORDER BY repository
"""  # noqa: S608
# Some of a joined scan may have begun after its repositories were audited in another part; what never was is no change.
_COURSE = """
SELECT part.scan, came.started, went.started, severity, status, count(*) FROM finding
JOIN repository ON repository.id = repository JOIN part ON part.id = part
JOIN scan AS came ON came.id = since LEFT JOIN scan AS went ON went.id = finding.until
WHERE NOT is_suppressed AND (went.started IS NULL OR went.started > came.started) GROUP BY 1, 2, 3, 4, 5
"""


def survey(db: sqlite3.Connection, scans: Sequence[Recorded], one: Recorded, end_of_life: EndOfLife) -> Survey:
    """Everything about a scan that does not grow with its repositories."""
    before = previous(scans, one)
    levers, rubies, libcs = _audits(db, one)
    return Survey(
        scan=one.scan,
        counts=counts(db, one),
        previous=before.scan.started if before else "",
        advisories=_spreads(db, one),
        levers=levers,
        rubies=tuple(
            _share(engine or "ruby", ruby, number, *end_of_life(engine, ruby)) for engine, ruby, number in rubies
        ),
        libcs=tuple(_share("libc", libc, number) for _, libc, number in libcs),
        trend=trend(db, scans, one),
        changes=tuple(sorted((change for _, change in reading.changes(db, one, before)), key=_change_rank)),
    )


def counts(db: sqlite3.Connection, one: Recorded) -> Counts:
    """How the repositories of a scan ended, and what they hold; a severity that none has is left out."""
    outcomes = dict(db.execute(_OUTCOMES, (one.id,)))
    lockfiles, packages = db.execute(_SIZES, (one.id,)).fetchone()
    affected: Counter[Severity] = Counter()
    undecided = suppressed = 0
    for severity, status, is_suppressed, number in db.execute(_FINDINGS, (one.id,)):
        if is_suppressed:
            suppressed += number
        elif status == "affected":
            affected[severity] += number
        else:
            undecided += number
    return Counts(
        **{outcome: outcomes.get(outcome, 0) for outcome in ("audited", "nothing", "failed")},
        clean=db.execute(_CLEAN, (one.id,)).fetchone()[0],
        lockfiles=lockfiles,
        packages=packages,
        affected=_worst_first(affected),
        undecided=undecided,
        suppressed=suppressed,
    )


def trend(db: sqlite3.Connection, scans: Sequence[Recorded], one: Recorded | None = None) -> tuple[Point, ...]:
    """The scans that reached their end, in the order of time; with `one`, those of its sources, up to it.

    What they had found is counted from the intervals of the findings, of the repositories that were last scanned with
    the same sources.
    """
    family = families(scans)
    shown = [
        other
        for other in scans
        if (other.scan.finished or other is one)
        and (one is None or (family[other.id] == family[one.id] and other.scan.started <= one.scan.started))
    ]
    course: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    for scan, came, went, severity, status, number in db.execute(_COURSE):
        what = severity if status == "affected" else ""
        course[family[scan]].append((iso(came), what, number))
        if went is not None:
            course[family[scan]].append((iso(went), what, -number))
    points = {
        other.id: (other, affected)
        for name in {family[other.id] for other in shown}
        for other, affected in _swept(sorted(course[name]), [other for other in shown if family[other.id] == name])
    }
    return tuple(_point(*points[other.id], counts(db, other) if other is one else None) for other in shown)


def _swept(
    course: Sequence[tuple[str, str, int]], scans: Sequence[Recorded]
) -> Iterator[tuple[Recorded, Counter[str]]]:
    """Each scan, in the order of time, with how many findings there were of each severity, `` being undecided ones."""
    now: Counter[str] = Counter()
    events = iter([*course, ("~", "", 0)])
    moment, what, number = next(events)
    for one in scans:
        while moment <= one.scan.started:
            now[what] += number
            moment, what, number = next(events)
        yield one, Counter(now)


def _point(one: Recorded, found: Counter[str], live: Counts | None) -> Point:
    return Point(
        name=one.scan.name,
        started=one.scan.started,
        finished=one.scan.finished,
        revision=one.scan.revision,
        requests=one.scan.requests,
        repositories=live.audited + live.nothing + live.failed if live else one.repositories,
        failed=live.failed if live else one.failed,
        affected={severity: found[severity] for severity in SEVERITIES if found[severity]},
        undecided=found[""],
    )


def _spreads(db: sqlite3.Connection, one: Recorded) -> tuple[Spread, ...]:
    """The advisories, those in most repositories first; of several titles, the one that most findings have."""
    titles: dict[str, Counter[tuple[Severity, str]]] = defaultdict(Counter)
    packages: dict[str, set[str]] = defaultdict(set)
    for advisory, severity, title, package, number in db.execute(_TEXTS, (one.id,)):
        titles[unpacked(advisory)][severity, unpacked(title)] += number
        packages[unpacked(advisory)].add(unpacked(package))
    spreads = []
    for column, applies, may in db.execute(_REACH, (one.id,)):
        advisory = unpacked(column)
        (severity, title), _ = min(titles[advisory].items(), key=lambda item: (-item[1], _RANK[item[0][0]], item[0][1]))
        spreads.append(
            Spread(
                advisory=advisory,
                title=title,
                severity=severity,
                packages=tuple(sorted(packages[advisory])),
                repositories=applies,
                undecided=may,
            )
        )
    return tuple(
        sorted(spreads, key=lambda one: (-one.repositories, -one.undecided, _RANK[one.severity], one.advisory))
    )


class _Lift(Struct):
    """What the steps of one package come to."""

    target: str = ""
    repositories: int = 0
    severities: Counter[Severity] = field(default_factory=Counter)
    commands: Counter[tuple[str, ...]] = field(default_factory=Counter)


_Shares = list[tuple[str, str, int]]


def _audits(db: sqlite3.Connection, one: Recorded) -> tuple[tuple[Lever, ...], _Shares, _Shares]:
    """The upgrades that help most, and what the repositories run on, an audit at a time."""
    lifts: dict[tuple[PackageKind, str], _Lift] = defaultdict(_Lift)
    rubies: Counter[tuple[str, str]] = Counter()
    libcs: Counter[tuple[str, str]] = Counter()
    for severities, upgrades, runs in _with_affected(db, one):
        rubies.update(_stated((run.engine, run.ruby) for run in runs))
        libcs.update(_stated(("", run.libc) for run in runs))
        _lift(lifts, upgrades, severities)
    levers = sorted((_lever(*key, lift) for key, lift in lifts.items()), key=_lever_rank)
    return tuple(levers), _most_first(rubies), _most_first(libcs)


_Affected = dict[tuple[str, str], Severity]


def _with_affected(
    db: sqlite3.Connection, one: Recorded
) -> Iterator[tuple[_Affected, tuple[Upgrade, ...], tuple[Runs, ...]]]:
    """Each audit with the severities of what applies there, by lockfile and advisory; two cursors side by side."""
    groups = groupby(db.execute(_AFFECTED, (one.id,)), key=itemgetter(0))
    number, rows = next(groups, (None, iter(())))
    for repository, upgrades, runs in db.execute(_AUDITS, (one.id,)):
        while number is not None and number < repository:
            number, rows = next(groups, (None, iter(())))
        own = rows if number == repository else ()
        affected: _Affected = {(unpacked(lockfile), unpacked(advisory)): worst for _, lockfile, advisory, worst in own}
        yield affected, from_json(upgrades, tuple[Upgrade, ...]), from_json(runs, tuple[Runs, ...])


def _lift(lifts: dict[tuple[PackageKind, str], _Lift], upgrades: Iterable[Upgrade], severities: _Affected) -> None:
    """Add the steps of one repository that can be taken at once and move a package."""
    helped = set()
    for step in upgrades:
        closed = [severities[step.lockfile, one] for one in step.closes if (step.lockfile, one) in severities]
        if step.outcome not in FEASIBLE or step.outcome == "configure" or not closed:
            continue
        key = (step.package_kind, step.package)
        lift = lifts[key]
        lift.severities.update(closed)
        lift.commands[step.commands] += 1
        lift.target = max(lift.target, step.target, key=_version_rank)
        lift.repositories += key not in helped
        helped.add(key)


def _lever(kind: PackageKind, package: str, lift: _Lift) -> Lever:
    return Lever(
        package_kind=kind,
        package=package,
        target=lift.target,
        closes=lift.severities.total(),
        repositories=lift.repositories,
        severities=_worst_first(lift.severities),
        commands=min(lift.commands, key=lambda commands: (-lift.commands[commands], commands)),
    )


def _version_rank(text: str) -> tuple[bool, Version, str]:
    try:
        return bool(text), Version.parse(text), text
    except ValueError:
        return False, Version.parse(""), text


def _stated(pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Each pair of engine and version that somebody states, or the empty one where nobody states any."""
    return {pair for pair in pairs if pair[1]} or {("", "")}


def _most_first(shares: Counter[tuple[str, str]]) -> _Shares:
    return [(*pair, number) for pair, number in sorted(shares.items(), key=lambda item: (-item[1], item[0]))]


def _share(name: str, value: str, repositories: int, end_of_life: str = "", is_over: bool = False) -> Share:  # noqa: FBT001, FBT002
    return Share(name=name, value=value, repositories=repositories, end_of_life=end_of_life, is_over=is_over)


def _worst_first(numbers: Counter[Severity]) -> dict[Severity, int]:
    return {severity: numbers[severity] for severity in SEVERITIES if numbers[severity]}


def _lever_rank(lever: Lever) -> tuple[object, ...]:
    return (-lever.closes, *(-lever.severities.get(one, 0) for one in SEVERITIES), lever.package_kind, lever.package)


def _change_rank(change: Change) -> tuple[object, ...]:
    return change.news != "new", _RANK[change.held.severity], change.repository, change.held
