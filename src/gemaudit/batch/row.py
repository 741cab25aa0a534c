"""What a corpus is told about one lockfile."""

from collections import Counter
from typing import Literal

from msgspec import Struct

from gemaudit.model.advisory import Confidence, Kind, Severity, Status
from gemaudit.model.finding import Finding, PackageKind
from gemaudit.model.report import Audit

RowStatus = Literal["audited", "empty", "unreadable", "missing"]

#: Changes when a field of `Row` or `RowFinding` changes its meaning or goes away; a new field does not change it.
VERSION = 1


class RowFinding(Struct, frozen=True, kw_only=True, gc=False):
    """One advisory meets one package version; the words are those of the JSON and the CSV report."""

    advisory: str
    kind: Kind
    severity: Severity
    confidence: Confidence
    status: Status
    package_kind: PackageKind
    package: str
    version: str


class Row(Struct, frozen=True, kw_only=True):
    """The answer for one text.

    `status` is `missing` where there is no text. `error` is the code of the first error in it, None where there is
    none; an unreadable lockfile may have findings all the same, but they are not all.
    `sha256` is the digest of the text in UTF-8.
    `critical` to `low` count the findings that are `affected`, `undecided` those under investigation.
    Both are in `findings`; those that do not apply are only counted, in `not_affected`.
    `unaudited` counts the packages that could not be judged. `database` is the revision of the advisories.
    """

    status: RowStatus
    error: str | None = None
    sha256: str | None = None
    packages: int = 0
    unaudited: int = 0
    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    undecided: int = 0
    not_affected: int = 0
    findings: tuple[RowFinding, ...] = ()
    database: str


def row_of(audit: Audit, database: str) -> Row:
    """The row that an audit comes to."""
    affected: Counter[str] = Counter(found.advisory.severity for found in audit.findings if found.status == "affected")
    statuses: Counter[str] = Counter(found.status for found in audit.findings)
    errors = (found.code for found in audit.diagnostics if found.level == "error")
    return Row(
        status=audit.status,
        error=next(errors, None),
        sha256=audit.sha256,
        packages=audit.packages,
        unaudited=len(audit.unaudited),
        critical=affected["critical"],
        high=affected["high"],
        medium=affected["medium"],
        low=affected["low"],
        undecided=statuses["under_investigation"],
        not_affected=statuses["not_affected"],
        findings=tuple(map(_short, filter(_is_open, audit.findings))),
        database=database,
    )


def _is_open(finding: Finding) -> bool:
    return finding.status in {"affected", "under_investigation"}


def _short(finding: Finding) -> RowFinding:
    return RowFinding(
        advisory=finding.advisory.id,
        kind=finding.advisory.kind,
        severity=finding.advisory.severity,
        confidence=finding.confidence,
        status=finding.status,
        package_kind=finding.package.kind,
        package=finding.package.name,
        version=finding.package.version,
    )
