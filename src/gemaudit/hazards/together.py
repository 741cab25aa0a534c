"""One plan out of upgrades and remedies, in which no command stands twice."""

from collections.abc import Iterable

from msgspec.structs import replace

from gemaudit.hazards.glibc_on_musl import ADVISORY as GLIBC_ON_MUSL
from gemaudit.hazards.hazard import Project, environments_of
from gemaudit.hazards.musl_files import has_musl_file
from gemaudit.hazards.platforms import add_platform, lockable, missing
from gemaudit.model.finding import Finding
from gemaudit.model.plan import FEASIBLE, Plan, Step, in_order


def ended_by_upgrades(plan: Plan, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The hazards that end with an upgrade which the plan has anyway: the new release has a file for musl."""
    return tuple(
        found
        for found in findings
        if found.advisory.id == GLIBC_ON_MUSL.id
        and found.status == "affected"
        and found.suppression is None
        and _upgrade(plan, found) is not None
    )


def _upgrade(plan: Plan, finding: Finding) -> Step | None:
    package = finding.package
    for step in plan.steps:
        if step.outcome not in FEASIBLE or (step.kind, step.name, step.current) != (
            "gem",
            package.name,
            package.version,
        ):
            continue
        if has_musl_file(step.name, step.target):
            return step
    return None


def together(plan: Plan, ended: tuple[Finding, ...], remedies: Iterable[Step], project: Project) -> Plan:
    """The upgrades, which also end the given hazards, then the remedies, then what cannot be done yet."""
    merged = _merged(remedies)
    said = frozenset(command for step in merged for command in step.commands)
    steps = [*(_also_ending(step, ended, plan, project, said) for step in plan.steps), *merged]
    steps.sort(key=in_order)
    return replace(plan, steps=tuple(steps))


def _also_ending(step: Step, ended: tuple[Finding, ...], plan: Plan, project: Project, said: frozenset[str]) -> Step:
    own = tuple(found for found in ended if _upgrade(plan, found) is step)
    if not own:
        return step
    ids = environments_of(own)
    places = [environment for environment in project.environments if environment.id in ids]
    wanted = missing((platform for place in places for platform in lockable(place, project, "musl")), project)
    command = add_platform(wanted)
    return replace(
        step,
        commands=(*step.commands, *([command] if wanted and command not in said else [])),
        closes=tuple(sorted({*step.closes, *(found.advisory.id for found in own)})),
    )


def _merged(steps: Iterable[Step]) -> list[Step]:
    """The steps, those that run the same commands as one."""
    merged: dict[tuple[str, tuple[str, ...]], Step] = {}
    for step in steps:
        key = (step.outcome, step.commands) if step.commands else (step.outcome, step.closes + step.remains)
        before = merged.get(key)
        merged[key] = step if before is None else _both(before, step)
    return list(merged.values())


def _both(first: Step, second: Step) -> Step:
    return replace(
        first,
        edits=tuple(dict.fromkeys((*first.edits, *second.edits))),
        closes=tuple(sorted({*first.closes, *second.closes})),
        remains=tuple(sorted({*first.remains, *second.remains})),
        environments=tuple(sorted({*first.environments, *second.environments})),
        packages=tuple(dict.fromkeys((*first.packages, *second.packages))),
        workarounds=tuple(dict.fromkeys((*first.workarounds, *second.workarounds))),
        note="; ".join(dict.fromkeys(filter(None, (first.note, second.note)))),
    )
