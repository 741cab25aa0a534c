"""What the advisories would say of another version."""

from collections.abc import Sequence

from msgspec.structs import replace

from gemaudit.matching.bundle import Bundle
from gemaudit.matching.match import Subject, judge
from gemaudit.model.advisory import Status
from gemaudit.model.environment import Environment
from gemaudit.model.finding import AuditedPackage
from gemaudit.model.knowledge import Advisories
from gemaudit.model.rubies import RubyReleases


def recheck(
    package: AuditedPackage,
    environments: Sequence[Environment],
    bundle: Bundle,
    advisories: Advisories,
    releases: RubyReleases,
) -> dict[str, Status]:
    """Return the ids of all advisories that speak of a package, with the worst status over the environments."""
    places = tuple(_moved(environment, package) for environment in environments)
    subject = Subject(package=package, path="", line=0, environments=places)
    known = advisories.for_engine(package.name) if package.kind == "ruby" else advisories.for_gem(package.name)
    return {finding.advisory.id: finding.status for finding in judge(subject, known, bundle, releases)}


def _moved(environment: Environment, package: AuditedPackage) -> Environment:
    """The environment with the interpreter at hand."""
    if package.kind != "ruby":
        return environment
    name = "ruby" if package.name == "ruby" else "engine_version"
    facts = tuple(
        replace(fact, value=package.version, exact=True) if fact.name == name else fact for fact in environment.facts
    )
    return replace(environment, facts=facts)
