"""The edges of the command line: hostile files, faults of gemaudit's own, reports for machines."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from gemaudit import cli
from gemaudit.advisories.database import DatabaseError
from gemaudit.cli.app import app
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.reporting.json_v1 import schema

TRANSCRIPTS = Path(__file__).parent / "transcripts"
DATABASE = ["--db", str(TRANSCRIPTS / "advisories")]


def gemaudit(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[bytes]":
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "gemaudit", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (os.urandom(1024) * 51_200, b"too-large"),
        (b"GEM\n  specs:\n    " + b"a" * 1_000_000 + b" (1.0)\n", b"line-too-long"),
        (b"\x00" * 100_000, b"error["),
    ],
    ids=["50 MiB of noise", "a line of a million characters", "nothing but NUL"],
)
def test_a_hostile_file_is_refused_with_a_message(content: bytes, code: bytes, tmp_path: Path) -> None:
    (tmp_path / "Gemfile.lock").write_bytes(content)
    done = gemaudit("check", "Gemfile.lock", *DATABASE, cwd=tmp_path)
    assert done.returncode == ExitCode.UNUSABLE
    assert code in done.stdout
    assert b"Traceback" not in done.stderr
    assert len(done.stdout) < 5_000


#: A line of each kind that no Bundler writes; `{}` is where it stands in the lockfile.
MALFORMED = {
    "spec": ["ember (1.3.0", "ember (one)", "ember (1..3)", "ember (1.3.0-)", "ember (1.3.0--)", "ember ()", "(1.0)"],
    "asked": ["flint (~> one)", "flint (=> 1)", "flint (>= 1,, < 2)", "flint (~>)", "flint (1 2)", "flint (!)", "-x"],
    "wished": ["ember (~> one)", "ember (=)", "ember (>= 1", "ember (>= 1,,)!", "!", "ember! ember", "ember (< 1 1)"],
    "platform": ["-", "x86_64-", "--", "a b c", "x86_64-linux-musl-musl", "java-", "\u202e", "9" * 400, "x" * 5000],
    "ruby": ["ruby", "ruby one", "ruby 3.4.5p", "ruby 3..4", "jruby (", "ruby 3.4.5 (jruby)", "9" * 400],
    "bundler": ["one", "2..3", "-", "9" * 400, "2.5.22 2.5"],
}
LOCKFILE = """GEM
  remote: https://rubygems.org/
  specs:
    ember (1.3.0)
      flint
      {asked}
    flint (3.0.1)
    {spec}

PLATFORMS
  x86_64-linux
  {platform}

DEPENDENCIES
  ember
  {wished}

RUBY VERSION
   {ruby}

BUNDLED WITH
   {bundler}
"""
WELL_FORMED = {
    "spec": "forge (1.0)",
    "asked": "forge",
    "wished": "forge",
    "platform": "ruby",
    "ruby": "ruby 3.4.5p51",
    "bundler": "2.5.22",
}


@pytest.mark.parametrize("command", [["check"], ["check", "--offline"], ["fix"], ["fix", "--diff"], ["why", "ember"]])
@pytest.mark.parametrize("part", MALFORMED)
def test_no_malformed_line_is_a_fault(
    part: str, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for line in MALFORMED[part]:
        Path("Gemfile.lock").write_text(LOCKFILE.format_map({**WELL_FORMED, part: line}), encoding="utf-8")
        database = [] if command[0] == "why" else DATABASE
        done = CliRunner().invoke(app, [*command, "Gemfile.lock", *database], catch_exceptions=False)
        assert done.exit_code in {ExitCode.CLEAN, ExitCode.FINDINGS, ExitCode.UNUSABLE, ExitCode.NETWORK}, line


def test_one_bad_input_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "bad.lock").write_text("no lockfile")
    done = gemaudit("check", "bad.lock", str(TRANSCRIPTS / "first" / "Gemfile.lock"), *DATABASE, cwd=tmp_path)
    assert done.returncode == ExitCode.UNUSABLE
    assert b"GMSA-2024-9001" in done.stdout


def test_json_is_valid_and_the_same_twice() -> None:
    first, second = (
        gemaudit("check", "--format", "json", *DATABASE, cwd=TRANSCRIPTS / "first").stdout for _ in range(2)
    )
    assert first == second
    document = json.loads(first)
    jsonschema.validate(document, schema(), cls=jsonschema.Draft202012Validator)
    assert {
        "schema_version",
        "tool",
        "database",
        "inputs",
        "environments",
        "findings",
        "plan",
        "suppressed",
        "unused_ignores",
        "errors",
        "summary",
    } <= document.keys()


def test_the_exit_code_does_not_depend_on_the_format() -> None:
    codes = {
        gemaudit("check", "--format", name, *DATABASE, cwd=TRANSCRIPTS / "first").returncode
        for name in ("text", "json")
    }
    assert codes == {ExitCode.FINDINGS}


def test_reports_go_to_files(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    done = gemaudit("check", "--quiet", "--report", f"json={target}", *DATABASE, cwd=TRANSCRIPTS / "first")
    assert (done.stdout, done.returncode) == (b"", ExitCode.FINDINGS)
    assert json.loads(target.read_text(encoding="utf-8"))["summary"]["result"] == "fail"


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (RuntimeError("boom\x1b[31m"), ExitCode.BUG, "error[bug]"),
        (DatabaseError("the advisory database is damaged"), ExitCode.DATABASE, "error[database]"),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED, ""),
    ],
    ids=["a fault of its own", "a database that turns out damaged", "interrupted"],
)
def test_a_fault_ends_in_its_exit_code_and_not_in_a_traceback(
    fault: BaseException,
    code: ExitCode,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        raise fault

    monkeypatch.setattr("gemaudit.cli.app.app", fail)
    monkeypatch.setattr("gemaudit.cli.prepare", lambda: None)
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == code
    shown = capsys.readouterr().err
    assert said in shown
    assert "Traceback" not in shown
    assert "\x1b" not in shown


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is a device of Linux")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    (tmp_path / "Gemfile.lock").write_text(
        "GEM\n  specs:\n    rake (13.0.0)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  rake\n"
    )
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gemaudit", "check"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr.decode().startswith("error[output]: stdout cannot be written")
