"""`gemaudit org` at the edge that its user touches; what a scan finds out is proved in `tests/org`."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Done, gemaudit

from forges.github_server import GitHub
from forges.world import World

TOKEN = "ghp_good"  # noqa: S105 - of no server
ROOT = Path(__file__).parents[2]
DATABASE = ("--db", str(ROOT / "advisories" / "gems" / "ffi"))
ENVIRONMENT = {"GH_ENTERPRISE_TOKEN": TOKEN, "COLUMNS": "100"}


@pytest.fixture(scope="module")
def forge() -> Iterator[GitHub]:
    world = World(24, 3, kinds=["single", "single", "several", "other-language"])
    with GitHub(world, tokens=(TOKEN,)).running() as github:
        yield github


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def org(folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> Done:
    return gemaudit(["org", *arguments], folder, environment={**ENVIRONMENT, **(environment or {})})


def scan(forge: GitHub, folder: Path, *arguments: str) -> Done:
    return org(folder, "acme", "--api-url", forge.url, "--archived", *DATABASE, *arguments)


class TestReports:
    def test_a_scan_is_remembered_and_rendered_again(self, forge: GitHub, folder: Path) -> None:
        scanned = scan(forge, folder, "--report", "html=a.html", "--report", "jsonl=a.jsonl")
        assert scanned.returncode == 0, scanned.stderr
        assert scanned.stdout.startswith("org:acme on 127.0.0.1")
        again = org(folder, "report", "--report", "html=b.html", "--report", "jsonl=b.jsonl")
        assert (again.stdout, again.returncode) == (scanned.stdout, 0)
        assert (folder / "a.html").read_text() == (folder / "b.html").read_text()
        assert (folder / "a.jsonl").read_text() == (folder / "b.jsonl").read_text()
        assert len((folder / "a.jsonl").read_text().splitlines()) == 1 + 24

    def test_files_are_written_though_nobody_reads_stdout(self, forge: GitHub, folder: Path) -> None:
        scan(forge, folder, "-q")
        line = [sys.executable, "-m", "gemaudit", "org", "report", "--format", "jsonl", "--report", "html=a.html"]
        process = subprocess.Popen(line, cwd=folder, env={**ENVIRONMENT, "PATH": ""}, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.close()
        process.wait(timeout=30)
        assert (folder / "a.html").read_text().rstrip().endswith("</html>")

    def test_the_file_is_its_owners_alone(self, forge: GitHub, folder: Path) -> None:
        scan(forge, folder, "-q")
        assert {path.stat().st_mode & 0o077 for path in folder.glob("gemaudit-org.sqlite*")} == {0}

    def test_history_has_every_scan(self, forge: GitHub, folder: Path) -> None:
        for _ in range(2):
            scan(forge, folder, "-q")
        assert len(json.loads(org(folder, "history", "--format", "json").stdout)["scans"]) == 2
        assert "repositories" in org(folder, "history").stdout

    def test_quiet_is_quiet(self, forge: GitHub, folder: Path) -> None:
        done = scan(forge, folder, "--quiet")
        assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


class TestGate:
    def test_findings_fail_where_a_gate_is_asked_for(self, forge: GitHub, folder: Path) -> None:
        assert scan(forge, folder, "-q").returncode == 0
        assert org(folder, "report", "-q", "--fail-on", "high").returncode == 1
        assert org(folder, "report", "-q", "--fail-on", "critical").returncode == 0

    def test_only_what_is_new_fails_with_changed(self, folder: Path) -> None:
        world = World(6, 3, kinds=["other-language"])
        with GitHub(world, tokens=(TOKEN,)).running() as forge:
            added = world.add("other-language")
            for _ in range(2):
                scan(forge, folder, "-q")
            world.push(added, {"Gemfile.lock": LOCKFILE})
            done = scan(forge, folder, "--changed", "--fail-on", "high")
            assert done.returncode == 1
            assert "GMSA-2024-0001" in done.stdout
            done = scan(forge, folder, "--changed", "--fail-on", "high")
            assert done.returncode == 0
            assert "GMSA-2024-0001" not in done.stdout


LOCKFILE = (
    b"GEM\n  specs:\n    ffi (1.16.3)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  ffi\n\nRUBY VERSION\n   ruby 3.4.5p1\n"
)


class TestSelection:
    def test_a_list_names_repositories(self, forge: GitHub, folder: Path) -> None:
        names = [one.name for one in forge.world][:3]
        lines = "\n".join(["# the most important ones", f"acme/{names[0]}  # first", "", f"repo:acme/{names[1]}"])
        (folder / "list.txt").write_text(lines)
        done = org(folder, "@list.txt", f"acme/{names[2]}", "--api-url", forge.url, "--format", "json", *DATABASE)
        assert [one["name"].removeprefix("acme/") for one in json.loads(done.stdout)["repositories"]] != []
        assert {one["name"].removeprefix("acme/") for one in json.loads(done.stdout)["repositories"]} == set(names)

    def test_shards_are_joined_to_the_whole(self, forge: GitHub, folder: Path) -> None:
        whole = json.loads(scan(forge, folder, "--format", "json", "--scan-name", "night").stdout)
        for number in (1, 2, 3):
            part = ["--shard", f"{number}/3", "--state", f"part-{number}.sqlite", "--scan-name", "night", "-q"]
            assert scan(forge, folder, *part).returncode in {0, 3}
        merged = org(folder, "merge", "--into", "all.sqlite", *(f"part-{number}.sqlite" for number in (1, 2, 3)))
        assert merged.returncode == 0, merged.stderr
        joined = json.loads(org(folder, "report", "--state", "all.sqlite", "--format", "json").stdout)
        assert _without_times(joined) == _without_times(whole)

    def test_a_shard_whose_job_is_run_again_stays_a_part_of_the_whole(self, forge: GitHub, folder: Path) -> None:
        for number in (1, 2, 2):
            part = ["--shard", f"{number}/2", "--state", f"part-{number}.sqlite", "-q"]
            command = ["acme", "--api-url", forge.url, "--archived", *DATABASE, *part]
            assert org(folder, *command, environment={"GITHUB_RUN_ID": "77"}).returncode in {0, 3}
        org(folder, "merge", "--into", "all.sqlite", "part-1.sqlite", "part-2.sqlite")
        joined = json.loads(org(folder, "report", "--state", "all.sqlite", "--format", "json").stdout)
        assert (len(joined["repositories"]), joined["scan"]["name"], joined["scan"]["shard"]) == (24, "77", None)

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["ac me"], "no-source"),
            (["repo:acme"], "no-source"),
            (["nobody:acme"], "no-source"),
            (["@missing.txt"], "unreadable-file"),
            (["@list.txt"], "no-source"),
            (["acme", "--shard", "3/2"], "usage"),
            (["acme", "--visibility", "secret"], "usage"),
            (["acme", "--fail-on", "bad"], "usage"),
            (["acme", "--format", "pdf"], "usage"),
            (["acme", "--report", "html"], "usage"),
            (["acme", "--report", "html=missing/a.html"], "usage"),
            (["acme", "--api-url", "http://example.test"], "unusable-api-url"),
            (["report"], "missing-scans"),
            (["history", "--state", "list.txt"], "foreign-scans"),
            (["merge", "--into", "a.sqlite", "list.txt"], "foreign-scans"),
        ],
    )
    def test_what_has_no_meaning_is_told(self, folder: Path, arguments: list[str], code: str) -> None:
        (folder / "list.txt").write_text("good\nacme\nbad name\n")
        done = org(folder, *arguments)
        assert done.returncode == 2
        assert f"error[{code}]" in done.stderr
        assert "hint: " in done.stderr

    def test_a_list_is_told_with_its_line(self, folder: Path) -> None:
        (folder / "list.txt").write_text("good\nbad name\n")
        assert "--> list.txt:2" in org(folder, "@list.txt").stderr

    def test_an_organisation_called_like_a_command_can_be_scanned(self, forge: GitHub, folder: Path) -> None:
        assert org(folder, "org:report", "--api-url", forge.url, *DATABASE, "-q").returncode == 5


def _without_times(report: dict[str, object]) -> object:
    kept = {key: value for key, value in report.items() if key not in {"scan", "trend"}}
    return json.loads(json.dumps(kept, sort_keys=True), object_hook=_untimed)


def _untimed(found: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in found.items() if key not in {"since", "audited"} or not isinstance(value, str)}


def test_an_interrupted_scan_goes_on(folder: Path) -> None:
    with GitHub(World(400, 3), tokens=(TOKEN,)).running() as forge:
        command = ["org", "acme", "--api-url", forge.url, *DATABASE]
        process = subprocess.Popen(
            [sys.executable, "-m", "gemaudit", *command],
            cwd=folder,
            env={**ENVIRONMENT, "PATH": ""},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        while forge.counts["tree"] < 40:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert (process.returncode, said) == (130, "stopped; the same command goes on from here\n")
        forge.forget()
        done = org(folder, *command[1:], "--format", "json")
        assert "going on with the scan that began" in done.stderr
        assert forge.counts["tree"] < 400
        assert len(json.loads(done.stdout)["repositories"]) > 350
