"""What ends a scan early, or one of its questions, makes nothing false: the next run knows the truth."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from proving import TOKEN, Clock, Scanner, Told, Truth, differences, forge_of, truth_of

from forges import faults
from forges.contents import LOCKFILES
from forges.git_objects import oid_of
from forges.github_server import GitHub
from forges.world import World


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def github(clock: Clock) -> Iterator[GitHub]:
    with forge_of(World(60, 5), clock=clock, enterprise_has_limits=True) as github:
        yield github


@pytest.fixture
def scanner(github: GitHub, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Scanner:
    return Scanner(github, tmp_path / "state.sqlite", clock, monkeypatch)


def said_by(told: Told) -> str:
    """Why a scan ended, as its messages or the repositories that it could not read have it."""
    reasons = [one["reason"]["code"] for one in told.report["repositories"] if one["outcome"] == "failed"]
    return " ".join([told.messages, *reasons])


@pytest.mark.parametrize("requests", [0, 1, 20, 58])
def test_a_token_that_expires_ends_the_scan_and_not_what_is_known(
    github: GitHub, scanner: Scanner, requests: int
) -> None:
    github.expires_after = requests
    ended = scanner.run()
    assert (ended.code, ended.report["scan"]["finished"]) == (5, None)
    assert "token-refused" in said_by(ended)
    audited = [one for one in ended.report["repositories"] if one["outcome"] != "failed"]
    github.expires_after, github.tokens = None, {TOKEN}
    github.forget()
    told = scanner.run()
    assert differences(truth_of(github.world), told) == {}
    assert github.counts["tree"] <= len(github.world) - len(audited)


def test_a_limit_that_is_spent_is_waited_for(github: GitHub, scanner: Scanner, clock: Clock) -> None:
    github.bucket("core").limit = 25
    told = scanner.run()
    assert differences(truth_of(github.world), told) == {}
    assert github.counts["tree"] > 50
    assert 3600 < clock.slept < 3 * 3600 * 10


def test_a_limit_that_is_spent_for_too_long_ends_the_scan(github: GitHub, scanner: Scanner) -> None:
    github.bucket("core").limit = 25
    ended = scanner.run("--max-wait", "60")
    assert (ended.code, ended.report["scan"]["finished"]) == (5, None)
    assert "rate-limited" in said_by(ended)
    github.bucket("core").limit = 5000
    assert differences(truth_of(github.world), scanner.run()) == {}


@pytest.mark.parametrize("pages", [0, 1])
def test_an_organisation_that_cannot_be_listed_loses_nothing(
    pages: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    with forge_of(World(120, 5)) as github:
        scanner = Scanner(github, tmp_path / "state.sqlite", clock, monkeypatch)
        before = scanner.run()
        github.faults.script("graphql", *[None] * pages, *[faults.bad_gateway()] * 50)
        ended = scanner.run()
        assert ended.code == 5
        assert ended.by_name.keys() == before.by_name.keys()
        for name, one in before.by_name.items():
            assert [found["advisory"] for found in ended.by_name[name]["findings"]] == [
                found["advisory"] for found in one["findings"]
            ]
        github.faults = type(github.faults)()
        assert differences(truth_of(github.world), scanner.run()) == {}


@pytest.mark.parametrize("place", [0, 4, 9])
def test_one_that_is_deleted_takes_no_file_away_from_others(
    place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    world = World(10, 1, kinds=["single"])
    for one in world:
        world.push(one, {"Gemfile.lock": LOCKFILES[0]})
    truth, victim = truth_of(world), list(world)[place]
    with forge_of(world) as github:
        github.faults.script("graphql", faults.happening("deleted", partial(world.delete, victim)), after=1)
        told = Scanner(github, tmp_path / "state.sqlite", clock, monkeypatch).run()
    assert github.faults.happened == {"deleted": 1}
    # Whether its files had to be asked of itself is up to the client.
    assert differences(truth, told) in ({}, {victim.name: (truth[victim.name], Truth("failed", 0, "not-found"))})


def test_a_link_that_could_not_be_read_is_no_link_into_the_void(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    world = World(6, 1, kinds=["linked-inside"])
    with forge_of(world) as github:
        github.faults.always(oid_of("blob", b"../app/Gemfile.lock"), faults.bad_gateway())
        scanner = Scanner(github, tmp_path / "state.sqlite", clock, monkeypatch)
        said = scanner.run()
        assert {one["outcome"] for one in said.report["repositories"]} == {"failed"}
        assert "unreadable-file" not in {one["reason"]["code"] for one in said.report["repositories"]}
        github.faults = type(github.faults)()
        assert differences(truth_of(world), scanner.run()) == {}


def test_a_few_requests_at_a_time_bring_a_scan_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    with forge_of(World(40, 1, kinds=["single"])) as github:
        scanner = Scanner(github, tmp_path / "state.sqlite", clock, monkeypatch)
        for _ in range(8):
            told = scanner.run("--max-requests", "25")
    assert told.report["scan"]["finished"] is not None
    assert differences(truth_of(github.world), told) == {}


def test_what_goes_on_is_told_whatever_the_clock_says(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemaudit.cli.org.scan.now", lambda: "2026-11-21T02:00:00Z")
    assert "going on" not in scanner.run("--max-requests", "20").messages
    assert "going on with the scan that began 2026-11-21T02:00:00Z" in scanner.run().messages
    # It begins a second after the last one, and is another.
    assert "going on" not in scanner.run().messages
