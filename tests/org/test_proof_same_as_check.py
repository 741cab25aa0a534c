"""What a scan says of a repository is what `gemaudit check` says in a clone of it that git has made."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from proving import Clock, Scanner, Told, forge_of
from typer.testing import CliRunner

from forges.git_objects import check_out, shown
from forges.kinds import KINDS
from forges.world import World
from gemaudit.cli.app import app

#: One repository of each kind, and of the kind with the oddest names some more.
KINDS_ASKED = (*KINDS, *["hostile"] * 6)


@pytest.fixture(scope="module")
def world() -> World:
    return World(len(KINDS_ASKED), 8, kinds=KINDS_ASKED)


@pytest.fixture(scope="module")
def told(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with forge_of(world) as github, pytest.MonkeyPatch.context() as monkeypatch:
        state = tmp_path_factory.mktemp("scan") / "state.sqlite"
        yield Scanner(github, state, Clock(), monkeypatch).run(database=())


def checked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(app, ["check", "--format", "json", "."], env={"NO_COLOR": "1"})
    assert done.exception is None or isinstance(done.exception, SystemExit)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def of_check(report: Mapping[str, Any]) -> tuple[set[Any], set[Any], set[Any]]:
    """Findings that apply or may, steps of the plan that close something, and environments."""
    found = {
        (shown(one["lockfile"]), one["advisory"], one["package"]["name"], one["status"], one["severity"])
        for one in report["findings"]
        if one["status"] in {"affected", "under_investigation"}
    }
    steps = {
        (one["package"], one["from"], one["to"], one["outcome"], tuple(one["closes"]))
        for one in report["plan"]
        if one["closes"]
    }
    places = {(shown(one["lockfile"]), one["id"], one["ruby"], one["libc"]) for one in report["environments"]}
    return found, steps, places


def of_scan(one: Mapping[str, Any]) -> tuple[set[Any], set[Any], set[Any]]:
    found = {
        (found["lockfile"], found["advisory"], found["package"]["name"], found["status"], found["severity"])
        for found in one["findings"]
    }
    steps = {
        (step["package"]["name"], step["current"], step["to"], step["outcome"], tuple(step["closes"]))
        for step in one["plan"]
    }
    places = {(place["lockfile"], place["id"], place["ruby"], place["libc"]) for place in one["environments"]}
    return found, steps, places


@pytest.mark.parametrize("number", range(len(KINDS_ASKED)), ids=lambda number: f"{KINDS_ASKED[number]}-{number}")
def test_a_scan_says_what_check_says_in_a_clone(
    number: int, world: World, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = world.by_id(number + 1)
    assert repository is not None
    snapshot = world.snapshot(repository)
    clone = tmp_path / repository.name
    if snapshot is not None:
        check_out(snapshot, clone)
    else:
        clone.mkdir()
    said = told.by_name[repository.name]
    assert of_scan(said) == of_check(checked(clone, monkeypatch))
