"""examples/matrix deploys on Alpine, tests three Rubies on Ubuntu, and runs its tests under AddressSanitizer."""

from pathlib import Path

import pytest

from gemaudit.adapters.surroundings import gather
from gemaudit.environments import PATTERNS, Stated, discover
from gemaudit.lockfiles import read

EXAMPLE = Path(__file__).parents[2] / "examples/matrix"


def test_it_has_five_environments_with_file_and_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLE)
    documents, problems = gather("Gemfile.lock", PATTERNS)
    lockfile = read("Gemfile.lock", Path("Gemfile.lock").read_text(encoding="utf-8"))
    discovery = discover(documents, lockfile, Stated())
    assert (problems, discovery.diagnostics) == ((), ())
    told = ("ruby", "build", "os", "libc", "sanitizer", "feature")
    found = {
        environment.id: " ".join(
            f"{fact.value}@{fact.path}:{fact.line}" for fact in environment.facts if fact.name in told
        )
        for environment in discovery.environments
    }
    ci = ".github/workflows/ci.yml"
    plain = f"linux@{ci}:6 gnu@{ci}:6 none@{ci}:9"
    assert found == {
        "ci/memory": f"asan@{ci}:26 linux@{ci}:19 gnu@{ci}:19 address@{ci}:26",
        "ci/test (3.3)": f"~> 3.3.0@{ci}:9 {plain}",
        "ci/test (3.4.5)": f"3.4.5@{ci}:9 {plain}",
        "ci/test (4.0)": f"~> 4.0.0@{ci}:9 {plain}",
        "production": (
            "3.4.5@Dockerfile:2 linux@Dockerfile:10 musl@Dockerfile:10 none@Dockerfile:10 "
            "fork@config/puma.rb:3 threads@Dockerfile:15"
        ),
    }
