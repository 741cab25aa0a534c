"""The nouns of the model in the shape of version 1 of the JSON report."""

from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from gemaudit.model import environment as env
from gemaudit.model import finding as found
from gemaudit.model import plan as planned
from gemaudit.model.baseline import Past
from gemaudit.model.plan import FEASIBLE
from gemaudit.model.policy import UnusedIgnore
from gemaudit.reporting import json_v1_shape as shape
from gemaudit.reporting.fingerprint import fingerprint
from gemaudit.reporting.remedy import Remedy

S = TypeVar("S", bound=Struct)


def in_order(values: tuple[S, ...]) -> list[S]:
    """The values in an order that depends on nothing but them."""
    return sorted(values, key=lambda value: repr(msgspec.structs.astuple(value)))


def environment(environment: env.Environment, lockfile: str) -> shape.Environment:
    """The environment, with null for what no fact states exactly."""
    cpu, system, libc = (environment.value(name) for name in ("cpu", "os", "libc"))
    return shape.Environment(
        id=environment.id,
        lockfile=lockfile,
        engine=environment.value("engine"),
        ruby=environment.value("ruby"),
        platform="-".join(filter(None, (cpu, system, libc))) if cpu and system else None,
        libc=libc,
        rubygems=environment.value("rubygems"),
        bundler=environment.value("bundler"),
        sanitizers=_present(environment, "sanitizer"),
        features=_present(environment, "feature"),
        facts=tuple(
            shape.Fact(
                name=fact.name,
                value=fact.value,
                exact=fact.exact,
                path=fact.path or None,
                line=fact.line or None,
                text=fact.text,
                source=fact.source,
            )
            for fact in in_order(environment.facts)
        ),
    )


def _present(environment: env.Environment, name: str) -> tuple[str, ...]:
    values = {fact.value for fact in environment.all(name)}
    return tuple(sorted(value for value in values if value != "none" and not value.startswith("no-")))


def finding(finding: found.Finding, remedy: Remedy | None, failing: frozenset[str]) -> dict[str, Any]:
    """The fields of a finding; the caller adds the suppression where there is one."""
    advisory, name = finding.advisory, fingerprint(finding)
    return {
        "fingerprint": name,
        "advisory": advisory.id,
        "aliases": tuple(sorted(advisory.aliases)),
        "title": advisory.title,
        "kind": advisory.kind,
        "class_": advisory.class_,
        "cwe": advisory.cwe,
        "severity": advisory.severity,
        "confidence": finding.confidence,
        "status": finding.status,
        "basis": finding.basis,
        "fails_gate": name in failing,
        "state": finding.state or None,
        "package": audited_package(finding.package),
        "lockfile": finding.lockfile,
        "path": finding.path,
        "line": finding.line or None,
        "environments": tuple(map(_verdict, sorted(finding.verdicts, key=lambda verdict: verdict.environment))),
        "paths": tuple(sorted(finding.paths, key=lambda path: (len(path), path))),
        "remediation": _remediation(finding, remedy),
    }


def audited_package(package: found.AuditedPackage) -> shape.Package:
    """The package with its variants."""
    return shape.Package(**msgspec.structs.asdict(package))


def _verdict(verdict: found.Verdict) -> shape.Verdict:
    return shape.Verdict(
        id=verdict.environment,
        status=verdict.status,
        conditions=tuple(
            shape.Condition(
                name=answer.name,
                expected=answer.expected,
                actual=answer.actual or None,
                answer=answer.answer,
                path=answer.path or None,
                line=answer.line or None,
            )
            for answer in verdict.answers
        ),
    )


def _remediation(finding: found.Finding, remedy: Remedy | None) -> shape.Remediation | None:
    if remedy is None:
        return None
    advisory, step = finding.advisory, remedy.step
    workaround = dict(step.workarounds).get(advisory.id) or advisory.workaround
    return shape.Remediation(
        outcome=remedy.outcome,
        to=(step.target or None) if remedy.outcome != "no_fix" else None,
        commands=step.commands if remedy.outcome in FEASIBLE else (),
        workaround=workaround or None,
    )


def suppression(suppression: found.Suppression) -> shape.Suppression:
    """The ignore that hides a finding."""
    return shape.Suppression(
        id=suppression.id,
        reason=suppression.reason,
        until=suppression.until,
        path=suppression.path or None,
        line=suppression.line or None,
    )


def step(step: planned.Step, lockfile: str) -> shape.Step:
    """The step, its advisories sorted."""
    return shape.Step(
        lockfile=lockfile,
        kind=step.kind,
        package=step.name,
        from_=step.current,
        to=step.target or None,
        outcome=step.outcome,
        commands=step.commands,
        edits=tuple(
            shape.Edit(path=edit.path, line=edit.line or None, before=edit.before, after=edit.after or None)
            for edit in step.edits
        ),
        requires=tuple(map(_requirement, step.needs)),
        allowed_by=tuple(map(_constraint, step.allowed_by)),
        blocked_by=tuple(map(_constraint, step.blocked_by)),
        closes=tuple(sorted(step.closes)),
        remains=tuple(sorted(step.remains)),
        workaround="\n\n".join(dict.fromkeys(text for _, text in step.workarounds)) or None,
        workarounds=tuple(shape.Workaround(advisory=advisory, text=text) for advisory, text in step.workarounds),
        environments=tuple(sorted(step.environments)),
        packages=tuple(map(audited_package, step.packages)),
        moves=tuple(
            shape.Move(kind=one.kind, name=one.name, from_=one.current or None, to=one.target or None)
            for one in step.moves
        ),
        verified=step.verified,
        note=step.note or None,
    )


def _requirement(need: planned.Need) -> shape.Requirement:
    return shape.Requirement(
        name=need.name,
        requirement=need.requirement,
        actual=need.actual or None,
        met=need.met,
        environment=need.environment or None,
        path=need.path or None,
        line=need.line or None,
        otherwise=need.otherwise or None,
    )


def _constraint(blocker: planned.Blocker) -> shape.Constraint:
    return shape.Constraint(
        name=blocker.name,
        version=blocker.version or None,
        requirement=blocker.requirement,
        path=blocker.path or None,
        line=blocker.line or None,
    )


def past(finding: Past) -> shape.Past:
    """A finding of the baseline."""
    return shape.Past(
        advisory=finding.advisory,
        title=finding.title,
        severity=finding.severity,
        lockfile=finding.lockfile,
        package=shape.Package(kind=finding.kind, name=finding.name, version=finding.version, platforms=()),
    )


def unaudited(package: found.Unaudited, lockfile: str) -> shape.Unaudited:
    """The package that was not judged."""
    return shape.Unaudited(
        kind=package.kind,
        name=package.name,
        version=package.version,
        lockfile=lockfile,
        reason=package.reason,
        path=package.path or None,
        line=package.line or None,
    )


def unused_ignore(unused: UnusedIgnore) -> shape.UnusedIgnore:
    """The ignore, with the reason why it hides nothing."""
    ignore = unused.ignore
    return shape.UnusedIgnore(
        id=ignore.id,
        reason=ignore.reason,
        until=ignore.until,
        gem=ignore.gem or None,
        version=ignore.version or None,
        lockfile=ignore.lockfile or None,
        path=ignore.path or None,
        line=ignore.line or None,
        why_unused=unused.reason,
    )
