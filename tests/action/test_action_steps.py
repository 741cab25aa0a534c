"""Steps of the action of which one thing is other than usual."""

import os
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from composite_action import ROOT, outputs_of
from git_http import serving_git
from scratch_repository import IRRELEVANT, Scratch, git

sys.path.insert(0, str(ROOT / "action"))

from gemaudit_action import audit, steps
from gemaudit_action.history import History
from gemaudit_action.runner import UsageError

TOKEN = "secret-token"  # noqa: S105 - nobody's


class TestPrivateRepository:
    """The commit to compare with is behind a token, and the checkout has kept none."""

    @pytest.fixture
    def scratch(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scratch:
        scratch = Scratch(tmp_path)
        scratch.check_out(scratch.propose(IRRELEVANT))
        monkeypatch.chdir(scratch.workspace)
        return scratch

    def history(self, scratch: Scratch, address: str, server: str = "") -> History:
        git(scratch.workspace, "remote", "set-url", "origin", f"{address}/origin.git")
        home = {"PATH": os.environ["PATH"], "HOME": str(scratch.workspace), "GIT_CONFIG_NOSYSTEM": "1"}
        return History({**home, "GITHUB_SERVER_URL": server or address})

    def test_the_token_is_used_where_there_are_no_credentials(self, scratch: Scratch) -> None:
        with serving_git(scratch.origin.parent, TOKEN) as (address, given):
            self.history(scratch, address).bring(scratch.base, TOKEN)

        assert git(scratch.workspace, "cat-file", "-t", scratch.base) == "commit"
        assert given[0] == ""
        assert set(given[1:]) == {f"basic {b64encode(f'x-access-token:{TOKEN}'.encode()).decode()}"}
        assert TOKEN not in (scratch.workspace / ".git" / "config").read_text()

    def test_the_token_is_for_one_server_only(self, scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gemaudit_action.history._PAUSES", (0,))
        with serving_git(scratch.origin.parent, TOKEN) as (address, given):
            history = self.history(scratch, address, "https://github.com")
            with pytest.raises(UsageError, match="cannot be fetched"):
                history.bring(scratch.base, TOKEN)

        assert set(given) == {""}


class TestExitCodes:
    """What the exit code of gemaudit means for the job."""

    def outputs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> dict[str, str]:
        output = tmp_path / "output"
        output.touch()
        for name in ("GITHUB_EVENT_PATH", "GITHUB_STEP_SUMMARY", "INPUT_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("GITHUB_OUTPUT", str(output))
        monkeypatch.setenv("RUNNER_TEMP", str(tmp_path))
        monkeypatch.setattr(audit, "run", lambda *_: code)
        assert steps.main(["check"]) == 0
        return outputs_of(output.read_text())

    @pytest.mark.parametrize(
        ("code", "result", "exit_code"),
        [
            (0, "pass", "0"),
            (1, "fail", "1"),
            (2, "error", "2"),
            (3, "nothing", "3"),
            (4, "error", "4"),
            (5, "pass", "0"),
            (70, "error", "70"),
            (130, "error", "130"),
        ],
    )
    def test_result(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, result: str, exit_code: str
    ) -> None:
        found = self.outputs(tmp_path, monkeypatch, code)
        assert (found["result"], found["exit-code"]) == (result, exit_code)

    def test_a_gem_server_that_does_not_answer_is_a_warning(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.outputs(tmp_path, monkeypatch, 5)
        assert "::warning title=gemaudit::a gem server could not be asked" in capsys.readouterr().out
