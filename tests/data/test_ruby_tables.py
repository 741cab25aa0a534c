"""The tables about CRuby: that they are consistent, what they say, and whether a real Ruby agrees."""

import datetime as dt
import itertools
import os
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from gemaudit.adapters.tables import ruby_releases, shipped_gems
from gemaudit.model.requirement import Requirement
from gemaudit.model.rubies import Changes, RubyReleases, ShippedGems
from gemaudit.model.version import Version

DATA = Path(__file__).resolve().parents[2] / "src" / "gemaudit" / "data"


@pytest.fixture(scope="module")
def releases() -> RubyReleases:
    return ruby_releases()


@pytest.fixture(scope="module")
def gems() -> ShippedGems:
    return shipped_gems()


# The list of releases.


def test_releases_are_sorted_and_unique(releases: RubyReleases) -> None:
    assert list(releases.versions) == sorted(set(releases.versions))
    assert all(
        release.version == str(version) for release, version in zip(releases.releases, releases.versions, strict=True)
    )


def test_every_release_rests_on_what_was_read_or_on_a_page(releases: RubyReleases) -> None:
    assert [release.version for release in releases.releases if bool(release.seen) == bool(release.source)] == []
    assert all(release.source.startswith("https://") for release in releases.releases if release.source)


def test_no_release_came_out_before_its_predecessor_of_the_branch(releases: RubyReleases) -> None:
    for _, branch in itertools.groupby(releases.releases, key=lambda release: releases.branch_of(release.version)):
        days = [release.date for release in branch]
        assert days == sorted(days)


def test_no_release_is_younger_than_the_table(releases: RubyReleases) -> None:
    assert max(release.date for release in releases.releases) <= releases.generated


def test_every_branch_has_releases_and_every_release_a_branch(releases: RubyReleases) -> None:
    names = list(dict.fromkeys(releases.branch_of(release.version) for release in releases.releases))
    assert [branch.name for branch in releases.branches] == names


def test_the_newest_of_a_branch_is_its_last_final_release(releases: RubyReleases) -> None:
    for branch in releases.branches:
        finals = [
            version.text
            for version in releases.versions
            if releases.branch_of(version.text) == branch.name and not version.is_prerelease
        ]
        assert releases.newest(branch.name) == (finals[-1] if finals else None)
        assert (branch.status == "preview") == (not finals)


def test_a_branch_that_ended_says_when_and_one_that_lives_only_expects_it(releases: RubyReleases) -> None:
    for branch in releases.branches:
        end = releases.end_of_life(branch.name)
        assert (end is None) == (branch.status == "preview")
        if end:
            assert branch.end_is_expected == (branch.status != "eol") == (end > releases.generated)


def test_known_releases(releases: RubyReleases) -> None:
    dates = {release.version: release.date for release in releases.releases}
    assert dates["2.7.8"] == dt.date(2023, 3, 30)
    assert dates["3.4.5"] == dt.date(2025, 7, 15)
    assert dates["4.0.0"] == dt.date(2025, 12, 25)
    assert "3.4.0.preview1" in dates
    assert "4.0.0.preview1" not in dates
    assert releases.end_of_life("3.1") == dt.date(2025, 3, 26)


def test_a_series_is_its_final_releases(releases: RubyReleases) -> None:
    series = releases.matching(Requirement.parse("~> 3.1.0"))
    assert series == tuple(f"3.1.{teeny}" for teeny in range(8))
    assert releases.matching(Requirement.parse("~> 2.9.0")) == ()


def test_previews_count_where_the_requirement_names_one(releases: RubyReleases) -> None:
    assert "3.4.0.rc1" in releases.matching(Requirement.parse(">= 3.4.0.preview1"))
    assert "3.4.0.rc1" not in releases.matching(Requirement.parse(">= 3.3"))


def test_the_next_branch_has_a_final_release(releases: RubyReleases) -> None:
    assert releases.next_branch("2.7") == "3.0"
    assert releases.next_branch("3.4") == "4.0", "3.5 was renamed before it came out"
    assert releases.next_branch(releases.branches[-1].name) is None


