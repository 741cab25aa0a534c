"""Small lockfiles and environments for the tests of hazards."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from builders import environment, lockfile, package
from gemaudit.hazards import Project, find
from gemaudit.hazards.hazard import Hazard
from gemaudit.model.document import Document
from gemaudit.model.environment import Environment
from gemaudit.model.finding import Finding
from gemaudit.model.lockfile import Lockfile


def locked(gems: Mapping[str, tuple[str, ...]], platforms: Iterable[str] = ("ruby",)) -> Lockfile:
    """A lockfile: `{"ffi 1.17.0": ("ruby", "x86_64-linux-gnu")}`, a line for each variant from 4 on."""
    variants = [(spec, platform) for spec, listed in gems.items() for platform in listed]
    packages = [package(spec, platform=platform, line=line) for line, (spec, platform) in enumerate(variants, 4)]
    names = tuple(platforms)
    first = 4 + len(packages) + 2
    return replace(lockfile(*packages), platforms=names, platform_lines=tuple(range(first, first + len(names))))


def machine(id_: str = "production", **values: str | tuple[str, ...]) -> Environment:
    """CRuby with tools of today on Alpine, where the keywords say nothing else; an empty text leaves a fact out."""
    usual: dict[str, str | tuple[str, ...]] = {
        "engine": "ruby",
        "ruby": "3.4.5",
        "rubygems": "3.6.9",
        "bundler": "2.6.9",
        "os": "linux",
        "cpu": "x86_64",
        "libc": "musl",
    }
    stated = {name: value for name, value in {**usual, **values}.items() if value}
    return environment(id_, **stated)


def look(
    hazard: Hazard, lock: Lockfile, *places: Environment, documents: tuple[Document, ...] = ()
) -> tuple[Finding, ...]:
    """The findings of one hazard."""
    return tuple(
        found for found in find(Project(lock, places, documents=documents)) if found.advisory.id == hazard.ADVISORY.id
    )


def status(hazard: Hazard, lock: Lockfile, place: Environment) -> str:
    """The status of the only finding, or nothing."""
    return next((found.status for found in look(hazard, lock, place)), "")


def missing(hazard: Hazard, lock: Lockfile, place: Environment) -> list[tuple[str, str]]:
    """What would decide the only finding: the facts that nobody states, with what they would have to be."""
    [found] = look(hazard, lock, place)
    return [(answer.name, answer.expected) for answer in found.verdicts[0].answers if answer.answer == "unknown"]
