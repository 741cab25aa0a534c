"""Only what is new: against an earlier report, an earlier revision, or another lockfile."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import command_line
import pytest

TRANSCRIPTS = Path(__file__).parent / "transcripts"
EMBER = "GMSA-2024-9001"


def run(command: list[str], cwd: Path) -> "subprocess.CompletedProcess[str]":
    environment = {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "HOME": str(cwd),
        **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "x"),
        **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "x@example.org"),
    }
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False)


def gemaudit(cwd: Path, *arguments: str) -> command_line.Done:
    return command_line.gemaudit([*arguments, "--db", str(TRANSCRIPTS / "advisories")], cwd)


def git(cwd: Path, *arguments: str) -> None:
    done = run(["git", *arguments], cwd)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository whose only commit has ember 1.4.0, which is fixed, in the folder `web`."""
    repository = tmp_path / "repository"
    folder = repository / "web"
    shutil.copytree(TRANSCRIPTS / "first", folder)
    lock(folder, "1.3.0", "1.4.0")
    git(repository, "init", "-q")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "base")
    return folder


def lock(folder: Path, before: str, after: str) -> None:
    text = (folder / "Gemfile.lock").read_text()
    assert f"ember ({before}" in text
    (folder / "Gemfile.lock").write_text(text.replace(f"ember ({before}", f"ember ({after}"))


def states(done: command_line.Done) -> dict[str, str | None]:
    return {one["advisory"]: one["state"] for one in json.loads(done.stdout)["findings"]}


class TestRevision:
    """`--against git:REF`."""

    def test_nothing_has_changed(self, project: Path) -> None:
        done = gemaudit(project, "check", "--against", "git:HEAD")
        assert done.returncode == 0
        assert "nothing new" in done.stdout
        assert "Against git:HEAD: 0 new · 2 unchanged · 0 fixed" in done.stdout

    def test_a_downgrade_is_new(self, project: Path) -> None:
        lock(project, "1.4.0", "1.3.0")
        done = gemaudit(project, "check", "--against", "git:HEAD", "--format", "json")
        assert done.returncode == 1
        assert states(done)[EMBER] == "new"
        assert states(done)["GMSA-2025-9003"] == "unchanged"

    def test_an_upgrade_fixes(self, project: Path) -> None:
        lock(project, "1.4.0", "1.3.0")
        git(project, "commit", "-q", "-a", "-m", "down")
        lock(project, "1.3.0", "1.4.0")
        done = gemaudit(project, "check", "--against", "git:HEAD", "--format", "json")
        fixed = json.loads(done.stdout)["fixed"]
        assert done.returncode == 0
        assert {(one["advisory"], one["package"]["version"]) for one in fixed} >= {(EMBER, "1.3.0")}

    def test_a_move_that_ends_nothing_adds_nothing(self, project: Path) -> None:
        lock(project, "1.4.0", "1.3.0")
        git(project, "commit", "-q", "-a", "-m", "down")
        lock(project, "1.3.0", "1.2.5")
        done = gemaudit(project, "check", "--against", "git:HEAD", "--format", "json")
        assert states(done)[EMBER] == "unchanged"

    def test_the_environment_of_then_counts_for_then(self, project: Path) -> None:
        """Moving to another place can bring a defect that the lockfile alone does not show."""
        lock(project, "1.4.0", "1.3.0")
        (project / "Dockerfile").write_text("FROM jruby:10.0\n")
        git(project, "commit", "-q", "-a", "-m", "jruby")
        (project / "Dockerfile").write_text("FROM ruby:3.4.5-alpine\n")
        done = gemaudit(project, "check", "--against", "git:HEAD", "--format", "json")
        assert states(done)[EMBER] == "new"

    @pytest.mark.parametrize("paths", [["web"], ["web/Gemfile.lock"], ["."], []])
    def test_from_the_top(self, project: Path, paths: list[str]) -> None:
        done = gemaudit(project.parent, "check", *paths, "--against", "git:HEAD")
        assert (done.returncode, "0 new · 2 unchanged" in done.stdout) == (0, True)

    def test_an_absolute_path(self, project: Path) -> None:
        done = gemaudit(project, "check", str(project / "Gemfile.lock"), "--against", "git:HEAD")
        assert (done.returncode, "0 new · 2 unchanged" in done.stdout) == (0, True)

    def test_a_lockfile_that_was_not_there_is_new_as_a_whole(self, project: Path) -> None:
        shutil.copytree(TRANSCRIPTS / "first", project.parent / "other")
        done = gemaudit(project.parent, "check", "other", "--against", "git:HEAD", "--format", "json")
        assert (done.returncode, set(states(done).values()) <= {"new", None}) == (1, True)

    def test_nothing_is_checked_out(self, project: Path) -> None:
        lock(project, "1.4.0", "1.3.0")
        before = (project / "Gemfile.lock").read_bytes()
        gemaudit(project, "check", "--against", "git:HEAD")
        assert (project / "Gemfile.lock").read_bytes() == before
        assert run(["git", "worktree", "list"], project).stdout.count("\n") == 1

    @pytest.mark.parametrize(
        ("source", "reason"),
        [
            ("git:no-such-branch", "there is no such revision"),
            ("git:--output=/tmp/x", "there is no such revision"),
            ("git:", "there is no such revision"),
            ("main", "it is no revision"),
        ],
    )
    def test_what_cannot_be_compared_is_refused(self, project: Path, source: str, reason: str) -> None:
        done = gemaudit(project, "check", "--against", source)
        assert (done.returncode, done.stdout) == (2, "")
        assert reason in done.stderr
        assert "hint:" in done.stderr

    def test_outside_of_a_repository(self, tmp_path: Path) -> None:
        shutil.copy(TRANSCRIPTS / "first" / "Gemfile.lock", tmp_path)
        done = gemaudit(tmp_path, "check", "--against", "git:HEAD")
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)


