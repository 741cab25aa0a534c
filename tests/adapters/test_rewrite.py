"""Writing changed files: all of them or none."""

import stat
from pathlib import Path

import pytest

from gemaudit.adapters.rewrite import read_texts, write_all
from gemaudit.planning.patch import FileChange


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def change(path: Path, before: str, after: str) -> FileChange:
    return FileChange(path=str(path), before=before, after=after)


def test_all_are_written_with_their_permissions(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("1\r\n", encoding="utf-8", newline="")
    second.write_text("2", encoding="utf-8")
    first.chmod(0o750)
    write_all([change(first, "1\r\n", "one\r\n"), change(second, "2", "two")])
    assert (first.read_bytes(), second.read_bytes()) == (b"one\r\n", b"two")
    assert stat.S_IMODE(first.stat().st_mode) == 0o750
    assert names_in(tmp_path) == ["a", "b"]


def test_a_file_that_has_changed_stops_it_all(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("1", encoding="utf-8")
    second.write_text("somebody else", encoding="utf-8")
    with pytest.raises(OSError, match="has changed since"):
        write_all([change(first, "1", "one"), change(second, "2", "two")])
    assert (first.read_text(), second.read_text()) == ("1", "somebody else")


def test_a_failure_half_way_puts_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("1", encoding="utf-8")
    second.write_text("2", encoding="utf-8")
    real_replace = Path.replace

    def fail_on_second(self: Path, target: Path) -> Path:
        if target.name == "b":
            raise OSError("the disk is full")
        return real_replace(self, target)

    monkeypatch.setattr(Path, "replace", fail_on_second)
    with pytest.raises(OSError, match="the disk is full"):
        write_all([change(first, "1", "one"), change(second, "2", "two")])
    assert (first.read_text(), second.read_text()) == ("1", "2")
    assert names_in(tmp_path) == ["a", "b"]


def test_a_link_out_of_the_project_is_not_read(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("secret", encoding="utf-8")
    project = tmp_path / "project"
    project.mkdir()
    (project / "Gemfile").symlink_to(outside)
    (project / ".ruby-version").write_text("3.4.5\n", encoding="utf-8")
    paths = [str(project / "Gemfile"), str(project / ".ruby-version"), str(project / "gone")]
    assert read_texts(paths, project) == {paths[1]: "3.4.5\n"}
