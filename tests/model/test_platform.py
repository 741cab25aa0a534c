"""Platforms read as RubyGems has it, and a gem file goes where that RubyGems would put it."""

import copy
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemaudit.model.platform import Platform, best_variant
from gemaudit.model.version import Version

OLD = Version.parse("3.3.15")
NEW = Version.parse("3.6.9")


@pytest.mark.parametrize(
    ("text", "cpu", "os", "version", "printed"),
    [
        ("ruby", None, "ruby", None, "ruby"),
        ("", None, "ruby", None, "ruby"),
        ("java", None, "java", None, "java"),
        ("jruby", None, "java", None, "java"),
        ("java11", None, "java", "11", "java11"),
        ("universal-java-1.8", "universal", "java", "1.8", "universal-java-1.8"),
        ("x86_64-linux", "x86_64", "linux", None, "x86_64-linux"),
        ("x86_64-linux-gnu", "x86_64", "linux", "gnu", "x86_64-linux-gnu"),
        ("x86_64-linux-musl", "x86_64", "linux", "musl", "x86_64-linux-musl"),
        ("i686-linux", "x86", "linux", None, "x86-linux"),
        ("i386-mswin32_80", "x86", "mswin32", "80", "x86-mswin32-80"),
        ("arm-linux-gnueabihf", "arm", "linux", "gnueabihf", "arm-linux-gnueabihf"),
        ("armv7l-linux-eabihf", "armv7l", "linux", "eabihf", "armv7l-linux-eabihf"),
        ("arm64-darwin23", "arm64", "darwin", "23", "arm64-darwin-23"),
        ("arm64-darwin-23", "arm64", "darwin", "23", "arm64-darwin-23"),
        ("universal-darwin", "universal", "darwin", None, "universal-darwin"),
        ("x64-mingw32", "x64", "mingw32", None, "x64-mingw32"),
        ("x64-mingw-ucrt", "x64", "mingw", "ucrt", "x64-mingw-ucrt"),
        ("x64-mswin64-140", "x64", "mswin64", "140", "x64-mswin64-140"),
        ("mswin32", "x86", "mswin32", None, "x86-mswin32"),
        ("mswin64", None, "mswin64", None, "mswin64"),
        ("amd64-freebsd-13", "amd64", "freebsd", "13", "amd64-freebsd-13"),
        ("x86_64-openbsd7.0", "x86_64", "openbsd", "7.0", "x86_64-openbsd-7.0"),
        ("sparc-solaris-2.11", "sparc", "solaris", "2.11", "sparc-solaris-2.11"),
        ("wasm32-wasi", "wasm32", "wasi", None, "wasm32-wasi"),
        ("x86_64-plan9", "x86_64", "unknown", None, "x86_64-unknown"),
        ("current", None, "unknown", None, "unknown"),
        ("-", None, "unknown", None, "unknown"),
        ("x86_64-linux-", "x86_64", "linux", None, "x86_64-linux"),
    ],
)
def test_reading(text: str, cpu: str | None, os: str, version: str | None, printed: str) -> None:
    platform = Platform.parse(text)
    assert (platform.cpu, platform.os, platform.version) == (cpu, os, version)
    assert str(platform) == printed
    assert Platform.parse(printed) == platform


