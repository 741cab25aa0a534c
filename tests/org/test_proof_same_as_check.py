"""What a scan says of a repository is what `gemaudit check` says in a clone of it that git has made."""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from proving import Clock, Scanner, Told, forge_of
from typer.testing import CliRunner

from forges.git_objects import check_out, shown
from forges.kinds import KINDS
from forges.world import World
from gemaudit.cli.app import app

#: One repository of each kind, and of the kind with the oddest names some more. With settings that are wrong, `check`
#: says nothing.
# Settings that cannot be used end `check`, and what a `.gitignore` excludes is there for a scan where it was committed.
KINDS_ASKED = (*(kind for kind in KINDS if kind not in {"wrong-settings", "ignored-too"}), *["hostile"] * 6)


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


class Said(NamedTuple):
    """The same of both reports.

    `found` is the status of each defect of a package of a lockfile, `steps` are those of plans that close something,
    and `places` is where each bundle runs.
    """

    found: dict[Any, str]
    steps: set[Any]
    places: set[Any]


def of_check(report: Mapping[str, Any], lockfiles: Collection[str]) -> Said:
    """What is said of some of the lockfiles."""
    found: dict[Any, str] = {}
    for one in report["findings"]:
        # Of a gem that comes with Ruby, every version of it has a finding of its own.
        key = (shown(one["lockfile"]), one["advisory"], one["package"]["kind"], one["package"]["name"])
        if one["lockfile"] in lockfiles and one["status"] in {"affected", "under_investigation"}:
            found[key] = min(one["status"], found.get(key, one["status"]))
    steps = {
        (shown(step["lockfile"]), step["package"], step["from"], step["to"], step["outcome"], tuple(step["closes"]))
        for step in report["plan"]
        if step["closes"] and step["lockfile"] in lockfiles
    }
    places = {
        (shown(place["lockfile"]), place["id"], facts.get("ruby"), facts.get("libc"))
        for place in report["environments"]
        if place["lockfile"] in lockfiles
        for facts in [{fact["name"]: fact["value"] for fact in place["facts"]}]
    }
    return Said(found, steps, places)


def of_scan(one: Mapping[str, Any]) -> Said:
    return Said(
        {
            (found["lockfile"], found["advisory"], found["package"]["kind"], found["package"]["name"]): found["status"]
            for found in one["findings"]
        },
        {
            (
                *(step["lockfile"], step["package"]["name"], step["current"], step["to"]),
                *(step["outcome"], tuple(step["closes"])),
            )
            for step in one["plan"]
        },
        {(place["lockfile"], place["id"], place["ruby"], place["libc"]) for place in one["environments"]},
    )


def missing(some: Said, others: Said) -> list[str]:
    """What is said in `some` and not in `others`."""
    found = [f"{key} {status}" for key, status in some.found.items() if others.found.get(key) != status]
    return sorted([*found, *map(str, some.steps - others.steps), *map(str, some.places - others.places)])[:20]


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
    report = checked(clone, monkeypatch)
    # What `check` makes of a lockfile that it can read only in part, a scan may keep to itself.
    whole = {one["path"] for one in report["inputs"] if one["status"] == "audited"}
    said = of_scan(told.by_name[repository.name])
    assert missing(of_check(report, whole), said) == []
    assert missing(said, of_check(report, {one["path"] for one in report["inputs"]})) == []
