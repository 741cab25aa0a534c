"""Whether the conditions of an advisory hold in an environment.

There are three answers. A condition that rests on a fact nobody states is `unknown`;
only a contradicted one makes a finding go away.
"""

from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from gemaudit.matching.bundle import Bundle
from gemaudit.matching.install import installed_as
from gemaudit.model.advisory import Affected, Conditions, Status
from gemaudit.model.environment import IMPLIED_FEATURES, Environment, Fact
from gemaudit.model.finding import Answer, AuditedPackage, Truth, Verdict
from gemaudit.model.requirement import Requirement
from gemaudit.model.rubies import RubyReleases
from gemaudit.model.version import Version


class Place:
    """What conditions are asked about: an environment and the bundle in it.

    Many advisories ask the same, so a place remembers its verdicts.
    """

    def __init__(self, environment: Environment, bundle: Bundle, releases: RubyReleases) -> None:
        self.environment = environment
        self.bundle = bundle
        self.releases = releases
        self._facts: dict[str, Fact] = {fact.name: fact for fact in reversed(environment.facts)}
        self._verdicts: dict[tuple[Conditions, str, bool, tuple[str, ...]], Verdict] = {}

    def fact(self, name: str) -> Fact | None:
        """The fact of that name, or None where nobody states it."""
        return self._facts.get(name)

    def answers(self, conditions: Conditions, platforms: tuple[str, ...] = ()) -> tuple[Answer, ...]:
        """One answer for every key that the conditions hold, in the order of the format page.

        `platforms` are the variants of the package at hand.
        """
        return tuple(ask(conditions, self, platforms) for name, ask in _QUESTIONS if getattr(conditions, name))

    def verdict(self, affected: Affected, package: AuditedPackage) -> Verdict:
        """What a claim comes to here for a package whose version lies in it."""
        key = (affected.when, affected.engine, package.kind == "gem", package.platforms)
        if key not in self._verdicts:
            answers = (*self._doubts(affected, package), *self.answers(affected.when, package.platforms))
            self._verdicts[key] = Verdict(environment=self.environment.id, status=status_of(answers), answers=answers)
        return self._verdicts[key]

    def _doubts(self, affected: Affected, package: AuditedPackage) -> Iterator[Answer]:
        """Whether what comes with an interpreter has the defects of its version."""
        if package.kind == "gem":
            return
        if (build := self.fact("build")) is not None and build.value == "distribution":
            # A distribution puts fixes into its packages without changing the version.
            yield _answer("build", "upstream", build, "unknown")
        if not affected.when.engine and self.fact("engine") is None:
            # A Ruby version alone is taken for CRuby's, but another engine may have it as its language version.
            yield Answer(name="engine", expected=affected.engine or "ruby", answer="unknown")


def status_of(answers: Iterable[Answer]) -> Status:
    """One false answer is `not_affected`, no false and one unknown `under_investigation`, else `affected`."""
    given = {answer.answer for answer in answers}
    if "false" in given:
        return "not_affected"
    return "under_investigation" if "unknown" in given else "affected"


def requirement_answer(name: str, requirement: str, fact: Fact | None, releases: RubyReleases) -> Answer:
    """Whether the version that a fact states satisfies a requirement.

    A fact that is not exact stands for all Ruby releases it admits: they must agree.
    """
    if fact is None:
        return Answer(name=name, expected=requirement, answer="unknown")
    wanted = Requirement.parse(requirement)
    if fact.exact:
        truth = _truth(holds=wanted.admits(Version.parse(fact.value)))
        return _answer(name, requirement, fact, truth)
    candidates = releases.matching(Requirement.parse(fact.value)) if name == "ruby" else ()
    admitted = [version for version in candidates if wanted.admits(Version.parse(version))]
    if len(admitted) == len(candidates):
        truth = "true" if candidates else "unknown"
    else:
        truth = "unknown" if admitted else "false"
    return _answer(name, requirement, fact, truth)


def _truth(*, holds: bool) -> Truth:
    return "true" if holds else "false"


def _answer(name: str, expected: str, fact: Fact, truth: Truth) -> Answer:
    return Answer(name=name, expected=expected, actual=fact.value, answer=truth, path=fact.path, line=fact.line)


#: Asks a place about one key, for a package with these variants.
Question = Callable[[Conditions, Place, tuple[str, ...]], Answer]


