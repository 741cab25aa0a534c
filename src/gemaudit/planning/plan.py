"""One plan for all findings of a lockfile."""

from collections.abc import Iterable, Sequence

from gemaudit.model.environment import Environment
from gemaudit.model.finding import AuditedPackage, Finding
from gemaudit.model.plan import Plan, Step, in_order
from gemaudit.planning.context import Context
from gemaudit.planning.default_gems import default_gem_step
from gemaudit.planning.gems import gem_step
from gemaudit.planning.rubies import ruby_step, shipped_fixes
from gemaudit.planning.target import Group


def plan(findings: Iterable[Finding], context: Context) -> Plan:
    """Return a step for every package that an advisory reaches: what can be done first, and of that what closes most.

    A default gem that comes fixed with the planned Ruby is a part of that step.
    Suppressed findings and those that do not apply ask for nothing.
    """
    groups = _groups(findings, context)
    shipped = [group for group in groups if group.package.kind == "default-gem"]
    rubies = [
        step
        for group in groups
        if group.package.kind == "ruby" and (step := ruby_step(group, shipped, context)) is not None
    ]
    rubies, shipped = shipped_fixes(rubies, shipped, context)
    locked = [group for group in groups if group.package.kind == "gem"]
    if context.listings is None:
        return Plan(steps=_ordered([*rubies, *_from_lockfile([*locked, *shipped], context)]))
    from gemaudit.planning.verified import Bundler  # noqa: PLC0415 - the resolver, for runs that ask gem servers

    bundler = Bundler(context, context.listings)
    gems = bundler.steps([*locked, *shipped])
    steps = _ordered([bundler.allowing(step) for step in rubies], gems)
    return Plan(steps=steps, asks=bundler.asks, relocked=bundler.relocked())


def _from_lockfile(groups: Iterable[Group], context: Context) -> list[Step]:
    steps = (
        gem_step(group, context) if group.package.kind == "gem" else default_gem_step(group, context)
        for group in groups
    )
    return [step for step in steps if step is not None]


def _ordered(steps: Sequence[Step], sequence: Sequence[Step] = ()) -> tuple[Step, ...]:
    """The steps by what they come to, then those that close most; a `sequence` keeps its order.

    The interpreter comes after the gems: Bundler refuses to run once the project states a Ruby that is not there yet.
    """
    least = {}
    closes = max((len(step.closes) for step in sequence), default=0)
    for position, step in enumerate(sequence):
        closes = min(closes, len(step.closes))
        least[step] = (-closes, "", "", "", position)
    keys = least | {step: (-len(step.closes), step.kind, step.name, step.current, 0) for step in steps}
    return tuple(sorted(keys, key=lambda step: (*in_order(step), step.kind == "ruby", *keys[step])))


def _groups(findings: Iterable[Finding], context: Context) -> list[Group]:
    found: dict[AuditedPackage, list[Finding]] = {}
    for finding in findings:
        if finding.suppression is None and finding.status in {"affected", "under_investigation"}:
            found.setdefault(finding.package, []).append(finding)
    return [
        Group(package=package, findings=tuple(listed), environments=_environments(listed, context))
        for package, listed in found.items()
    ]


def _environments(findings: list[Finding], context: Context) -> tuple[Environment, ...]:
    ids = dict.fromkeys(verdict.environment for finding in findings for verdict in finding.verdicts)
    return tuple(context.environment(id_) for id_ in ids)
