"""What the advisories would say of another version."""

from collections.abc import Sequence

from gemaudit.matching.bundle import Bundle
from gemaudit.matching.match import STATUSES, Subject, judge
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
    subject = Subject(package=package, path="", line=0, environments=tuple(environments))
    known = advisories.for_engine(package.name) if package.kind == "ruby" else advisories.for_gem(package.name)
    statuses: dict[str, Status] = {}
    for finding in judge(subject, known, bundle, releases):
        worst = min(finding.status, statuses.get(finding.advisory.id, "fixed"), key=STATUSES.index)
        statuses[finding.advisory.id] = worst
    return statuses
