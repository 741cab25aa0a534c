"""What the plan does about a finding."""

from collections.abc import Iterator

from msgspec import Struct

from gemaudit.model.finding import Finding
from gemaudit.model.plan import Blocker, Outcome, Plan, Step
from gemaudit.reporting.words import together

_Key = tuple[str, str, str, str]


class Remedy(Struct, frozen=True, kw_only=True):
    """The step that speaks of a finding, and what it comes to: `no_fix` is what nothing that can be done ends.

    `number` counts the steps that can be taken, from 1; it is 0 for a step that cannot.
    """

    outcome: Outcome
    step: Step
    number: int = 0


class Remedies(Struct, frozen=True):
    """The plan, looked up by finding."""

    entries: dict[_Key, Remedy]

    @classmethod
    def of(cls, plan: Plan) -> "Remedies":
        """The best that the plan offers for each finding it mentions."""
        entries: dict[_Key, Remedy] = {}
        for key, remedy in sorted(_remedies(plan), key=lambda entry: _PREFERENCE.index(entry[1].outcome)):
            entries.setdefault(key, remedy)
        return cls(entries)

    def get(self, finding: Finding) -> Remedy | None:
        """What to do about the finding, or None where the plan does not mention it."""
        package = (finding.package.kind, finding.package.name, finding.package.version)
        return self.entries.get((*package, finding.advisory.id)) or self.entries.get((*package, _OTHERS))


def blocker_name(blocker: Blocker) -> str:
    """Who does not allow a version, as a sentence names it."""
    return "the Gemfile" if blocker.name == "Gemfile" else together(f"{blocker.name} {blocker.version}".strip())


#: Stands for the advisories that a step does not mention.
_OTHERS = ""

_PREFERENCE = ("upgrade", "configure", "blocked", "no_fix")

#: What can be done at once.
FEASIBLE: frozenset[Outcome] = frozenset({"upgrade", "configure"})


def numbered(plan: Plan) -> tuple[tuple[int, Step], ...]:
    """The steps that can be taken, counted from 1."""
    return tuple(enumerate((step for step in plan.steps if step.outcome in FEASIBLE), 1))


def _remedies(plan: Plan) -> Iterator[tuple[_Key, Remedy]]:
    numbers = {id(step): number for number, step in numbered(plan)}
    for step in plan.steps:
        number = numbers.get(id(step), 0)
        others = () if step.packages else (_OTHERS,)
        for subject in _subjects(step):
            for advisory in step.closes:
                yield (*subject, advisory), Remedy(outcome=step.outcome, step=step, number=number)
            for advisory in (*step.remains, *others):
                outcome: Outcome = "blocked" if step.outcome == "blocked" and not step.closes else "no_fix"
                yield (*subject, advisory), Remedy(outcome=outcome, step=step, number=number)


def _subjects(step: Step) -> tuple[tuple[str, str, str], ...]:
    """The packages that a step is about."""
    if step.packages:
        return tuple((package.kind, package.name, package.version) for package in step.packages)
    return ((step.kind, step.name, step.current),)
