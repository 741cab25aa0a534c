"""The order in which findings are told, whatever the order in which they were found."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from msgspec.structs import astuple

from gemaudit.model.advisory import CONFIDENCES, SEVERITIES
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.environment import Environment
from gemaudit.model.finding import Finding
from gemaudit.model.report import Audit

_STATUSES = ("affected", "under_investigation", "not_affected", "fixed")
_LEVELS = ("error", "warning", "notice")


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, worst first, surest first, then by what they are about; only equal ones may change places."""
    result: list[Finding] = []
    for _, group in groupby(sorted(findings, key=_rank), key=_rank):
        alike = list(group)
        # Spelling a finding out takes longer than all the rest, and hardly any two need it.
        result += alike if len(alike) == 1 else sorted(alike, key=lambda finding: repr(astuple(finding)))
    return tuple(result)


def ordered_audits(audits: Iterable[Audit]) -> tuple[Audit, ...]:
    """The audits by path."""
    return tuple(sorted(audits, key=lambda audit: (audit.path, audit.sha256)))


def ordered_environments(environments: Iterable[Environment]) -> tuple[Environment, ...]:
    """The environments by name, after production."""
    return tuple(sorted(environments, key=lambda environment: production_first(environment.id)))


def ordered_diagnostics(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics, errors first, then by place."""
    return tuple(sorted(diagnostics, key=_place))


def production_first(environment: str) -> tuple[bool, str]:
    """A key that sorts environments by name, after production."""
    return (environment != "production", environment)


def _place(diagnostic: Diagnostic) -> tuple[Any, ...]:
    place = (diagnostic.path, diagnostic.line, diagnostic.column, diagnostic.code, diagnostic.message)
    return (_LEVELS.index(diagnostic.level), *place)


def _rank(finding: Finding) -> tuple[Any, ...]:
    return (
        SEVERITIES.index(finding.advisory.severity),
        CONFIDENCES.index(finding.confidence),
        _STATUSES.index(finding.status),
        finding.package.name,
        finding.package.version,
        finding.advisory.id,
        finding.lockfile,
        finding.path,
        finding.line,
    )
