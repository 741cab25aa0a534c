"""The report for programs."""

from collections import Counter
from typing import Any

import msgspec

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.finding import Finding
from gemaudit.model.gate import gating, passes
from gemaudit.model.report import Audit, Report
from gemaudit.reporting import json_v1_parts as parts
from gemaudit.reporting import json_v1_shape as shape
from gemaudit.reporting.fingerprint import fingerprint
from gemaudit.reporting.json_text import json_text
from gemaudit.reporting.ordering import ordered, ordered_audits, ordered_diagnostics
from gemaudit.reporting.remedy import Remedies, Remedy
from gemaudit.reporting.style import Style

NAME = "json"


def render(report: Report, _style: Style) -> str:
    """The report in the shape of version 1, in ASCII wherever a character could not be seen, with a final newline."""
    return json_text(_document(report), indent=2) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of the report, as the package ships it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:gemaudit:schema:report:1",
        "title": "gemaudit report, version 1",
        **msgspec.json.schema(shape.Report),
    }


def _document(report: Report) -> shape.Report:
    audits = ordered_audits(report.audits)
    gated = gating(report.findings, report.policy)
    failing = frozenset(map(fingerprint, gated))
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
            parts.environment(environment, audit.path)
            for audit in audits
            for environment in sorted(audit.environments, key=lambda environment: environment.id)
        ),
        findings=tuple(
            shape.Finding(**parts.finding(finding, remedy, failing))
            for finding, remedy in _with_remedies(audits)
            if not finding.suppression
        ),
        plan=tuple(parts.step(step, audit.path) for audit in audits for step in audit.plan.steps),
        baseline=report.baseline,
        fixed=tuple(map(parts.past, report.fixed)),
        suppressed=tuple(
            shape.Suppressed(
                **parts.finding(finding, remedy, failing), suppression=parts.suppression(finding.suppression)
            )
            for finding, remedy in _with_remedies(audits)
            if finding.suppression
        ),
        unaudited=tuple(
            parts.unaudited(package, audit.path) for audit in audits for package in parts.in_order(audit.unaudited)
        ),
        unused_ignores=tuple(map(parts.unused_ignore, parts.in_order(report.unused_ignores))),
        errors=_messages(diagnostics, levels={"error"}),
        warnings=_messages(diagnostics, levels={"warning", "notice"}),
        summary=_summary(report, len(gated)),
    )


def _with_remedies(audits: tuple[Audit, ...]) -> list[tuple[Finding, Remedy | None]]:
    return [
        (finding, remedies.get(finding))
        for audit in audits
        for remedies in [Remedies.of(audit.plan)]
        for finding in ordered(audit.findings)
    ]


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
        for diagnostic in ordered_diagnostics(chosen)
    )


def _summary(report: Report, failing: int) -> shape.Summary:
    counted = [finding for finding in report.findings if finding.suppression is None]
    statuses: Counter[str] = Counter(finding.status for finding in counted)
    severities: Counter[str] = Counter(finding.advisory.severity for finding in counted if finding.status == "affected")
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
