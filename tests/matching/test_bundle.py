"""Who brings a gem in."""

from unittest.mock import create_autospec

import pytest

from builders import lockfile, package
from gemaudit.matching.bundle import Bundle
from gemaudit.model.lockfile import Lockfile

CHAIN = lockfile(
    package("karafka 2.5.0", needs=["karafka-rdkafka ~> 0.19"]),
    package("karafka-rdkafka 0.19.0", needs=["ffi ~> 1.15"]),
    "ffi 1.16.3",
    gemfile=["karafka"],
)
DIAMOND = lockfile(
    package("app 1", needs=["left", "right"]),
    package("left 1", needs=["ffi"]),
    package("right 1", needs=["ffi"]),
    "ffi 1.16.3",
    gemfile=["app"],
)
CYCLE = lockfile(
    package("one 1", needs=["two"]),
    package("two 1", needs=["one", "ffi"]),
    package("ffi 1.16.3", needs=["one", "ffi"]),
    gemfile=["one"],
)
MANY = lockfile(
    *(package(f"g{number} 1", needs=["ffi"]) for number in range(9)),
    package("far 1", needs=["g8"]),
    "ffi 1.16.3",
    gemfile=["far", *(f"g{number}" for number in range(5))],
)
BACK_AND_FORTH = lockfile(
    package("ffi 1.16.3", needs=["one"]),
    package("one 1", needs=["ffi"]),
    package("two 1", needs=["ffi", "zed"]),
    package("zed 1", needs=["one"]),
    gemfile=["two"],
)
VARIANTS = lockfile(
    package("nokogiri 1.18.3", needs=["mini_portile2"]),
    package("nokogiri 1.18.3", platform="x86_64-linux-gnu", needs=["racc"]),
    "racc 1.8.1",
    gemfile=["nokogiri"],
)


@pytest.mark.parametrize(
    ("locked", "name", "paths"),
    [
        (CHAIN, "ffi", (("karafka", "karafka-rdkafka", "ffi"),)),
        (CHAIN, "karafka", (("karafka",),)),
        (DIAMOND, "ffi", (("app", "left", "ffi"), ("app", "right", "ffi"))),
        (CYCLE, "ffi", (("one", "two", "ffi"),)),
        (CYCLE, "two", (("one", "two"),)),
        (BACK_AND_FORTH, "ffi", (("two", "ffi"), ("two", "zed", "one", "ffi"))),
        (MANY, "ffi", (("g0", "ffi"), ("g1", "ffi"), ("g2", "ffi"))),
        (VARIANTS, "racc", (("nokogiri", "racc"),)),
        (VARIANTS, "unknown", ()),
        (lockfile("ffi 1.16.3"), "ffi", ()),
        (lockfile(package("a 1", needs=["ffi"]), "ffi 1", gemfile=["ffi", "a"]), "ffi", (("ffi",),)),
    ],
    ids=[
        "chain", "direct", "diamond", "cycle through itself", "in a cycle", "past itself", "three of many",
        "a variant asks", "not there", "nobody asks", "direct and transitive",
    ],
)  # fmt: skip
def test_paths(locked: Lockfile, name: str, paths: tuple[tuple[str, ...], ...]) -> None:
    assert Bundle(locked).paths(name) == paths


def test_a_long_chain_takes_no_time() -> None:
    gems = [package(f"g{number} 1", needs=[f"g{number + 1}", "ffi"]) for number in range(20_000)]
    assert Bundle(lockfile(*gems, "ffi 1", gemfile=["g0"])).paths("ffi") == (
        ("g0", "ffi"),
        ("g0", "g1", "ffi"),
        ("g0", "g1", "g2", "ffi"),
    )


def test_versions_put_the_variants_of_one_release_together() -> None:
    locked = lockfile(
        package("b 1", platform="java", line=4), package("b 2", line=5), package("b 1", line=3), package("a 1", line=9)
    )
    assert [(name, version, len(variants)) for name, version, variants in Bundle(locked).versions] == [
        ("a", "1", 1),
        ("b", "1", 2),
        ("b", "2", 1),
    ]


def test_a_chain_that_nobody_reads_is_left_out() -> None:
    gems = [package(f"g{number} 1", needs=[f"g{number + 1}"]) for number in range(100)]
    bundle = Bundle(lockfile(*gems, gemfile=["g0"]))
    assert len(bundle.paths("g64")[0]) == 65
    assert bundle.paths("g65") == ()


def test_a_huge_bundle_whose_gems_ask_for_each_other_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 2_000
    steps = (1, -1, 7, -7)
    gems = [package(f"g{n} 1", needs=[f"g{(n + step) % count}" for step in steps]) for n in range(count)]
    bundle = Bundle(lockfile(*gems, gemfile=["g0"]))
    search = create_autospec(Bundle._search, side_effect=Bundle._search)
    monkeypatch.setattr(Bundle, "_search", search)
    for number in range(count):
        name = f"g{number}"
        for chain in bundle.paths(name):
            assert (chain[0], chain[-1], chain.count(name)) == ("g0", name, 1)
    search.assert_called_once_with(bundle)