def test_what_nobody_knows_is_none(releases: RubyReleases) -> None:
    assert releases.branch("1.8") is None
    assert releases.newest("1.8") is None
    assert releases.newest("3.5") is None
    assert releases.end_of_life("1.8") is None


# The gems that releases ship.


def test_the_rubies_with_gems_are_sorted_and_exactly_those_that_were_read(
    releases: RubyReleases, gems: ShippedGems
) -> None:
    assert list(gems.rubies) == [release.version for release in releases.releases if release.seen]


def _changes(gems: ShippedGems) -> dict[str, Changes]:
    return {
        **gems.default,
        **{f"{name} (bundled)": changes for name, changes in gems.bundled.items()},
        "": gems.rubygems_changes,
    }


def test_changes_are_ordered_and_are_changes(gems: ShippedGems) -> None:
    for name, changes in _changes(gems).items():
        positions = [position for position, _ in changes]
        assert positions == sorted(set(positions)), name
        assert positions[-1] < len(gems.rubies), name
        assert changes[0][1] is not None, name
        assert all(before[1] != after[1] for before, after in itertools.pairwise(changes)), name


def test_versions_are_what_rubygems_calls_versions(gems: ShippedGems) -> None:
    for name, changes in _changes(gems).items():
        for _, version in changes:
            assert version is None or str(Version.parse(version)) == version, name


def test_no_release_ships_a_gem_twice(gems: ShippedGems) -> None:
    for ruby in gems.rubies:
        everything, defaults = gems.shipped(ruby, os="windows"), gems.default_gems(ruby, os="windows")
        assert everything is not None
        assert defaults is not None
        bundled = {name for name in everything if gems.kind(name, ruby) == "bundled"}
        assert bundled.isdisjoint(defaults)
        assert bundled | defaults.keys() == everything.keys()


@pytest.mark.parametrize(
    ("ruby", "expected"),
    [
        ("2.7.8", "json 2.3.0, stringio 0.1.0, zlib 1.1.0, openssl 2.1.4, psych 3.1.0, strscan 1.0.3, uri 0.10.0.2"),
        ("3.3.0", "json 2.7.1, stringio 3.1.0, zlib 3.1.0, openssl 3.2.0, psych 5.1.2, strscan 3.0.7, racc 1.7.3"),
        ("3.3.11", "json 2.7.2, stringio 3.1.1, zlib 3.1.2, openssl 3.2.2, psych 5.1.2, strscan 3.0.9, rexml 3.4.4"),
        ("3.4.5", "json 2.9.1, stringio 3.1.2, zlib 3.2.1, openssl 3.3.0, psych 5.2.2, bigdecimal 3.1.8, racc 1.8.1"),
        ("4.0.5", "json 2.18.0, stringio 3.2.0, zlib 3.2.3, openssl 4.0.0, psych 5.3.1, bigdecimal 4.0.1, rake 13.3.1"),
    ],
)
def test_versions_read_by_hand_at_the_tags(gems: ShippedGems, ruby: str, expected: str) -> None:
    shipped = gems.shipped(ruby)
    assert shipped is not None
    wanted = dict(item.split(" ") for item in expected.split(", "))
    assert {name: shipped[name] for name in wanted} == wanted


def test_rubygems_and_bundler(gems: ShippedGems) -> None:
    assert (gems.rubygems("2.7.8"), gems.bundler("2.7.8")) == ("3.1.6", "2.1.4")
    assert (gems.rubygems("3.4.5"), gems.bundler("3.4.5")) == ("3.6.9", "2.6.9")
    assert gems.bundler("2.5.9") is None, "2.6 was the first to ship Bundler"


def test_a_release_that_nobody_read_has_no_gems(releases: RubyReleases, gems: ShippedGems) -> None:
    unread = [release.version for release in releases.releases if not release.seen]
    for ruby in (*unread, "3.4.99", "2.4.10", "3.4", ""):
        assert gems.shipped(ruby) is None
        assert gems.default_gems(ruby) is None
        assert gems.rubygems(ruby) is None
        assert gems.bundler(ruby) is None
        assert gems.kind("json", ruby) is None


