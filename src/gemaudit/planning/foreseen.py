"""The steps of a plan, as Bundler will carry them out: what each moves, what it needs, who is in its way."""

import shlex
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.model.finding import AuditedPackage
from gemaudit.model.plan import GEMFILE, Blocker, Edit, Move, Need, Outcome, Step
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version
from gemaudit.planning.context import Context
from gemaudit.planning.gemfile import gem_line, gemfile_of, requirement_edit
from gemaudit.planning.gems import requirements_on
from gemaudit.planning.needs import needs
from gemaudit.planning.resolution.lock import Lock
from gemaudit.planning.resolution.offers import Offers
from gemaudit.planning.resolution.search import Dead, Way, find_way
from gemaudit.planning.target import Group, Target, move, unmoved

_REQUIREMENTS: tuple[tuple[str, Outcome], ...] = (
    ("ruby", "needs-ruby"),
    ("rubygems", "needs-rubygems"),
    ("platform", "needs-platform"),
)


class Tier(Struct, frozen=True, kw_only=True):
    """Versions that leave the same number of findings open."""

    targets: Mapping[Version, Target]

    @property
    def smallest(self) -> Target:
        """The smallest version of them."""
        return self.targets[min(self.targets)]


def harm_after(before: Lock, context: Context) -> Callable[[Lock], int]:
    """Return what counts the advisories that apply to the gems which have moved."""

    def harm(after: Lock) -> int:
        return sum(len(_affecting(moved, after, context)) for moved in moved_names(before, after))

    return harm


def moved_names(before: Lock, after: Lock) -> list[str]:
    """The gems that are there at another version than before."""
    return [
        name
        for name in sorted(after.gems)
        if name not in before.gems or before.gems[name].version != after.gems[name].version
    ]


def _affecting(name: str, lock: Lock, context: Context) -> frozenset[str]:
    """The advisories that apply to a gem in a state."""
    if name not in context.advisories.gems or name not in lock.gems:
        return frozenset()
    package = AuditedPackage(kind="gem", name=name, version=str(lock.gems[name].version))
    statuses = context.recheck(package, context.environments)
    return frozenset(id_ for id_, status in statuses.items() if status == "affected")


def step_along(group: Group, tier: Tier, way: Way, before: Lock, context: Context) -> Step:
    """The step that goes a way."""
    name = group.package.name
    target = _reached(group, tier, way)
    moves = moves_between(before, way.lock, about=name)
    others = [one.name for one in moves if one.name != name]
    harmed = frozenset[str]().union(
        *(_affecting(other, way.lock, context) - _affecting(other, before, context) for other in others)
    )
    stays = before.held(way.gems)
    asked = requirements_on(name, context.lockfile)
    return replace(
        move(group, target, context.advisories.upgrades(gem=name)),
        outcome="needs-gemfile" if way.pins else "needs-parent" if len(way.gems) > 1 else "upgrade",
        commands=(_command(name, way),),
        edits=tuple(_edit(gem, wanted, way, context) for gem, wanted in way.pins.items()),
        allowed_by=tuple(
            one
            for one in asked
            if (one.name in stays or one.name == GEMFILE)
            and target.version
            and _admits(one.requirement, Version.parse(target.version))
        ),
        remains=tuple(sorted(target.remains | harmed)),
        moves=moves,
        verified=True,
    )


def _reached(group: Group, tier: Tier, way: Way) -> Target:
    """The version that the gem has then; without one, it has left the bundle and all of its defects with it."""
    gem = way.lock.gems.get(group.package.name)
    return tier.targets[gem.version] if gem else Target(version="", closes=group.named, remains=frozenset())


def _command(name: str, way: Way) -> str:
    level = "" if way.level == "major" else f" --{way.level}"
    return f"bundle update --conservative{level} {shlex.join([name, *sorted(way.gems - {name})])}"


def _edit(gem: str, wanted: tuple[str, ...], way: Way, context: Context) -> Edit:
    """The line of the Gemfile that asks for a gem, or a new one at its end."""
    path = gemfile_of(context.lockfile.path)
    version = str(way.lock.gems[gem].version)
    found = requirement_edit(context.documents, path, gem, version, wanted)
    declared = any(wish.name == gem for wish in context.lockfile.dependencies)
    if found is not None or declared:
        return found or Edit(path=path, line=0, before=gem)
    return Edit(path=path, line=0, after=gem_line(gem, wanted))