def _requirement(name: str) -> Question:
    def ask(conditions: Conditions, place: Place, _: tuple[str, ...]) -> Answer:
        return requirement_answer(name, getattr(conditions, name), place.fact(name), place.releases)

    return ask


def _word(name: str) -> Question:
    def ask(conditions: Conditions, place: Place, _: tuple[str, ...]) -> Answer:
        wanted: tuple[str, ...] = getattr(conditions, name)
        fact = place.fact(name)
        if fact is None:
            return Answer(name=name, expected=" or ".join(wanted), answer="unknown")
        return _answer(name, " or ".join(wanted), fact, _truth(holds=fact.value in wanted))

    return ask


def _libc(conditions: Conditions, place: Place, platforms: tuple[str, ...]) -> Answer:
    system = place.fact("os")
    if place.fact("libc") is None and system is not None and system.value != "linux":
        return _answer("libc", " or ".join(conditions.libc), system, "false")
    return _word("libc")(conditions, place, platforms)


def _several(name: str) -> Question:
    """A list of which one is enough, against facts of which an environment may have several."""

    def ask(conditions: Conditions, place: Place, _: tuple[str, ...]) -> Answer:
        wanted: tuple[str, ...] = getattr(conditions, name)
        expected = " or ".join(wanted)
        stated = tuple(_with_implied(place.environment.all(name)))
        for fact in stated:
            if fact.value in wanted:
                return _answer(name, expected, fact, "true")
        engine = place.fact("engine")
        if name == "jit" and engine is not None and engine.value != "ruby":
            return _answer(name, expected, engine, "false")
        against = [one for word in wanted if (one := _denial(name, word, stated))]
        if len(against) == len(wanted):
            return _answer(name, expected, against[0], "false")
        return Answer(name=name, expected=expected, answer="unknown")

    return ask


def _with_implied(facts: tuple[Fact, ...]) -> Iterator[Fact]:
    for fact in facts:
        yield fact
        for implied in IMPLIED_FEATURES.get(fact.value, ()):
            yield replace(fact, value=implied)


def _denial(name: str, wanted: str, stated: Iterable[Fact]) -> Fact | None:
    return next((fact for fact in stated if _rules_out(name, fact.value, wanted)), None)


def _rules_out(name: str, value: str, wanted: str) -> bool:
    """Whether a stated value means that the wanted one is not there.

    An application may use any number of features, so that each must be denied by itself or by what it implies.
    An interpreter runs one compiler, and is built with one sanitizer besides the one for undefined behaviour.
    """
    if value.startswith("no-"):
        return value.removeprefix("no-") in {wanted, *IMPLIED_FEATURES.get(wanted, ())}
    if name == "feature":
        return False
    return value == "none" or name == "jit" or "undefined" not in {value, wanted}


def _install(conditions: Conditions, place: Place, platforms: tuple[str, ...]) -> Answer:
    expected = " or ".join(conditions.install)
    kind, fact = installed_as(platforms, place.environment)
    if kind is None:
        return Answer(name="install", expected=expected, answer="unknown")
    truth = _truth(holds=kind in conditions.install)
    if fact is None:
        return Answer(name="install", expected=expected, actual=kind, answer=truth)
    return Answer(name="install", expected=expected, actual=kind, answer=truth, path=fact.path, line=fact.line)


def _gem(conditions: Conditions, place: Place, _: tuple[str, ...]) -> Answer:
    expected = " or ".join(conditions.gem)
    for wanted in conditions.gem:
        if package := place.bundle.satisfies(wanted):
            return Answer(
                name="gem",
                expected=expected,
                actual=f"{package.name} {package.version}",
                answer="true",
                path=place.bundle.lockfile.path,
                line=package.line,
            )
    return Answer(name="gem", expected=expected, actual="none of them", answer="false", path=place.bundle.lockfile.path)


_QUESTIONS: tuple[tuple[str, Question], ...] = (
    ("engine", _word("engine")),
    ("ruby", _requirement("ruby")),
    ("rubygems", _requirement("rubygems")),
    ("bundler", _requirement("bundler")),
    ("os", _word("os")),
    ("cpu", _word("cpu")),
    ("libc", _libc),
    ("sanitizer", _several("sanitizer")),
    ("jit", _several("jit")),
    ("install", _install),
    ("feature", _several("feature")),
    ("gem", _gem),
)
