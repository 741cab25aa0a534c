"""What every format for machines says about a finding, made harmless once for all of them."""

from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.model.advisory import SEVERITIES, Status
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.finding import Finding
from gemaudit.model.gate import gating
from gemaudit.model.policy import Policy
from gemaudit.model.report import Audit, Report
from gemaudit.reporting.fingerprint import fingerprint
from gemaudit.reporting.ordering import ordered, ordered_audits, ordered_diagnostics, production_first
from gemaudit.reporting.page import Page
from gemaudit.reporting.remedy import Remedies, Remedy
from gemaudit.reporting.sanitize import prose, sanitized, sanitized_findings
from gemaudit.reporting.text_findings import detailed, is_remark
from gemaudit.reporting.undecided import grouped
from gemaudit.reporting.words import NBSP, listing, place

#: Wide enough that every paragraph of the text report is one line, and with everything that is known.
WIDE = Page(width=1_000_000, color=False, show_all=True)


class Entry(Struct, frozen=True, kw_only=True, dict=True):
    """A finding, harmless to show, with what the gate and the plan make of it.

    `source` is the finding as it was found, for what must not change with the way it is shown.
    """

    finding: Finding
    source: Finding
    fingerprint: str
    fails: bool
    remedy: Remedy | None
    remedies: Remedies
    policy: Policy

    @property
    def package(self) -> str:
        """The package and its version, as in `ffi 1.16.3`."""
        return f"{self.finding.package.name} {self.finding.package.version}".strip()

    @property
    def place(self) -> str:
        """Where the version is stated, as in `Gemfile.lock:31`."""
        return plain(place(self.finding.path, self.finding.line))

    @property
    def is_old(self) -> bool:
        """Whether the report that this one is compared with has it already."""
        return self.finding.state == "unchanged"

    @property
    def is_remark(self) -> bool:
        """Whether the finding is no defect, only worth knowing."""
        return is_remark(self.finding, self.policy)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The paragraphs of the text report: what brings the package in, where it applies and why, what ends it.

        Of a finding that is under investigation, the second one says what would decide it.
        """
        package, *others = (line.strip() for line in detailed([self.finding], self.policy, self.remedies, WIDE)[1:])
        if self.finding.status != "under_investigation":
            return (package, *others)
        (open_one,) = grouped([self.finding])
        is_presumed = self.finding.basis == "presumed"
        known = [line for line in others if not (is_presumed and line.startswith("applies "))]
        question = f"not decided: it would apply if {listing(open_one.demands)}"
        return tuple(plain(line) for line in (package, question, *known, *open_one.hints))

    @property
    def advice(self) -> str:
        """What would decide the finding, or what ends it and what speaks against its weight; often nothing."""
        if self.finding.status == "under_investigation":
            return self.sentences[1]
        is_plain = self.finding.confidence == "high" and self.finding.advisory.kind not in self.policy.tolerated
        return "" if is_plain and self.remedy is None else self.sentences[-1]

    def environments(self, status: Status) -> tuple[str, ...]:
        """The environments in which it has the status, production first."""
        names = (verdict.environment for verdict in self.finding.verdicts if verdict.status == status)
        return tuple(sorted(names, key=production_first))

    @property
    def commands(self) -> tuple[str, ...]:
        """What to run to end the finding; empty where no step of the plan ends it."""
        remedy = self.remedy
        if remedy is None or not remedy.number or self.finding.advisory.id not in remedy.step.closes:
            return ()
        return remedy.step.commands

    @property
    def description(self) -> tuple[str, ...]:
        """What goes wrong, in paragraphs."""
        return paragraphs(self.source.advisory.description)

    @property
    def justification(self) -> str:
        """Why the project hides the finding, and until when; empty where it does not."""
        hidden = self.finding.suppression
        if hidden is None:
            return ""
        until = f", until {hidden.until.isoformat()}" if hidden.until else ""
        return f"{hidden.reason or 'no reason given'}{until}"


class Section(Struct, frozen=True, kw_only=True):
    """One lockfile: its audit, harmless to show, and its findings, the worst first."""

    audit: Audit
    entries: tuple[Entry, ...]
    diagnostics: tuple[Diagnostic, ...]


def sections(report: Report) -> tuple[Section, ...]:
    """The audits by path, each with its findings; equal reports give equal sections, whatever their order was."""
    failing = frozenset(map(fingerprint, gating(report.findings, report.policy)))
    raw = tuple(replace(audit, findings=ordered(audit.findings)) for audit in ordered_audits(report.audits))
    shown = sanitized_findings(replace(report, audits=raw)).audits
    return tuple(_section(audit, before, report.policy, failing) for audit, before in zip(shown, raw, strict=True))


def by_severity(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The entries of several lockfiles, the worst first."""
    return tuple(sorted(entries, key=lambda entry: SEVERITIES.index(entry.finding.advisory.severity)))


def harmless(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """The diagnostics in their order, harmless to show."""
    return tuple(sanitized(diagnostic) for diagnostic in ordered_diagnostics(diagnostics))


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a text, each on one line with nothing hidden in it."""
    return tuple(filter(None, (prose(part) for part in text.split("\n\n"))))


def plain(text: str) -> str:
    """The text with ordinary spaces."""
    return text.replace(NBSP, " ")


def _section(audit: Audit, before: Audit, policy: Policy, failing: frozenset[str]) -> Section:
    remedies = Remedies.of(audit.plan)
    entries = []
    for finding, source in zip(audit.findings, before.findings, strict=True):
        name = fingerprint(source)
        entries.append(
            Entry(
                finding=finding,
                source=source,
                fingerprint=name,
                fails=name in failing and source.suppression is None,
                remedy=remedies.get(finding),
                remedies=remedies,
                policy=policy,
            )
        )
    return Section(audit=audit, entries=tuple(entries), diagnostics=harmless(before.diagnostics))
