"""A generated organisation is always the same, and its objects are those of git."""

from pathlib import Path

import pytest

from forges.git_objects import Entry, Snapshot, check_out, git_oids
from forges.kinds import HOSTILE, KINDS
from forges.world import World
from gemaudit.lockfiles import is_lockfile_name, read_bytes


def test_a_repository_is_the_same_in_a_larger_world() -> None:
    small, large = World(40, 3), World(400, 3)
    assert [one.name for one in small] == [one.name for one in large][:40]
    assert [small.files(one) for one in small] == [large.files(one) for one in large][:40]
    assert World(40, 4).files(next(iter(World(40, 4)))) != small.files(next(iter(small)))


def test_a_world_has_every_kind() -> None:
    assert {one.kind for one in World(2000, 1)} == {kind for kind, (weight, _) in KINDS.items() if weight}


@pytest.mark.parametrize("kind", ["several", "submodules", "linked-inside", "hostile", "cut-spec"])
def test_git_gives_the_same_names(kind: str, tmp_path: Path) -> None:
    world = World(1, 2, kinds=[kind])
    (repository,) = world
    world.push(repository, {"bin/run": Entry(b"#!/bin/sh\n", 0o100755), "lib.rb": b"", "lib/a": b"", "lib-b": b""})
    snapshot = world.snapshot(repository)
    assert snapshot is not None
    assert snapshot.parent != ""
    alone = Snapshot(snapshot.files, when=snapshot.when)
    check_out(alone, tmp_path)
    assert git_oids(alone, tmp_path) == (alone.tree, alone.commit)
    assert alone.tree == snapshot.tree


def test_names_sort_as_git_sorts_them(tmp_path: Path) -> None:
    files = {f"{name}/x": Entry(b"") for name in HOSTILE} | {f"{name}.d": Entry(b"") for name in HOSTILE}
    snapshot = Snapshot({**files, "a": Entry(b"1"), "a.b": Entry(b""), "a-b/c": Entry(b""), "aa": Entry(b"")})
    check_out(snapshot, tmp_path)
    assert git_oids(snapshot, tmp_path) == (snapshot.tree, snapshot.commit)


@pytest.mark.parametrize("kind", KINDS)
def test_the_truth_is_what_the_reader_says(kind: str) -> None:
    world = World(2, 5, kinds=[kind])
    for repository in world:
        expected, files = world.expected(repository), world.files(repository)
        assert set(expected.lockfiles) <= set(files)
        read = {
            path: read_bytes(path, entry.content)
            for path, entry in files.items()
            if is_lockfile_name(path.rpartition("/")[2]) and entry.mode == 0o100644
        }
        judged = {path for path, lockfile in read.items() if lockfile.packages}
        assert {path for path in expected.lockfiles if files[path].mode == 0o100644} <= judged
        codes = {one.code for lockfile in read.values() for one in lockfile.diagnostics if one.level == "error"}
        unread = {"", "unreadable-file", "no-lockfile", "empty-repository", "unknown-key"}
        assert codes == {"not-a-lockfile" if expected.why == "lfs-pointer" else expected.why} - unread


def test_what_happens_to_a_repository_stays() -> None:
    world = World(30, 1)
    one = world.of_kind("single")
    before = world.snapshot(one)
    assert before is not None
    world.push(one, {"Gemfile.lock": b"GEM\n", "README.md": None})
    world.rename(one, "other")
    world.archive(one)
    after = world.snapshot(one)
    assert after is not None
    assert (after.parent, one.is_archived) == (before.commit, True)
    assert "README.md" not in world.files(one)
    assert world.by_name(one.former_names[0]) is world.by_name("OTHER") is one
    world.delete(one)
    assert (world.by_name("other"), len(world)) == (None, 29)
    assert world.add(name="fresh") is world.by_name("fresh")
