"""One plan for all findings of a lockfile."""

from collections.abc import Callable, Iterable

from gemaudit.model.environment import Environment
from gemaudit.model.finding import AuditedPackage, Finding, PackageKind
from gemaudit.model.plan import Plan, Step
from gemaudit.planning.context import Context
from gemaudit.planning.default_gems import default_gem_step
from gemaudit.planning.gems import gem_step
from gemaudit.planning.rubies import ruby_step
from gemaudit.planning.target import Group

_STEPS: dict[PackageKind, Callable[[Group, Context], Step | None]] = {
    "gem": gem_step,
    "default-gem": default_gem_step,
    "ruby": ruby_step,
}
_OUTCOMES = ("upgrade", "blocked", "no_fix")


def plan(findings: Iterable[Finding], context: Context) -> Plan:
    """Return a step for every package that an advisory reaches: what can be done first, and of that what closes most.

    Suppressed findings and those that do not apply ask for nothing.
    """
    steps = [step for group in _groups(findings, context) if (step := _STEPS[group.package.kind](group, context))]
    steps.sort(key=lambda step: (_OUTCOMES.index(step.outcome), -len(step.closes), step.kind, step.name, step.current))
    return Plan(steps=tuple(steps))


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
