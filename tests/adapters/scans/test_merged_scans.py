"""Several files made into one."""

import random
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from scan_samples import HOST, SOURCE, files, held, no_end, scan, settled, upgrade

from gemaudit.adapters.scans.contract import Merged, Settled
from gemaudit.adapters.scans.merge import merge
from gemaudit.adapters.scans.store import Scans, ScansError
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.survey import Result, Scan, Survey

_PROBLEM = Diagnostic(code="x", message="m", path="")


def night(path: Path, asked: Scan, *what: Settled, requests: int = 1, gone: Sequence[str] | None = None) -> None:
    with Scans.open(path) as scans:
        begun = scans.begin(asked)
        if gone is not None:
            scans.gone(begun, SOURCE, gone)
        for one in what:
            scans.settle(begun, one)
            for file in one.files or ():
                scans.keep({file.oid: file.path.encode()})
        finished = f"{begun.started[:17]}59Z"
        scans.finish(begun, requests=requests, problems=(_PROBLEM,), finished=finished)


def at(asked: Scan, second: int) -> Scan:
    return replace(asked, started=f"{asked.started[:17]}{second:02}Z")


def whole(path: Path) -> tuple[Survey, list[Result], list[str]]:
    """Everything that a file says about its last scan, and the contents that it has."""
    with Scans.open(path, write=False) as scans:
        latest = scans.latest()
        assert latest is not None
        with scans._file.reading() as db:
            oids = [oid for (oid,) in db.execute("SELECT oid FROM blob ORDER BY oid")]
            everything = [
                *db.execute(
                    "SELECT forge_id, outcome, advisory, status, s.started, u.started, version FROM repository"
                    " LEFT JOIN finding f ON f.repository = repository.id LEFT JOIN scan s ON s.id = since"
                    " LEFT JOIN scan u ON u.id = f.until ORDER BY 1, 2, 3, 4, 5, 6, 7"
                )
            ]
        return (
            scans.survey(latest, no_end),
            list(scans.results(latest)),
            [*oids, *map(str, everything), str(scans.scans())],
        )


@pytest.mark.parametrize("number", range(8))
def test_a_part_that_went_on_after_it_was_joined_replaces_what_it_was(tmp_path: Path, number: int) -> None:
    part, into = tmp_path / "part.sqlite", tmp_path / "all.sqlite"
    asked = scan(1, name="run", shard="1/2")
    with Scans.open(part) as scans:
        scans.settle(scans.begin(asked), settled(f"web-{number}", outcome="failed"))
    merge(into, [part])
    night(part, asked, settled(f"web-{number}", held("A")))
    merge(into, [part])
    _, (result,), _ = whole(into)
    assert (result.outcome, len(result.held)) == ("audited", 1)


