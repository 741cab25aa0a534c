"""What holds for every lockfile, every environment and every advisory."""

import datetime
from collections.abc import Iterable
from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import (
    advisory,
    affected,
    environment,
    lockfile,
    matches,
    on_engine,
    package,
    planned,
    releases,
    shipped,
    span,
)
from gemaudit.adapters.database import SOURCES, load_database
from gemaudit.adapters.tables import ruby_releases, shipped_gems
from gemaudit.environments import Stated
from gemaudit.model.advisory import Advisory, Affected, Conditions, Range, Status
from gemaudit.model.claims import basis
from gemaudit.model.document import Document
from gemaudit.model.environment import Environment, Fact, FactName
from gemaudit.model.finding import Finding, Matches
from gemaudit.model.lockfile import Lockfile, Package, SourceKind
from gemaudit.model.plan import Plan, Step
from gemaudit.model.policy import Policy
from gemaudit.model.version import Version
from gemaudit.pipeline import Input, Knowledge, advise, judge

RUBIES = releases("3.3.0", "3.3.1", "3.4.0", "3.4.1", "4.0.0")
GEMS = shipped(
    {
        "3.3.0": {"json": "1.0", "date": "1.0"},
        "3.3.1": {"json": "1.5", "date": "1.0"},
        "3.4.0": {"json": "2.0.rc1"},
        "3.4.1": {"json": "2.0", "date": "2.1"},
    }
)
NAMES = ("ffi", "json", "oj", "pg")
VERSIONS = ("0.9", "1.0.a", "1.0", "1.5", "2.0.rc1", "2.0", "2.1")
PLATFORMS = ("ruby", "x86_64-linux", "x86_64-linux-gnu", "aarch64-linux-musl", "java")


def _some(words: Iterable[str], most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    """Usually nothing, so that a property does not drown in conditions that never hold."""
    chosen = st.lists(st.sampled_from(sorted(words)), min_size=1, max_size=most, unique=True).map(tuple)
    return st.just(()) | st.just(()) | chosen


KINDS: st.SearchStrategy[SourceKind] = st.sampled_from(["gem", "gem", "gem", "git", "path"])
REQUIREMENTS = st.sampled_from([">= 1", "< 2.0", "~> 1.0", ">= 1.5, < 2.1", "!= 1.0", "= 2.0"])
RUBY_REQUIREMENTS = st.sampled_from(["", "", ">= 3.4", "< 3.4.1", "~> 3.3.0", "!= 3.4.0"])


@st.composite
def lockfiles(draw: st.DrawFn) -> Lockfile:
    lines = count(1)
    packages: list[Package] = []
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=4, unique=True)):
        for version in draw(st.lists(st.sampled_from(VERSIONS), min_size=1, max_size=2, unique=True)):
            kind = draw(KINDS)
            for platform in draw(st.lists(st.sampled_from(PLATFORMS), min_size=1, max_size=3, unique=True)):
                needs = [
                    f"{other} {draw(REQUIREMENTS)}" for other in draw(st.lists(st.sampled_from(NAMES), max_size=2))
                ]
                packages.append(
                    package(f"{name} {version}", platform=platform, kind=kind, needs=needs, line=next(lines))
                )
    gemfile = [
        f"{name} {draw(REQUIREMENTS)}" for name in draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True))
    ]
    return lockfile(*packages, gemfile=gemfile)


@st.composite
def environments(draw: st.DrawFn, id_: str = "here") -> Environment:
    """An environment as discovery makes it: nothing in it contradicts itself."""
    values: dict[str, str | tuple[str, ...]] = {}

    def maybe(name: str, choices: Iterable[str]) -> None:
        if value := draw(st.sampled_from(["", *choices])):
            values[name] = value

    maybe("engine", ("ruby", "ruby", "jruby"))
    if "engine" in values:
        maybe(
            "ruby", ("3.3.0", "3.3.1", "3.4.0", "3.4.1", "4.0.0", "3.9.9", "~> 3.3.0", "~> 3.4.0", "~> 3.0", "~> 9.0")
        )
    if values.get("engine") == "jruby":
        maybe("engine_version", ("9.4.7.0", "10.0.0.0", "~> 10.0.0"))
    maybe("os", ("linux", "linux", "darwin", "windows"))
    if values.get("os") == "linux":
        maybe("libc", ("gnu", "musl"))
    # What nobody states about the processor is taken for one of these two.
    maybe("cpu", ("x86_64", "arm64"))
    maybe("rubygems", ("3.3.17", "3.3.20", "3.3.22", "3.6.9"))
    maybe("bundler", ("2.3.20", "2.3.21", "2.6.2"))
    maybe("jit", ("none", "no-yjit") if values.get("engine") == "jruby" else ("none", "yjit", "zjit", "no-yjit"))
    values["sanitizer"] = draw(
        st.sampled_from([(), ("none",), ("address",), ("address", "undefined"), ("thread",), ("no-address",)])
    )
    features = draw(_some({"ractor", "compaction", "auto-compaction", "fork"}, 3))
    denied = draw(_some({"ractor", "compaction", "auto-compaction", "fork"}, 3))
    implied = {"compaction"} if "auto-compaction" in features else set()
    values["feature"] = (*features, *(f"no-{word}" for word in denied if word not in {*features, *implied}))
    return environment(id_, **values)


