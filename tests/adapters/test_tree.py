"""Which files are found, read and passed over."""

import io
import os
import sys
from pathlib import Path

import pytest

from gemaudit.adapters.tree import STDIN, find_lockfiles, gather, read_lockfile_bytes
from gemaudit.lockfiles import MAX_BYTES
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document

LOCK = "GEM\n  specs:\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project that is also the current folder."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def write(*paths: str, text: str = LOCK) -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")


def codes(problems: tuple[Diagnostic, ...]) -> list[tuple[str, str, str]]:
    return [(problem.code, problem.level, problem.path) for problem in problems]


@pytest.mark.usefixtures("project")
class TestFind:
    def test_folder_is_searched_in_order(self) -> None:
        write("b/gems.locked", "Gemfile.lock", "a/c/Gemfile.lock", "a/rails.gemfile.lock", "a/Gemfile.next.lock")
        write("a/Gemfile", "a/package-lock.json")
        found, problems = find_lockfiles(["."])
        assert found == (
            "Gemfile.lock",
            "a/Gemfile.next.lock",
            "a/c/Gemfile.lock",
            "a/rails.gemfile.lock",
            "b/gems.locked",
        )
        assert problems == ()

    def test_a_file_is_taken_whatever_its_name(self) -> None:
        write("my locks/100% of it\n", "vendor/Gemfile.lock")
        found, problems = find_lockfiles(["my locks/100% of it\n", "./vendor/Gemfile.lock", "-"])
        assert (found, problems) == (("-", "my locks/100% of it\n", "vendor/Gemfile.lock"), ())

    def test_each_lockfile_is_found_once(self) -> None:
        write("a/Gemfile.lock")
        assert find_lockfiles(["a", ".", "a/Gemfile.lock", "./a//Gemfile.lock"])[0] == ("a/Gemfile.lock",)

    def test_what_others_wrote_is_skipped(self) -> None:
        write(*(f"{folder}/x/Gemfile.lock" for folder in ("vendor", "a/node_modules", ".bundle", ".git")))
        found, problems = find_lockfiles(["."])
        assert found == ()
        assert codes(problems) == [("no-lockfile", "error", ".")]

    def test_gitignore_is_respected_at_every_level(self) -> None:
        write("tmp/Gemfile.lock", "a/tmp/Gemfile.lock", "a/keep/Gemfile.lock", "a/drop/Gemfile.lock", "b/Gemfile.lock")
        write(".gitignore", text="tmp/\n/b/*\n")
        write("a/.gitignore", text="drop\n!keep\n")
        assert find_lockfiles(["."])[0] == ("a/keep/Gemfile.lock",)

    def test_nearer_gitignore_wins(self) -> None:
        write("a/Gemfile.lock", "b/Gemfile.lock")
        write(".gitignore", text="Gemfile.lock\n")
        write("a/.gitignore", text="!Gemfile.lock\n")
        assert find_lockfiles(["."])[0] == ("a/Gemfile.lock",)

    def test_gitignore_above_the_searched_folder_counts(self) -> None:
        write("app/tmp/Gemfile.lock", "app/Gemfile.lock")
        write(".gitignore", text="tmp\n")
        assert find_lockfiles(["app"])[0] == ("app/Gemfile.lock",)

    def test_a_folder_that_is_named_is_searched_though_ignored(self) -> None:
        write("tmp/app/Gemfile.lock")
        write(".gitignore", text="tmp\n")
        assert find_lockfiles(["tmp/app"])[0] == ("tmp/app/Gemfile.lock",)

    def test_hint_names_an_ignored_lockfile(self) -> None:
        write("my app/Gemfile.lock")
        write(".gitignore", text="Gemfile.lock\n")
        (problem,) = find_lockfiles(["."])[1]
        assert "gemaudit check 'my app/Gemfile.lock'" in problem.hint

    def test_nothing_there(self) -> None:
        found, problems = find_lockfiles(["missing", "a\0b"])
        assert found == ()
        assert codes(problems) == [("no-such-file", "error", "missing"), ("no-such-file", "error", "a\0b")]

    def test_links_make_no_loop(self) -> None:
        write("a/Gemfile.lock")
        Path("a/again").symlink_to(Path("..").resolve() / "project")
        Path("loop").symlink_to("loop")
        assert find_lockfiles(["."]) == (("a/Gemfile.lock",), ())

    def test_linked_lockfile_counts_within_the_project(self, tmp_path: Path) -> None:
        write("real/locked.txt", "app/Gemfile", str(tmp_path / "secret"))
        Path("app/Gemfile.lock").symlink_to("../real/locked.txt")
        Path("app/gems.locked").symlink_to(tmp_path / "secret")
        found, problems = find_lockfiles(["app"])
        assert found == ("app/Gemfile.lock",)
        assert codes(problems) == [("unreadable-file", "warning", "app/gems.locked")]
        assert find_lockfiles(["app/gems.locked"]) == (("app/gems.locked",), ())

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
    def test_folder_without_permission(self) -> None:
        write("shut/Gemfile.lock", "Gemfile.lock")
        Path("shut").chmod(0)
        found, problems = find_lockfiles(["."])
        assert found == ("Gemfile.lock",)
        assert codes(problems) == [("unreadable-file", "warning", "shut")]
        assert codes(find_lockfiles(["shut"])[1]) == [("unreadable-file", "error", "shut")]
        Path("shut").chmod(0o700)

    def test_deep_tree_with_a_gitignore_everywhere(self) -> None:
        deep = "/".join(["d"] * 120)
        write(f"{deep}/Gemfile.lock")
        folder = Path()
        for _ in range(120):
            folder /= "d"
            (folder / ".gitignore").write_text("nothing\n", encoding="utf-8")
        assert find_lockfiles(["."])[0] == (f"{deep}/Gemfile.lock",)


