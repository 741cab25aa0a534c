"""Small frozen values for the tests of matching, planning and advisories.

Everything has a default, so that a test states only what it is about.
"""

import datetime
from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from gemaudit.adapters.tables import ruby_releases
from gemaudit.advisories.database import Database, compile_database
from gemaudit.matching import match
from gemaudit.matching.bundle import Bundle
from gemaudit.matching.recheck import Recheck
from gemaudit.model.advisory import (
    Advisory,
    Affected,
    Conditions,
    Confidence,
    Evidence,
    Kind,
    Range,
    Requires,
    Severity,
    Upgrade,
)
from gemaudit.model.document import Document
from gemaudit.model.environment import Environment, Fact, FactName
from gemaudit.model.finding import Finding, Matches
from gemaudit.model.gem_index import GemFile, Listing, Wanted
from gemaudit.model.lockfile import Dependency, GemfileDependency, Lockfile, Package, Source, SourceKind
from gemaudit.model.plan import Plan
from gemaudit.model.rubies import Branch, Release, RubyReleases, ShippedGems
from gemaudit.planning import plan
from gemaudit.planning.context import Context

DAY = datetime.date(2026, 1, 1)
LOCK = "Gemfile.lock"
REMOTE = "https://rubygems.org/"
NO_GEMS = ShippedGems(generated=DAY, rubies=(), windows_only=frozenset(), rubygems_changes=(), default={}, bundled={})
_FACT_NAMES: tuple[FactName, ...] = get_args(FactName)


def releases(*versions: str) -> RubyReleases:
    """A table of Ruby releases; without versions, the real one."""
    if not versions:
        return ruby_releases()
    names = dict.fromkeys(".".join(version.split(".")[:2]) for version in versions)
    branches = tuple(Branch(name=name, status="normal", newest=name) for name in names)
    return RubyReleases(
        generated=DAY,
        website="",
        branches=branches,
        releases=tuple(Release(version=version, date=DAY) for version in versions),
    )


def shipped(gems: dict[str, dict[str, str]]) -> ShippedGems:
    """A table of default gems: `{"3.4.5": {"json": "2.9.1"}}`, oldest Ruby first."""
    names = sorted({name for versions in gems.values() for name in versions})
    return ShippedGems(
        generated=DAY,
        rubies=tuple(gems),
        windows_only=frozenset(),
        rubygems_changes=(),
        default={
            name: tuple((position, versions.get(name)) for position, versions in enumerate(gems.values()))
            for name in names
        },
        bundled={},
    )


def source(kind: SourceKind = "gem") -> Source:
    return Source(kind=kind, remotes=(REMOTE,))


def package(
    spec: str, *, platform: str = "ruby", needs: Iterable[str] = (), kind: SourceKind = "gem", line: int = 0
) -> Package:
    """A package from `name version`; `needs` are dependencies such as `ffi ~> 1.15`."""
    name, version = spec.split(" ")
    dependencies = tuple(_dependency(text) for text in needs)
    return Package(
        name=name, version=version, platform=platform, origin=source(kind), dependencies=dependencies, line=line
    )


def _dependency(text: str) -> Dependency:
    name, _, requirement = text.partition(" ")
    return Dependency(name, requirement or ">= 0")


def lockfile(*packages: Package | str, gemfile: Iterable[str] = (), path: str = LOCK) -> Lockfile:
    """A lockfile; a package that is a text such as `ffi 1.16.3` stands for the plain one."""
    return Lockfile(
        path=path,
        packages=tuple(package(item) if isinstance(item, str) else item for item in packages),
        dependencies=tuple(
            GemfileDependency(name=found.name, requirement=found.requirement) for found in map(_dependency, gemfile)
        ),
    )


def offer(
    spec: str, *, platform: str = "ruby", needs: Iterable[str] = (), ruby: str = "", rubygems: str = ""
) -> tuple[str, GemFile]:
    """A file on a gem server, from `name version`; `needs` are dependencies such as `ffi ~> 1.15`."""
    name, version = spec.split(" ")
    dependencies = tuple(_dependency(text) for text in needs)
    return name, GemFile(version=version, platform=platform, dependencies=dependencies, ruby=ruby, rubygems=rubygems)


def offers(*files: tuple[str, GemFile] | str, remote: str = REMOTE) -> dict[Wanted, Listing]:
    """What a server offers; a file that is a text such as `ffi 1.17.0` stands for the plain one."""
    found: dict[str, list[GemFile]] = {}
    for name, file in (offer(item) if isinstance(item, str) else item for item in files):
        found.setdefault(name, []).append(file)
    return {Wanted(remote, name): Listing(files=tuple(listed)) for name, listed in found.items()}


def fact(
    name: FactName, value: str, *, exact: bool = True, path: str = "", line: int = 0, text: str = "", source: str = ""
) -> Fact:
    return Fact(name=name, value=value, exact=exact, path=path, line=line, text=text, source=source)