CONDITIONS = st.builds(
    Conditions,
    engine=_some({"ruby", "jruby"}),
    ruby=RUBY_REQUIREMENTS,
    rubygems=st.sampled_from(["", "", ">= 3.3.22", "< 3.3.20"]),
    bundler=st.sampled_from(["", "", ">= 2.3.21"]),
    os=_some({"linux", "darwin"}),
    cpu=_some({"x86_64", "arm64"}),
    libc=_some({"gnu", "musl"}),
    sanitizer=_some({"address", "undefined", "thread"}),
    jit=_some({"yjit", "zjit"}),
    install=_some({"precompiled", "source"}, 1),
    feature=_some({"ractor", "compaction", "auto-compaction", "fork"}),
    gem=_some({"ffi", "oj < 2.0", "pg >= 1.5"}),
) | st.just(Conditions())


@st.composite
def ranges(draw: st.DrawFn, versions: tuple[str, ...]) -> tuple[Range, ...]:
    """One or two ranges that do not overlap, with every kind of beginning and end."""
    cuts = sorted(draw(st.sets(st.sampled_from(versions), min_size=1, max_size=4)), key=Version.parse)
    finals = [version for version in versions if not Version.parse(version).is_prerelease]
    found = []
    for low, high in zip(cuts[::2], [*cuts[1::2], ""], strict=False):
        introduced = draw(st.sampled_from(["0", "unknown", low])) if low == cuts[0] else low
        end = draw(st.sampled_from([f"...{high}", f"..{high}"])) if high else "..."
        stable = next((one for one in finals if high and Version.parse(one) >= Version.parse(high)), "")
        found.append(span(f"{introduced}{end}", presumed=draw(st.integers(0, 3)) == 0, stable=stable))
    return tuple(found)


@st.composite
def subjects(draw: st.DrawFn) -> Affected:
    engine = draw(st.sampled_from(["", "", "ruby", "jruby"]))
    versions = {"ruby": ("3.3.0", "3.3.1", "3.4.0", "3.4.1"), "jruby": ("9.4.7.0", "10.0.0.0")}.get(engine, VERSIONS)
    return affected(
        engine or draw(st.sampled_from(NAMES)),
        *draw(ranges(versions)),
        engine=bool(engine),
        reported=draw(st.sampled_from(["", "", "< 3", ">= 0"])),
        when=draw(CONDITIONS),
    )


ADVISORIES = st.lists(st.lists(subjects(), min_size=1, max_size=2), min_size=1, max_size=4).map(
    lambda lists: tuple(advisory(f"GMSA-2026-{number:04}", *items) for number, items in enumerate(lists, 1))
)
PLACES = st.lists(st.integers(), min_size=1, max_size=3).flatmap(
    lambda numbers: st.tuples(*(environments(f"place-{position}") for position, _ in enumerate(numbers)))
)


def look(locked: Lockfile, places: Iterable[Environment] | Environment, advisories: Iterable[Advisory]) -> Matches:
    return matches(locked, places, *advisories, rubies=RUBIES, gems=GEMS)


def prepare(locked: Lockfile, places: Iterable[Environment], advisories: Iterable[Advisory]) -> Plan:
    return planned(locked, places, *advisories, rubies=RUBIES, gems=GEMS)


# --- 1. Conservation ---------------------------------------------------------------------------------------------


@given(lockfiles(), PLACES, ADVISORIES)
def test_every_claim_about_a_locked_gem_gives_exactly_one_finding(
    locked: Lockfile, places: tuple[Environment, ...], advisories: tuple[Advisory, ...]
) -> None:
    found = [
        (finding.advisory.id, finding.package.name, finding.package.version)
        for finding in look(locked, places, advisories).findings
        if finding.package.kind == "gem"
    ]
    expected = {
        (one.id, item.name, item.version)
        for one in advisories
        for item in locked.packages
        for claim in one.affected
        if claim.gem == item.name and basis(claim, item.version)
    }
    assert sorted(found) == sorted(expected)