@pytest.mark.usefixtures("project")
class TestRead:
    def test_content(self) -> None:
        write("Gemfile.lock")
        assert read_lockfile_bytes("Gemfile.lock") == LOCK.encode()

    def test_at_most_one_byte_too_many_is_read(self) -> None:
        with Path("Gemfile.lock").open("wb") as file:
            file.truncate(MAX_BYTES * 4)
        content = read_lockfile_bytes("Gemfile.lock")
        assert isinstance(content, bytes)
        assert len(content) == MAX_BYTES + 1

    def test_stdin(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LOCK.encode())))
        assert read_lockfile_bytes(STDIN) == LOCK.encode()

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
    def test_pipe_does_not_make_it_wait(self) -> None:
        os.mkfifo("Gemfile.lock")
        problem = read_lockfile_bytes("Gemfile.lock")
        assert isinstance(problem, Diagnostic)
        assert (problem.code, problem.level) == ("unreadable-file", "error")
        assert "gemaudit check -" in problem.hint

    def test_link_to_nothing(self) -> None:
        Path("Gemfile.lock").symlink_to("nowhere")
        assert find_lockfiles(["."])[0] == ("Gemfile.lock",)
        assert isinstance(read_lockfile_bytes("Gemfile.lock"), Diagnostic)


PATTERNS = (
    "Dockerfile",
    "*.Dockerfile",
    "docker/**/Dockerfile*",
    ".github/workflows/*.yml",
    ".ruby-version",
    "Gemfile",
)


def names(lockfile: str, patterns: tuple[str, ...] = PATTERNS) -> list[str]:
    documents, problems = gather(lockfile, patterns)
    assert problems == ()
    return [document.path for document in documents]


