"""Observations into environments: who is believed, what fills a gap, and what contradicts what.

- A place keeps what it states. The user's words come before it, the project's files fill what it leaves open.
- A floating version of a place stays floating: the tag decides what runs there, whatever a version file says.
- Among the project's own files the first in `PRECEDENCE` counts; where it floats (`ruby "~> 3.4.0"` in a Gemfile,
  `3.4` in `.ruby-version`), an exact version that it admits and that a weaker file states is what is meant.
- How the application uses Ruby is a fact of the places it is deployed to and of no other.
- Two files that cannot both be right about one place are a notice at the weaker one.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from msgspec.structs import replace

from gemaudit.environments.facts import admits, agree, differ, interpreter_of, merge
from gemaudit.environments.observation import Observation, Place, Usage
from gemaudit.environments.sources import PRECEDENCE
from gemaudit.environments.stated import Facts, Stated
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.environment import Environment, Fact, FactName

#: More than a project has, and few enough to judge many findings in each; deployments come first.
MOST_ENVIRONMENTS = 128


def combine(
    observations: Sequence[Observation], stated: Stated, folder: str | None, gems: Collection[str] = ()
) -> tuple[tuple[Environment, ...], tuple[Diagnostic, ...]]:
    """The environments of the project in `folder`, and the contradictions between its files.

    None for a folder that is not known takes every place for one of this project; `gems` are those of its bundle.

    There is always an environment: `project` where only files about the whole project speak,
    `stated` where only the user does, `unknown` where nobody does. An application that no file deploys has one
    beside its CI jobs, for a job on one libc says nothing about production on another.
    """
    project = _ranked(observations)
    usages = _usages(observations, gems)
    places = [
        place for item in observations for place in item.places if folder is None or encloses(place.folder, folder)
    ]
    if stated.named:
        places = [Place(id=name, is_deployment=name == "production") for name, _ in stated.named]
    elif not places or (gems and not any(place.is_deployment for place in places)):
        places = [*places, Place(id=_fallback_id((*project, *usages), stated), is_deployment=True)]
    places = _foremost(places)
    named = dict(stated.named)
    described = (
        _used(environment, [usage for usage in usages if not (place.is_image and usage.is_process)])
        if place.is_deployment
        else environment
        for place in sorted(_with_unique_ids(places), key=lambda place: not place.is_deployment)
        for environment in _environments(place, named.get(place.id, Facts()), project, stated)
    )
    environments = list(islice(described, MOST_ENVIRONMENTS + 1))
    return (
        tuple(sorted(environments[:MOST_ENVIRONMENTS], key=lambda environment: environment.id)),
        (
            *map(_left_out, environments[MOST_ENVIRONMENTS:]),
            *_contradictions([place for place in places if place.is_contestable], project),
        ),
    )


def _foremost(places: Iterable[Place]) -> list[Place]:
    """The places that are looked at and one more, which tells that there are others."""
    ordered = sorted(places, key=lambda place: (not place.is_deployment, _place_order(place)))
    return ordered[: MOST_ENVIRONMENTS + 1]


def _left_out(environment: Environment) -> Diagnostic:
    first = next(iter(environment.facts), None)
    return Diagnostic(
        code="too-many-environments",
        message=f"this is one environment more than the {MOST_ENVIRONMENTS} that are audited, and others may follow",
        path=first.path if first else "",
        level="warning",
        line=first.line if first else 0,
        text=first.text if first else "",
        hint="state those that matter as `[[environments]]` in `.gemaudit.toml`",
    )


def encloses(folder: str, other: str) -> bool:
    """Whether `other` is `folder` or lies in it; the empty folder holds everything that does not begin with `..`.

    A folder above the current one is spelled `..`, `../..`; it holds whatever does not begin higher up.
    """
    outer, inner = _steps(folder), _steps(other)
    above = len(outer) - len(inner[: inner.count("..")])
    if outer and outer[-1] == "..":
        return above >= 0
    return inner[: len(outer)] == outer and inner.count("..") == outer.count("..")


def _steps(folder: str) -> list[str]:
    return folder.split("/") if folder and folder != "." else []


def _depth(path: str) -> int:
    """How far below the current folder a file lies; negative above it."""
    return sum(-1 if step == ".." else 1 for step in path.split("/")[:-1])


def _ranked(observations: Iterable[Observation]) -> list[tuple[Fact, ...]]:
    """The project-wide facts, one group for each file, the strongest source first, then the nearest file."""
    groups = [item.facts for item in observations if item.facts]
    return sorted(groups, key=_rank)


def _rank(facts: tuple[Fact, ...]) -> tuple[int, int, str]:
    first = facts[0]
    return (PRECEDENCE.index(first.source), -_depth(first.path), first.path)


def _fallback_id(project: Sequence[object], stated: Stated) -> str:
    if project:
        return "project"
    said = (stated.command_line, stated.config)
    return "stated" if any(facts.common or facts.variants for facts in said) else "unknown"


def _with_unique_ids(places: Iterable[Place]) -> list[Place]:
    """The places in the order of their ids, where a repeated id gets the path that states it, then a number."""
    taken: set[str] = set()
    found: list[Place] = []
    for place in sorted(places, key=_place_order):
        name = place.id
        if name in taken and place.facts:
            name = f"{place.id} ({place.facts[0].path})"
        count = 2
        base = name
        while name in taken:
            name, count = f"{base} #{count}", count + 1
        taken.add(name)
        found.append(replace(place, id=name))
    return found


def _place_order(place: Place) -> tuple[str, int, list[tuple[str, int, FactName, str]]]:
    facts = [(fact.path, fact.line, fact.name, fact.value) for fact in place.facts]
    return (place.id, facts[0][0].count("/") if facts else 0, facts)


def _environments(
    place: Place, named: Facts, project: Sequence[tuple[Fact, ...]], stated: Stated
) -> Iterable[Environment]:
    """The place as environments: one, or one for each platform that the user names."""
    speakers = (stated.command_line, named, stated.config)
    several = next((facts.variants for facts in speakers if facts.variants), (("", ()),))
    for name, variant in several:
        said = [facts.common for facts in speakers]
        layers = [variant, *said, place.facts, *_filling(place, project)]
        yield Environment(id=f"{place.id} [{name}]" if name else place.id, facts=merge(layers))


def _filling(place: Place, project: Sequence[tuple[Fact, ...]]) -> list[tuple[Fact, ...]]:
    """The project-wide facts that may fill the gaps of a place, the strongest first."""
    if place.is_settled:
        return [tuple(fact for fact in group if fact.name == "bundler") for group in project]
    nearest = _nearest(project, place.folder) if place.reads else ()
    asked = [group for name in place.reads for group in nearest if group[0].source == name]
    has_version = interpreter_of(place.facts).keys() - {"engine"}
    refined = [] if has_version else _refined(asked[:1] or project)
    return [*refined, *asked[:1], *project]


def _nearest(project: Sequence[tuple[Fact, ...]], folder: str) -> list[tuple[Fact, ...]]:
    return [group for group in project if encloses(group[0].path.rpartition("/")[0], folder)]


def _refined(project: Sequence[tuple[Fact, ...]]) -> list[tuple[Fact, ...]]:
    """The exact statement of a weaker file that a floating stronger one admits."""
    statements = [found for group in project if (found := interpreter_of(group))]
    if not statements:
        return []
    first = statements[0]
    for name in ("ruby", "engine_version"):
        if name in first and not first[name].exact:
            for other in statements[1:]:
                if name in other and other[name].exact and not differ(first, other):
                    return [tuple(other.values())]
    return []


def _usages(observations: Iterable[Observation], gems: Collection[str]) -> tuple[Usage, ...]:
    """The usages that no file withdraws and that are about a gem of the bundle, if about any."""
    items = list(observations)
    withdrawn = {key for item in items for key in item.withdrawn}
    return tuple(
        usage
        for item in items
        for usage in item.usages
        if usage.key not in withdrawn and (not usage.gem or usage.gem in gems)
    )


def _used(environment: Environment, usages: Iterable[Usage]) -> Environment:
    """The environment with how the application uses Ruby, as far as its Ruby is known to allow it."""
    fitting = [usage.facts for usage in usages if not usage.ruby or admits(environment, usage.ruby)]
    return replace(environment, facts=merge([environment.facts, *fitting])) if fitting else environment


def _contradictions(places: Sequence[Place], project: Sequence[tuple[Fact, ...]]) -> tuple[Diagnostic, ...]:
    """One notice for each project-wide statement that a stronger one contradicts, the strongest first."""
    statements = [found for group in project if (found := interpreter_of(group))]
    chains = [(interpreter_of(place.facts), place.id) for place in places]
    chains += [(found, "") for found in statements]
    notices: dict[tuple[str, int], Diagnostic] = {}
    for rank, (stronger, place) in enumerate(chains):
        if not place and stronger and _address(stronger) in notices:
            continue  # what does not count itself contradicts nothing
        for weaker in statements[max(0, rank - len(places) + 1) :]:
            if stronger and differ(stronger, weaker):
                diagnostic = _differing(stronger, weaker, place)
                notices.setdefault((diagnostic.path, diagnostic.line), diagnostic)
    return tuple(notices[key] for key in sorted(notices))


def _address(statement: dict[str, Fact]) -> tuple[str, int]:
    first = next(iter(statement.values()))
    return (first.path, first.line)


def _differing(stronger: dict[str, Fact], weaker: dict[str, Fact], place: str) -> Diagnostic:
    one, other = _telling(stronger, weaker)
    where = f" for `{place}`" if place else ""
    return Diagnostic(
        code="ruby-versions-differ",
        message=f"{_spelled(other, weaker)} here, but {one.path}:{one.line} counts{where}: {_spelled(one, stronger)}",
        path=other.path,
        level="notice",
        line=other.line,
        text=other.text,
        hint=f"let {other.path}:{other.line} and {one.path}:{one.line} name the same Ruby",
    )


def _telling(stronger: dict[str, Fact], weaker: dict[str, Fact]) -> tuple[Fact, Fact]:
    """The pair of facts that differ."""
    names = [name for name in ("ruby", "engine_version", "engine") if name in stronger and name in weaker]
    for name in names:
        one, other = stronger[name], weaker[name]
        is_same = one.value == other.value if name == "engine" else agree(one, other)
        if not is_same:
            return one, other
    return next(iter(stronger.values())), next(iter(weaker.values()))


def _spelled(fact: Fact, statement: dict[str, Fact]) -> str:
    engine = statement["engine"].value if "engine" in statement else "ruby"
    versions = [statement[name].value for name in ("engine_version", "ruby") if name in statement]
    version = fact.value if fact.name != "engine" else (versions[0] if versions else "")
    return f"`{f'{engine} {version}'.strip()}`"