@given(lockfiles(), PLACES)
def test_every_environment_has_its_interpreter_judged_or_listed(
    locked: Lockfile, places: tuple[Environment, ...]
) -> None:
    result = look(locked, places, [on_engine("ruby"), on_engine("jruby", id_="GMSA-2026-0502")])
    judged = {verdict.environment for finding in result.findings for verdict in finding.verdicts}
    listed = {item.reason.partition(":")[0] for item in result.unaudited if item.kind == "ruby"}
    assert judged | listed == {place.id for place in places}
    assert judged.isdisjoint(listed)


@given(lockfiles(), PLACES, ADVISORIES)
def test_a_finding_has_a_verdict_for_each_environment_of_its_package_and_the_worst_is_its_status(
    locked: Lockfile, places: tuple[Environment, ...], advisories: tuple[Advisory, ...]
) -> None:
    order: tuple[Status, ...] = ("affected", "under_investigation", "not_affected")
    for finding in look(locked, places, advisories).findings:
        ids = [verdict.environment for verdict in finding.verdicts]
        assert ids == sorted(set(ids))
        assert finding.status == min((verdict.status for verdict in finding.verdicts), key=order.index)
        if finding.package.kind == "gem":
            assert ids == sorted(place.id for place in places)


# --- 2. Ignorance is monotone ------------------------------------------------------------------------------------


def less_known(place: Environment) -> list[Environment]:
    """The same place with one fact less, or with one that is less exact."""
    poorer = []
    for fact in place.facts:
        # Facts that only mean something together.
        gone = {"ruby", "engine_version"} if (fact.name, fact.value) == ("engine", "jruby") else set[str]()
        rest = tuple(other for other in place.facts if other is not fact and other.name not in gone)
        poorer.append(replace(place, facts=rest))
        if fact.name == "ruby" and fact.exact and Version.parse(fact.value) in RUBIES.versions:
            major, minor, _ = fact.value.split(".")
            floating = (f"~> {major}.{minor}.0", f"~> {major}.0", ">= 0")
            poorer += [replace(place, facts=(*rest, Fact(name="ruby", value=it, exact=False))) for it in floating]
    return poorer


def statuses(result: Matches) -> dict[tuple[str, str, str, str], Status]:
    return {_key(finding): finding.status for finding in result.findings}


def _key(finding: Finding) -> tuple[str, str, str, str]:
    kind = finding.package.kind
    # Which version of Ruby, and which gem it ships, is what may not be known.
    return (finding.advisory.id, kind, finding.package.name, finding.package.version if kind == "gem" else "")


@given(lockfiles(), environments(), ADVISORIES)
def test_knowing_less_never_turns_a_verdict_into_its_opposite(
    locked: Lockfile, place: Environment, advisories: tuple[Advisory, ...]
) -> None:
    known = statuses(look(locked, place, advisories))
    for poorer in less_known(place):
        result = look(locked, poorer, advisories)
        guessed = statuses(result)
        listed = {item.kind for item in result.unaudited}
        for key in known.keys() | guessed.keys():
            if key not in guessed and (key[1] in listed or "ruby" in listed):
                continue
            before, after = known.get(key, "not_affected"), guessed.get(key, "not_affected")
            assert after in {before, "under_investigation"}, (key, before, after, poorer)


# --- 3. A planned version has no finding that the plan says it closes ---------------------------------------------


def moved(locked: Lockfile, places: tuple[Environment, ...], step: Step) -> tuple[Lockfile, tuple[Environment, ...]]:
    """The project after a step."""
    if step.kind == "default-gem":
        return replace(locked, packages=(*locked.packages, package(f"{step.name} {step.target}"))), places
    if step.kind == "gem":
        packages = tuple(
            replace(item, version=step.target) if (item.name, item.version) == (step.name, step.current) else item
            for item in locked.packages
        )
        return replace(locked, packages=packages), places
    name: FactName = "ruby" if step.name == "ruby" else "engine_version"
    new = Fact(name=name, value=step.target)
    return locked, tuple(
        replace(place, facts=tuple(new if fact.name == name else fact for fact in place.facts))
        if place.id in step.environments
        else place
        for place in places
    )


@given(lockfiles(), PLACES, ADVISORIES)
def test_a_planned_version_has_no_finding_that_the_plan_says_it_closes(
    locked: Lockfile, places: tuple[Environment, ...], advisories: tuple[Advisory, ...]
) -> None:
    for step in prepare(locked, places, advisories).steps:
        if step.outcome != "upgrade":
            continue
        after = look(*moved(locked, places, step), advisories)
        left = {
            finding.advisory.id
            for finding in after.findings
            if finding.package.name == step.name
            and finding.package.version == step.target
            and {verdict.environment for verdict in finding.verdicts if verdict.status != "not_affected"}
            & set(step.environments)
        }
        assert left.isdisjoint(step.closes)
        assert set(step.remains) <= left


