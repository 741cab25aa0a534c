"""Moving gems as Bundler will: each step is tried on the releases that servers offer, on top of those before."""

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.model.finding import AuditedPackage
from gemaudit.model.gem_index import Listing, Wanted
from gemaudit.model.plan import Blocker, Edit, Move, Need, Outcome, Step
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version
from gemaudit.planning.context import Context
from gemaudit.planning.default_gems import with_ruby
from gemaudit.planning.gemfile import gem_line, gemfile_of, requirement_edit
from gemaudit.planning.gems import GEMFILE, gem_step, requirements_on
from gemaudit.planning.lock_text import Relocked, files_for, relock
from gemaudit.planning.needs import needs
from gemaudit.planning.resolution.catalogue import Catalogue
from gemaudit.planning.resolution.fit import accepted
from gemaudit.planning.resolution.lock import Lock, Locked
from gemaudit.planning.resolution.offers import Offers
from gemaudit.planning.resolution.resolver import Question, resolve
from gemaudit.planning.resolution.search import Dead, Way, find_way
from gemaudit.planning.target import Group, Target, move, targets, unmoved

_REQUIREMENTS: tuple[tuple[str, Outcome], ...] = (
    ("ruby", "needs-ruby"),
    ("rubygems", "needs-rubygems"),
    ("platform", "needs-platform"),
)


class Trial(Struct, frozen=True, kw_only=True):
    """What came of one package: a step, unless an earlier one has done it, and the state after it."""

    lock: Lock
    step: Step | None = None


class Tier(Struct, frozen=True, kw_only=True):
    """Versions that leave the same number of findings open."""

    targets: Mapping[Version, Target]

    @property
    def smallest(self) -> Target:
        """The smallest version of them."""
        return self.targets[min(self.targets)]


class Bundler:
    """What Bundler would do on the releases that are known."""

    def __init__(self, context: Context, listings: Mapping[Wanted, Listing]) -> None:
        self._context = context
        self._catalogue = Catalogue(listings)
        self._locked = self._after = Lock.of(context.lockfile)
        self._offers = Offers(self._catalogue, context.environments, context.lockfile.platforms)

    @property
    def asks(self) -> frozenset[Wanted]:
        """The questions to gem servers that would help."""
        return frozenset(self._catalogue.missing)

    def steps(self, groups: Iterable[Group]) -> list[Step]:
        """Return the steps for gems and default gems, in the order in which their commands have to run."""
        lock = self._locked
        steps: list[Step] = []
        for group in sorted(groups, key=_most_first):
            if not group.affected:
                continue
            self._offers.silent.clear()
            trial = _TRIALS[group.package.kind](group, lock, self._context, self._offers)
            lock = trial.lock
            if trial.step is None:
                steps = _credit(steps, group, lock, self._context)
            else:
                steps.append(replace(trial.step, verified=trial.step.verified and not self._offers.silent))
        self._after = lock
        return steps

    def relocked(self) -> str:
        """The text of the lockfile after the steps; empty where it stays as it is or cannot be known."""
        before, after = self._locked, self._after
        entering = {name: self._files(name) for name in _moved(before, after)}
        asked = {wish.name: (wish.requirement,) for wish in after.wishes if wish not in before.wishes}
        leaving = before.gems.keys() - after.gems.keys()
        if not entering or not all(one.files for one in entering.values()):
            return ""
        return relock(self._context.text, entering, leaving, asked)

    def _files(self, name: str) -> Relocked:
        remotes = self._after.remotes_of(name)
        releases = self._catalogue.releases(name, remotes) or ()
        offered = next((one.files for one in releases if one.version == self._after.gems[name].version), ())
        files = [file for file in offered if accepted(file, self._context.environments)]
        return Relocked(name=name, files=files_for(files, self._after.platforms), remotes=remotes)


def _most_first(group: Group) -> tuple[bool, int, str, str]:
    return group.package.kind != "gem", -len(group.affected), group.package.name, group.package.version


def _credit(steps: list[Step], group: Group, lock: Lock, context: Context) -> list[Step]:
    """The steps, the last of those that move the package credited with what that closes."""
    name = group.package.name
    found = targets(group, (str(lock.gems[name].version),), context) if name in lock.gems else ()
    closes = found[0].closes if found else group.affected
    remains = found[0].remains if found else frozenset()
    mover = max(index for index, step in enumerate(steps) if any(one.name == name for one in step.moves))
    credited = replace(
        steps[mover],
        moves=tuple(_of(group, one) if one.name == name else one for one in steps[mover].moves),
        closes=tuple(sorted({*steps[mover].closes, *closes})),
        remains=tuple(sorted({*steps[mover].remains, *remains})),
    )
    return [*steps[:mover], credited, *steps[mover + 1 :]]


def _of(group: Group, move: Move) -> Move:
    """The move of a gem, said of the package that the findings are about: a default gem was not locked before."""
    return replace(move, kind=group.package.kind, current=move.current or group.package.version)


def _gem(group: Group, lock: Lock, context: Context, offers: Offers) -> Trial:
    name = group.package.name
    if name not in lock.gems:
        return Trial(lock=lock)
    offered = offers.anywhere().of(name, lock) if lock.can_move(name) else ()
    if offers.catalogue.releases(name, lock.remotes_of(name)) is None or not offered:
        step = gem_step(group, context)
        return Trial(lock=lock, step=replace(step, verified=not lock.gems[name].remotes) if step else None)
    tiers = _tiers(group, _considered(offered, group), context)
    for tier in tiers:
        if lock.gems[name].version in tier.targets:
            return Trial(lock=lock)
        goal = frozenset(gem.version for gem in offers.of(name, lock) if gem.version in tier.targets)
        way = find_way(name, goal, lock, offers, _harm(lock, context)) if goal else Dead()
        if isinstance(way, Way):
            note = _held_back(group, tier, tiers[0], lock, context, offers)
            return Trial(lock=way.lock, step=replace(_step(group, tier, way, lock, context), note=note))
    return _without(group, tiers, offered, lock, context, offers)


