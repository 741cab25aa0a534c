"""The least that has to move so that one gem reaches a version that helps."""

from collections.abc import Callable, Iterator, Mapping
from typing import get_args

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.model.plan import GEMFILE
from gemaudit.model.version import Version
from gemaudit.planning.gemfile import admitting
from gemaudit.planning.resolution.lock import Lock
from gemaudit.planning.resolution.offers import Offers
from gemaudit.planning.resolution.resolver import Answer, Ask, Level, Question, resolve

_LEVELS: tuple[Level, ...] = get_args(Level)
#: Larger families than this are not moved for one gem.
_MOST_FREE = 60
_MOST_WIDENINGS = 30


class Freedom(Struct, frozen=True, kw_only=True):
    """What may move: gems that the lockfile holds, and gems that the Gemfile pins."""

    gems: frozenset[str]
    wishes: frozenset[str] = frozenset()

    def on(self, lock: Lock, only: dict[str, frozenset[Version]]) -> Question:
        """The question whether a wanted version can be reached with this freedom."""
        return Question(lock=lock.without_wishes(self.wishes), free=self.gems, only=only, level="patch")


class Way(Struct, frozen=True, kw_only=True):
    """A way to the wanted version: what to write into the Gemfile, what to unlock, and what Bundler then locks.

    `pins` are the requirements that the Gemfile shall have, by gem.
    """

    gems: frozenset[str]
    level: Level
    lock: Lock
    pins: Mapping[str, tuple[str, ...]] = {}


class Dead(Struct, frozen=True, kw_only=True):
    """That there is no way, and who stands in it."""

    in_the_way: frozenset[Ask] = frozenset()


def find_way(
    name: str, goal: frozenset[Version], lock: Lock, offers: Offers, harm: Callable[[Lock], int]
) -> Way | Dead:
    """Return how Bundler takes a gem to one of the versions, or out of the bundle, moving as little else as possible.

    `harm` counts what is wrong with a state; of the ways with the same freedom, the one with the least is taken.
    """
    only = {name: goal}
    dead = Dead()
    for may_edit in (False, True):
        freedom = _widen(name, only, lock, offers, may_edit=may_edit)
        if isinstance(freedom, Dead):
            dead = freedom
            continue
        smallest = _narrow(name, freedom, only, lock, offers)
        reached = resolve(smallest.on(lock, only), offers).lock
        if reached is not None:
            return _written(name, goal, smallest, reached, lock, offers, harm)
    return dead


def _widen(
    name: str, only: dict[str, frozenset[Version]], lock: Lock, offers: Offers, *, may_edit: bool
) -> Freedom | Dead:
    """Free whoever is in the way, until the wanted version can be reached or nobody is left who could be freed."""
    freedom = Freedom(gems=frozenset({name}))
    answer = Answer()
    for _ in range(_MOST_WIDENINGS):
        answer = resolve(freedom.on(lock, only), offers)
        if answer.lock is not None:
            return freedom
        gems = _held_by_lockfile(answer.in_the_way, lock) - freedom.gems
        wishes = frozenset(ask.name for ask in answer.in_the_way if ask.by == GEMFILE) - freedom.wishes
        if gems and len(gems | freedom.gems) <= _MOST_FREE:
            freedom = replace(freedom, gems=freedom.gems | gems)
        elif wishes and may_edit:
            freedom = replace(freedom, wishes=freedom.wishes | wishes)
        else:
            break
    return Dead(in_the_way=answer.in_the_way)


def _held_by_lockfile(asks: frozenset[Ask], lock: Lock) -> frozenset[str]:
    """The gems that would have to be unlocked: those that ask, and those that are asked for."""
    return frozenset(name for ask in asks for name in (ask.by, ask.name) if lock.can_move(name))


def _narrow(name: str, freedom: Freedom, only: dict[str, frozenset[Version]], lock: Lock, offers: Offers) -> Freedom:
    """Hold again whatever need not move."""
    for smaller in _smaller(name, freedom):
        kept = Freedom(gems=freedom.gems - smaller.gems, wishes=freedom.wishes - smaller.wishes)
        if resolve(kept.on(lock, only), offers).lock is not None:
            freedom = kept
    return freedom


def _smaller(name: str, freedom: Freedom) -> Iterator[Freedom]:
    """Each thing that may have been freed for nothing, edits of the Gemfile first."""
    for wish in sorted(freedom.wishes):
        yield Freedom(gems=frozenset(), wishes=frozenset({wish}))
    for gem in sorted(freedom.gems - {name}):
        yield Freedom(gems=frozenset({gem}))


def _written(
    name: str,
    goal: frozenset[Version],
    freedom: Freedom,
    reached: Lock,
    lock: Lock,
    offers: Offers,
    harm: Callable[[Lock], int],
) -> Way:
    """The way in Bundler's words, checked for what Bundler, who prefers the newest release, makes of them."""
    loose = {wish: admitting(_wished(wish, lock), str(reached.gems[wish].version)) for wish in sorted(freedom.wishes)}
    named = sorted((freedom.wishes | {name}) & reached.gems.keys())
    exact = {wish: (str(reached.gems[wish].version),) for wish in named}
    for pins in (loose, exact):
        pinned = lock
        for gem, requirement in pins.items():
            pinned = pinned.wishing(gem, ", ".join(requirement))
        ways = [
            Way(gems=freedom.gems, level=level, lock=found, pins=pins)
            for level in _LEVELS
            if (found := resolve(Question(lock=pinned, free=freedom.gems, level=level), offers).lock) is not None
            and (name not in found.gems or found.gems[name].version in goal)
        ]
        if ways:
            return _plainest(min(ways, key=lambda way: harm(way.lock)), ways)
    # Whatever Bundler prefers, it takes what the Gemfile names.
    every = {gem: (str(reached.gems[gem].version),) for gem in sorted(freedom.gems & reached.gems.keys())}
    return Way(gems=freedom.gems, level="major", lock=reached, pins=every)


def _wished(name: str, lock: Lock) -> Iterator[str]:
    for wish in lock.wished.get(name, ()):
        yield from wish.requirement.split(", ")


def _plainest(best: Way, ways: list[Way]) -> Way:
    """The same outcome without an option where Bundler comes to it anyway."""
    return next((way for way in ways if way.level == "major" and way.lock.gems == best.lock.gems), best)