class TestReport:
    """`--baseline FILE`."""

    def test_an_earlier_report(self, project: Path) -> None:
        gemaudit(project, "check", "--report", "json=old.json", "--quiet")
        lock(project, "1.4.0", "1.3.0")
        done = gemaudit(project, "check", "--baseline", "old.json", "--format", "json")
        assert (done.returncode, states(done)[EMBER]) == (1, "new")
        again = gemaudit(project, "check", "--report", "json=old.json", "--quiet")
        assert again.returncode == 1
        assert gemaudit(project, "check", "--baseline", "old.json").returncode == 0

    @pytest.mark.parametrize(
        "content", [b"", b"{}", b"\xff", b'{"schema_version": "2", "findings": []}', b"[" * 10_000]
    )
    def test_what_is_no_report_is_refused(self, project: Path, content: bytes) -> None:
        (project / "old.json").write_bytes(content)
        done = gemaudit(project, "check", "--baseline", "old.json")
        assert (done.returncode, done.stdout) == (2, "")
        assert "it is no JSON report of gemaudit" in done.stderr

    def test_one_thing_to_compare_with(self, project: Path) -> None:
        done = gemaudit(project, "check", "--baseline", "x", "--against", "git:HEAD")
        assert (done.returncode, "exclude each other" in done.stderr) == (2, True)


class TestDiff:
    """`gemaudit diff BASE HEAD`."""

    def test_two_lockfiles(self, project: Path) -> None:
        base = project / "base.lock"
        shutil.copy(project / "Gemfile.lock", base)
        lock(project, "1.4.0", "1.3.0")
        there = gemaudit(project, "diff", str(base), "Gemfile.lock", "--format", "json")
        back = gemaudit(project, "diff", "Gemfile.lock", str(base))
        assert (there.returncode, states(there)[EMBER]) == (1, "new")
        assert (back.returncode, EMBER in back.stdout) == (0, True)

    @pytest.mark.parametrize("base", ["gone.lock", ".", "Dockerfile"])
    def test_a_base_that_is_no_lockfile(self, project: Path, base: str) -> None:
        done = gemaudit(project, "diff", base, "Gemfile.lock")
        assert (done.returncode, done.stdout) == (2, "")
        assert "error[" in done.stderr