def test_shards_of_one_night_are_one_scan(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.sqlite" for number in range(3)]
    for number, path in enumerate(paths, 1):
        shard = {"name": "run-1", "shard": f"{number}/3", "scope": f"s{number}"}
        one = settled(f"repo-{number}", held("A"), upgrades=(upgrade("A"),), files=files(f"f{number}"), recipe=b"r")
        night(path, at(scan(1, **shard), 10 * number), one)  # type: ignore[arg-type]
        second = settled(f"repo-{number}", held("B"), files=files(f"f{number}"))
        night(path, at(scan(2, **{**shard, "name": "run-2"}), 50 - 10 * number), second)  # type: ignore[arg-type]
    into = tmp_path / "all.sqlite"
    merged = merge(into, paths)
    assert merged == Merged(files=3, repositories=3, scans=2, taken=3)
    assert str(merged) == "3 files joined: 3 repositories, 2 scans; 3 repositories were not known, or not as late"
    survey, results, kept = whole(into)
    assert (survey.scan.name, survey.scan.shard, survey.scan.requests) == ("run-2", "", 3)
    assert (survey.scan.started, survey.scan.finished) == ("2026-12-02T02:00:20Z", "2026-12-02T02:00:59Z")
    assert (survey.previous, survey.scan.problems) == ("2026-12-01T02:00:10Z", (_PROBLEM,))
    assert [(one.affected, one.repositories) for one in survey.trend] == [({"high": 3}, 3), ({"high": 3}, 3)]
    assert sorted((one.news, one.held.advisory) for one in survey.changes) == [
        *[("fixed", "A")] * 3,
        *[("new", "B")] * 3,
    ]
    assert {one.since for result in results for one in result.held} == {survey.scan.started}
    assert kept[:3] == ["oid-f1", "oid-f2", "oid-f3"]


def test_the_file_that_settled_a_repository_last_has_it_whole(tmp_path: Path) -> None:
    old, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    night(old, scan(1), settled("web", held("A"), held("B"), files=files("a"), recipe=b"old"))
    with Scans.open(old) as scans:
        scans.mark_published(f"{HOST}/web", "issue", "old")
    night(new, scan(2), settled("web", held("B", version="2"), files=files("b"), recipe=b"new"))
    with Scans.open(new) as scans:
        scans.mark_published(f"{HOST}/web", "sarif", "new")
    for order in ((old, new), (new, old)):
        into = tmp_path / f"{order[0].stem}-first.sqlite"
        merge(into, order)
        with Scans.open(into) as scans:
            result = scans.last(f"{HOST}/web")
            assert result is not None
            assert [(one.version, one.since) for one in result.held] == [("2", scan(2).started)]
            assert (scans.files(f"{HOST}/web"), scans.recipe(f"{HOST}/web")) == (files("b"), b"new")
            assert [scans.published(f"{HOST}/web", kind) for kind in ("issue", "sarif")] == ["", "new"]
            assert scans.absent({"oid-a", "oid-b"}) == {"oid-a"}


def test_a_shard_that_starts_from_the_whole_of_last_night(tmp_path: Path) -> None:
    last = tmp_path / "all.sqlite"
    night(last, scan(1), *(settled(f"repo-{number}", held("A")) for number in range(4)))
    paths = []
    for number in (1, 2):
        path = tmp_path / f"{number}.sqlite"
        shutil.copyfile(last, path)
        listed = [f"{HOST}/repo-{one}" for one in range(3)]
        asked = at(scan(2, name="run", shard=f"{number}/2"), number)
        night(path, asked, settled(f"repo-{number}", held("B")), settled("repo-0", held("A")), gone=listed)
        paths.append(path)
    merged = merge(last, paths)
    assert (merged.repositories, merged.scans) == (3, 2)
    survey, results, _ = whole(last)
    assert [one.repository.name for one in results] == ["acme/repo-0", "acme/repo-1", "acme/repo-2"]
    assert [(one.news, one.repository) for one in survey.changes] == [
        ("new", "acme/repo-1"),
        ("new", "acme/repo-2"),
        ("fixed", "acme/repo-1"),
        ("fixed", "acme/repo-2"),
        ("fixed", "acme/repo-3"),
    ]
    assert [one.affected for one in survey.trend] == [{"high": 4}, {"high": 3}]


def test_two_scans_of_one_second_stay_two(tmp_path: Path) -> None:
    paths = []
    for name in ("b", "a", "c"):
        paths.append(tmp_path / f"{name}.sqlite")
        night(paths[-1], scan(1, name=name, sources=(f"org:{name}",)), settled(name, held()))
    merge(tmp_path / "all", paths)
    with Scans.open(tmp_path / "all", write=False) as scans:
        assert [(one.name, one.started[-3:]) for one in scans.scans()] == [("a", "00Z"), ("b", "01Z"), ("c", "02Z")]
        assert [point.affected for point in scans.trend()] == [{"high": 1}] * 3


def test_of_copies_that_went_on_apart_the_same_one_counts_in_any_order(tmp_path: Path) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    with Scans.open(paths[0]) as scans:
        scans.settle(scans.begin(scan(1)), settled("web", held("A")))
    shutil.copyfile(*paths)
    for path, advisory in zip(paths, "BC", strict=True):
        night(path, scan(1), settled("web", held(advisory)))
    joined = []
    for order in (paths, paths[::-1]):
        into = tmp_path / f"{order[0].name}-first"
        merge(into, order)
        joined.append(whole(into))
        assert merge(into, order).taken == 0
    assert joined[0] == joined[1]


def test_files_that_agree_on_the_last_scan_alone_are_told_apart(tmp_path: Path) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    night(paths[0], scan(1, name="first"), settled("web", held("A")))
    for path in paths:
        night(path, scan(2, name="second"), settled("web", held("A")))
    for order in (paths, paths[::-1]):
        merge(tmp_path / f"{order[0].name}-first", order)
    assert whole(tmp_path / "a-first") == whole(tmp_path / "b-first")


def test_where_clocks_disagree_nothing_is_counted_below_nothing(tmp_path: Path) -> None:
    night(tmp_path / "a", scan(10, name="first", shard="1/2"), settled("web", held("A")))
    night(tmp_path / "a", scan(20, name="second", shard="1/2"), settled("web"))
    night(tmp_path / "b", scan(5, name="second", shard="2/2"), settled("api", held("A")))
    merge(tmp_path / "all", [tmp_path / "a", tmp_path / "b"])
    with Scans.open(tmp_path / "all", write=False) as scans:
        assert [(one.name, one.affected) for one in scans.trend()] == [("second", {"high": 1}), ("first", {})]


def test_it_can_be_scanned_on(tmp_path: Path) -> None:
    night(tmp_path / "a", scan(1, name="x", shard="1/2"), settled("web", held("A")))
    night(tmp_path / "b", scan(1, name="x", shard="2/2"), settled("api", held("A")))
    merge(tmp_path / "all", [tmp_path / "a", tmp_path / "b"])
    night(tmp_path / "all", scan(2), settled("web", held("A")), settled("api"))
    survey, _, _ = whole(tmp_path / "all")
    assert [(one.news, one.repository) for one in survey.changes] == [("fixed", "acme/api")]


class TestRefusal:
    def test_a_damaged_file_is_named_and_nothing_is_written(self, tmp_path: Path) -> None:
        good, bad, into = (tmp_path / name for name in ("good", "bad", "into"))
        night(good, scan(1), settled("web", held()))
        night(bad, scan(1), *(settled(f"repo-{number}", held("A"), held("B")) for number in range(200)))
        with bad.open("r+b") as file:
            file.seek(8192)
            file.write(b"\xff" * 8192)
        before = bad.read_bytes()
        with pytest.raises(ScansError, match="damaged") as caught:
            merge(into, [good, bad])
        assert caught.value.path == bad.as_posix()
        assert not into.exists()
        assert bad.read_bytes() == before

    def test_so_is_one_whose_parts_do_not_fit(self, tmp_path: Path) -> None:
        night(tmp_path / "a", scan(1), settled("web", held()))
        connection = sqlite3.connect(tmp_path / "a", isolation_level=None)
        connection.execute("UPDATE finding SET since = 77")
        connection.close()
        with pytest.raises(ScansError, match="damaged"):
            merge(tmp_path / "into", [tmp_path / "a"])

    @pytest.mark.parametrize("content", [None, b"", b"something else"], ids=["missing", "empty", "foreign"])
    def test_so_is_one_that_is_none(self, tmp_path: Path, content: bytes | None) -> None:
        if content is not None:
            (tmp_path / "a").write_bytes(content)
        with pytest.raises(ScansError) as caught:
            merge(tmp_path / "into", [tmp_path / "a"])
        assert caught.value.path == (tmp_path / "a").as_posix()
        assert not (tmp_path / "into").exists()

    def test_so_is_one_that_is_being_written(self, tmp_path: Path) -> None:
        night(tmp_path / "a", scan(1), settled("web"))
        with Scans.open(tmp_path / "a"), pytest.raises(ScansError, match="another scan"):
            merge(tmp_path / "into", [tmp_path / "a"])
        with Scans.open(tmp_path / "into"), pytest.raises(ScansError, match="another scan"):
            merge(tmp_path / "into", [tmp_path / "a"])

    def test_a_failure_half_way_leaves_the_target_as_it_was(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        night(tmp_path / "into", scan(1), settled("web", held("A")))
        night(tmp_path / "a", scan(2), settled("web", held("B")))
        before = whole(tmp_path / "into")
        monkeypatch.setattr("gemaudit.adapters.scans.keeping.prune", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            merge(tmp_path / "into", [tmp_path / "a"])
        assert whole(tmp_path / "into") == before


def test_what_is_joined_stays_untouched(tmp_path: Path) -> None:
    folder = tmp_path / "shards"
    night(folder / "closed", scan(1), settled("web", held()))
    night(folder / "killed", scan(1), settled("api", held()))
    with Scans.open(folder / "open") as scans:
        scans.settle(scans.begin(scan(1)), settled("cli", held()))
        for suffix in ("", "-wal"):
            shutil.copyfile(folder / f"open{suffix}", folder / f"killed{suffix}")
    (folder / "open.lock").unlink()
    before = {one.name: one.read_bytes() for one in folder.iterdir()}
    assert "killed-wal" in before
    merged = merge(tmp_path / "all", [folder / "closed", folder / "killed", folder / "closed"])
    assert merged == Merged(files=2, repositories=2, scans=1, taken=2)
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == before
    survey, _, _ = whole(tmp_path / "all")
    assert (survey.scan.finished, survey.counts.audited) == ("2026-12-01T02:00:59Z", 2)


def _history(folder: Path, number: int, seed: int) -> Path:
    """A file as one of several machines may have made it, out of step with the others and with copies among them."""
    chance = random.Random(f"{seed}-{number}")  # noqa: S311 - to be repeated, not secret
    path = folder / f"{number}.sqlite"
    for day in range(1, chance.randint(2, 4)):
        if number and chance.random() < 0.15:
            other = folder / f"{number - 1}.sqlite"
            shutil.copyfile(other, path)
        shard = chance.choice(["", f"{number + 1}/3"])
        asked = at(scan(day, name=chance.choice(["", f"run-{day}"]), shard=shard), chance.randint(0, 2))
        what = []
        for name in chance.sample(["web", "api", "cli"], 2):
            found = [held(one, version=str(chance.randint(1, 2))) for one in "ABC" if chance.random() < 0.5]
            outcome = chance.choice(["audited", "audited", "nothing", "failed"])
            what.append(settled(name, *(found if outcome == "audited" else ()), outcome=outcome))  # type: ignore[arg-type]
        listed = [f"{HOST}/{name}" for name in ("web", "api", "cli") if chance.random() < 0.8]
        night(path, asked, *what, requests=chance.randint(0, 9), gone=listed if chance.random() < 0.3 else None)
    return path


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_neither_order_nor_grouping_nor_repetition_matters(seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        a, b, c = (_history(folder, number, seed) for number in range(3))
        at_once, right, left, backwards = (folder / one for one in ("once", "right", "left", "backwards"))
        merge(at_once, [a, b, c])
        expected = whole(at_once)
        merge(folder / "bc", [b, c])
        merge(right, [a, folder / "bc"])
        assert whole(right) == expected
        merge(left, [a, b])
        merge(left, [c])
        assert whole(left) == expected
        merge(backwards, [c, b, a])
        assert whole(backwards) == expected
        assert merge(at_once, [b, folder / "bc"]).taken == 0
        assert whole(at_once) == expected


def test_what_one_file_says_is_what_it_says_alone(tmp_path: Path) -> None:
    night(tmp_path / "a", scan(1), settled("web", held("A"), files=files("x")), settled("api", outcome="nothing"))
    night(tmp_path / "a", scan(2), settled("web", held("B"), files=files("x")), settled("api", outcome="failed"))
    merge(tmp_path / "all", [tmp_path / "a"])
    assert whole(tmp_path / "all") == whole(tmp_path / "a")
