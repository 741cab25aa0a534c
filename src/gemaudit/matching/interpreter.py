"""The interpreters of the environments, and the gems that they bring along."""

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby

from msgspec import Struct

from gemaudit.model.environment import Environment, Fact
from gemaudit.model.finding import Unaudited
from gemaudit.model.requirement import Requirement
from gemaudit.model.rubies import RubyReleases, ShippedGems

_NO_VERSION = "nothing states the Ruby version, so the interpreter and the gems it ships cannot be judged"
_NO_RELEASE = "no release is known that this version stands for"
_NOT_IN_TABLE = "which gems this Ruby ships is not known yet"
_FLOATS = "which gems this Ruby ships depends on the release, which floats"


class Interpreter(Struct, frozen=True):
    """An engine at a version, the fact that states it, and the environments that run it."""

    engine: str
    fact: Fact
    environments: tuple[Environment, ...]


class ShippedGem(Struct, frozen=True):
    """A default gem that the bundle does not override, at the version that the environments' Ruby ships."""

    name: str
    version: str
    fact: Fact
    environments: tuple[Environment, ...]


def interpreters(
    environments: Iterable[Environment], releases: RubyReleases
) -> tuple[tuple[Interpreter, ...], tuple[Unaudited, ...]]:
    """Return one interpreter for each engine and version, and those whose version cannot be judged.

    A Ruby of which nobody states the engine is taken for CRuby.
    Where several places state a version, the evidence is that of production.
    """
    found: dict[tuple[str, str, bool], tuple[Fact, list[Environment]]] = {}
    unknown: list[Unaudited] = []
    for environment in sorted(environments, key=lambda environment: environment.id != "production"):
        engine = environment.value("engine") or "ruby"
        fact = environment.fact("ruby" if engine == "ruby" else "engine_version")
        if fact is None:
            unknown.append(_without_version(engine, environment))
        elif not fact.exact and (engine != "ruby" or not releases.matching(Requirement.parse(fact.value))):
            unknown.append(_unaudited(engine, fact.value, f"{environment.id}: {_NO_RELEASE}", fact))
        else:
            found.setdefault((engine, fact.value, fact.exact), (fact, []))[1].append(environment)
    return (
        tuple(
            Interpreter(engine, fact, tuple(places))
            for (engine, _, _), (fact, places) in sorted(found.items(), key=lambda item: item[0])
        ),
        tuple(unknown),
    )


def _without_version(engine: str, environment: Environment) -> Unaudited:
    build = environment.fact("build")
    reason = f"a `{build.value}` build has no version that advisories speak of" if build else _NO_VERSION
    return _unaudited(engine, "", f"{environment.id}: {reason}", build)


def _unaudited(engine: str, version: str, reason: str, fact: Fact | None) -> Unaudited:
    return Unaudited(
        kind="ruby",
        name=engine,
        version=version,
        reason=reason,
        path=fact.path if fact else "",
        line=fact.line if fact else 0,
    )


def shipped_gems(
    environments: Sequence[Environment], shipped: ShippedGems, listed: Collection[str]
) -> tuple[tuple[ShippedGem, ...], tuple[Unaudited, ...]]:
    """Return the default gems that the bundle does not override, and the Rubies whose gems are not known.

    Bundled gems are left out: under Bundler they load only when the lockfile lists them.
    """
    found: dict[tuple[str, str], tuple[Fact, list[Environment]]] = {}
    unlisted: list[Unaudited] = []
    for environment in sorted(environments, key=lambda environment: environment.id != "production"):
        fact = environment.fact("ruby")
        if fact is None or (environment.value("engine") or "ruby") != "ruby":
            continue
        gems = shipped.default_gems(fact.value, os=environment.value("os") or "") if fact.exact else None
        if gems is None:
            unlisted.append(_unlisted(fact, environment))
            continue
        for name, version in gems.items():
            if name not in listed:
                found.setdefault((name, version), (fact, []))[1].append(environment)
    return (
        tuple(
            ShippedGem(name, version, fact, tuple(places))
            for (name, version), (fact, places) in sorted(found.items(), key=lambda item: item[0])
        ),
        tuple(unlisted),
    )


def _unlisted(fact: Fact, environment: Environment) -> Unaudited:
    return Unaudited(
        kind="default-gem",
        name="default gems",
        version=f"of ruby {fact.value}",
        reason=f"{environment.id}: {_NOT_IN_TABLE if fact.exact else _FLOATS}",
        path=fact.path,
        line=fact.line,
    )


def spell_series(some: Collection[str], candidates: Iterable[str]) -> str:
    """The releases of a series in words, as runs: `3.4.0 to 3.4.4`."""
    runs = [list(run) for is_hit, run in groupby(candidates, lambda release: release in some) if is_hit]
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
