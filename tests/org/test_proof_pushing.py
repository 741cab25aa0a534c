"""What a scan gives back: each alert and each issue once, and again only when there is something new to say."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from proving import Clock, Scanner, Told, forge_of

from forges.contents import LOCKFILES
from forges.github_server import GitHub
from forges.world import World

CLEAN = LOCKFILES[-1]
BOTH = ("--upload-sarif", "--issues")


@pytest.fixture
def github() -> Iterator[GitHub]:
    with forge_of(World(40, 11)) as github:
        yield github


@pytest.fixture
def scanner(github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scanner:
    return Scanner(github, tmp_path / "state.sqlite", Clock(), monkeypatch)


def affected(github: GitHub, told: Told) -> set[int]:
    """The repositories with a finding that applies, as far as an issue can be filed there."""
    names = {
        name
        for name, one in told.by_name.items()
        if any(found["status"] == "affected" and not found["suppressed"] for found in one["findings"])
    }
    return {one.id for one in github.world if one.name in names and one.has_issues and not one.is_archived}


def test_every_audited_repository_has_its_alerts_once(github: GitHub, scanner: Scanner) -> None:
    told = scanner.run("--upload-sarif")
    audited = {
        one.id
        for one in github.world
        if told.by_name[one.name]["outcome"] == "audited" and one.has_code_scanning and not one.is_archived
    }
    logs = github.enterprise.uploads.logs
    assert sorted(number for number, _, _ in logs) == sorted(audited)
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
    assert {number for number, issues in filed.items() if issues} >= affected(github, told)
    assert {len(issues) for issues in filed.values()} <= {0, 1}
    number = min(affected(github, told))
    repository = github.world.by_id(number)
    assert repository is not None
    paths = [path for path in github.world.files(repository) if path.endswith((".lock", ".locked"))]
    before = github.world.files(repository)
    github.world.push(repository, dict.fromkeys(paths, CLEAN))
    scanner.run("--issues")
    assert [issue["state"] for issue in filed[number]] == ["closed"]
    github.world.push(repository, {path: before[path] for path in paths})
    scanner.run("--issues")
    assert [issue["state"] for issue in filed[number]] == ["open"]


@pytest.mark.parametrize("asked", [("--issues",), ("--upload-sarif",), BOTH], ids=" ".join)
def test_a_night_without_changes_sends_nothing(github: GitHub, scanner: Scanner, asked: tuple[str, ...]) -> None:
    scanner.run(*asked)
    github.forget()
    assert "warning" not in scanner.run(*asked).messages
    assert github.counts == {"graphql": 1}
