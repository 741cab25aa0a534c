"""`gemaudit db assign` and `gemaudit db index`, as they are typed."""

import shutil
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


@pytest.mark.parametrize("command", ["assign", "index"])
def test_a_broken_file_is_named(folder: Path, command: str) -> None:
    (folder / "gems" / "flint" / "GMSA-2025-9003.toml").write_text("id = 1", encoding="utf-8")
    code, output = run(command, "advisories")
    assert code == ExitCode.DATABASE
    assert "advisories/gems/flint/GMSA-2025-9003.toml:1" in output


def test_the_index_links_to_the_files(folder: Path) -> None:
    code, output = run("index")
    assert code == 0
    assert "6 advisories on 3 gems and 2 interpreters" in output
    assert "[GMSA-2025-9003](gems/flint/GMSA-2025-9003.toml)" in output
    assert run("index", str(folder)) == (0, output)


def test_an_empty_folder_has_no_index(tmp_path: Path) -> None:
    assert run("index", str(tmp_path)) == (ExitCode.NOTHING, "")
