"""What a scan gives back: each alert and each issue once, and again only when there is something new to say."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from proving import Clock, Scanner, Told, forge_of

from forges import contents
from forges.contents import LOCKFILES
from forges.github_server import GitHub
from forges.kinds import Expected
from forges.world import World

CLEAN = LOCKFILES[-1]
GRAVE = {"critical", "high"}
BOTH = ("--upload-sarif", "--issues")


@pytest.fixture
def github() -> Iterator[GitHub]:
    with forge_of(World(30, 11)) as github:
        yield github


@pytest.fixture
def scanner(github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scanner:
    return Scanner(github, tmp_path / "state.sqlite", Clock(), monkeypatch)


def in_trouble(github: GitHub, told: Told) -> set[int]:
    """The repositories with a grave finding that applies, as far as an issue can be filed there."""
    names = {
        name
        for name, one in told.by_name.items()
        if any(found["status"] == "affected" and found["severity"] in GRAVE for found in one["findings"])
    }
    return {one.id for one in github.world if one.name in names and one.has_issues and not one.is_archived}


def test_every_audited_repository_has_its_alerts_once(github: GitHub, scanner: Scanner) -> None:
    told = scanner.run("--upload-sarif")
    logs = github.enterprise.uploads.logs
    open_ones = [one for one in github.world if one.has_code_scanning and not one.is_archived]
    audited = {one.id for one in open_ones if told.by_name[one.name]["outcome"] == "audited"}
    blank = {one.id for one in open_ones if one.kind == "blank"}
    assert len(logs) == len({number for number, _, _ in logs})
    assert {number for number, _, _ in logs} - blank == audited
    for number, sent, log in logs:
        repository = github.world.by_id(number)
        assert repository is not None
        snapshot = github.world.snapshot(repository)
        assert snapshot is not None
        assert (sent["commit_sha"], sent["ref"]) == (snapshot.commit, f"refs/heads/{repository.branch}")
        assert log["version"] == "2.1.0"


def test_an_issue_is_filed_once_and_closed_when_all_is_well(github: GitHub, scanner: Scanner) -> None:
    told = scanner.run("--issues")
    filed = github.enterprise.issues.filed
    assert {number for number, issues in filed.items() if issues} >= in_trouble(github, told)
    assert {len(issues) for issues in filed.values()} <= {0, 1}
    number = min(in_trouble(github, told))
    repository = github.world.by_id(number)
    assert repository is not None
    before = github.world.files(repository)
    paths = [path for path in before if path.endswith((".lock", ".locked"))]
    github.world.push(repository, dict.fromkeys(paths, CLEAN))
    scanner.run("--issues")
    assert [issue["state"] for issue in filed[number]] == ["closed"]
    github.world.push(repository, {path: before[path] for path in paths})
    scanner.run("--issues")
    assert [issue["state"] for issue in filed[number]] == ["open"]


BROKEN = {
    "lfs-pointer": contents.LFS_POINTER,
    "merge-conflict": contents.CONFLICT,
    "not-utf-8": contents.BINARY,
    "unreadable-spec": contents.CUT_SPEC,
}


@pytest.mark.parametrize("why", BROKEN)
def test_a_repository_that_can_no_longer_be_read_keeps_its_alerts_and_its_issue(
    why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(1, 2, kinds=["single"])
    (one,) = world
    one.is_archived, one.has_issues, one.has_code_scanning = False, True, True
    world.push(one, {"Gemfile.lock": LOCKFILES[14]})
    with forge_of(world) as github:
        scanner = Scanner(github, tmp_path / "state.sqlite", Clock(), monkeypatch)
        scanner.run(*BOTH)
        assert len(github.enterprise.uploads.logs) == 1
        world.push(one, {"Gemfile.lock": BROKEN[why]}, Expected("failed", why=why))
        said = scanner.run(*BOTH).by_name[one.name]
        assert (said["outcome"], said["reason"]["code"], bool(said["findings"])) == ("failed", why, True)
        assert [issue["state"] for issue in github.enterprise.issues.filed[one.id]] == ["open"]
        # An analysis without results closes every alert, as if all of them were fixed.
        assert len(github.enterprise.uploads.logs) == 1


@pytest.mark.parametrize("asked", [("--issues",), ("--upload-sarif",), BOTH], ids=" ".join)
def test_a_night_without_changes_sends_nothing(github: GitHub, scanner: Scanner, asked: tuple[str, ...]) -> None:
    scanner.run(*asked)
    github.forget()
    assert "warning" not in scanner.run(*asked).messages
    assert github.counts == {"graphql": 1}