@given(lockfiles(), PLACES, ADVISORIES)
def test_a_plan_answers_every_finding_that_applies(
    locked: Lockfile, places: tuple[Environment, ...], advisories: tuple[Advisory, ...]
) -> None:
    plan = prepare(locked, places, advisories)
    steps = {(step.kind, step.name, step.current): step for step in plan.steps}
    assert len(steps) == len(plan.steps)
    for finding in look(locked, places, advisories).findings:
        if finding.status == "affected":
            step = steps[finding.package.kind, finding.package.name, finding.package.version]
            assert finding.advisory.id in {*step.closes, *step.remains}
    for step in plan.steps:
        assert set(step.closes).isdisjoint(step.remains)
        assert (step.outcome == "upgrade") == bool(step.closes)
        assert (step.outcome == "blocked") == bool(step.blocked_by)
        assert (step.outcome == "no_fix") == (not step.target)


# --- 4. Order plays no part --------------------------------------------------------------------------------------


@given(lockfiles(), PLACES, ADVISORIES, st.data())
def test_the_order_of_packages_environments_and_advisories_plays_no_part(
    locked: Lockfile, places: tuple[Environment, ...], advisories: tuple[Advisory, ...], data: st.DataObject
) -> None:
    other = replace(
        locked,
        packages=data.draw(st.permutations(locked.packages)),
        dependencies=data.draw(st.permutations(locked.dependencies)),
    )
    others = data.draw(st.permutations(places))
    rules = data.draw(st.permutations(advisories))
    assert look(other, others, rules) == look(locked, places, advisories)
    assert prepare(other, others, rules) == prepare(locked, places, advisories)


# --- 5. Nothing that can be read makes an audit fail --------------------------------------------------------------

KNOWLEDGE = Knowledge(database=load_database(SOURCES), releases=ruby_releases(), shipped=shipped_gems())
_WORDS = st.sampled_from(
    ["3", "3.4", "3.4.5", "3.5.0-preview1", "head", "latest", "jruby-10", "10.0.3.0", "mruby-3.3.0", "truffleruby",
     "asan", "alpine", "slim-bookworm", "1.9.3-p551", "~> 3.4", ">= 3", "999999999999.0", "rc", "0", "-", ".", "${X}"]
)  # fmt: skip
_RUBY = st.lists(_WORDS, min_size=1, max_size=3).flatmap(
    lambda words: st.sampled_from(["", "-", ".", ":", " "]).map(lambda glue: glue.join(words))
)
_FILES = st.one_of(
    _RUBY.map(lambda ruby: Document("Dockerfile", f"FROM ruby:{ruby}\nRUN true\n")),
    _RUBY.map(lambda ruby: Document(".ruby-version", f"{ruby}\n")),
    _RUBY.map(lambda ruby: Document(".tool-versions", f"ruby {ruby}\n")),
    _RUBY.map(lambda ruby: Document("mise.toml", f"[tools]\nruby = '{ruby}'\n")),
    _RUBY.map(lambda ruby: Document("Gemfile", f"ruby '{ruby}'\ngem 'ffi', '{ruby}'\n")),
    _RUBY.map(
        lambda ruby: Document(
            ".github/workflows/ci.yml",
            f"jobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n"
            f"      - uses: ruby/setup-ruby@v1\n        with: {{ruby-version: '{ruby}'}}\n",
        )
    ),
)
_VERSIONS = st.sampled_from(["1.16.3", "0", "1.0.a", "2.0.0.rc1", "1.16.3-x86_64-linux", "1.16.3-java", "99"])
_SPECS = st.lists(
    st.tuples(st.sampled_from(["ffi", "json", "oj", "nokogiri", "stringio", "other"]), _VERSIONS, REQUIREMENTS).map(
        lambda spec: f"    {spec[0]} ({spec[1]})\n      ffi ({spec[2]})\n"
    ),
    max_size=4,
).map("".join)


@given(
    specs=_SPECS,
    ruby=_RUBY,
    documents=st.lists(_FILES, max_size=3).map(tuple),
    requirement=REQUIREMENTS,
    today=st.dates(),
)
def test_an_audit_never_fails(
    specs: str, ruby: str, documents: tuple[Document, ...], requirement: str, today: datetime.date
) -> None:
    text = (
        f"GEM\n  remote: https://rubygems.org/\n  specs:\n{specs}\nPLATFORMS\n  ruby\n\n"
        f"DEPENDENCIES\n  ffi ({requirement})\n\nRUBY VERSION\n   ruby {ruby}\n\nBUNDLED WITH\n   2.5.22\n"
    )
    judgement = judge(Input(path="Gemfile.lock", content=text.encode(), documents=documents), Stated(), KNOWLEDGE)
    report = advise([judgement], Policy(), today, KNOWLEDGE, version="1")
    assert advise([judgement], Policy(), today, KNOWLEDGE, version="1") == report
    assert report.audits[0].environments
