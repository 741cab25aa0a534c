"""Platform hazards: what goes wrong between a lockfile and the places where it is installed.

A hazard is a finding like any other, found by code instead of by the ranges of an advisory file.
It is one module with an `ADVISORY`, `find` and `remedy`, one entry in `HAZARDS`, and a section of docs/hazards.md.

A hazard that can crash a process is judged in three values: what nobody states makes it `under_investigation`.
A notice says nothing about an environment that does not state what the notice is about,
so that a project of which little is known is not told what might be remarkable if more were known.
"""

from collections.abc import Iterable, Iterator

from gemaudit.hazards import (
    glibc_on_musl,
    missing_platform,
    musl_on_glibc,
    old_tools,
    uninstrumented,
    untried_on_musl,
    unused_variants,
)
from gemaudit.hazards.hazard import Hazard, Project
from gemaudit.hazards.together import ended_by_upgrades, together
from gemaudit.model.advisory import Advisory
from gemaudit.model.finding import Finding
from gemaudit.model.plan import Plan, Step

__all__ = ["HAZARDS", "Project", "find", "is_hazard", "named", "with_remedies"]

#: In the order of their ids.
HAZARDS: tuple[Hazard, ...] = (
    glibc_on_musl,
    untried_on_musl,
    musl_on_glibc,
    missing_platform,
    old_tools,
    uninstrumented,
    unused_variants,
)


_IDS = frozenset(hazard.ADVISORY.id for hazard in HAZARDS)


def find(project: Project) -> tuple[Finding, ...]:
    """The findings of all hazards, by id."""
    return tuple(found for hazard in HAZARDS for found in hazard.find(project))


def named(name: str) -> tuple[Advisory, ...]:
    """The hazard of that id, upper case or not; nothing where there is none."""
    wanted = name.casefold()
    return tuple(hazard.ADVISORY for hazard in HAZARDS if hazard.ADVISORY.id.casefold() == wanted)


def is_hazard(finding: Finding) -> bool:
    """Whether a finding was made here."""
    return finding.advisory.id in _IDS


def with_remedies(plan: Plan, findings: Iterable[Finding], project: Project) -> Plan:
    """The plan with what ends the hazards among the findings; a hazard that an upgrade of the plan ends is its own."""
    mine = tuple(found for found in findings if is_hazard(found))
    if not mine:
        return plan
    ended = ended_by_upgrades(plan, mine)
    rest = tuple(found for found in mine if found not in ended)
    return together(plan, ended, _remedies(rest, project), project)


def _remedies(findings: tuple[Finding, ...], project: Project) -> Iterator[Step]:
    for hazard in HAZARDS:
        if own := tuple(found for found in findings if found.advisory.id == hazard.ADVISORY.id):
            yield from hazard.remedy(own, project)