def moves_between(before: Lock, after: Lock, *, about: str = "") -> tuple[Move, ...]:
    """What moves, comes in and goes from one state to another in a step that is `about` a gem."""
    # What nobody asked for before leaves the lockfile with any update, and is no other step's doing.
    asked_for = before.held(frozenset()) | ({about} & before.gems.keys())
    gone = (name for name in asked_for if name not in after.gems)
    names = [*moved_names(before, after), *gone]
    return tuple(
        Move(
            name=name,
            current=str(before.gems[name].version) if name in before.gems else "",
            target=str(after.gems[name].version) if name in after.gems else "",
        )
        for name in sorted(names)
    )


def _admits(requirement: str, version: Version) -> bool:
    return Requirement.parse(requirement).admits(version)


def waiting(group: Group, tier: Tier, lock: Lock, context: Context, offers: Offers) -> Step:
    """What would have to change elsewhere before the package can move, or who is in the way."""
    name = group.package.name
    way = find_way(name, frozenset(tier.targets), lock, offers.anywhere, harm_after(lock, context))
    if isinstance(way, Dead):
        return _blocked(group, tier, way, lock, context)
    missing = tuple(
        need
        for one in moves_between(lock, way.lock)
        if one.target
        for need in offers.obstacles(one.name, Version.parse(one.target), way.lock)
    )
    asked = {need.name for need in missing}
    outcome = next((outcome for kind, outcome in _REQUIREMENTS if kind in asked), None)
    if outcome is None:
        return _blocked(group, tier, Dead(), lock, context)
    target = _reached(group, tier, way)
    return replace(
        move(group, target, ()),
        outcome=outcome,
        needs=tuple(
            dict.fromkeys((*missing, *needs(context.advisories.upgrades(gem=name), target.version, group.environments)))
        ),
        verified=True,
    )


def _blocked(group: Group, tier: Tier, dead: Dead, lock: Lock, context: Context) -> Step:
    return replace(
        unmoved(group),
        outcome="blocked",
        target=tier.smallest.version,
        blocked_by=tuple(_blockers(group.package.name, tier, dead, lock, context)),
        verified=True,
    )


def _blockers(name: str, tier: Tier, dead: Dead, lock: Lock, context: Context) -> Iterator[Blocker]:
    """Who asks for something else; of those, who asks for another version of the gem itself, where anybody does."""
    version = min(tier.targets)
    direct = [ask for ask in dead.in_the_way if ask.name == name and not _admits(ask.requirement, version)]
    lines = {(one.name, one.requirement): one for one in requirements_on(name, context.lockfile)}
    for ask in sorted(direct or dead.in_the_way):
        known = lines.get((ask.by, ask.requirement))
        locked = lock.gems.get(ask.by)
        yield Blocker(
            name=ask.by,
            version=str(locked.version) if locked else "",
            requirement=ask.requirement if ask.name == name else f"{ask.name} {ask.requirement}",
            path=known.path if known and ask.name == name else "",
            line=known.line if known and ask.name == name else 0,
        )


def held_back(group: Group, tier: Tier, best: Tier, lock: Lock, context: Context, offers: Offers) -> str:
    """Why not a version that would close more."""
    if tier is best:
        return ""
    step = waiting(group, best, lock, context, offers)
    more = best.smallest.closes - tier.smallest.closes
    if not more:
        return ""
    reasons = [f"{one.name} {one.version} ({one.requirement})".replace("  ", " ") for one in step.blocked_by]
    wishes = [_wish(need) for need in step.needs if not need.met]
    because = f"{', '.join(reasons)} does not allow it" if reasons else f"needs {', '.join(dict.fromkeys(wishes))}"
    return f"{step.target} closes {', '.join(sorted(more))} too, but {because}"


def _wish(need: Need) -> str:
    return f"a file for {need.requirement}" if need.name == "platform" else f"{need.name} {need.requirement}"
