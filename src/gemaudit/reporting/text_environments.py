"""Environments in a line each, every word with its evidence."""

from itertools import groupby

from gemaudit.model.environment import Environment, Fact
from gemaudit.reporting.ordering import ordered_environments
from gemaudit.reporting.page import Page
from gemaudit.reporting.words import count, place, together

_MOST = 6
_NAMES = {"sanitizer": "{} sanitizer", "jit": "{}", "feature": "{}"}
_TOOLS = {"rubygems": "RubyGems", "bundler": "Bundler"}
_NONE = {"sanitizer": "no sanitizer", "jit": "no JIT", "feature": "no feature"}


def environment_lines(environments: tuple[Environment, ...], page: Page) -> list[str]:
    """A line for each environment, beginning with its name; many are counted where not everything is shown."""
    shown = ordered_environments(environments)
    limit = len(shown) if page.show_all or len(shown) <= _MOST else _MOST - 1
    lines = []
    for environment in shown[:limit]:
        name = together(environment.id) + ":"
        lines += page.lines(f"{page.paint(name, 'strong')} {_described(environment, page)}", lead="  ", indent=4)
    if limit < len(shown):
        lines += page.lines(f"and {count(len(shown) - limit, 'environment')} more (--all)", lead="  ")
    return lines


def _described(environment: Environment, page: Page) -> str:
    if not environment.facts:
        return "no file says where the bundle runs"
    parts = [*_ruby(environment), *_platform(environment)]
    if page.show_all:
        tools = [fact for fact in environment.facts if fact.name in _TOOLS]
        parts += [(f"{_TOOLS[fact.name]} {fact.value}", _place(fact)) for fact in tools]
    several = sorted(
        (fact for fact in environment.facts if fact.name in _NAMES), key=lambda fact: (fact.name, fact.value)
    )
    parts += [(_several(fact), _place(fact)) for fact in several]
    return ", ".join(_with_evidence(parts, page))


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
