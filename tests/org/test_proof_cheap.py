"""What a night costs: nothing for what is as it was, and for the rest only what is needed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from proving import ADVISORIES, FEW, Clock, Scanner, differences, forge_of, truth_of

from forges.contents import LOCKFILES
from forges.github_server import GitHub
from forges.kinds import Expected
from forges.world import World

SIZE = 110
PAGES = 2


@pytest.fixture
def github() -> Iterator[GitHub]:
    with forge_of(World(SIZE, 23)) as github:
        yield github


@pytest.fixture
def scanner(github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scanner:
    return Scanner(github, tmp_path / "state.sqlite", Clock(), monkeypatch)


def trees_asked(github: GitHub) -> set[str]:
    paths = (request.path for request in github.recorded)
    return {found[1] for path in paths if (found := re.search(r"/repos/acme/([^/]+)/git/trees/", path))}


def test_after_pushes_only_what_was_pushed_to_is_asked_about(github: GitHub, scanner: Scanner) -> None:
    world = github.world
    scanner.run()
    github.forget()
    single, plain, empty = (world.of_kind(kind) for kind in ("single", "other-language", "empty"))
    world.push(single, {"Gemfile.lock": LOCKFILES[30].replace(b"2.5.22", b"2.5.23")})
    world.push(plain, {"src/index.ts": b"export const one = 1;\n"})
    world.push(empty, {"Gemfile.lock": LOCKFILES[12]}, Expected("audited", ("Gemfile.lock",)))
    gone = world.of_kind("several")
    world.delete(gone)
    new = world.add("new-name")
    told = scanner.run()
    assert differences(truth_of(world), told) == {}
    assert trees_asked(github) == {single.name, plain.name, empty.name, new.name}
    assert github.counts["tree"] == 4
    # The files of each come with one question at most.
    assert github.counts["graphql"] <= PAGES + 4
    assert github.counts.total() == github.counts["tree"] + github.counts["graphql"]
    fixed = {change["repository"] for change in told.report["changes"] if change["finding"]["state"] == "fixed"}
    assert f"acme/{gone.name}" not in told.by_name
    assert fixed <= {f"acme/{one.name}" for one in (single, gone)}
    assert f"acme/{single.name}" in {change["repository"] for change in told.report["changes"]}


def test_new_advisories_judge_anew_what_is_known_and_fetch_nothing(github: GitHub, scanner: Scanner) -> None:
    first = scanner.run()
    github.forget()
    told = scanner.run(database=(*FEW, "--db", str(ADVISORIES / "nokogiri")))
    assert github.counts == {"graphql": PAGES}
    assert differences(truth_of(github.world), told) == {}
    found = {spread["advisory"]: spread["packages"] for spread in told.report["advisories"]}
    assert any(packages == ["nokogiri"] for packages in found.values())
    assert {spread["advisory"] for spread in first.report["advisories"]} < found.keys()


def test_what_cannot_be_read_is_asked_again_and_keeps_what_was_found(github: GitHub, scanner: Scanner) -> None:
    world = github.world
    first = scanner.run()
    name = next(one["name"].partition("/")[2] for one in first.report["repositories"] if one["findings"])
    repository = world.by_name(name)
    assert repository is not None
    world.push(repository, {"README.md": b"# Now under lock\n"})
    world.block(repository, "blocked")
    said = scanner.run().by_name[name]
    assert (said["outcome"], said["reason"]["code"]) == ("failed", "blocked")
    assert [found["advisory"] for found in said["findings"]] == [
        found["advisory"] for found in first.by_name[name]["findings"]
    ]
    world.block(repository, "")
    assert scanner.run().by_name[name]["outcome"] == "audited"


def test_a_repository_that_is_renamed_stays_what_it_is(github: GitHub, scanner: Scanner) -> None:
    first = scanner.run()
    repository = github.world.of_kind("several")
    old = first.by_name[repository.name]
    github.world.rename(repository, "renamed")
    github.forget()
    told = scanner.run()
    assert github.counts == {"graphql": PAGES}
    assert told.by_name["renamed"]["findings"] == [{**found, "state": "unchanged"} for found in old["findings"]]
    assert told.report["changes"] == []


def test_requests_that_may_be_sent_are_not_exceeded_and_the_next_run_goes_on(github: GitHub, scanner: Scanner) -> None:
    most, runs, told = 60, 0, None
    while told is None or told.report["scan"]["finished"] is None:
        github.forget()
        told = scanner.run("--max-requests", str(most))
        assert github.counts.total() <= most
        runs += 1
        assert runs < 10, told.messages
    assert differences(truth_of(github.world), told) == {}
    assert runs >= 2