@pytest.mark.parametrize(
    ("gem", "host", "before", "since"),
    [
        # The libc on linux.
        ("x86_64-linux", "x86_64-linux", True, True),
        ("x86_64-linux", "x86_64-linux-gnu", True, True),
        ("x86_64-linux", "x86_64-linux-musl", True, True),
        ("x86_64-linux-gnu", "x86_64-linux", True, True),
        ("x86_64-linux-gnu", "x86_64-linux-gnu", True, True),
        ("x86_64-linux-gnu", "x86_64-linux-musl", True, False),
        ("x86_64-linux-musl", "x86_64-linux", True, False),
        ("x86_64-linux-musl", "x86_64-linux-gnu", True, False),
        ("x86_64-linux-musl", "x86_64-linux-musl", True, True),
        ("x86_64-linux-uclibc", "x86_64-linux", True, False),
        ("x86_64-linux", "x86_64-linux-uclibc", True, False),
        ("aarch64-linux", "x86_64-linux", False, False),
        # 32-bit arm: its ABI marker is no libc of its own.
        ("arm-linux", "arm-linux-gnueabihf", True, True),
        ("arm-linux", "arm-linux-musleabihf", True, True),
        ("arm-linux-eabihf", "arm-linux", True, True),
        ("arm-linux-gnu", "arm-linux-gnueabihf", True, True),
        ("arm-linux-gnueabihf", "arm-linux-eabi", True, True),
        ("arm-linux-musl", "arm-linux-musleabihf", False, True),
        ("arm-linux-gnueabihf", "arm-linux-musleabihf", True, False),
        ("arm-linux-musleabihf", "arm-linux-gnueabihf", True, False),
        ("arm-linux", "armv7l-linux", False, True),
        ("armv7l-linux", "arm-linux", True, False),
        ("arm-linux", "arm64-linux", False, False),
        # Elsewhere a missing version is a wildcard, on either side.
        ("arm64-darwin", "arm64-darwin-23", True, True),
        ("arm64-darwin-23", "arm64-darwin", True, True),
        ("arm64-darwin-22", "arm64-darwin-23", False, False),
        ("universal-darwin", "arm64-darwin-23", True, True),
        ("x86_64-darwin", "arm64-darwin-23", False, False),
        ("x64-mingw32", "x64-mingw32", True, True),
        ("x64-mingw32", "x64-mingw-ucrt", False, False),
        ("x64-mingw-ucrt", "x64-mingw32", False, False),
        ("universal-mingw", "x64-mingw-ucrt", True, True),
        ("universal-mingw32", "x64-mingw-ucrt", False, True),
        ("universal-mingw", "x64-mingw32", False, True),
        ("x86-mingw32", "x64-mingw32", False, False),
        ("x64-mswin64", "x64-mswin64-140", True, True),
        ("java", "universal-java-17", True, True),
        ("universal-java-11", "java", True, True),
        ("java", "x86_64-linux", False, False),
        ("x86_64-linux", "universal-java-17", False, False),
        # Ruby goes everywhere, and nothing else goes where only Ruby does.
        ("ruby", "x86_64-linux-musl", True, True),
        ("ruby", "java", True, True),
        ("ruby", "ruby", True, True),
        ("x86_64-linux", "ruby", False, False),
        ("x86_64-unknown", "x86_64-plan9", True, True),
    ],
)
def test_installation(gem: str, host: str, *, before: bool, since: bool) -> None:
    platform, local = Platform.parse(gem), Platform.parse(host)
    assert platform.installs_on(local, rubygems=OLD) is before
    assert platform.installs_on(local, rubygems=NEW) is since
    assert platform.installs_on(local) is since


@pytest.mark.parametrize(
    ("gem", "host", "last_without", "first_with", "then"),
    [
        ("x86_64-linux-musl", "x86_64-linux", "3.3.21", "3.3.22", False),
        ("x86_64-linux-gnu", "x86_64-linux-musl", "3.3.22.a", "3.3.22", False),
        ("universal-mingw", "x64-mingw32", "3.3.17", "3.3.18", True),
        ("arm-linux", "arm64-linux", "3.5.14", "3.5.15", False),
    ],
)
def test_each_rule_has_its_release(gem: str, host: str, last_without: str, first_with: str, *, then: bool) -> None:
    platform, local = Platform.parse(gem), Platform.parse(host)
    assert platform.installs_on(local, rubygems=Version.parse(last_without)) is not then
    assert platform.installs_on(local, rubygems=Version.parse(first_with)) is then


@pytest.mark.parametrize(
    ("text", "libc", "with_musl", "with_gnu", "without"),
    [
        ("x86_64-linux", None, "x86_64-linux-musl", "x86_64-linux-gnu", "x86_64-linux"),
        ("x86_64-linux-gnu", "gnu", "x86_64-linux-musl", "x86_64-linux-gnu", "x86_64-linux"),
        ("x86_64-linux-musl", "musl", "x86_64-linux-musl", "x86_64-linux-gnu", "x86_64-linux"),
        ("arm-linux-gnueabihf", "gnu", "arm-linux-musleabihf", "arm-linux-gnueabihf", "arm-linux-eabihf"),
        ("arm-linux-eabi", None, "arm-linux-musleabi", "arm-linux-gnueabi", "arm-linux-eabi"),
        ("x86_64-linux-uclibc", None, "x86_64-linux-musl", "x86_64-linux-gnu", "x86_64-linux"),
        ("arm64-darwin-23", None, "arm64-darwin-23", "arm64-darwin-23", "arm64-darwin-23"),
        ("x64-mingw-ucrt", None, "x64-mingw-ucrt", "x64-mingw-ucrt", "x64-mingw-ucrt"),
        ("java", None, "java", "java", "java"),
        ("ruby", None, "ruby", "ruby", "ruby"),
    ],
)
def test_libc(text: str, libc: str | None, with_musl: str, with_gnu: str, without: str) -> None:
    platform = Platform.parse(text)
    assert platform.libc == libc
    assert str(platform.with_libc("musl")) == with_musl
    assert str(platform.with_libc("gnu")) == with_gnu
    assert str(platform.with_libc(None)) == without


