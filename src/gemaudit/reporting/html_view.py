"""What the HTML page is drawn from."""

from collections import Counter
from typing import get_args

from msgspec import Struct

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.environment import Environment, Fact, FactName
from gemaudit.model.finding import Unaudited
from gemaudit.model.gate import gating, has_errors, passes
from gemaudit.model.policy import UnusedIgnore
from gemaudit.model.report import Audit, Report
from gemaudit.reporting.compared import numbers
from gemaudit.reporting.fingerprint import fingerprint
from gemaudit.reporting.html_findings import Anchors, Group, Shown, shown
from gemaudit.reporting.html_paths import Node, tree
from gemaudit.reporting.html_plan import PlanShown, planned
from gemaudit.reporting.ordering import ordered_audits, ordered_diagnostics, ordered_environments
from gemaudit.reporting.page import Page
from gemaudit.reporting.style import Style
from gemaudit.reporting.text_environments import environment_lines
from gemaudit.reporting.undecided import grouped
from gemaudit.reporting.words import count, listing, plural

_ONE_LINE = Page.of(Style(width=1_000_000, show_all=True))
_FACTS = get_args(FactName)


class OpenShown(Struct, frozen=True, kw_only=True):
    """Findings that would apply if all of `demands` held."""

    demands: tuple[str, ...]
    hints: tuple[str, ...]
    findings: tuple[Shown, ...]


class AuditShown(Struct, frozen=True, kw_only=True):
    """The answer for one lockfile; ids of its elements begin with `prefix`."""

    audit: Audit
    prefix: str
    state: str
    findings: tuple[Shown, ...]
    plan: PlanShown
    undecided: tuple[OpenShown, ...]
    paths: tuple[Node, ...]
    environments: tuple[Environment, ...]
    unaudited: tuple[tuple[str, tuple[Unaudited, ...]], ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def limits(self) -> tuple[str, ...]:
        """What a clean result leaves out, as clauses."""
        numbers = {"undecided": len(self.of("undecided")), "suppressed": len(self.of("suppressed"))}
        clauses = [
            f"{count(number, 'finding')} {plural(number, 'is')} {word}" for word, number in numbers.items() if number
        ]
        left_out = len(self.audit.unaudited)
        return (*clauses, *([f"{count(left_out, 'package')} {plural(left_out, 'is')} not audited"] if left_out else []))

    def of(self, group: Group) -> tuple[Shown, ...]:
        """The findings of one list of the page."""
        return tuple(finding for finding in self.findings if finding.group == group)


class Overview(Struct, frozen=True, kw_only=True):
    """The whole page: the verdict with its reason, the counts, and the lockfiles in their order."""

    report: Report
    passes: bool
    verdict: str
    audits: tuple[AuditShown, ...]
    unused_ignores: tuple[UnusedIgnore, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def subject(self) -> str:
        """The lockfile, or how many there are."""
        return self.audits[0].audit.path if len(self.audits) == 1 else f"{len(self.audits)} lockfiles"

    @property
    def findings(self) -> tuple[Shown, ...]:
        """The findings of all lockfiles."""
        return tuple(finding for audit in self.audits for finding in audit.findings)

    @property
    def severities(self) -> tuple[tuple[str, int], ...]:
        """How many findings apply, for each severity."""
        counts = Counter(finding.severity for finding in self.findings if finding.group == "affected")
        return tuple((severity, counts[severity]) for severity in SEVERITIES)

    @property
    def groups(self) -> dict[str, int]:
        """How many findings are in each list of the page."""
        counts = Counter(finding.group for finding in self.findings)
        return {group: counts[group] for group in get_args(Group)}

    @property
    def compared(self) -> tuple[tuple[str, int], ...]:
        """How many findings that apply are new or unchanged, and how many are fixed; empty without a baseline."""
        return tuple(numbers(self.report).items())

    @property
    def packages(self) -> tuple[str, ...]:
        """The names of all packages with a finding, whatever its status."""
        return tuple(sorted({finding.finding.package.name for finding in self.findings}))


def overview(report: Report) -> Overview:
    """What the page says about a report in which every string is harmless."""
    gated = gating(report.findings, report.policy)
    failing = frozenset(map(fingerprint, gated))
    anchors = Anchors()
    return Overview(
        report=report,
        passes=passes(report),
        verdict=_verdict(report, len(gated)),
        audits=tuple(
            _audit(audit, report, failing, anchors, f"lockfile-{number}-")
            for number, audit in enumerate(ordered_audits(report.audits), 1)
        ),
        unused_ignores=tuple(
            sorted(report.unused_ignores, key=lambda entry: (entry.ignore.path, entry.ignore.line, repr(entry)))
        ),
        diagnostics=ordered_diagnostics(report.diagnostics),
    )


def sorted_facts(environment: Environment) -> tuple[Fact, ...]:
    """The facts in the order in which the model names them."""
    return tuple(
        sorted(environment.facts, key=lambda fact: (_FACTS.index(fact.name), fact.value, fact.path, fact.line))
    )


def described(environment: Environment) -> str:
    """The environment in a line, every word with its evidence."""
    (line,) = environment_lines((environment,), _ONE_LINE)
    return line.strip().removeprefix(f"{environment.id}: ")


def _audit(audit: Audit, report: Report, failing: frozenset[str], anchors: Anchors, prefix: str) -> AuditShown:
    findings = shown(audit.findings, audit.plan, report.policy, failing, anchors)
    by_identity = {id(finding.finding): finding for finding in findings}
    groups = grouped(finding.finding for finding in findings if finding.group == "undecided")
    return AuditShown(
        audit=audit,
        prefix=prefix,
        state=_state(audit),
        findings=findings,
        plan=planned(audit.plan, findings, frozenset(environment.id for environment in audit.environments), prefix),
        undecided=tuple(
            OpenShown(
                demands=group.demands,
                hints=group.hints,
                findings=tuple(by_identity[id(finding)] for finding in group.findings),
            )
            for group in groups
        ),
        paths=tree(finding for finding in findings if finding.group == "affected"),
        environments=ordered_environments(audit.environments),
        unaudited=_by_reason(audit.unaudited),
        diagnostics=ordered_diagnostics(audit.diagnostics),
    )


def _state(audit: Audit) -> str:
    if audit.status == "audited":
        return f"{count(audit.packages, 'package')} judged"
    if audit.status == "empty":
        return "names no gem, so there was nothing to judge"
    if audit.packages:
        return f"could only be read in part, {count(audit.packages, 'package')} of it"
    return "could not be read, so nothing in it was judged"


def _verdict(report: Report, failing: int) -> str:
    """Why the gate says what it says."""
    gate = report.policy.fail_on
    reasons = [f"{count(failing, 'finding')} at or above the gate ({gate})"] if failing else []
    if has_errors(report) or any(audit.status == "unreadable" for audit in report.audits):
        reasons.append("some of the input could not be used")
    elif not any(audit.status == "audited" for audit in report.audits):
        reasons.append("there was nothing to audit")
    return listing(reasons) or (f"no finding at or above the gate ({gate})" if gate else "there is no gate")


def _by_reason(packages: tuple[Unaudited, ...]) -> tuple[tuple[str, tuple[Unaudited, ...]], ...]:
    reasons: dict[str, list[Unaudited]] = {}
    for package in sorted(packages, key=lambda package: (package.reason, package.name, package.version, repr(package))):
        reasons.setdefault(package.reason, []).append(package)
    return tuple((reason, tuple(group)) for reason, group in reasons.items())
