"""What the advisories would say of another version."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from gemaudit.matching.bundle import Bundle
from gemaudit.matching.conditions import Place
from gemaudit.matching.match import Subject, worst_status
from gemaudit.model.advisory import Advisory, Status
from gemaudit.model.environment import Environment
from gemaudit.model.finding import AuditedPackage
from gemaudit.model.knowledge import Advisories
from gemaudit.model.rubies import RubyReleases

#: What an environment states, without the evidence for it.
_Stated = tuple[tuple[str, str, bool], ...]
#: What decides a status, where no advisory asks about the rest of the bundle.
_Question = tuple[AuditedPackage, frozenset[_Stated]]

#: So many answers take some ten MiB; a scan that asks for more begins anew.
_MOST_REMEMBERED = 20_000
#: The environments of a project differ in little but their Ruby; where more of them do, the answer is not remembered.
_MOST_DIFFERENT = 32


class Recheck:
    """Judges packages at versions they do not have, for any number of lockfiles.

    The repositories of an organisation ask the same about few interpreters, so the answers are remembered.
    """

    def __init__(self, advisories: Advisories, releases: RubyReleases) -> None:
        self._advisories = advisories
        self._releases = releases
        self._remembered: dict[_Question, Mapping[str, Status]] = {}

    def statuses(
        self, package: AuditedPackage, environments: Sequence[Environment], bundle: Bundle
    ) -> Mapping[str, Status]:
        """Return the ids of all advisories that speak of a package, with the worst status over the environments."""
        different = {_stated(moved): moved for moved in (_moved(place, package) for place in environments)}
        question = (package, frozenset(different))
        if question in self._remembered:
            return self._remembered[question]
        known = self._about(package)
        places = tuple(Place(place, bundle, self._releases) for place in different.values())
        subject = Subject(package=package, path="", line=0, places=places)
        statuses = {advisory.id: worst_status(subject, advisory) for advisory in known}
        answer: Mapping[str, Status] = {id_: status for id_, status in statuses.items() if status}
        if len(different) <= _MOST_DIFFERENT and not _asks_bundle(known):
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[question] = answer
        return answer

    def _about(self, package: AuditedPackage) -> tuple[Advisory, ...]:
        find = self._advisories.for_engine if package.kind == "ruby" else self._advisories.for_gem
        return find(package.name, package.version)


def _asks_bundle(advisories: Iterable[Advisory]) -> bool:
    return any(item.when.gem for advisory in advisories for item in advisory.affected)


def _stated(environment: Environment) -> _Stated:
    return tuple((fact.name, fact.value, fact.exact) for fact in environment.facts)


def _moved(environment: Environment, package: AuditedPackage) -> Environment:
    """The environment with the interpreter at hand."""
    if package.kind != "ruby":
        return environment
    name = "ruby" if package.name == "ruby" else "engine_version"
    facts = tuple(
        replace(fact, value=package.version, exact=True) if fact.name == name else fact for fact in environment.facts
    )
    return replace(environment, facts=facts)
