"""Moving the interpreter: on its branch where that closes the findings, else to the next branch that does."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from gemaudit.model.plan import FEASIBLE, Move, Step
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version
from gemaudit.planning.context import Context
from gemaudit.planning.ruby_edits import ruby_commands, ruby_edits
from gemaudit.planning.target import Group, Target, known_releases, move, targets, unmoved


def ruby_step(group: Group, shipped: Sequence[Group], context: Context) -> Step | None:
    """Return what to do about the findings of one interpreter, or None where none of them applies.

    Of releases that close as much, the one is taken that also ships most of the default gems at versions that help.
    """
    if not group.wanted:
        return None
    if _floats(group):
        return _pin(group, context)
    chosen = _chosen(group, group.package.version, _own(group, shipped), context)
    if chosen is None:
        return unmoved(group)
    return replace(_step(group, chosen, context), note=_on_later_branch(group, chosen, context))


def _floats(group: Group) -> bool:
    """Whether the version is a requirement, as for an image tag, which every requirement's operator gives away."""
    return not group.package.version[0].isdigit()


def _own(group: Group, shipped: Iterable[Group]) -> list[Group]:
    """The default gems that come with this interpreter."""
    places = set(group.environments)
    return [one for one in shipped if places.issuperset(one.environments)]


def _chosen(group: Group, version: str, shipped: Sequence[Group], context: Context) -> Target | None:
    """The best release after `version`: on its own branch, else on the next one that closes something."""
    branches: dict[str, list[str]] = {}
    for release in _releases_after(version, group, context):
        branches.setdefault(context.releases.branch_of(release), []).append(release)
    own = context.releases.branch_of(version)
    for branch in sorted(branches, key=lambda branch: (branch != own, Version.parse(branch))):
        found = targets(group, branches[branch], context)
        if found:
            least = min(len(target.remains) for target in found)
            best = [target for target in found if len(target.remains) == least]
            return min(best, key=lambda target: (_left(target, shipped, context), Version.parse(target.version)))
    return None


def _left(target: Target, shipped: Iterable[Group], context: Context) -> int:
    """How many default gems do not come fixed with a release."""
    return sum(1 for group in shipped if _shipped_fix(group, target.version, context) is None)


def _shipped_fix(group: Group, ruby: str, context: Context) -> Target | None:
    """The version of a default gem that comes with a Ruby, where it closes all that applies."""
    version = context.shipped.version(group.package.name, ruby)
    found = targets(group, (version,), context) if version else ()
    return found[0] if found and group.affected <= found[0].closes else None


def shipped_fixes(steps: Sequence[Step], shipped: Sequence[Group], context: Context) -> tuple[list[Step], list[Group]]:
    """The steps of interpreters with the default gems that they bring fixed, and the default gems that are left."""
    moving = {place: step for step in steps if step.outcome in FEASIBLE for place in step.environments}
    brought: dict[str, list[tuple[Group, Target]]] = {}
    left = []
    for group in shipped:
        movers = {moving.get(place.id) for place in group.environments}
        fixes = {mover.target: _shipped_fix(group, mover.target, context) for mover in movers if mover}
        if not group.affected or None in movers or None in fixes.values():
            left.append(group)
            continue
        for ruby, fix in fixes.items():
            if fix is not None:
                brought.setdefault(ruby, []).append((group, fix))
    return [_bringing(step, brought.get(step.target, [])) for step in steps], left


def _bringing(step: Step, brought: Iterable[tuple[Group, Target]]) -> Step:
    own = [
        (group, fix) for group, fix in brought if {place.id for place in group.environments} & set(step.environments)
    ]
    moves = (
        Move(kind="default-gem", name=group.package.name, current=group.package.version, target=fix.version)
        for group, fix in own
    )
    return replace(
        step,
        closes=tuple(sorted({*step.closes, *(id_ for _, fix in own for id_ in fix.closes)})),
        moves=tuple(sorted(moves, key=lambda one: (one.name, one.current))),
    )


def _releases_after(version: str, group: Group, context: Context) -> tuple[str, ...]:
    """Every final release after `version` that the tables or the advisories name."""
    package = replace(group.package, version=version)
    named = set(known_releases(context.advisories.for_engine(package.name), package))
    if package.name == "ruby":
        named |= set(_finals(f"> {version}", context))
    return tuple(sorted(named, key=Version.parse))


def _finals(requirement: str, context: Context) -> tuple[str, ...]:
    releases = context.releases.matching(Requirement.parse(requirement))
    return tuple(release for release in releases if not Version.parse(release).is_prerelease)


def _step(group: Group, target: Target, context: Context) -> Step:
    current = group.package.version
    return replace(
        move(group, target, context.advisories.upgrades(engine=group.package.name)),
        commands=ruby_commands(context.facts, current),
        edits=ruby_edits(context.facts, context.documents, current, target.version),
    )


def _on_later_branch(group: Group, target: Target, context: Context) -> str:
    """The newest release of the nearest later branch that closes what the target leaves open."""
    if not target.remains:
        return ""
    newest = {context.releases.branch_of(one): one for one in _releases_after(target.version, group, context)}
    newest.pop(context.releases.branch_of(target.version), None)
    for other in targets(group, newest.values(), context):
        more = (other.closes & group.wanted) - target.closes
        if more and other.closes >= target.closes:
            return f"{other.version} closes {', '.join(sorted(more))} too"
    return ""


def _pin(group: Group, context: Context) -> Step:
    """A floating version moves when it is built anew; the releases it admits say whether that is enough."""
    version = group.package.version
    admitted = _finals(version, context)
    found = targets(group, admitted, context)
    if found:
        target = min(found, key=lambda target: (len(target.remains), Version.parse(target.version)))
        note = f"{version} floats: pin {target.version} or later"
    else:
        chosen = _chosen(group, admitted[-1], (), context) if admitted else None
        if chosen is None:
            return unmoved(group)
        target = chosen
        note = f"no release of {version} is enough: move to {target.version} or later"
    return replace(_step(group, target, context), note=note)
