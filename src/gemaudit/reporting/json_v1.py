"""The report for programs."""

import re
from collections import Counter
from typing import Any

import msgspec

from gemaudit.model import environment as env
from gemaudit.model import finding as found
from gemaudit.model import plan as planned
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.gate import gating, passes
from gemaudit.model.policy import UnusedIgnore
from gemaudit.model.report import Audit, Report
from gemaudit.reporting import json_v1_shape as shape
from gemaudit.reporting.fingerprint import fingerprint
from gemaudit.reporting.json_v1_shape import schema
from gemaudit.reporting.ordering import ordered, ordered_audits
from gemaudit.reporting.remedy import Remedies, Remedy
from gemaudit.reporting.sanitize import mapped
from gemaudit.reporting.style import Style

__all__ = ["NAME", "render", "schema"]

NAME = "json"

#: What JSON allows in a string and a terminal might obey or hide: DEL, C1, format characters, separators.
_UNSEEN = re.compile(
    "[\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def render(report: Report, _style: Style) -> str:
    """The report in the shape of version 1, in ASCII wherever a character could not be seen, with a final newline."""
    document = mapped(_document(report), lambda _, text: _SURROGATE.sub("\ufffd", text))
    text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    return _UNSEEN.sub(_escaped, text) + "\n"


def _escaped(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be")
    return "".join(f"\\u{units[index]:02x}{units[index + 1]:02x}" for index in range(0, len(units), 2))


def _document(report: Report) -> shape.Report:
    audits = ordered_audits(report.audits)
    failing = frozenset(map(fingerprint, gating(report.findings, report.policy)))
    diagnostics = [*report.diagnostics, *(diagnostic for audit in audits for diagnostic in audit.diagnostics)]
    return shape.Report(
        schema_version="1",
        tool=shape.Tool(name="gemaudit", version=report.version),
        database=shape.Database(**msgspec.structs.asdict(report.database)),
        inputs=tuple(
            shape.Input(path=audit.path, sha256=audit.sha256, status=audit.status, packages=audit.packages)
            for audit in audits
        ),
        environments=tuple(
            _environment(environment, audit.path)
            for audit in audits
            for environment in sorted(audit.environments, key=lambda environment: environment.id)
        ),
        findings=tuple(
            shape.Finding(**_finding(finding, remedy, failing))
            for finding, remedy in _with_remedies(audits)
            if not finding.suppression
        ),
        plan=tuple(_step(step, audit.path) for audit in audits for step in audit.plan.steps),
        suppressed=tuple(
            shape.Suppressed(**_finding(finding, remedy, failing), suppression=_suppression(finding.suppression))
            for finding, remedy in _with_remedies(audits)
            if finding.suppression
        ),
        unaudited=tuple(_unaudited(package, audit.path) for audit in audits for package in _sorted(audit.unaudited)),
        unused_ignores=tuple(map(_unused_ignore, _sorted(report.unused_ignores))),
        errors=_messages(diagnostics, levels={"error"}),
        warnings=_messages(diagnostics, levels={"warning", "notice"}),
        summary=_summary(report, len(failing)),
    )


def _sorted(values: tuple[Any, ...]) -> list[Any]:
    return sorted(values, key=lambda value: repr(msgspec.structs.astuple(value)))


def _with_remedies(audits: tuple[Audit, ...]) -> list[tuple[found.Finding, Remedy | None]]:
    return [
        (finding, remedies.get(finding))
        for audit in audits
        for remedies in [Remedies.of(audit.plan)]
        for finding in ordered(audit.findings)
    ]


def _environment(environment: env.Environment, lockfile: str) -> shape.Environment:
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
            for fact in _sorted(environment.facts)
        ),
    )


def _present(environment: env.Environment, name: str) -> tuple[str, ...]:
    values = {fact.value for fact in environment.all(name)}
    return tuple(sorted(value for value in values if value != "none" and not value.startswith("no-")))


def _finding(finding: found.Finding, remedy: Remedy | None, failing: frozenset[str]) -> dict[str, Any]:
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
        "package": shape.Package(**msgspec.structs.asdict(finding.package)),
        "lockfile": finding.lockfile,
        "path": finding.path,
        "line": finding.line or None,
        "environments": tuple(map(_verdict, sorted(finding.verdicts, key=lambda verdict: verdict.environment))),
        "paths": tuple(sorted(finding.paths, key=lambda path: (len(path), path))),
        "remediation": _remediation(finding, remedy),
    }


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
        commands=step.commands if remedy.outcome == "upgrade" else (),
        workaround=workaround or None,
    )


def _suppression(suppression: found.Suppression) -> shape.Suppression:
    return shape.Suppression(
        id=suppression.id,
        reason=suppression.reason,
        until=suppression.until,
        path=suppression.path or None,
        line=suppression.line or None,
    )


def _step(step: planned.Step, lockfile: str) -> shape.Step:
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


def _unaudited(package: found.Unaudited, lockfile: str) -> shape.Unaudited:
    return shape.Unaudited(
        kind=package.kind,
        name=package.name,
        version=package.version,
        lockfile=lockfile,
        reason=package.reason,
        path=package.path or None,
        line=package.line or None,
    )


def _unused_ignore(unused: UnusedIgnore) -> shape.UnusedIgnore:
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


def _messages(diagnostics: list[Diagnostic], *, levels: set[str]) -> tuple[shape.Message, ...]:
    chosen = [diagnostic for diagnostic in diagnostics if diagnostic.level in levels]
    return tuple(
        shape.Message(
            level=diagnostic.level,
            path=diagnostic.path or None,
            line=diagnostic.line or None,
            column=diagnostic.column or None,
            code=diagnostic.code,
            message=diagnostic.message,
            hint=diagnostic.hint or None,
        )
        for diagnostic in sorted(chosen, key=lambda item: (item.path, item.line, item.column, item.code, item.message))
    )


def _summary(report: Report, failing: int) -> shape.Summary:
    counted = [finding for finding in report.findings if finding.suppression is None]
    statuses = Counter(finding.status for finding in counted)
    severities = Counter(finding.advisory.severity for finding in counted if finding.status == "affected")
    policy = report.policy
    return shape.Summary(
        status=shape.Statuses(**{name: statuses[name] for name in shape.Statuses.__struct_fields__}),
        severity=shape.Severities(**{name: severities[name] for name in shape.Severities.__struct_fields__}),
        suppressed=len(report.findings) - len(counted),
        unaudited=sum(len(audit.unaudited) for audit in report.audits),
        packages=sum(audit.packages for audit in report.audits),
        gate=shape.Gate(fail_on=policy.fail_on, strict=policy.strict, tolerated=tuple(sorted(policy.tolerated))),
        failing=failing,
        result="pass" if passes(report) else "fail",
    )
