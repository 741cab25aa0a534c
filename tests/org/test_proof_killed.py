"""A scan that is killed at any point is taken up where it stopped, and its token is nowhere afterwards."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from proving import ENVIRONMENT, FEW, TOKEN, Told, differences, forge_of, lasting, truth_of

from forges.github_server import GitHub
from forges.world import World

SIZE = 110
SEED = 29
PAGES = 2
LONGEST = 60.0  # seconds


class Shell:
    """Runs the real command line in a process and a folder of its own."""

    def __init__(self, github: GitHub, folder: Path) -> None:
        self.folder = folder
        line = [sys.executable, "-m", "gemaudit", "org", "acme", "--archived", "--api-url", github.url]
        self._line = [
            *line,
            *FEW,
            "--state",
            "state.sqlite",
            "--report",
            "json=report.json",
            "--report",
            "html=index.html",
        ]
        self._environment = {**os.environ, **ENVIRONMENT}
        folder.mkdir()

    def start(self) -> "subprocess.Popen[bytes]":
        with (self.folder / "output").open("ab") as output:
            return subprocess.Popen(self._line, cwd=self.folder, env=self._environment, stdout=output, stderr=output)

    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads((self.folder / "report.json").read_bytes())
        return report


def is_killed_after(requests: int, github: GitHub, shell: Shell) -> bool:
    """Start a scan and kill it with its n-th request; return whether it did not reach its end before."""
    github.forget()
    process = shell.start()
    deadline = time.monotonic() + LONGEST
    while process.poll() is None and github.counts.total() < requests:
        assert time.monotonic() < deadline, "the scan stands still"
        time.sleep(0.002)
    process.kill()
    return process.wait(LONGEST) == -signal.SIGKILL


def test_a_scan_that_is_killed_again_and_again_ends_like_one_that_is_not(tmp_path: Path) -> None:
    world, chance = World(SIZE, SEED), random.Random(SEED)  # noqa: S311 - nothing secret
    with forge_of(world) as github:
        undisturbed, killed = Shell(github, tmp_path / "undisturbed"), Shell(github, tmp_path / "killed")
        undisturbed.start().wait(LONGEST)
        needed = github.counts.total()
        assert differences(truth_of(world), Told(0, undisturbed.report(), "")) == {}

        spent = []
        while is_killed_after(chance.randint(needed // 4, needed // 2), github, killed):
            spent.append(github.counts.total())
            assert len(spent) < 20, "every run begins anew"
    assert len(spent) >= 3
    # The last run had only the rest to do.
    assert github.counts.total() < needed // 2 + PAGES
    assert lasting(killed.report()) == lasting(undisturbed.report())
    assert len(killed.report()["trend"]) == 1
    written = {path.name: path.read_bytes() for path in killed.folder.iterdir()}
    assert written.keys() >= {"state.sqlite", "output", "report.json", "index.html"}
    assert [name for name, content in written.items() if TOKEN.encode() in content] == []
