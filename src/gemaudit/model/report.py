"""The whole answer, before anyone renders it."""

from typing import Literal

from msgspec import Struct

from gemaudit.model.baseline import Past
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.environment import Environment
from gemaudit.model.finding import Finding, Unaudited
from gemaudit.model.plan import Plan
from gemaudit.model.policy import Policy, UnusedIgnore

InputStatus = Literal["audited", "unreadable", "empty"]


class Audit(Struct, frozen=True, kw_only=True):
    """The answer for one lockfile. `packages` counts the distinct name and version pairs that were judged."""

    path: str
    sha256: str
    status: InputStatus
    packages: int = 0
    environments: tuple[Environment, ...] = ()
    findings: tuple[Finding, ...] = ()
    unaudited: tuple[Unaudited, ...] = ()
    plan: Plan = Plan()
    diagnostics: tuple[Diagnostic, ...] = ()


class DatabaseInfo(Struct, frozen=True, kw_only=True):
    """Which database judged: `revision` is a digest of its content, `built` the newest `modified` date in it."""

    revision: str
    advisories: int
    built: str


class Report(Struct, frozen=True, kw_only=True):
    """All audits of one run, in the order of their paths.

    `baseline` names the earlier report that the findings were compared with, and `fixed` holds those of its findings
    that do not apply any more; None and nothing where none was.
    """

    version: str
    database: DatabaseInfo
    policy: Policy
    audits: tuple[Audit, ...] = ()
    baseline: str | None = None
    fixed: tuple[Past, ...] = ()
    unused_ignores: tuple[UnusedIgnore, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding of every lockfile, suppressed ones included."""
        return tuple(finding for audit in self.audits for finding in audit.findings)
