"""The plan as the HTML page shows it."""

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.plan import FEASIBLE, Blocker, Move, Need, Plan, Step
from gemaudit.reporting.html_findings import Shown, in_words
from gemaudit.reporting.remedy import blocker_name, numbered
from gemaudit.reporting.words import count, listing, place, unique

_ANYTHING = ">= 0"
_TOOLS = {"ruby": "Ruby", "rubygems": "RubyGems", "bundler": "Bundler", "platform": "platform"}


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
        headline=_headline(len(taken), sum(finding.is_ended for finding in applying), len(applying)),
        steps=steps,
        commands=tuple(command for _, step in taken for command in step.commands),
    )


def by_severity(findings: Iterable[Shown]) -> str:
    """How many findings of which severity, the worst first."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(f"{counts[severity]} {severity}" for severity in SEVERITIES if counts[severity])


def _headline(steps: int, closed: int, total: int) -> str:
    if not steps:
        return "nothing can be upgraded yet"
    if not closed:
        return count(steps, "step")
    return f"{count(steps, 'step')} {'closes' if steps == 1 else 'close'} {closed} of {count(total, 'finding')}"


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
        allowed=tuple(unique(map(_blocker, step.allowed_by))),
        blocked=tuple(unique(map(_blocker, step.blocked_by))),
        packages=tuple(f"{package.name} {package.version}".strip() for package in step.packages),
        environments=() if environments <= set(step.environments) else tuple(sorted(step.environments)),
        workarounds=_workarounds(step),
        moves=tuple(map(_move, step.moves)) if len(step.moves) > 1 else (),
    )


def _needs(needs: tuple[Need, ...]) -> tuple[NeedShown, ...]:
    """What the release needs, environments that have the same named together."""
    groups: dict[tuple[str, str, str, bool | None, str], list[Need]] = {}
    for need in needs:
        groups.setdefault((need.name, need.requirement, need.actual, need.met, need.otherwise), []).append(need)
    return tuple(
        NeedShown(
            tool=_TOOLS[group[0].name],
            need=group[0],
            environments=tuple(unique(need.environment for need in group)),
            places=tuple(unique(place(need.path, need.line) for need in group)),
        )
        for group in groups.values()
    )


def _blocker(blocker: Blocker) -> str:
    requirement = "" if blocker.requirement == _ANYTHING else blocker.requirement
    asked = ", ".join(filter(None, (requirement, place(blocker.path, blocker.line))))
    return f"{blocker_name(blocker)} ({asked})" if asked else blocker_name(blocker)


def _move(move: Move) -> str:
    return f"{move.name} {move.current or '(new)'} → {move.target or '(gone)'}"


def _workarounds(step: Step) -> tuple[tuple[str, str], ...]:
    """What to do meanwhile, advisories with the same answer named together."""
    texts: dict[str, list[str]] = {}
    for advisory, text in step.workarounds:
        texts.setdefault(text, []).append(advisory)
    return tuple((listing(ids), text) for text, ids in texts.items())