def _without(
    group: Group, tiers: list[Tier], offered: Iterable[Locked], lock: Lock, context: Context, offers: Offers
) -> Trial:
    """What can be done where no version that helps can be reached: do without the gem, wait, or nothing."""
    way = find_way(group.package.name, frozenset(), lock, offers, _harm(lock, context))
    if isinstance(way, Way):
        return Trial(lock=way.lock, step=_step(group, Tier(targets={}), way, lock, context))
    if tiers:
        return Trial(lock=lock, step=_waiting(group, tiers[0], lock, context, offers))
    early = _tiers(group, (str(gem.version) for gem in offered), context)
    note = f"the prerelease {early[0].smallest.version} has a fix" if early else ""
    return Trial(lock=lock, step=replace(unmoved(group), note=note, verified=True))


def _considered(offered: Iterable[Locked], group: Group) -> Iterator[str]:
    """The versions that a project may be sent to: prereleases only where it is at one."""
    is_early = Version.parse(group.package.version).is_prerelease
    return (str(gem.version) for gem in offered if is_early or not gem.version.is_prerelease)


def _tiers(group: Group, versions: Iterable[str], context: Context) -> list[Tier]:
    """The later versions that close something, those that leave least open first."""
    current = Version.parse(group.package.version)
    found = targets(group, (version for version in versions if Version.parse(version) > current), context)
    ranked = sorted(found, key=lambda target: len(target.remains))
    return [
        Tier(targets={Version.parse(target.version): target for target in tier})
        for _, tier in groupby(ranked, key=lambda target: len(target.remains))
    ]


def _harm(before: Lock, context: Context) -> Callable[[Lock], int]:
    def harm(after: Lock) -> int:
        return sum(len(_affecting(moved, after, context)) for moved in _moved(before, after))

    return harm


def _moved(before: Lock, after: Lock) -> list[str]:
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


def _step(group: Group, tier: Tier, way: Way, before: Lock, context: Context) -> Step:
    name = group.package.name
    target = _reached(group, tier, way)
    moves = _moves(before, way.lock)
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


def _moves(before: Lock, after: Lock) -> tuple[Move, ...]:
    # What nobody asked for before leaves the lockfile with any update, and is not this step's doing.
    gone = (name for name in sorted(before.held(frozenset())) if name not in after.gems)
    names = [*_moved(before, after), *gone]
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


def _waiting(group: Group, tier: Tier, lock: Lock, context: Context, offers: Offers) -> Step:
    """What would have to change elsewhere before the package can move, or who is in the way."""
    name = group.package.name
    way = find_way(name, frozenset(tier.targets), lock, offers.anywhere(), _harm(lock, context))
    if isinstance(way, Dead):
        return _blocked(group, tier, way, lock, context)
    missing = tuple(
        need
        for one in _moves(lock, way.lock)
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


def _held_back(group: Group, tier: Tier, best: Tier, lock: Lock, context: Context, offers: Offers) -> str:
    """Why not a version that would close more."""
    if tier is best:
        return ""
    step = _waiting(group, best, lock, context, offers)
    more = best.smallest.closes - tier.smallest.closes
    if not more:
        return ""
    reasons = [f"{one.name} {one.version} ({one.requirement})".replace("  ", " ") for one in step.blocked_by]
    wishes = [_wish(need) for need in step.needs if not need.met]
    because = f"{', '.join(reasons)} does not allow it" if reasons else f"needs {', '.join(dict.fromkeys(wishes))}"
    return f"{step.target} closes {', '.join(sorted(more))} too, but {because}"


def _wish(need: Need) -> str:
    return f"a file for {need.requirement}" if need.name == "platform" else f"{need.name} {need.requirement}"


def _default_gem(group: Group, lock: Lock, context: Context, offers: Offers) -> Trial:
    """A gem that Ruby ships gets a newer version by being listed in the Gemfile."""
    name = group.package.name
    offered = offers.of(name, lock)
    tiers = _tiers(group, (str(gem.version) for gem in offered), context)
    for tier in tiers:
        if name in lock.gems and lock.gems[name].version in tier.targets:
            return Trial(lock=lock)
        for requirement in (f">= {tier.smallest.version}", f"= {tier.smallest.version}"):
            found = resolve(Question(lock=lock.wishing(name, requirement), free=frozenset()), offers).lock
            if found is not None and name in found.gems and found.gems[name].version in tier.targets:
                step = replace(
                    move(group, tier.targets[found.gems[name].version], context.advisories.upgrades(gem=name)),
                    commands=(f'bundle add {name} --version "{requirement}"',),
                    moves=_moves(lock, found),
                    note=with_ruby(group, tier.smallest, context),
                    verified=True,
                )
                return Trial(lock=found, step=step)
    return Trial(lock=lock, step=replace(unmoved(group), note=with_ruby(group, None, context), verified=bool(offered)))


_TRIALS: dict[str, Callable[[Group, Lock, Context, Offers], Trial]] = {"gem": _gem, "default-gem": _default_gem}