def test_the_kind_of_a_gem_depends_on_the_release(gems: ShippedGems) -> None:
    assert gems.kind("json", "3.4.5") == "default"
    assert gems.kind("bigdecimal", "3.3.1") == "default"
    assert gems.kind("bigdecimal", "3.4.5") == "bundled"
    assert gems.kind("rails", "3.4.5") is None


def test_the_kind_of_a_gem_without_a_release_is_the_newest_one(gems: ShippedGems) -> None:
    assert gems.kind("json") == "default"
    assert gems.kind("bigdecimal") == "bundled"
    assert gems.kind("rake") == "bundled"
    assert gems.kind("dbm") == "default", "3.0 was the last to ship it"
    assert gems.kind("rails") is None


def test_gems_for_windows_are_shipped_there_only(gems: ShippedGems) -> None:
    assert "win32ole" not in (gems.shipped("3.3.0") or {})
    assert "win32ole" in (gems.shipped("3.3.0", os="windows") or {})


def test_previews_may_be_spelled_as_ruby_does(gems: ShippedGems) -> None:
    assert gems.shipped("3.4.0-preview1") == gems.shipped("3.4.0.preview1") != None  # noqa: E711 - a chain of equals


def test_what_is_returned_may_be_changed(gems: ShippedGems) -> None:
    (gems.shipped("3.4.5") or {}).clear()
    assert gems.shipped("3.4.5")


def test_the_files_stay_small() -> None:
    assert sum((DATA / name).stat().st_size for name in ("ruby-releases.json", "shipped-gems.json")) < 120_000


# A real Ruby as the oracle.

#: Versions that Debian's ruby3.1 3.1.2-7+deb12u1 has instead of those of CRuby 3.1.2, from its changelog.
PATCHED_BY_DEBIAN = {
    ("cgi", "0.3.5"): "CVE-2021-33621",
    ("openssl", "3.0.1"): "Debian bug 1032070, which asks for the bugfix release",
    ("rdoc", "6.4.1.1"): "CVE-2024-27281",
    ("stringio", "3.0.1.2"): "CVE-2024-27280",
}

ASK = """
puts RUBY_VERSION
bundled = Gem.default_specifications_dir.delete_suffix("/default")
{"default" => Gem.default_specifications_dir, "bundled" => bundled}.each do |kind, folder|
  Gem::Specification.each_spec([folder]) { |spec| puts [kind, spec.name, spec.version].join(" ") }
end
"""


def test_a_ruby_is_there_where_it_must_be() -> None:
    if "CI" in os.environ:
        assert shutil.which("ruby"), "CI has to install a Ruby, or nothing compares the tables with one"


@pytest.mark.skipif(shutil.which("ruby") is None, reason="there is no Ruby here to compare with")
def test_a_real_ruby_agrees(gems: ShippedGems) -> None:
    ruby, *lines = subprocess.run(["ruby", "-e", ASK], capture_output=True, text=True, check=True).stdout.splitlines()
    installed: dict[tuple[str, str], set[str]] = defaultdict(set)
    for kind, name, version in map(str.split, lines):
        # An update of RubyGems adds a Bundler beside the one that came with Ruby.
        installed[kind, name].add(version)
    shipped = gems.shipped(ruby)
    if shipped is None:
        # Of a branch that the table has, it lacks no release but those that came after it was made.
        branch = [known for known in gems.rubies if known.startswith(f"{ruby.rpartition('.')[0]}.")]
        assert all(Version.parse(known) < Version.parse(ruby) for known in branch)
        return
    differing = {
        (name, version)
        for (kind, name), versions in installed.items()
        if kind == gems.kind(name, ruby) and shipped[name] not in versions
        for version in versions
    }
    assert differing <= PATCHED_BY_DEBIAN.keys()
    assert {name for kind, name in installed if kind == "default"} == (gems.default_gems(ruby) or {}).keys()
