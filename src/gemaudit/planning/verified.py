"""Moving gems as Bundler will: each step is tried on the releases that servers offer, on top of those before."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.model.gem_index import Listing, Wanted
from gemaudit.model.plan import Blocker, Move, Step
from gemaudit.model.version import Version
from gemaudit.planning.context import Context
from gemaudit.planning.default_gems import default_gem_step, with_ruby
from gemaudit.planning.foreseen import Tier, harm_after, held_back, moved_names, moves_between, step_along, waiting
from gemaudit.planning.gems import gem_step
from gemaudit.planning.lock_text import Relocked, relock
from gemaudit.planning.resolution.catalogue import Catalogue
from gemaudit.planning.resolution.fit import admits_ruby, locked_files
from gemaudit.planning.resolution.lock import Lock, Locked
from gemaudit.planning.resolution.offers import Offers
from gemaudit.planning.resolution.resolver import Question, resolve
from gemaudit.planning.resolution.search import Dead, Way, find_way
from gemaudit.planning.target import Group, move, targets, unmoved


class Trial(Struct, frozen=True, kw_only=True):
    """What came of one package: a step, unless an earlier one has done it, and the state after it."""

    lock: Lock
    step: Step | None = None


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

    def allowing(self, step: Step) -> Step:
        """The step of an interpreter, with the locked gems that do not allow the branch that it moves to.

        A move within a branch is allowed by whoever allows the branch, for no gem asks for less; so no server is asked.
        """
        branch = self._context.releases.branch_of
        if step.kind != "ruby" or not step.target or branch(step.target) == branch(step.current.lstrip("~>= ")):
            return step
        return replace(step, blocked_by=tuple(self._refusals(Version.parse(step.target))))

    def _refusals(self, ruby: Version) -> Iterator[Blocker]:
        lines = {package.name: package.line for package in reversed(self._context.lockfile.packages)}
        for name, gem in self._after.gems.items():
            release = self._catalogue.release(name, gem.remotes, gem.version)
            if release and not any(admits_ruby(file, ruby) for file in release.files):
                yield Blocker(
                    name=name,
                    version=str(gem.version),
                    requirement=f"ruby {release.files[-1].ruby}",
                    path=self._context.lockfile.path,
                    line=lines.get(name, 0),
                )

    def relocked(self) -> str:
        """The text of the lockfile after the steps; empty where it stays as it is or cannot be known."""
        before, after = self._locked, self._after
        entering = {name: self._files(name) for name in moved_names(before, after)}
        asked = {wish.name: (wish.requirement,) for wish in after.wishes if wish not in before.wishes}
        leaving = before.gems.keys() - after.gems.keys()
        if not entering or not all(one.files for one in entering.values()):
            return ""
        return relock(self._context.text, entering, leaving, asked)

    def _files(self, name: str) -> Relocked:
        remotes = self._after.remotes_of(name)
        release = self._catalogue.release(name, remotes, self._after.gems[name].version)
        files = locked_files(release, self._context.environments, self._after.platforms) if release else ()
        return Relocked(name=name, files=files, remotes=remotes)


def _most_first(group: Group) -> tuple[bool, int, str, str]:
    return group.package.kind != "gem", -len(group.affected), group.package.name, group.package.version


def _credit(steps: list[Step], group: Group, lock: Lock, context: Context) -> list[Step]:
    """The steps, the last of those that move the package credited with what that closes.

    A gem that nobody asks for has no such step: the first step that moves anything takes it out of the lockfile.
    """
    name = group.package.name
    found = targets(group, (str(lock.gems[name].version),), context) if name in lock.gems else ()
    closes = found[0].closes if found else group.affected
    remains = found[0].remains if found else frozenset()
    movers = [index for index, step in enumerate(steps) if any(one.name == name for one in step.moves)]
    mover = movers[-1] if movers else next(index for index, step in enumerate(steps) if step.moves)
    credited = replace(
        steps[mover],
        moves=_with(group, steps[mover].moves, lock),
        closes=tuple(sorted({*steps[mover].closes, *closes})),
        remains=tuple(sorted({*steps[mover].remains, *remains})),
    )
    return [*steps[:mover], credited, *steps[mover + 1 :]]


def _with(group: Group, moves: tuple[Move, ...], lock: Lock) -> tuple[Move, ...]:
    """The moves, that of the package among them.

    Of a default gem, which was not locked before, and of a gem that platforms hold at different versions, every version
    moves at once; any other gem moves from where the step before has left it.
    """
    package = group.package
    named = [one for one in moves if one.name == package.name]
    if named and package.kind == "gem" and package.name not in lock.split:
        return moves
    own = Move(kind=package.kind, name=package.name, current=package.version, target=named[0].target if named else "")
    kept = (one for one in moves if one.current or one.name != package.name)
    return tuple(sorted({*kept, own}, key=lambda one: (one.name, one.current)))


def _gem(group: Group, lock: Lock, context: Context, offers: Offers) -> Trial:
    name = group.package.name
    if name not in lock.gems:
        return Trial(lock=lock)
    offered = offers.anywhere.of(name, lock) if lock.can_move(name) else ()
    if offers.catalogue.releases(name, lock.remotes_of(name)) is None or not offered:
        step = gem_step(group, context)
        return Trial(lock=lock, step=replace(step, verified=not lock.gems[name].remotes) if step else None)
    tiers = _tiers(group, _considered(offered, group), context)
    for tier in tiers:
        if lock.gems[name].version in tier.targets:
            return Trial(lock=lock)
        goal = frozenset(gem.version for gem in offers.of(name, lock) if gem.version in tier.targets)
        way = find_way(name, goal, lock, offers, harm_after(lock, context)) if goal else Dead()
        if isinstance(way, Way):
            note = held_back(group, tier, tiers[0], lock, context, offers)
            return Trial(lock=way.lock, step=replace(step_along(group, tier, way, lock, context), note=note))
    return _without(group, tiers, offered, lock, context, offers)


def _without(
    group: Group, tiers: list[Tier], offered: Iterable[Locked], lock: Lock, context: Context, offers: Offers
) -> Trial:
    """What can be done where no version that helps can be reached: do without the gem, wait, or nothing."""
    way = find_way(group.package.name, frozenset(), lock, offers, harm_after(lock, context))
    if isinstance(way, Way):
        return Trial(lock=way.lock, step=step_along(group, Tier(targets={}), way, lock, context))
    if tiers:
        return Trial(lock=lock, step=waiting(group, tiers[0], lock, context, offers))
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


def _default_gem(group: Group, lock: Lock, context: Context, offers: Offers) -> Trial:
    """A gem that Ruby ships gets a newer version by being listed in the Gemfile."""
    name = group.package.name
    if offers.catalogue.releases(name, lock.remotes_of(name)) is None:
        return Trial(lock=lock, step=default_gem_step(group, context))
    offered = offers.of(name, lock)
    tiers = _tiers(group, _considered(offered, group), context)
    for tier in tiers:
        if name in lock.gems and lock.gems[name].version in tier.targets:
            return Trial(lock=lock)
        for requirement in (f">= {tier.smallest.version}", f"= {tier.smallest.version}"):
            found = resolve(Question(lock=lock.wishing(name, requirement), free=frozenset()), offers).lock
            if found is not None and name in found.gems and found.gems[name].version in tier.targets:
                step = replace(
                    move(group, tier.targets[found.gems[name].version], context.advisories.upgrades(gem=name)),
                    commands=(f'bundle add {name} --version "{requirement}"',),
                    moves=_with(group, moves_between(lock, found), lock),
                    note=with_ruby(group, tier.smallest, context),
                    verified=True,
                )
                return Trial(lock=found, step=step)
    return Trial(lock=lock, step=replace(unmoved(group), note=with_ruby(group, None, context), verified=bool(offered)))


_TRIALS: dict[str, Callable[[Group, Lock, Context, Offers], Trial]] = {"gem": _gem, "default-gem": _default_gem}
