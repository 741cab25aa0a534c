"""GMSH-0004 to GMSH-0007: worth knowing, and no defect."""

import pytest
from hazard_cases import locked, look, machine, missing, status

from gemaudit.hazards import missing_platform, old_tools, uninstrumented, unused_variants

GEMS = {"ffi 1.17.0": ("ruby", "x86_64-linux-gnu", "x86_64-linux-musl")}
NAMED = locked(GEMS)
PLAIN = locked({"ffi 1.15.0": ("ruby", "x86_64-linux")})


@pytest.mark.parametrize(
    ("platforms", "values", "expected"),
    [
        (("x86_64-linux",), {}, "affected"),
        (("arm64-darwin",), {}, "affected"),
        (("arm64-darwin",), {"cpu": "", "libc": ""}, "affected"),
        (("x86_64-linux",), {"libc": "gnu"}, ""),
        (("x86_64-linux-gnu",), {"libc": "gnu"}, ""),
        (("x86_64-linux-musl",), {}, ""),
        (("x86_64-linux-musl",), {"libc": "gnu"}, "affected"),
        (("x86_64-linux", "ruby"), {}, ""),
        ((), {}, ""),
        (("x86_64-linux",), {"libc": "gnu", "cpu": "arm64"}, "affected"),
        (("x86_64-linux",), {"libc": "gnu", "cpu": ""}, "under_investigation"),
        (("x86_64-linux",), {"cpu": ""}, "affected"),
        (("x86_64-linux",), {"libc": ""}, "under_investigation"),
        (("x86_64-linux",), {"libc": "", "cpu": ""}, "under_investigation"),
        (("x86_64-linux", "x86_64-linux-musl"), {"libc": ""}, ""),
        (("x86_64-linux",), {"os": "", "libc": ""}, ""),
        (("x86_64-linux",), {"engine": "jruby", "ruby": ""}, ""),
        (("arm64-darwin-23",), {"os": "darwin", "libc": "", "cpu": "arm64"}, ""),
        (("universal-darwin",), {"os": "darwin", "libc": "", "cpu": "arm64"}, ""),
        (("x86_64-linux",), {"os": "darwin", "libc": "", "cpu": "arm64"}, "affected"),
        (("x86_64-linux",), {"os": "windows", "libc": ""}, ""),
    ],
)
def test_a_platform_that_is_missing(platforms: tuple[str, ...], values: dict[str, str], expected: str) -> None:
    assert status(missing_platform, locked({"rack 3.0": ("ruby",)}, platforms), machine(**values)) == expected


def test_a_missing_platform_is_named_at_the_section() -> None:
    lock = locked({"rack 3.0": ("ruby",)}, ("x86_64-linux",))
    [found] = look(missing_platform, lock, machine())
    assert (found.package.kind, found.package.name, found.package.platforms) == (
        "bundle",
        "PLATFORMS",
        ("x86_64-linux-musl",),
    )
    assert found.line == 7
    assert missing(missing_platform, lock, machine(libc="gnu", cpu="")) == [("cpu", "arm64")]
    assert missing(missing_platform, lock, machine(libc="")) == [("libc", "musl")]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"rubygems": "3.3.7", "bundler": "2.3.7", "libc": "gnu"}, ["rubygems 3.3.7"]),
        ({"rubygems": "3.3.7", "bundler": "2.3.7", "libc": ""}, ["rubygems 3.3.7"]),
        ({"rubygems": "3.3.7", "bundler": "2.3.21", "libc": "gnu"}, []),
        ({"rubygems": "3.3.22", "bundler": "2.3.7", "libc": "gnu"}, []),
        ({"rubygems": "3.6.9", "bundler": "2.4.19", "libc": "gnu"}, []),
        ({"rubygems": "3.6.9", "bundler": "2.4.19"}, ["bundler 2.4.19"]),
        ({"rubygems": "3.6.9", "bundler": "2.5.6"}, []),
        ({"rubygems": "3.3.7", "bundler": "2.3.7"}, ["bundler 2.3.7", "rubygems 3.3.7"]),
        ({"rubygems": "3.3.7", "bundler": ""}, []),
        ({"rubygems": "3.3.7", "bundler": "2.3.7", "os": "darwin", "libc": ""}, []),
        ({"rubygems": "3.3.7", "bundler": "2.3.7", "engine": "jruby", "ruby": ""}, []),
    ],
)
def test_tools_that_are_too_old(values: dict[str, str], expected: list[str]) -> None:
    found = look(old_tools, NAMED, machine(**values))
    assert [f"{one.package.name} {one.package.version}" for one in found] == expected
    assert {one.package.kind for one in found} <= {"tool"}
    assert look(old_tools, PLAIN, machine(**values)) == ()


def test_a_tool_is_named_once_for_all_environments() -> None:
    old = {"rubygems": "3.3.7", "bundler": "2.3.7", "libc": "gnu"}
    [found] = look(old_tools, NAMED, machine("a", **old), machine("b", **old), machine("c"))
    assert [verdict.environment for verdict in found.verdicts] == ["a", "b"]


@pytest.mark.parametrize(
    ("lock", "values", "expected"),
    [
        (NAMED, {"sanitizer": "address"}, "affected"),
        (NAMED, {"sanitizer": "address", "libc": "gnu"}, "affected"),
        (NAMED, {"sanitizer": "address", "libc": ""}, "affected"),
        (NAMED, {"sanitizer": "thread"}, "affected"),
        (NAMED, {"sanitizer": "none"}, ""),
        (NAMED, {"sanitizer": "no-address"}, ""),
        (NAMED, {}, ""),
        (NAMED, {"sanitizer": "address", "cpu": "arm64"}, ""),
        (NAMED, {"sanitizer": "address", "cpu": ""}, "under_investigation"),
        (NAMED, {"sanitizer": "address", "os": "darwin", "libc": ""}, ""),
        (NAMED, {"sanitizer": "address", "engine": ""}, "under_investigation"),
        (
            locked({"ffi 1.17.0": ("ruby", "x86_64-linux-gnu")}),
            {"sanitizer": "address", "libc": ""},
            "under_investigation",
        ),
        (locked({"ffi 1.17.0": ("ruby",)}), {"sanitizer": "address"}, ""),
    ],
)
def test_gems_that_hide_from_a_sanitizer(lock, values: dict[str, str], expected: str) -> None:  # type: ignore[no-untyped-def]
    assert status(uninstrumented, lock, machine(**values)) == expected


MANY = locked(
    {"ffi 1.17.0": ("ruby", "aarch64-linux-gnu", "arm64-darwin", "java", "x86_64-linux-gnu", "x86_64-linux-musl")}
)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([machine()], ("aarch64-linux-gnu", "x86_64-linux-gnu")),
        ([machine(), machine("ci", libc="gnu")], ("aarch64-linux-gnu",)),
        ([machine(), machine("a", libc="gnu"), machine("b", libc="gnu", cpu="arm64")], None),
        ([machine(cpu="")], None),
        ([machine(libc="")], None),
        ([machine(), machine("ci", os="", libc="")], None),
        ([machine(os="darwin", libc="")], None),
        ([], None),
    ],
)
def test_files_that_nothing_installs(places: list, expected: tuple[str, ...] | None) -> None:  # type: ignore[type-arg]
    found = look(unused_variants, MANY, *places)
    assert (found[0].package.platforms if found else None) == expected
    assert len(found) <= 1
