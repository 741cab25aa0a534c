"""Scans of many repositories: a small one with one of everything, hostile names included, and large ones, seeded."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable

from msgspec.structs import replace

from gemaudit.model.advisory import SEVERITIES, Severity
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.repository import Repository
from gemaudit.model.survey import (
    Change,
    Counts,
    Held,
    Lever,
    Point,
    Result,
    Runs,
    Scan,
    Share,
    Spread,
    Survey,
    Upgrade,
)
from gemaudit.reporting.org.tally import Tally, standing

STARTED = "2026-11-21T02:00:04Z"
PREVIOUS = "2026-11-20T02:00:03Z"
HEAD = "5f0c3c1d2b7a4e6f8091a2b3c4d5e6f708192a3b"
EVIL = '"><img src=x onerror=alert(1)>\n::error::</script><!--`|\u202egnp.\x1b[31m\x9b2J\x07\r\t\u2028{{ 7 * 7 }}'
FORMULA = '=HYPERLINK("https://evil.example";"x")'
RTL = "مستودع-الحمولة"
LONG = "n" * 500

Sample = tuple[Survey, tuple[Result, ...]]


def repository(number: int, name: str, **fields: object) -> Repository:
    fields = {"url": f"https://github.com/{name}", "branch": "main", "head": HEAD, "visibility": "private", **fields}
    return Repository(id=f"github.com/R_{number:06}", name=name, **fields)  # type: ignore[arg-type]


FFI = Held(
    lockfile="Gemfile.lock",
    advisory="GMSA-2024-0001",
    package_kind="gem",
    package="ffi",
    version="1.16.3",
    title="FFI struct layouts can lose their field map to the garbage collector",
    severity="high",
    kind="unsound",
    status="affected",
    line=31,
    since=PREVIOUS,
)
NOKOGIRI = replace(
    FFI,
    advisory="GMSA-2025-0107",
    package="nokogiri",
    version="1.16.2",
    title="Heap overflow in the bundled `libxml2` when an entity is replaced",
    severity="critical",
    kind="vulnerability",
    line=88,
    since=STARTED,
)
RUBY = replace(
    FFI,
    advisory="GMSA-2026-0012",
    package_kind="ruby",
    package="ruby",
    version="3.3.5",
    title="Compaction moves an object that a C function still points to",
    severity="medium",
    kind="crash",
    line=0,
)
REGEXP = replace(
    RUBY,
    advisory="GMSA-2025-0007",
    title="`Onig_new` leaves its stacks behind when a pattern is refused",
    severity="low",
    status="under_investigation",
)
HIDDEN = replace(
    FFI,
    advisory="GMSA-2022-0009",
    package="redcarpet",
    version="3.5.0",
    title="Stack buffer overflow in a table of contents",
    severity="medium",
    is_suppressed=True,
    lockfile="engines/docs/Gemfile.lock",
    line=12,
)

UPGRADES = (
    Upgrade(
        lockfile="Gemfile.lock",
        package_kind="gem",
        package="nokogiri",
        current="1.16.2",
        target="1.18.9",
        outcome="upgrade",
        closes=("GMSA-2025-0107",),
        commands=("bundle update --conservative nokogiri",),
    ),
    Upgrade(
        lockfile="Gemfile.lock",
        package_kind="gem",
        package="ffi",
        current="1.16.3",
        target="1.17.4",
        outcome="blocked",
        closes=("GMSA-2024-0001",),
    ),
    Upgrade(
        lockfile="Gemfile.lock",
        package_kind="ruby",
        package="ruby",
        current="3.3.5",
        target="3.3.10",
        outcome="upgrade",
        closes=("GMSA-2026-0012", "GMSA-2025-0007"),
        commands=("printf '3.3.10\\n' > .ruby-version", "bundle update --ruby"),
    ),
)
RUNS = (
    Runs(
        lockfile="Gemfile.lock",
        environment="production",
        engine="ruby",
        ruby="3.3.5",
        libc="musl",
        platform="x86_64-linux-musl",
    ),
    Runs(
        lockfile="Gemfile.lock", environment="ci/test", engine="ruby", ruby="3.3.5", libc="gnu", platform="x86_64-linux"
    ),
    Runs(lockfile="engines/docs/Gemfile.lock", environment="unknown"),
)
FORGE_DOWN = Diagnostic(
    code="forge-unavailable",
    message="the forge answered 502 to four attempts",
    path="",
    hint="run the scan again; what was read is kept",
)
TOO_LARGE = Diagnostic(
    code="huge-file",
    message="the lockfile has 41 MB, and more than 16 MB are not read",
    path="vendor/Gemfile.lock",
    level="warning",
)
REFUSED = Diagnostic(code="forbidden", message="the token may not read the content of this repository", path="")


def small() -> Sample:
    """Eight repositories: audited with findings, undecided, clean, with nothing, failed before and after an audit."""
    results = (
        Result(
            repository=repository(1, "acme/payments", topics=("rails", "tier-1")),
            outcome="audited",
            audited=STARTED,
            lockfiles=2,
            packages=231,
            held=(NOKOGIRI, FFI, RUBY, REGEXP, HIDDEN),
            upgrades=UPGRADES,
            runs=RUNS,
            problems=(TOO_LARGE,),
        ),
        Result(
            repository=repository(2, "acme/shop", visibility="public", topics=("rails",)),
            outcome="failed",
            reason=FORGE_DOWN,
            audited=PREVIOUS,
            lockfiles=1,
            packages=180,
            held=(FFI,),
            upgrades=UPGRADES[1:2],
            runs=RUNS[:1],
        ),
        Result(
            repository=repository(3, f"acme/{EVIL}", url="javascript:alert(1)", topics=(EVIL, FORMULA)),
            outcome="audited",
            audited=STARTED,
            lockfiles=1,
            packages=3,
            held=(
                replace(
                    RUBY,
                    title=EVIL,
                    package=FORMULA,
                    package_kind="gem",
                    version=EVIL,
                    lockfile=f"{EVIL}/Gemfile.lock",
                    advisory=EVIL,
                ),
            ),
            upgrades=(replace(UPGRADES[0], package=EVIL, current=EVIL, target=EVIL, commands=(EVIL,), closes=(EVIL,)),),
            runs=(replace(RUNS[0], ruby=EVIL, libc=EVIL, environment=EVIL),),
            problems=(replace(TOO_LARGE, message=EVIL, path=EVIL, code=EVIL),),
        ),
        Result(
            repository=repository(4, f"acme/{RTL}", is_archived=True),
            outcome="audited",
            audited=STARTED,
            lockfiles=1,
            packages=12,
            held=(REGEXP,),
            runs=(replace(RUNS[1], engine="jruby", ruby="9.4.8.0"),),
        ),
        Result(
            repository=repository(5, f"acme/{LONG}", is_fork=True, visibility="internal"),
            outcome="failed",
            reason=REFUSED,
        ),
        Result(
            repository=repository(6, "acme/api"),
            outcome="audited",
            audited=STARTED,
            lockfiles=1,
            packages=95,
            runs=(RUNS[1],),
        ),
        Result(repository=repository(7, "acme/.github", visibility="public"), outcome="nothing", audited=STARTED),
        Result(repository=repository(8, FORMULA, head="", url=""), outcome="nothing", audited=STARTED),
    )
    changes = (
        Change(news="new", repository="acme/payments", held=NOKOGIRI),
        Change(news="fixed", repository="acme/api", held=replace(FFI, version="1.16.2")),
        Change(news="fixed", repository=f"acme/{EVIL}", held=replace(HIDDEN, title=EVIL)),
    )
    surveyed = survey(results, days=12, changes=changes)
    problem = Diagnostic(
        code="unlisted", message="the repositories of `org:acme-labs` could not all be listed", path=""
    )
    return replace(surveyed, scan=replace(surveyed.scan, problems=(problem,))), results


def first() -> Sample:
    """The small scan as the first of all, stopped before its end."""
    surveyed, results = small()
    scan = replace(surveyed.scan, finished="", problems=())
    return replace(surveyed, scan=scan, previous="", changes=(), trend=surveyed.trend[-1:]), results


def clean() -> Sample:
    """A scan of one repository in which nothing is found."""
    results = (Result(repository=repository(6, "acme/api"), outcome="audited", lockfiles=1, packages=95),)
    return survey(results, days=1), results


def large(number: int, *, findings: int = 15, seed: int = 7) -> Sample:
    """So many repositories, most of which hold about so many findings, worst first."""
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    pool = _pool(chance)
    results = [_result(index, pool, findings, chance) for index in range(number)]
    results.sort(key=lambda result: ([-value for value in Tally.of(result.held).numbers], result.repository.name))
    changes = [
        Change(news="new", repository=result.repository.name, held=held)
        for result in results
        for held in result.held
        if held.since == STARTED
    ]
    changes += [
        Change(news="fixed", repository=result.repository.name, held=pool[index % len(pool)])
        for index, result in enumerate(results)
        if index % 90 == 0
    ]
    return survey(results, days=45, changes=changes), tuple(results)


def survey(results: Iterable[Result], *, days: int, changes: Iterable[Change] = ()) -> Survey:
    """What the store would say about these results."""
    results = tuple(results)
    counts = _counts(results)
    return Survey(
        scan=Scan(
            name="nightly-2026-11-21",
            started=STARTED,
            finished="2026-11-21T02:14:41Z",
            forge="github",
            host="github.com",
            sources=("org:acme",),
            scope="0f2a",
            version="0.1.0",
            revision="9c1f2e7ab0d34c55",
            requests=312,
        ),
        counts=counts,
        previous=PREVIOUS if days > 1 else "",
        advisories=tuple(_spreads(results)),
        levers=tuple(_levers(results)),
        rubies=tuple(_rubies(results)),
        libcs=tuple(_shares("libc", results)),
        trend=tuple(_trend(counts, len(results), days)),
        changes=tuple(changes),
    )


def _pool(chance: random.Random) -> list[Held]:
    gems = [
        f"{word}-{tail}"
        for word in (
            "nokogiri",
            "ffi",
            "grpc",
            "oj",
            "json",
            "puma",
            "bcrypt",
            "pg",
            "redcarpet",
            "curb",
            "sassc",
            "msgpack",
            "yajl",
            "ox",
            "racc",
        )
        for tail in ("core", "ext", "native")
    ]
    return [
        Held(
            lockfile="Gemfile.lock",
            advisory=f"GMSA-{2019 + index % 8}-{index:04}",
            package_kind="gem",
            package=gems[index % len(gems)],
            version=f"1.{chance.randrange(20)}.{chance.randrange(9)}",
            title=f"Defect {index} reads what another thread has freed while the collector compacts the heap",
            severity=SEVERITIES[min(3, int(chance.triangular(0, 4, 2.4)))],
            kind="unsound",
            status="affected",
            line=20 + index,
            since="2026-10-01T02:00:00Z",
        )
        for index in range(220)
    ]


def _result(index: int, pool: list[Held], findings: int, chance: random.Random) -> Result:
    about = repository(
        index,
        f"acme/{chance.choice(('billing', 'shop', 'api', 'worker', 'portal', 'ledger'))}-{index:05}",
        visibility=chance.choice(("private", "private", "public", "internal")),
        topics=tuple(chance.sample(("rails", "sinatra", "tier-1", "tier-2", "gem", "team-core", "team-web"), 2)),
        is_archived=index % 17 == 0,
        head=f"{chance.getrandbits(160):040x}",
    )
    kind = chance.random()
    if kind < 0.2:
        return Result(repository=about, outcome="nothing", audited=STARTED)
    if kind < 0.22:
        reason = chance.choice((FORGE_DOWN, FORGE_DOWN, REFUSED))
        return Result(repository=about, outcome="failed", reason=reason)
    wanted = 0 if kind < 0.3 else max(0, int(chance.gauss(findings, findings / 3)))
    held = sorted(_held(one, chance) for one in chance.sample(pool, min(wanted, len(pool))))
    ruby = chance.choice(("3.4.5", "3.4.7", "3.3.5", "3.3.9", "3.2.2", "2.7.8", ""))
    runs = (
        replace(RUNS[0], ruby=ruby, libc=chance.choice(("musl", "gnu"))),
        replace(RUNS[1], ruby=ruby),
    )
    return Result(
        repository=about,
        outcome="audited",
        audited=STARTED,
        lockfiles=1,
        packages=chance.randrange(20, 400),
        held=tuple(held),
        upgrades=tuple(_upgrades(held)),
        runs=runs,
    )


def _held(model: Held, chance: random.Random) -> Held:
    since = STARTED if chance.random() < 0.01 else model.since
    status = "under_investigation" if chance.random() < 0.25 else "affected"
    return replace(model, since=since, status=status)


def _upgrades(held: Iterable[Held]) -> Iterable[Upgrade]:
    closes: dict[str, list[Held]] = defaultdict(list)
    for one in held:
        closes[one.package].append(one)
    for package, group in closes.items():
        yield Upgrade(
            lockfile="Gemfile.lock",
            package_kind="gem",
            package=package,
            current=group[0].version,
            target="2.0.1",
            outcome="upgrade",
            closes=tuple(one.advisory for one in group),
            commands=(f"bundle update --conservative {package}",),
        )


def _counts(results: tuple[Result, ...]) -> Counts:
    outcomes = Counter(result.outcome for result in results)
    tally = Tally.of(held for result in results for held in result.held)
    return Counts(
        audited=outcomes["audited"],
        nothing=outcomes["nothing"],
        failed=outcomes["failed"],
        clean=sum(standing(result, Tally.of(result.held)) == "clean" for result in results),
        lockfiles=sum(result.lockfiles for result in results),
        packages=sum(result.packages for result in results),
        affected=tally.affected,
        undecided=tally.undecided,
        suppressed=tally.suppressed,
    )


def _spreads(results: tuple[Result, ...]) -> list[Spread]:
    found: dict[str, list[Held]] = defaultdict(list)
    for result in results:
        for held in {one.advisory: one for one in result.held if not one.is_suppressed}.values():
            found[held.advisory].append(held)
    spreads = [
        Spread(
            advisory=advisory,
            title=group[0].title,
            severity=group[0].severity,
            packages=tuple(sorted({held.package for held in group})),
            repositories=sum(held.status == "affected" for held in group),
            undecided=sum(held.status != "affected" for held in group),
        )
        for advisory, group in found.items()
    ]
    return sorted(spreads, key=lambda spread: (-spread.repositories, spread.advisory))


def _levers(results: tuple[Result, ...]) -> list[Lever]:
    closed: dict[tuple[str, str], list[tuple[str, Severity]]] = defaultdict(list)
    steps: dict[tuple[str, str], Upgrade] = {}
    for result in results:
        severities = {held.advisory: held.severity for held in result.held if held.status == "affected"}
        for upgrade in result.upgrades:
            key = (upgrade.package_kind, upgrade.package)
            steps.setdefault(key, upgrade)
            closed[key] += [(result.repository.id, severities[one]) for one in upgrade.closes if one in severities]
    levers = [
        Lever(
            package_kind=steps[key].package_kind,
            package=steps[key].package,
            target=steps[key].target,
            closes=len(group),
            repositories=len({identity for identity, _ in group}),
            severities=Counter(severity for _, severity in group),
            commands=steps[key].commands,
        )
        for key, group in closed.items()
        if steps[key].outcome == "upgrade"
    ]
    return sorted(levers, key=lambda lever: (-lever.closes, lever.package))


def _shares(name: str, results: tuple[Result, ...]) -> list[Share]:
    pairs = Counter(
        pair
        for result in results
        for pair in {(runs.engine, runs.ruby) if name == "ruby" else ("libc", runs.libc) for runs in result.runs}
    )
    return [
        Share(name=key or "ruby", value=value, repositories=number)
        for (key, value), number in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    ]


def _rubies(results: tuple[Result, ...]) -> Iterable[Share]:
    ends = {"2.7": ("2023-03-31", True), "3.2": ("2026-03-31", True), "3.3": ("2027-03-31", False)}
    for share in _shares("ruby", results):
        end, is_over = ends.get(share.value[:3], ("", False))
        yield replace(share, end_of_life=end, is_over=is_over)


def _trend(counts: Counts, repositories: int, days: int) -> Iterable[Point]:
    for index in range(days):
        left = days - 1 - index
        day, month = (21 - left, 11) if left < 21 else (31 - (left - 21), 10)
        yield Point(
            name=f"nightly-2026-{month}-{day:02}",
            started=f"2026-{month}-{day:02}T02:00:0{4 if not left else 3}Z",
            finished=f"2026-{month}-{day:02}T02:14:41Z",
            revision="9c1f2e7ab0d34c55",
            requests=312 if not left else 40 + index,
            repositories=max(0, repositories - left // 3),
            failed=counts.failed + left % 3,
            affected={
                severity: round(number * (1 + left / (60 + 20 * place))) + (left * 7 + place) % 3 * (left > 0)
                for place, (severity, number) in enumerate(counts.affected.items())
            },
            undecided=counts.undecided + left * 2,
        )
