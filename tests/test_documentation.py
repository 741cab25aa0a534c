"""What the documentation says is so."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from gemaudit.adapters.config import load_settings
from gemaudit.cli.app import app
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.model.advisory import CLASSES
from gemaudit.model.environment import FEATURES

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_report_in_the_readme_is_what_the_command_prints() -> None:
    written = re.search(r"```text\n(.*?)```", page("README.md"), re.DOTALL)
    assert written is not None
    done = subprocess.run(
        [sys.executable, "-m", "gemaudit", "check", "examples/karafka"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ExitCode.FINDINGS
    printed = {line.strip() for line in done.stdout.splitlines()}
    assert [line for line in written[1].splitlines() if line.strip() not in {*printed, "…"}] == []


def test_the_script_in_the_readme_is_what_the_command_prints() -> None:
    for name in ("README.md", "docs/upgrades.md"):
        written = re.search(r"\$ gemaudit fix examples/karafka\n(.*?)```", page(name), re.DOTALL)
        assert written is not None
        done = subprocess.run(
            [sys.executable, "-m", "gemaudit", "fix", "examples/karafka"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == ExitCode.CLEAN
        printed = done.stdout.splitlines()
        assert [line for line in written[1].splitlines() if line not in {*printed, "…"}] == []


def test_the_settings_in_the_documentation_can_be_read(tmp_path: Path) -> None:
    written = re.search(r"```toml\n(.*?)```", page("docs/configuration.md"), re.DOTALL)
    assert written is not None
    settings = tmp_path / ".gemaudit.toml"
    settings.write_text(written[1], encoding="utf-8")
    assert load_settings(settings).policy.fail_on == "medium"


def test_every_exit_code_is_documented() -> None:
    table = re.findall(r"^\| (\d+) \|", page("README.md"), re.MULTILINE)
    assert {int(code) for code in table} == {*ExitCode} - {ExitCode.INTERRUPTED}


def test_every_command_is_documented() -> None:
    command = get_command(app)
    names = set(command.commands)  # type: ignore[attr-defined]
    assert {name for name in names if f"gemaudit {name}" not in page("README.md")} == set()


def test_every_word_of_the_vocabularies_is_documented() -> None:
    text = page("docs/advisory-format.md")
    assert [word for word in (*CLASSES, *FEATURES) if f"`{word}`" not in text] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []
