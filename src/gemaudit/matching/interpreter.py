"""The interpreters of the environments, and the gems that they bring along."""

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from gemaudit.model.environment import Environment, Fact
from gemaudit.model.finding import Unaudited
from gemaudit.model.rubies import ShippedGems

_NO_VERSION = "nothing states the Ruby version, so the interpreter and the gems it ships cannot be judged"
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


def interpreters(environments: Iterable[Environment]) -> tuple[tuple[Interpreter, ...], tuple[Unaudited, ...]]:
    """Return one interpreter for each engine and version, and those whose version nobody states.

    Where several places state the version, the evidence is that of production.
    """
    found: dict[tuple[str, str, bool], list[tuple[Fact, Environment]]] = {}
    unknown: list[Unaudited] = []
    for environment in sorted(environments, key=lambda environment: environment.id != "production"):
        engine = environment.value("engine") or "ruby"
        fact = environment.fact("ruby" if engine == "ruby" else "engine_version")
        if fact is None:
            unknown.append(_without_version(engine, environment))
        else:
            found.setdefault((engine, fact.value, fact.exact), []).append((fact, environment))
    return (
        tuple(
            Interpreter(engine, places[0][0], tuple(environment for _, environment in places))
            for (engine, _, _), places in sorted(found.items(), key=lambda item: item[0])
        ),
        tuple(unknown),
    )


def _without_version(engine: str, environment: Environment) -> Unaudited:
    build = environment.fact("build")
    reason = f"a `{build.value}` build has no version that advisories speak of" if build else _NO_VERSION
    return Unaudited(
        kind="ruby",
        name=engine,
        version="",
        reason=f"{environment.id}: {reason}",
        path=build.path if build else "",
        line=build.line if build else 0,
    )


def shipped_gems(
    environments: Sequence[Environment], shipped: ShippedGems, listed: Collection[str]
) -> tuple[tuple[ShippedGem, ...], tuple[Unaudited, ...]]:
    """Return the default gems that the bundle does not override, and the Rubies whose gems are not known.

    Bundled gems are left out: under Bundler they load only when the lockfile lists them.
    """
    found: dict[tuple[str, str], list[tuple[Fact, Environment]]] = {}
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
                found.setdefault((name, version), []).append((fact, environment))
    return (
        tuple(
            ShippedGem(name, version, places[0][0], tuple(environment for _, environment in places))
            for (name, version), places in sorted(found.items())
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


def spell_series(some: Sequence[str], candidates: Sequence[str]) -> str:
    """The releases of a series in words, as runs: `3.4.0 to 3.4.4`."""
    runs: list[list[str]] = []
    previous = -2
    for release in some:
        position = candidates.index(release)
        if position == previous + 1:
            runs[-1].append(release)
        else:
            runs.append([release])
        previous = position
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
