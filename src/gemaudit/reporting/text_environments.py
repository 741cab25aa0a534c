"""Environments in a line each, every word with its evidence."""

from itertools import groupby

from gemaudit.model.environment import Environment, Fact
from gemaudit.reporting.ordering import ordered_environments
from gemaudit.reporting.page import Page
from gemaudit.reporting.words import count, listing, place, together

_MOST = 6
_MOST_NAMES = 3
_NAMES = {"sanitizer": "{} sanitizer", "jit": "{}", "feature": "{}"}
_TOOLS = {"rubygems": "RubyGems", "bundler": "Bundler"}
_NONE = {"sanitizer": "no sanitizer", "jit": "no JIT", "feature": "no feature"}


def environment_lines(environments: tuple[Environment, ...], page: Page) -> list[str]:
    """A line for each environment, beginning with its name.

    Where not everything is shown, those in which the same holds share a line with the evidence of the first of them,
    and many are counted.
    """
    groups = _alike(environments, page)
    limit = len(groups) if page.show_all or len(groups) <= _MOST else _MOST - 1
    lines = []
    for group in groups[:limit]:
        names = listing([together(environment.id) for environment in group], limit=_MOST_NAMES) + ":"
        lines += page.lines(f"{page.paint(names, 'strong')} {_described(group[0], page)}", lead="  ", indent=4)
    if rest := sum(map(len, groups[limit:])):
        lines += page.lines(f"and {count(rest, 'environment')} more (--all)", lead="  ")
    return lines


def _alike(environments: tuple[Environment, ...], page: Page) -> list[list[Environment]]:
    groups: dict[tuple[str, ...], list[Environment]] = {}
    for environment in ordered_environments(environments):
        shown = (text for text, _ in _parts(environment, page))
        key = (environment.id,) if page.show_all else tuple(shown)
        groups.setdefault(key, []).append(environment)
    return list(groups.values())


def _described(environment: Environment, page: Page) -> str:
    if not environment.facts:
        return "no file says where the bundle runs"
    return ", ".join(_with_evidence(_parts(environment, page), page))


def _parts(environment: Environment, page: Page) -> list[tuple[str, str]]:
    """What holds, each with its evidence."""
    parts = [*_ruby(environment), *_platform(environment)]
    if page.show_all:
        tools = [fact for fact in environment.facts if fact.name in _TOOLS]
        parts += [(f"{_TOOLS[fact.name]} {fact.value}", _place(fact)) for fact in tools]
    several = sorted(
        (fact for fact in environment.facts if fact.name in _NAMES), key=lambda fact: (fact.name, fact.value)
    )
    return [*parts, *((_several(fact), _place(fact)) for fact in several)]


def _with_evidence(parts: list[tuple[str, str]], page: Page) -> list[str]:
    """The parts, those of one place named together."""
    texts = []
    for evidence, group in groupby(parts, key=lambda part: part[1]):
        text = ", ".join(together(part) for part, _ in group)
        texts.append(f"{text} {page.paint(f'({evidence})', 'faint')}" if evidence else text)
    return texts


def _ruby(environment: Environment) -> list[tuple[str, str]]:
    engine, version = environment.fact("engine"), environment.fact("ruby")
    build = [(f"{fact.value} build", _place(fact)) for fact in environment.facts if fact.name == "build"]
    if engine is None or engine.value == "ruby":
        return [(f"ruby {version.value}", _place(version)) if version else ("ruby not known", ""), *build]
    own = environment.fact("engine_version")
    result = [(f"{engine.value} {own.value}", _place(own)) if own else (engine.value, _place(engine))]
    return [*result, *([(f"ruby {version.value}", _place(version))] if version else []), *build]


def _platform(environment: Environment) -> list[tuple[str, str]]:
    facts = [fact for fact in map(environment.fact, ("cpu", "os", "libc")) if fact]
    parts = [("-".join(fact.value for fact in group), where) for where, group in groupby(facts, key=_place)]
    if environment.value("os") in {None, "linux"} and not environment.fact("libc"):
        parts.append(("libc not known" if environment.fact("os") else "system not known", ""))
    return parts


def _several(fact: Fact) -> str:
    if fact.value == "none":
        return _NONE[fact.name]
    text = _NAMES[fact.name].format(fact.value.removeprefix("no-"))
    return f"no {text}" if fact.value.startswith("no-") else text


def _place(fact: Fact) -> str:
    return place(fact.path, fact.line)
