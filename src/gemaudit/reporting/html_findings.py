"""Findings as the HTML page shows them."""

import re
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from gemaudit.model.advisory import Severity
from gemaudit.model.finding import Finding, Verdict
from gemaudit.model.plan import FEASIBLE, WAITING, Outcome, Plan
from gemaudit.model.policy import Policy
from gemaudit.reporting.fingerprint import fingerprint
from gemaudit.reporting.ordering import ordered, production_first
from gemaudit.reporting.page import Page
from gemaudit.reporting.plan_words import change
from gemaudit.reporting.remedy import Remedies, Remedy, blocker_name
from gemaudit.reporting.style import Style
from gemaudit.reporting.text_applies import applies
from gemaudit.reporting.text_findings import is_remark
from gemaudit.reporting.words import listing, unique

#: The lists of the page, each of which its filter can show or hide.
Group = Literal["affected", "note", "undecided", "ruled-out", "suppressed"]

#: Ids of the page itself are lower case, so that no advisory takes one of them.
_ID = re.compile(r"[A-Z][A-Z0-9]*-[A-Za-z0-9.-]+")
_PARAGRAPHS = re.compile(r"\n\n+")
_EVERYTHING = Page.of(Style(show_all=True))


class Shown(Struct, frozen=True, kw_only=True):
    """A finding with what the page says about it.

    `anchor` is the id of the element, the advisory's own for its first finding; `fails` is whether the gate counts it.
    `applies` are sentences, and `ending` says in a few words what the plan does about it.
    """

    finding: Finding
    group: Group
    anchor: str
    fails: bool
    applies: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    chains: tuple[tuple[str, ...], ...]
    description: tuple[str, ...]
    workaround: tuple[str, ...]
    confirm: tuple[str, ...]
    looks: tuple[str, ...]
    frames: tuple[str, ...]
    remedy: Remedy | None
    ending: str

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.finding.advisory.severity

    @property
    def package(self) -> str:
        """The package with its version."""
        return f"{self.finding.package.name} {self.finding.package.version}".strip()

    @property
    def is_ended(self) -> bool:
        """Whether a step that can be taken ends it."""
        return self.remedy is not None and self.remedy.outcome in FEASIBLE


class Anchors:
    """Ids of elements, no two of which are the same."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, finding: Finding) -> str:
        """The advisory's id where it is free and can be one; otherwise one that has the fingerprint in it."""
        wanted = finding.advisory.id if _ID.fullmatch(finding.advisory.id) else "finding"
        if wanted == "finding" or wanted in self._taken:
            wanted = f"{wanted}-{fingerprint(finding)[:12]}"
        # Only findings that have everything in common have the same fingerprint.
        while wanted in self._taken:
            wanted += "-"
        self._taken.add(wanted)
        return wanted


def shown(
    findings: Iterable[Finding], plan: Plan, policy: Policy, failing: frozenset[str], anchors: Anchors
) -> tuple[Shown, ...]:
    """The findings of one lockfile, in their order; `failing` are the fingerprints that the gate counts."""
    remedies = Remedies.of(plan)
    in_order = sorted(ordered(findings), key=lambda finding: finding.suppression is not None)
    return tuple(_shown(finding, remedies.get(finding), policy, failing, anchors) for finding in in_order)


def _shown(finding: Finding, remedy: Remedy | None, policy: Policy, failing: frozenset[str], anchors: Anchors) -> Shown:
    advisory = finding.advisory
    planned = dict(remedy.step.workarounds).get(advisory.id) if remedy else None
    return Shown(
        finding=finding,
        group=_group(finding, policy),
        anchor=anchors.of(finding),
        fails=fingerprint(finding) in failing,
        applies=tuple(applies(finding, _EVERYTHING)),
        verdicts=tuple(sorted(finding.verdicts, key=lambda verdict: production_first(verdict.environment))),
        chains=tuple(sorted(finding.paths, key=lambda path: (len(path), path))),
        description=_paragraphs(advisory.description),
        workaround=_paragraphs(advisory.workaround or planned or ""),
        confirm=_paragraphs(advisory.confirm),
        looks=tuple(unique(text for signature in advisory.signature for text in (signature.text, signature.regex))),
        frames=tuple(unique(frame for signature in advisory.signature for frame in signature.frames)),
        remedy=remedy,
        ending=_ending(remedy) if remedy else "",
    )


def _group(finding: Finding, policy: Policy) -> Group:
    if finding.suppression:
        return "suppressed"
    if finding.status in {"not_affected", "fixed"}:
        return "ruled-out"
    if is_remark(finding, policy):
        return "note"
    return "affected" if finding.status == "affected" else "undecided"


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(filter(None, _PARAGRAPHS.split(text)))


def in_words(outcome: Outcome) -> str:
    """What a step comes to, as in `needs ruby`."""
    return outcome.replace("_", " ").replace("-", " ")


def _ending(remedy: Remedy) -> str:
    step = remedy.step
    target = f"{step.name} {step.target}".strip()
    if remedy.outcome in FEASIBLE:
        return target if step.target else "another way of installing" if step.packages else change(step)
    if remedy.number:
        return f"step {remedy.number} leaves it open"
    if step.blocked_by:
        return f"{target} is blocked by {listing(unique(map(blocker_name, step.blocked_by)), limit=2)}"
    if remedy.outcome in WAITING:
        return f"{target} {in_words(remedy.outcome)}"
    return "no release has the fix yet"