@pytest.mark.parametrize(
    ("candidates", "host", "before", "since"),
    [
        ("ruby x86_64-linux", "x86_64-linux", "x86_64-linux", "x86_64-linux"),
        ("ruby x86_64-linux x86_64-linux-gnu", "x86_64-linux-gnu", "x86_64-linux", "x86_64-linux-gnu"),
        ("ruby x86_64-linux x86_64-linux-gnu", "x86_64-linux", "x86_64-linux", "x86_64-linux"),
        ("ruby x86_64-linux-gnu x86_64-linux-musl", "x86_64-linux", "x86_64-linux-gnu", "x86_64-linux-gnu"),
        ("ruby x86_64-linux x86_64-linux-musl", "x86_64-linux-musl", "x86_64-linux-musl", "x86_64-linux-musl"),
        ("ruby x86_64-linux", "x86_64-linux-musl", "x86_64-linux", "x86_64-linux"),
        ("ruby x86_64-linux-gnu", "x86_64-linux-musl", "x86_64-linux-gnu", "ruby"),
        ("ruby x86_64-linux-musl", "x86_64-linux", "x86_64-linux-musl", "ruby"),
        ("x86_64-linux-musl", "x86_64-linux", "x86_64-linux-musl", None),
        ("ruby arm64-darwin universal-darwin", "arm64-darwin-23", "arm64-darwin", "arm64-darwin"),
        ("ruby universal-darwin", "arm64-darwin-23", "universal-darwin", "universal-darwin"),
        ("ruby java", "universal-java-17", "java", "java"),
        ("ruby x64-mingw32", "x64-mingw-ucrt", "ruby", "ruby"),
        ("ruby x64-mingw32 universal-mingw x64-mingw-ucrt", "x64-mingw-ucrt", "x64-mingw-ucrt", "x64-mingw-ucrt"),
        ("ruby arm-linux armv6l-linux", "armv7l-linux", "ruby", "arm-linux"),
        ("x86_64-linux", "aarch64-linux", None, None),
        ("x86_64-linux ruby", "ruby", "ruby", "ruby"),
        ("", "x86_64-linux", None, None),
    ],
)
def test_best_variant(candidates: str, host: str, before: str | None, since: str | None) -> None:
    for names in list(permutations(candidates.split()))[:24]:
        platforms, local = [Platform.parse(name) for name in names], Platform.parse(host)
        assert best_variant(platforms, local, rubygems=OLD) == (before and Platform.parse(before))
        assert best_variant(platforms, local, rubygems=NEW) == (since and Platform.parse(since))
        assert best_variant(platforms, local) == (since and Platform.parse(since))


def test_platforms_are_immutable_values() -> None:
    platform = Platform.parse("x86_64-linux-musl")
    assert platform == Platform("x86_64", "linux", "musl")
    assert hash(platform) == hash(Platform("x86_64", "linux", "musl"))
    assert copy.deepcopy(platform) == platform != "x86_64-linux-musl"
    assert repr(platform) == "Platform('x86_64', 'linux', 'musl')"
    with pytest.raises(AttributeError, match="never changes"):
        platform.os = "darwin"


@given(st.text(max_size=40) | st.from_regex(r"[a-z0-9_]{0,8}(-[a-z0-9_.]{0,8}){0,3}", fullmatch=True))
def test_any_text_is_a_platform_and_installs_at_home(text: str) -> None:
    platform = Platform.parse(text)
    assert platform.installs_on(platform)
    assert platform.installs_on(platform, rubygems=OLD)
    assert Platform.parse(str(platform)).os in {platform.os, "unknown"}
