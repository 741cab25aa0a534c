"""What holds of every plan, asked of Bundler."""

import shlex
from collections.abc import Callable, Mapping

import advisory_files
from oracle import works
from planned import Report, Step, audit, carry_out, locking
from situation import Level, Reach
from workshop import Project, Workshop

from gemaudit.model.version import Version

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
_WITHIN = frozenset({"alone", "dependencies", "parents", "gemfile"})
_BEYOND: tuple[Level, ...] = ("ruby", "rubygems", "platform")
_FEASIBLE = frozenset({"upgrade", "needs-parent", "needs-gemfile"})
_LEVELS = ("--patch", "--minor", "--major")


class Court:
    """Carries out a plan for a project and collects what is not so; `reach_of` knows what is possible."""

    def __init__(self, workshop: Workshop, project: Project, reach_of: Callable[[Project, str], Reach]) -> None:
        self._workshop = workshop
        self._project = project
        self._reach_of = reach_of

    def complaints(self, plan: Report) -> list[str]:
        """Every way in which the plan is not what Bundler does; the project is as the plan leaves it then."""
        found = [f"unverified: {step}" for step in plan.steps if not step.verified]
        for number, step in enumerate(plan.steps):
            if step.outcome in _FEASIBLE:
                found += self._carried_out(step, number)
            elif step.commands or step.edits:
                found.append(f"commands for what cannot be done: {step}")
        return found + self._left_open(plan)

    def _carried_out(self, step: Step, number: int) -> list[str]:
        """What a step says of itself and is not so once Bundler has done it."""
        before = self._project.copy(self._project.folder.parent / f"before-{number}")
        if refusal := carry_out(self._workshop, self._project, step):
            return [f"Bundler refuses {step}: {refusal}"]
        now, affecting = self._project.versions, audit(self._project).affecting
        moved, found = _moves(before.versions, now), []
        if now.get(step.package) != step.to:
            found.append(f"goes to {now.get(step.package)}: {step}")
        if moved != {move.name: (move.from_, move.to) for move in step.moves}:
            found.append(f"moves {moved}: {step}")
        if step.closes & affecting:
            found.append(f"does not close {sorted(step.closes & affecting)}: {step}")
        if step.remains - affecting:
            found.append(f"closes {sorted(step.remains - affecting)} as well: {step}")
        return [*found, *self._asks_too_much(before, step), *self._smaller(before, step)]

    def _asks_too_much(self, before: Project, step: Step) -> list[str]:
        """Whether less had to be free for the step than it says."""
        reach = self._reach_of(before, step.package)
        # Where no command of Bundler's stops at the version, a line of the Gemfile does; see `_smaller`.
        fits = reach.level in _WITHIN and step.outcome in {*_OUTCOMES[reach.level], "needs-gemfile"}
        return [] if fits else [f"is {reach}: {step}"]

    def _smaller(self, before: Project, step: Step) -> list[str]:
        """Commands for the same gems that leave as little open with a smaller version or without an edit."""
        gems = [word for command in step.commands for word in shlex.split(command)[2:] if not word.startswith("-")]
        found = []
        for level in _LEVELS:
            command = f"bundle update --conservative {level} {shlex.join(gems)}"
            if command.replace(" --major", "") in step.commands and not step.edits:
                continue
            trial = before.copy(before.folder.parent / level.strip("-"))
            (outcome,) = self._workshop.bundle([locking(trial, command)])
            version = trial.versions.get(step.package)
            if outcome.status or _defects(trial) > _defects(self._project) or not version or not step.to:
                continue
            if step.edits or Version.parse(version) < Version.parse(step.to):
                found.append(f"`{command}` gets to {version} and does as well: {step}")
        return found

    def _left_open(self, plan: Report) -> list[str]:
        """Defects that could be closed after the plan, and defects that the plan is wrong about."""
        affecting, found = audit(self._project).affecting, []
        closed = frozenset[str]().union(*(step.closes for step in plan.steps if step.outcome in _FEASIBLE))
        found += [f"open again: {id_}" for id_ in sorted(closed & affecting)]
        defects = advisory_files.numbered(self._project.situation.defects)
        for gem in sorted({defects[id_].gem for id_ in affecting}):
            left = sum(defects[id_].gem == gem for id_ in affecting)
            step = next((step for step in plan.steps if step.package == gem), None)
            reach = self._reach_of(self._project, gem)
            if step is None:
                found.append(f"no step for {reach}")
            elif reach.level in _WITHIN and reach.to and left > reach.remains:
                found.append(f"leaves {left} where Bundler can get {reach}: {step}")
            elif step.outcome not in _FEASIBLE and not self._is_true(step, reach):
                found.append(f"is {reach}: {step}")
        return found

    def _is_true(self, step: Step, reach: Reach) -> bool:
        """Whether the gem waits for what the step says; there may be more than one way out."""
        # That a gem leaves the bundle is no release of it that has the fix.
        if step.outcome in _OUTCOMES[reach.level] or (reach.level in _WITHIN and not reach.to):
            return True
        if reach.level == "no release" and self._project.is_local(step.package):
            return step.outcome == "blocked"
        level = next((level for level in _BEYOND if step.outcome in _OUTCOMES[level]), None)
        return level is not None and works(self._workshop, self._project, step.package, level, step.to or "")


def _moves(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    pairs = {name: (before.get(name), after.get(name)) for name in before.keys() | after.keys()}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _defects(project: Project) -> int:
    """How many defects the locked gems have."""
    versions = project.versions
    return sum(defect.gem in versions and defect.spoils(versions[defect.gem]) for defect in project.situation.defects)
