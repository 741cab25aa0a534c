"""Who brings a gem in."""

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
