"""The token of a scan goes to its forge and nowhere else, whatever a server says."""

import json
from pathlib import Path

import pytest
from proving import TOKEN, Clock, Scanner, forge_of

from forges import faults
from forges.exchange import Reply
from forges.faults import Fault
from forges.github_server import GitHub
from forges.kinds import HOSTILE
from forges.world import World

REPORTS = {"json": "a.json", "jsonl": "a.jsonl", "csv": "a.csv", "html": "a.html", "text": "a.txt", "digest": "a.md"}


def echoing(status: int) -> Fault:
    """A server that repeats what it was sent, in words and headers."""
    body = json.dumps({"message": f"Bearer {TOKEN} is wrong", "errors": [{"message": TOKEN}]}).encode()
    headers = {"Content-Type": "application/json", "X-GitHub-SSO": f"required; url=https://x/?t={TOKEN}"}
    return Fault(f"echo-{status}", Reply(status, body, headers))


def test_the_token_is_in_no_file_and_in_no_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(40, 3)
    with forge_of(world) as github:
        for status in (400, 403, 404, 418, 500, 503):
            github.faults.script("tree", echoing(status), after=2)
        github.faults.script("graphql", None, echoing(500), echoing(200))
        scanner = Scanner(github, tmp_path / "state.sqlite", Clock(), monkeypatch)
        reports = [part for name, file in REPORTS.items() for part in ("--report", f"{name}={tmp_path / file}")]
        told = scanner.run(*reports)
        github.expires_after = 0
        refused = scanner.run()
    assert sum(github.faults.happened.values()) >= 8
    assert "token-refused" in refused.messages
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written.keys() >= {"state.sqlite", *REPORTS.values()}
    written |= {"stdout": json.dumps(told.report).encode(), "stderr": (told.messages + refused.messages).encode()}
    assert [name for name, content in written.items() if TOKEN.encode() in content] == []
    assert all(TOKEN in request.headers["authorization"] for request in github.recorded)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_another_host_is_not_told_who_asks(status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(12, 3, kinds=["single"])
    with forge_of(world) as github, GitHub(World(12, 3, kinds=["single"]), tokens=()).running() as other:
        name = next(iter(world)).name
        place = f"/api/v3/repos/acme/{name}/git/trees/HEAD?recursive=1"
        github.faults.always(f"/{name}/git/trees/", faults.moved_to(other.url + place, status))
        scanner = Scanner(github, tmp_path / "state.sqlite", Clock(), monkeypatch)
        told = scanner.run()
        scanner.run(f"acme/{name}")
    assert other.recorded, "nobody followed"
    assert [request.headers for request in other.recorded if "authorization" in request.headers] == []
    assert [request.path for request in other.recorded if TOKEN in request.path] == []
    assert len(told.report["repositories"]) == len(world)


def test_hostile_names_reach_a_terminal_and_a_page_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(len(HOSTILE) * 3, 4, kinds=["hostile"])
    with forge_of(world) as github:
        scanner = Scanner(github, tmp_path / "state.sqlite", Clock(), monkeypatch)
        reports = [part for name, file in REPORTS.items() for part in ("--report", f"{name}={tmp_path / file}")]
        scanner.run("--all", *reports)
    text = (tmp_path / "a.txt").read_text("utf-8") + (tmp_path / "a.md").read_text("utf-8")
    assert {letter for letter in "\x1b\x07\u202e\x00" if letter in text} == set()
    page = (tmp_path / "a.html").read_text("utf-8")
    assert "<script>alert(1)" not in page
    cells = (tmp_path / "a.csv").read_text("utf-8").replace('"', "").split(",")
    assert [cell for cell in cells if cell.startswith(("=HYPERLINK", "@SUM", "=cmd"))] == []
