"""Of two thousand repositories at a forge in trouble, every one ends as what it is; the next night costs nothing."""

from functools import partial
from pathlib import Path

import pytest
from proving import Clock, Scanner, Truth, differences, forge_of, truth_of

from forges import faults
from forges.contents import LOCKFILES
from forges.faults import Drawn
from forges.github_server import GitHub
from forges.world import World

SIZE = 2000
PAGES = SIZE // 100
DELETED = Truth("failed", 0, "not-found")


def trouble(github: GitHub) -> list[str]:
    """Let everything go wrong that can; return the names of those that are deleted before they are read."""
    world = github.world
    github.faults.drawn = Drawn(7, share=0.05)
    readable = [one for one in world if one.kind == "several" and not one.access]
    for one in readable[:3]:
        github.faults.once(f"/{one.name}/git/", faults.happening("deleted", partial(world.delete, one)))
    for one in readable[3:6]:
        renaming = partial(world.rename, one, f"{one.name}-moved")
        github.faults.once(f"/{one.name}/git/", faults.happening("renamed", renaming))
    for one in readable[6:9]:
        pushing = partial(world.push, one, {"Gemfile.lock": LOCKFILES[40]})
        github.faults.once(f"/{one.name}/git/", faults.happening("pushed", pushing))
    github.faults.script("graphql", faults.lost_cursor(), after=3)
    github.faults.script("graphql", faults.timed_out(), faults.timed_out())
    github.faults.script("tree", faults.secondary(429, None), faults.wrong_shape(), faults.secondary(403, 30), after=40)
    return [one.name for one in readable[:3]]


def test_every_repository_ends_as_what_it_is_and_then_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, world = Clock(), World(SIZE, 11)
    with forge_of(world, clock=clock, enterprise_has_limits=True) as github:
        scanner = Scanner(github, tmp_path / "state.sqlite", clock, monkeypatch)
        truth = truth_of(world)
        truth |= dict.fromkeys(trouble(github), DELETED)
        first = scanner.run()
        assert differences(truth, first) == {}
        assert {*faults.PASSING, "deleted", "renamed", "pushed", "lost-cursor"} <= github.faults.happened.keys()
        assert clock.slept >= 60
        assert github.most_at_once <= 8

        github.faults.drawn = None
        for trees in ({"tree": 3}, {}):
            github.forget()
            again = scanner.run()
            assert differences(truth_of(world), again) == {}
            # What was pushed while the first scan ran is in the next one, and that is all.
            assert github.counts == {"graphql": PAGES, **trees}
