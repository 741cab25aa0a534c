"""Packages that a step deals with on the way to another: it is credited with what that closes, and names them."""

import pytest

from builders import linux, lockfile, offer, offers, on_gem, package, planned, releases, shipped
from gemaudit.model.plan import Move

A, B = "GMSA-2026-0001", "GMSA-2026-0002"
ON_FFI = on_gem("ffi", "0...1.17.0")
ON_ORPHAN = on_gem("orphan", "0...2.0", id_=B)


class TestOrphans:
    """A lockfile may hold gems that nobody asks for; Bundler drops them with whatever it locks next."""

    OFFERS = offers("ffi 1.16.3", "ffi 1.17.0", "orphan 1.0", "orphan 2.0", "stray 1.0", "stray 2.0")

    def test_an_earlier_step_drops_it(self) -> None:
        locked = lockfile("ffi 1.16.3", "orphan 1.0", gemfile=["ffi"])
        (step,) = planned(locked, linux(), ON_FFI, ON_ORPHAN, offers=self.OFFERS).steps
        assert (step.name, step.closes, step.remains) == ("ffi", (A, B), ())
        assert step.moves == (Move(name="ffi", current="1.16.3", target="1.17.0"), Move(name="orphan", current="1.0"))

    @pytest.mark.parametrize("ranges", ["0...2.0", "0..."], ids=["with a fix", "without"])
    def test_several_leave_in_the_step_of_the_first(self, ranges: str) -> None:
        locked = lockfile("ffi 1.16.3", "orphan 1.0", "stray 1.0", gemfile=["ffi"])
        known = [on_gem("orphan", ranges), on_gem("stray", ranges, id_=B)]
        (step,) = planned(locked, linux(), *known, offers=self.OFFERS).steps
        assert (step.name, step.target, step.outcome, step.closes) == ("orphan", "", "upgrade", (A, B))
        assert step.moves == (Move(name="orphan", current="1.0"), Move(name="stray", current="1.0"))

    def test_at_several_versions(self) -> None:
        locked = lockfile("ffi 1.16.3", "orphan 1.0", package("orphan 1.1", platform="java"), gemfile=["ffi"])
        (step,) = planned(locked, linux(), ON_FFI, ON_ORPHAN, offers=self.OFFERS).steps
        assert [(one.name, one.current, one.target) for one in step.moves] == [
            ("ffi", "1.16.3", "1.17.0"),
            ("orphan", "1.0", ""),
            ("orphan", "1.1", ""),
        ]


def test_every_version_of_a_default_gem_moves_to_the_one_that_is_added() -> None:
    versions = {"3.2.5": "2.6.3", "3.3.5": "2.7.2", "3.4.5": "2.9.1"}
    (step,) = planned(
        lockfile("rake 13.0", gemfile=["rake"]),
        [linux(f"on-{ruby}", ruby=ruby) for ruby in versions],
        on_gem("json", "0...2.10.2"),
        gems=shipped({ruby: {"json": version} for ruby, version in versions.items()}),
        rubies=releases(*versions),
        offers=offers("json 2.15.0"),
    ).steps
    assert step.commands == ('bundle add json --version ">= 2.15.0"',)
    assert step.moves == tuple(
        Move(kind="default-gem", name="json", current=version, target="2.15.0") for version in versions.values()
    )


def test_a_gem_that_moves_twice_is_credited_to_the_step_that_closes() -> None:
    """`lib` moves with `a`, to a version that is not enough, and from there with `b`."""
    locked = lockfile(
        package("a 1.0", needs=["lib ~> 1.0.0"]), package("b 1.0", needs=["lib"]), "lib 1.0", gemfile=["a", "b"]
    )
    files = offers(
        offer("a 1.0", needs=["lib ~> 1.0.0"]),
        offer("a 2.0", needs=["lib ~> 1.5"]),
        offer("a 3.0", needs=["lib"]),
        offer("b 1.0", needs=["lib"]),
        offer("b 2.0", needs=["lib ~> 2.0"]),
        "lib 1.0",
        "lib 1.5",
        "lib 2.0",
    )
    known = [on_gem("a", "0...2.0", "3.0...", id_=id_) for id_ in ("GMSA-1", "GMSA-2")]
    known += [on_gem("b", "0...2.0", id_="GMSA-3"), on_gem("lib", "0...2.0", id_="GMSA-4")]
    first, second = planned(locked, linux(), *known, offers=files).steps
    assert (first.closes, second.closes) == (("GMSA-1", "GMSA-2"), ("GMSA-3", "GMSA-4"))
    assert Move(name="lib", current="1.0", target="1.5") in first.moves
    assert Move(name="lib", current="1.5", target="2.0") in second.moves
