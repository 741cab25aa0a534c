"""What the plan does about a finding."""

from collections.abc import Iterator

from msgspec import Struct

from gemaudit.model.finding import Finding
from gemaudit.model.plan import FEASIBLE, GEMFILE, OUTCOMES, WAITING, Blocker, Outcome, Plan, Step
from gemaudit.reporting.words import together, unique

_Package = tuple[str, str, str]
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
        for key, remedy in sorted(_remedies(plan), key=lambda entry: OUTCOMES.index(entry[1].outcome)):
            entries.setdefault(key, remedy)
        return cls(entries)

    def get(self, finding: Finding) -> Remedy | None:
        """What to do about the finding, or None where the plan does not mention it."""
        package = (finding.package.kind, finding.package.name, finding.package.version)
        return self.entries.get((*package, finding.advisory.id)) or self.entries.get((*package, _OTHERS))


def blocker_name(blocker: Blocker) -> str:
    """Who does not allow a version, as a sentence names it."""
    return "the Gemfile" if blocker.name == GEMFILE else together(f"{blocker.name} {blocker.version}".strip())


def unmet_needs(step: Step) -> str:
    """What a release needs and does not find, as a sentence about it goes on."""
    texts = unique(_need(need.name, need.requirement) for need in step.needs if need.met is False)
    return f"needs {' and '.join(texts)}"


def _need(name: str, requirement: str) -> str:
    if name == "platform":
        return f"a file for {together(requirement)}"
    return f"{TOOLS[name]} {together(requirement)}"


#: How a sentence names what a release needs.
TOOLS = {"ruby": "ruby", "rubygems": "RubyGems", "bundler": "Bundler", "platform": "platform"}

#: Stands for the advisories that a step does not mention.
_OTHERS = ""


def numbered(plan: Plan) -> tuple[tuple[int, Step], ...]:
    """The steps that can be taken, counted from 1."""
    return tuple(enumerate((step for step in plan.steps if step.outcome in FEASIBLE), 1))


def _remedies(plan: Plan) -> Iterator[tuple[_Key, Remedy]]:
    numbers = {id(step): number for number, step in numbered(plan)}
    origins = _origins(plan)
    for step in plan.steps:
        number = numbers.get(id(step), 0)
        others = () if step.packages else (_OTHERS,)
        waits = step.outcome in WAITING and not step.closes
        subjects = _subjects(step)
        for subject in (*subjects, *_moved_too(step, origins)):
            for advisory in step.closes:
                yield (*subject, advisory), Remedy(outcome=step.outcome, step=step, number=number)
        for subject in subjects:
            for advisory in (*step.remains, *others):
                outcome: Outcome = step.outcome if waits else "no_fix"
                yield (*subject, advisory), Remedy(outcome=outcome, step=step, number=number)


def _subjects(step: Step) -> tuple[_Package, ...]:
    """The packages that a step is about."""
    if step.packages:
        return tuple((package.kind, package.name, package.version) for package in step.packages)
    return ((step.kind, step.name, step.current),)


def _moved_too(step: Step, origins: dict[_Package, str]) -> Iterator[_Package]:
    """The packages, as the lockfile holds them, that a step moves without being about them."""
    own = (step.kind, step.name, step.current)
    for one in step.moves:
        moved = (one.kind, one.name, one.current)
        if moved != own:
            yield one.kind, one.name, origins.get(moved, one.current)


def _origins(plan: Plan) -> dict[_Package, str]:
    """Where each package that steps have moved stood before the first of them."""
    origins: dict[_Package, str] = {}
    for step in plan.steps:
        for one in step.moves:
            origins[one.kind, one.name, one.target] = origins.get((one.kind, one.name, one.current), one.current)
    return origins
