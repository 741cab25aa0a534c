"""What was known before, to tell what is new."""

from collections.abc import Iterable

from msgspec import Struct

from gemaudit.model.advisory import Severity, Status
from gemaudit.model.finding import Finding, PackageKind

Identity = tuple[str, str, str, str]


class Past(Struct, frozen=True, kw_only=True):
    """A finding of an earlier report."""

    advisory: str
    title: str
    severity: Severity
    status: Status
    lockfile: str
    kind: PackageKind
    name: str
    version: str

    @property
    def identity(self) -> Identity:
        """What makes two findings the same one, whatever the version: a move that does not end a defect adds none."""
        return self.advisory, self.lockfile, self.kind, self.name


class Baseline(Struct, frozen=True, kw_only=True):
    """The findings of an earlier report that nobody had suppressed; `name` says which report it was."""

    name: str
    findings: tuple[Past, ...] = ()


def past(finding: Finding) -> Past:
    """The finding as later reports remember it."""
    return Past(
        advisory=finding.advisory.id,
        title=finding.advisory.title,
        severity=finding.advisory.severity,
        status=finding.status,
        lockfile=finding.lockfile,
        kind=finding.package.kind,
        name=finding.package.name,
        version=finding.package.version,
    )


def baseline_of(name: str, findings: Iterable[Finding]) -> Baseline:
    """The baseline that findings make."""
    counted = (one for one in findings if one.suppression is None and one.status != "not_affected")
    return Baseline(name=name, findings=tuple(map(past, counted)))
