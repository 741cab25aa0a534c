"""The plan as the HTML page shows it."""

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.plan import FEASIBLE, Need, Plan, Step
from gemaudit.reporting.html_findings import Shown, in_words
from gemaudit.reporting.plan_words import alike, by_workaround, headline, who
from gemaudit.reporting.plan_words import in_words as moved
from gemaudit.reporting.remedy import TOOLS, numbered
from gemaudit.reporting.words import listing, place, unique


class NeedShown(Struct, frozen=True, kw_only=True):
    """A demand of a release, with the environments that meet it alike."""

    tool: str
    need: Need
    environments: tuple[str, ...]
    places: tuple[str, ...]


class StepShown(Struct, frozen=True, kw_only=True):
    """A step with the findings it ends and those it leaves open.

    `number` counts the steps that can be taken, from 1, and is 0 for the others, whose `outcome` says why.
    `others` are advisories that it names and that no finding is about.
    """

    step: Step
    number: int
    anchor: str
    outcome: str
    closes: tuple[Shown, ...]
    leaves: tuple[Shown, ...]
    others: tuple[str, ...]
    needs: tuple[NeedShown, ...]
    allowed: tuple[str, ...]
    blocked: tuple[str, ...]
    packages: tuple[str, ...]
    environments: tuple[str, ...]
    workarounds: tuple[tuple[str, str], ...]
    moves: tuple[str, ...]

    @property
    def topics(self) -> tuple[str, ...]:
        """What there is to say beyond the essentials."""
        said = {
            "what moves": self.moves,
            "what it closes": self.closes,
            "what it leaves open": self.leaves,
            "what to do until then": self.workarounds[2:],
            "what else it speaks of": self.others,
            "who allows it": self.allowed,
        }
        return tuple(topic for topic, items in said.items() if items)

    @property
    def severities(self) -> str:
        """How many findings of which severity it ends, as in `2 critical, 1 low`."""
        return by_severity(self.closes)


class PlanShown(Struct, frozen=True, kw_only=True):
    """The steps in their order, those that can be taken first."""

    headline: str
    steps: tuple[StepShown, ...]
    commands: tuple[str, ...]

    @property
    def anchors(self) -> dict[int, str]:
        """The ids of the steps that can be taken, by number."""
        return {step.number: step.anchor for step in self.steps if step.number}


def planned(plan: Plan, findings: tuple[Shown, ...], environments: frozenset[str], prefix: str) -> PlanShown:
    """The plan for one lockfile; the ids of its steps begin with `prefix`."""
    taken = numbered(plan)
    waiting = [(0, step) for step in plan.steps if step.outcome not in FEASIBLE]
    steps = tuple(
        _step(number, step, findings, environments, f"{prefix}step-{position}")
        for position, (number, step) in enumerate((*taken, *waiting), 1)
    )
    applying = [finding for finding in findings if finding.group == "affected"]
    return PlanShown(
        headline=headline(len(taken), sum(finding.is_ended for finding in applying), len(applying)),
        steps=steps,
        commands=tuple(command for _, step in taken for command in step.commands),
    )


def by_severity(findings: Iterable[Shown]) -> str:
    """How many findings of which severity, the worst first."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(f"{counts[severity]} {severity}" for severity in SEVERITIES if counts[severity])


def _step(number: int, step: Step, findings: tuple[Shown, ...], environments: frozenset[str], anchor: str) -> StepShown:
    own = [finding for finding in findings if finding.remedy and finding.remedy.step is step]
    told = [finding for finding in own if finding.group in {"affected", "note", "undecided"}]
    closes = tuple(finding for finding in told if finding.finding.advisory.id in step.closes)
    closed = {finding.anchor for finding in closes}
    named = {finding.finding.advisory.id for finding in told}
    return StepShown(
        step=step,
        number=number,
        anchor=anchor,
        outcome="" if step.outcome == "upgrade" else in_words(step.outcome),
        closes=closes,
        leaves=tuple(finding for finding in told if finding.anchor not in closed and finding.group == "affected"),
        others=tuple(unique(id_ for id_ in (*step.closes, *step.remains) if id_ not in named)),
        needs=_needs(step.needs),
        allowed=tuple(unique(map(who, step.allowed_by))),
        blocked=tuple(unique(map(who, step.blocked_by))),
        packages=tuple(f"{package.name} {package.version}".strip() for package in step.packages),
        environments=() if environments <= set(step.environments) else tuple(sorted(step.environments)),
        workarounds=tuple((listing(ids), text) for text, ids in by_workaround(step).items()),
        moves=tuple(map(moved, step.moves)) if len(step.moves) > 1 else (),
    )


def _needs(needs: tuple[Need, ...]) -> tuple[NeedShown, ...]:
    """What the release needs, environments that have the same named together."""
    return tuple(
        NeedShown(
            tool=TOOLS[group[0].name],
            need=group[0],
            environments=tuple(unique(need.environment for need in group)),
            places=tuple(unique(place(need.path, need.line) for need in group)),
        )
        for group in alike(needs)
    )
