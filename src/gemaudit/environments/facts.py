"""How facts of several sources become the facts of one environment."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from gemaudit.model.environment import IMPLIED_FEATURES, MULTIPLE, Environment, Fact

if TYPE_CHECKING:
    from gemaudit.model.ranges import VersionRanges

#: Facts that only mean something together: which Ruby it is.
INTERPRETER = ("engine", "ruby", "engine_version", "build")
_SYSTEM = ("os", "cpu", "libc")


def merge(layers: Iterable[Sequence[Fact]]) -> tuple[Fact, ...]:
    """The facts of one environment from layers of facts, the strongest layer first.

    A weaker layer only fills gaps, and only with what still makes sense beside the stronger facts:
    no version of another engine, no release beside a `head` build, no libc of another operating system.
    """
    merged: list[Fact] = []
    for layer in layers:
        merged += _new_interpreter(merged, layer)
        merged += _new_system(merged, layer)
        merged += _new_single(merged, layer)
        merged += _new_multiple(merged, layer)
    return tuple(sorted((*merged, *_implied(merged)), key=_order))


def interpreter_of(facts: Iterable[Fact]) -> dict[str, Fact]:
    """The facts that say which Ruby it is, by name, the first of each name."""
    found: dict[str, Fact] = {}
    for fact in facts:
        if fact.name in INTERPRETER:
            found.setdefault(fact.name, fact)
    return found


def agree(one: Fact, other: Fact) -> bool:
    """Whether one version can satisfy both facts; versions that nobody can compare agree only when equal."""
    if one.value == other.value:
        return True
    try:
        return not _versions(one).is_disjoint(_versions(other))
    except ValueError:
        return False


def admits(environment: Environment, requirement: str) -> bool:
    """Whether the Ruby of an environment is a CRuby whose every possible version satisfies the requirement."""
    ruby = environment.fact("ruby")
    if ruby is None or environment.value("engine") != "ruby" or environment.value("build") == "distribution":
        return False
    wanted = Fact(name="ruby", value=requirement, exact=False)
    try:
        return _versions(ruby).is_subset(_versions(wanted))
    except ValueError:
        return False


def _versions(fact: Fact) -> "VersionRanges":
    # Versions are only compared where two sources speak.
    from gemaudit.model.ranges import VersionRanges  # noqa: PLC0415
    from gemaudit.model.requirement import Requirement  # noqa: PLC0415
    from gemaudit.model.version import Version  # noqa: PLC0415

    if fact.exact:
        version = Version.parse(fact.value)
        return VersionRanges.between(version, None, last_affected=version)
    return VersionRanges.of(Requirement.parse(fact.value))


def differ(one: dict[str, Fact], other: dict[str, Fact]) -> bool:
    """Whether two statements about the interpreter contradict each other: another engine, or no version in common."""
    if "engine" in one and "engine" in other and one["engine"].value != other["engine"].value:
        return True
    return any(
        name in one and name in other and not agree(one[name], other[name]) for name in ("ruby", "engine_version")
    )


def _new_interpreter(merged: Sequence[Fact], layer: Iterable[Fact]) -> list[Fact]:
    known = interpreter_of(merged)
    offered = interpreter_of(layer)
    if not known:
        return list(offered.values())
    if "build" in known or differ(known, offered):
        return []
    if "ruby" in known or "engine_version" in known:
        offered.pop("build", None)
    return [fact for name, fact in offered.items() if name not in known]


def _new_system(merged: Sequence[Fact], layer: Iterable[Fact]) -> list[Fact]:
    known = {fact.name: fact for fact in merged if fact.name in _SYSTEM}
    offered = {fact.name: fact for fact in reversed(list(layer)) if fact.name in _SYSTEM}
    if "os" in known and "os" in offered and known["os"].value != offered["os"].value:
        return []
    if known.get("os") and known["os"].value != "linux":
        offered.pop("libc", None)
    return [offered[name] for name in _SYSTEM if name in offered and name not in known]


def _new_single(merged: Iterable[Fact], layer: Iterable[Fact]) -> list[Fact]:
    taken = {fact.name for fact in merged} | {*INTERPRETER, *_SYSTEM} | MULTIPLE
    found: dict[str, Fact] = {}
    for fact in layer:
        if fact.name not in taken:
            found.setdefault(fact.name, fact)
    return list(found.values())


def _new_multiple(merged: Sequence[Fact], layer: Iterable[Fact]) -> list[Fact]:
    """The facts of several values that the stronger ones leave open.

    `none` closes its name for whatever is weaker, and is itself dropped where a value is known.
    A feature that cannot be used without one that is denied is denied with it.
    """
    denied = {_word(fact) for fact in merged if fact.name == "feature" and fact.value.startswith("no-")}
    words = {(fact.name, _word(fact)) for fact in merged}
    has_value = {fact.name for fact in merged if not fact.value.startswith("no-")}
    is_closed = {fact.name for fact in merged if fact.value == "none"}
    found: list[Fact] = []
    for fact in layer:
        if fact.name not in MULTIPLE or fact.name in is_closed or (fact.name, _word(fact)) in words:
            continue
        if fact.value == "none" and fact.name in has_value:
            continue
        if fact.name == "feature" and denied & set(IMPLIED_FEATURES.get(fact.value, ())):
            continue
        words.add((fact.name, _word(fact)))
        found.append(fact)
    return found


def _word(fact: Fact) -> str:
    return fact.value.removeprefix("no-")


def _implied(facts: Sequence[Fact]) -> list[Fact]:
    """The features that cannot be absent given those in use, with the same evidence."""
    stated = {_word(fact) for fact in facts if fact.name == "feature"}
    found: list[Fact] = []
    for fact in facts:
        for word in IMPLIED_FEATURES.get(fact.value, ()) if fact.name == "feature" else ():
            if word not in stated:
                stated.add(word)
                found.append(_with_value(fact, word))
    return found


def _with_value(fact: Fact, value: str) -> Fact:
    return Fact(name=fact.name, value=value, path=fact.path, line=fact.line, text=fact.text, source=fact.source)


_ORDER = ("engine", "ruby", "engine_version", "build", "os", "cpu", "libc", "rubygems", "bundler", "sanitizer", "jit")


def _order(fact: Fact) -> tuple[int, str]:
    return (_ORDER.index(fact.name) if fact.name in _ORDER else len(_ORDER), fact.value)
