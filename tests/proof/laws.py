"""What holds of every plan, asked of Bundler."""

from collections.abc import Mapping


import advisory_files

from planned import Report, Step, audit, carry_out, locking
from situation import Level, Reach
from workshop import Project, Workshop

#: How a plan may call what has to be free. That a parent moves along is said even where it is a dependency.
_OUTCOMES: Mapping[Level, frozenset[str]] = {
    "alone": frozenset({"upgrade"}),
    "dependencies": frozenset({"upgrade", "needs-parent"}),
    "parents": frozenset({"needs-parent"}),
    "gemfile": frozenset({"needs-gemfile"}),
    "ruby": frozenset({"needs-ruby"}),
    "rubygems": frozenset({"needs-rubygems"}),
    "platform": frozenset({"needs-platform"}),
    "several": frozenset({"needs-ruby", "needs-rubygems", "needs-platform", "blocked"}),
    "nothing": frozenset({"blocked"}),
    "no release": frozenset({"no_fix"}),
}
_FEASIBLE = frozenset({"upgrade", "needs-parent", "needs-gemfile"})
_LEVELS = ("--patch", "--minor", "--major")


def broken(workshop: Workshop, project: Project, reaches: tuple[Reach, ...]) -> list[str]:
    """Every way in which what gemaudit plans for the project is not what Bundler does; `project` is changed."""
    before = project.copy(project.folder.parent / "before")
    plan = audit(project, "--online")
    complaints = [f"unverified: {step}" for step in plan.steps if not step.verified]
    complaints += _carried_out(workshop, project, plan)
    for found in reaches:
        complaints += _as_far_as_possible(workshop, before, project, plan, found)
    return complaints


def _carried_out(workshop: Workshop, project: Project, plan: Report) -> list[str]:
    """What the steps say of themselves and is not so once Bundler has done them."""
    complaints, closed = [], frozenset[str]()
    for step in plan.steps:
        if step.outcome not in _FEASIBLE:
            complaints += [f"commands of what cannot be done: {step}"] if step.commands or step.edits else []
            continue
        before = project.versions
        if refusal := carry_out(workshop, project, step):
            return [*complaints, f"Bundler refuses {step}: {refusal}"]
        closed |= step.closes
        affecting = audit(project).affecting
        if project.versions.get(step.package) != step.to:
            complaints.append(f"goes to {project.versions.get(step.package)}: {step}")
        if (moved := _moves(before, project.versions)) != {move.name: (move.from_, move.to) for move in step.moves}:
            complaints.append(f"moves {moved}: {step}")
        if open_still := closed & affecting:
            complaints.append(f"does not close {sorted(open_still)}: {step}")
        if gone := step.remains - affecting:
            complaints.append(f"closes {sorted(gone)} as well: {step}")
    return complaints


def _moves(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    names = before.keys() | after.keys()
    pairs = {name: (before.get(name), after.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _as_far_as_possible(
    workshop: Workshop, before: Project, after: Project, plan: Report, found: Reach
) -> list[str]:
    """Where the plan does less for a gem than Bundler could, or asks for more than it takes."""
    defects = advisory_files.numbered(before.situation.defects)
    own = frozenset(id_ for id_, defect in defects.items() if defect.gem == found.gem)
    step = next((step for step in plan.steps if step.package == found.gem), None)
    if found.level in {"alone", "dependencies", "parents", "gemfile"}:
        left = own & audit(after).affecting
        if len(left) > found.remains:
            return [f"leaves {sorted(left)} where Bundler can get {found}: {step}"]
    if step is None:
        # Another step has moved the gem along.
        moved = any(move.name == found.gem for step in plan.steps for move in step.moves)
        return [] if moved else [f"no step for {found}"]
    if step.outcome in _OUTCOMES[found.level]:
        return []
    if step.outcome == "needs-gemfile" and found.level in {"alone", "dependencies", "parents"}:
        return _commands_that_do(workshop, before, step, found)
    return [f"is {found}: {step}"]


def _commands_that_do(workshop: Workshop, before: Project, step: Step, found: Reach) -> list[str]:
    """Commands that do without an edit of the Gemfile what the step does with one."""
    gems = " ".join(dict.fromkeys((found.gem, *(move.name for move in step.moves if move.from_))))
    complaints = []
    for level in _LEVELS:
        command = f"bundle update --conservative {level} {gems}"
        trial = before.copy(before.folder.parent / level.strip("-"))
        (outcome,) = workshop.bundle([(trial.folder, locking(command))])
        if outcome.status == 0 and _defects(trial, found.gem) <= found.remains:
            complaints.append(f"`{command}` does it without an edit: {step}")
    return complaints


def _defects(project: Project, gem: str) -> int:
    version = project.versions.get(gem)
    return sum(defect.spoils(version) for defect in project.situation.defects if defect.gem == gem and version)
