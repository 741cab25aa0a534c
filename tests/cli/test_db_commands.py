"""The commands of `gemaudit db` that write and check, as they are typed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gemaudit.cli.app import app
from gemaudit.cli.exit_codes import ExitCode

ADVISORIES = Path(__file__).parent / "transcripts" / "advisories"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the transcripts' advisories, the working directory being above it."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(ADVISORIES, tmp_path / "advisories"))


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["db", *arguments])
    return done.exit_code, done.output


def test_a_placeholder_gets_its_number(folder: Path) -> None:
    old = folder / "gems" / "flint" / "GMSA-2025-9003.toml"
    text = old.read_text(encoding="utf-8")
    old.unlink()
    waiting = old.with_name("GMSA-0000-0000.toml")
    waiting.write_text(text.replace("GMSA-2025-9003", "GMSA-0000-0000"), encoding="utf-8")
    code, output = run("assign")
    assert (code, output) == (
        0,
        "advisories/gems/flint/GMSA-0000-0000.toml -> GMSA-2025-9003.toml\n1 advisories got a number\n",
    )
    assert old.read_text(encoding="utf-8") == text
    assert not waiting.exists()


def test_a_part_of_the_advisories_is_refused(folder: Path) -> None:
    code, output = run("assign", str(folder / "gems" / "flint"))
    assert code == ExitCode.UNUSABLE
    assert "not the folder of all advisories" in output


@pytest.mark.parametrize("command", [["assign"], ["index"], ["verify", "--repo", "o/flint=.", "--db"]])
def test_a_broken_file_is_named(folder: Path, command: list[str]) -> None:
    (folder / "gems" / "flint" / "GMSA-2025-9003.toml").write_text("id = 1", encoding="utf-8")
    code, output = run(*command, "advisories")
    assert code == ExitCode.DATABASE
    assert "advisories/gems/flint/GMSA-2025-9003.toml:1" in output


def test_an_advisory_is_verified_before_it_has_a_number(folder: Path) -> None:
    file = folder / "gems" / "flint" / "GMSA-2025-9003.toml"
    text = file.read_text(encoding="utf-8").replace("GMSA-2025-9003", "GMSA-0000-0000")
    url = "https://github.com/o/flint/commit/" + "0" * 40
    text += f'\n[[evidence]]\ntype = "fix"\nurl = "{url}"\n'
    file.with_name("GMSA-0000-0000.toml").write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(folder.parent / "flint")], check=True)
    code, output = run("verify", "--repo", "o/flint=flint", "--db", "advisories")
    assert code == ExitCode.FINDINGS
    assert output == (
        f"contradicted: GMSA-0000-0000: the repository has no such commit ({url})\n0 proved, 1 contradicted, 0 open\n"
    )
    assert run("verify", "--repo", "o/flint=flint", "--db", str(file))[0] == ExitCode.NOTHING


def test_the_index_links_to_the_files(folder: Path) -> None:
    code, output = run("index")
    assert code == 0
    assert "6 advisories on 3 gems and 2 interpreters" in output
    assert "[GMSA-2025-9003](gems/flint/GMSA-2025-9003.toml)" in output
    assert run("index", str(folder)) == (0, output)


def test_an_empty_folder_has_no_index(tmp_path: Path) -> None:
    assert run("index", str(tmp_path)) == (ExitCode.NOTHING, "")


def test_the_export_has_a_file_for_each(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "osv"
    assert run("export", str(target), "--db", str(folder)) == (0, f"6 advisories written to {target.as_posix()}\n")
    names = {path.stem for path in folder.rglob("*.toml")}
    assert {path.stem for path in target.iterdir()} == names
    assert json.loads((target / "GMSA-2025-9003.json").read_text(encoding="utf-8"))["id"] == "GMSA-2025-9003"


def test_an_export_into_a_file_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, output = run("export", str(tmp_path / "file"), "--db", str(folder))
    assert code == ExitCode.UNUSABLE
    assert "cannot be written" in output