def environment(id_: str = "production", *facts: Fact, **values: str | tuple[str, ...]) -> Environment:
    """An environment from facts and from keywords such as `ruby="3.4.5"`; `~> 3.4.0` floats."""
    named: list[Fact] = []
    for name in _FACT_NAMES:
        value = values.pop(name, ())
        words = (value,) if isinstance(value, str) else value
        named += [fact(name, word, exact=not word.startswith(("~", "<", ">", "="))) for word in words]
    assert not values
    return Environment(id=id_, facts=(*facts, *named))


def linux(id_: str = "production", **values: str | tuple[str, ...]) -> Environment:
    """CRuby 3.4.5 on linux, where the keywords say nothing else."""
    usual: dict[str, str | tuple[str, ...]] = {"ruby": "3.4.5", "os": "linux", "cpu": "x86_64", "libc": "gnu"}
    return environment(id_, **{"engine": "ruby", **usual, **values})


def span(text: str, *, stable: str = "", presumed: bool = False) -> Range:
    """A range: `1.0...2.0` up to a fix, `1.0..1.9` up to the last affected, `1.0...` without a fix."""
    introduced, dots, end = text.partition("...")
    if dots:
        return Range(introduced=introduced, fixed=end or False, stable=stable, presumed=presumed)
    introduced, _, end = text.partition("..")
    return Range(introduced=introduced, last_affected=end, stable=stable, presumed=presumed)


def affected(
    subject: str, *ranges: str | Range, reported: str = "", when: Conditions | None = None, engine: bool = False
) -> Affected:
    return Affected(
        gem="" if engine else subject,
        engine=subject if engine else "",
        ranges=tuple(span(item) if isinstance(item, str) else item for item in ranges),
        reported=reported,
        when=when or Conditions(),
    )


def advisory(
    id_: str = "GMSA-2026-0001",
    *items: Affected,
    aliases: tuple[str, ...] = (),
    severity: Severity = "high",
    kind: Kind = "unsound",
    confidence: Confidence = "high",
    workaround: str = "",
    withdrawn: datetime.date | None = None,
    upgrade: tuple[Upgrade, ...] = (),
    modified: datetime.date = DAY,
) -> Advisory:
    return Advisory(
        id=id_,
        title="Something is not marked",
        kind=kind,
        class_="gc-mark",
        severity=severity,
        confidence=confidence,
        published=DAY,
        modified=modified,
        description="It crashes.",
        affected=items,
        evidence=(Evidence(type="fix", url="https://example.org/fix"),),
        aliases=aliases,
        workaround=workaround,
        withdrawn=withdrawn,
        upgrade=upgrade,
    )


def on_gem(
    name: str = "ffi", *ranges: str | Range, id_: str = "GMSA-2026-0001", when: Conditions | None = None
) -> Advisory:
    """An advisory about one gem."""
    return advisory(id_, affected(name, *(ranges or ("0...2.0",)), when=when))


def on_engine(
    name: str = "ruby", *ranges: str | Range, id_: str = "GMSA-2026-0501", when: Conditions | None = None
) -> Advisory:
    """An advisory about an interpreter."""
    return advisory(id_, affected(name, *(ranges or ("0...",)), when=when, engine=True))


def upgrade(
    version: str,
    *platforms: Literal["linux-gnu", "linux-musl", "darwin", "windows"],
    gem: str = "ffi",
    otherwise: str = "",
    **requires: str,
) -> Upgrade:
    return Upgrade(
        gem=gem,
        version=version,
        platform=platforms,
        requires=Requires(**requires),
        otherwise=otherwise,
    )


def database(*advisories: Advisory) -> Database:
    return Database(compile_database(advisories))


def matches(
    locked: Lockfile,
    environments: Iterable[Environment] | Environment,
    *advisories: Advisory,
    rubies: RubyReleases | None = None,
    gems: ShippedGems = NO_GEMS,
) -> Matches:
    places = (environments,) if isinstance(environments, Environment) else tuple(environments)
    return match(locked, places, database(*advisories), rubies or releases(), gems)


def findings(
    locked: Lockfile,
    environments: Iterable[Environment] | Environment,
    *advisories: Advisory,
    rubies: RubyReleases | None = None,
    gems: ShippedGems = NO_GEMS,
) -> tuple[Finding, ...]:
    return matches(locked, environments, *advisories, rubies=rubies, gems=gems).findings


def planned(
    locked: Lockfile,
    environments: Iterable[Environment] | Environment,
    *advisories: Advisory,
    documents: Iterable[Document] = (),
    facts: Iterable[Fact] = (),
    rubies: RubyReleases | None = None,
    gems: ShippedGems = NO_GEMS,
    found: Iterable[Finding] | None = None,
    offers: Mapping[Wanted, Listing] | None = None,
) -> Plan:
    """The plan for what matching finds, or for `found` where that is given; with `offers`, from what servers offer."""
    places = (environments,) if isinstance(environments, Environment) else tuple(environments)
    known = database(*advisories)
    table = rubies or releases()
    context = Context(
        lockfile=locked,
        environments=places,
        documents=tuple(documents),
        facts=tuple(facts),
        advisories=known,
        releases=table,
        shipped=gems,
        recheck=lambda package, where: Recheck(known, table).statuses(package, where, Bundle(locked)),
        listings=offers,
    )
    if found is None:
        found = match(locked, places, known, table, gems).findings
    return plan(found, context)