class TestGather:
    def test_nearest_folder_first_and_the_nearest_match_hides_the_others(self, project: Path) -> None:
        write("Gemfile", "Dockerfile", ".github/workflows/ci.yml", ".github/workflows/deploy.yml", ".ruby-version")
        write("app/api/Gemfile", "app/Dockerfile", "app/web.Dockerfile", "app/other/Gemfile")
        assert project == Path.cwd()
        assert names("app/api/Gemfile.lock") == [
            "app/api/Gemfile",
            "app/Dockerfile",
            "app/web.Dockerfile",
            ".github/workflows/ci.yml",
            ".github/workflows/deploy.yml",
            ".ruby-version",
        ]

    def test_documents_are_text_without_byte_order_mark(self, project: Path) -> None:
        (project / ".ruby-version").write_bytes(b"\xef\xbb\xbf3.4.5\r\n")
        assert gather("Gemfile.lock", PATTERNS)[0] == (Document(".ruby-version", "3.4.5\r\n"),)

    def test_deep_pattern(self, project: Path) -> None:
        write("docker/Dockerfile", "docker/a/b/Dockerfile.dev", "docker/node_modules/Dockerfile", "docker/c/other")
        (project / "docker/a/loop").symlink_to(project / "docker")
        assert names("Gemfile.lock") == ["docker/Dockerfile", "docker/a/b/Dockerfile.dev"]

    def test_paths_are_as_the_user_would_type_them(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write("app/Gemfile", ".ruby-version", "app/lib/x")
        absolute = project / "app/Gemfile.lock"
        assert names(str(absolute)) == [(project / "app/Gemfile").as_posix(), (project / ".ruby-version").as_posix()]
        monkeypatch.chdir(project / "app")
        assert names("Gemfile.lock") == ["Gemfile", "../.ruby-version"]
        monkeypatch.chdir(project / "app/lib")
        assert names("../Gemfile.lock") == ["../Gemfile", "../../.ruby-version"]

    def test_project_ends_at_git(self, project: Path) -> None:
        write(str(project.parent / ".ruby-version"), "Gemfile")
        assert names("Gemfile.lock") == ["Gemfile"]

    def test_git_may_be_a_file_as_in_a_worktree(self, project: Path) -> None:
        (project / ".git").rmdir()
        write(".git", ".ruby-version", "app/Gemfile")
        assert names("app/Gemfile.lock") == ["app/Gemfile", ".ruby-version"]

    def test_without_git_only_gemfiles_has_a_parent(self, project: Path) -> None:
        (project / ".git").rmdir()
        write(".ruby-version", "gemfiles/Gemfile", "app/Gemfile")
        assert names("app/Gemfile.lock") == ["app/Gemfile"]
        assert names("gemfiles/rails_8.gemfile.lock") == ["gemfiles/Gemfile", ".ruby-version"]

    def test_links_are_followed_within_the_project(self, project: Path) -> None:
        write("config/version", text="3.4.5")
        write(str(project.parent / "secret"))
        (project / ".ruby-version").symlink_to("config/version")
        (project / "Dockerfile").symlink_to(project.parent / "secret")
        documents, problems = gather("Gemfile.lock", PATTERNS)
        assert documents == (Document(".ruby-version", "3.4.5"),)
        assert codes(problems) == [("passed-over", "warning", "Dockerfile")]

    @pytest.mark.parametrize(("content", "reason"), [(b"\xff", "UTF-8"), (b"a" * (1024 * 1024 + 1), "1 MiB")])
    def test_what_cannot_be_read_is_passed_over(self, project: Path, content: bytes, reason: str) -> None:
        (project / "Dockerfile").write_bytes(content)
        documents, problems = gather("Gemfile.lock", PATTERNS)
        assert documents == ()
        assert codes(problems) == [("passed-over", "warning", "Dockerfile")]
        assert reason in problems[0].message

    def test_a_folder_is_no_document(self, project: Path) -> None:
        (project / "Dockerfile").mkdir()
        assert names("Gemfile.lock") == []

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
    def test_pipe_does_not_make_it_wait(self, project: Path) -> None:
        os.mkfifo(project / "Dockerfile")
        assert codes(gather("Gemfile.lock", PATTERNS)[1]) == [("passed-over", "warning", "Dockerfile")]

    def test_there_is_a_limit(self, project: Path) -> None:
        assert project == Path.cwd()
        write(*(f"{number:03}.Dockerfile" for number in range(250)))
        documents, problems = gather("Gemfile.lock", PATTERNS)
        assert len(documents) == 200
        assert codes(problems) == [("passed-over", "warning", "200.Dockerfile")]
