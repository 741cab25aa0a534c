"""The parts of the action, where a whole run would take long or could not show it."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from composite_action import ROOT, evaluate, outputs_of
from github_rest import GitHub, serving
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(ROOT / "action"))

from gemaudit_action import audit, comment, runner
from gemaudit_action.audit import Reports
from gemaudit_action.comment import MOST_CHARACTERS, body_of, marker_of
from gemaudit_action.event import Event, event_of
from gemaudit_action.history import History
from gemaudit_action.inputs import Inputs
from gemaudit_action.rest import Api, ApiError
from gemaudit_action.runner import UsageError

TOKEN = "t"  # noqa: S105 - nobody's


class TestTheTestsOwnRunner:
    """A runner that does less than a real one would prove nothing."""

    @pytest.mark.parametrize("expression", ["inputs.unknown", "github.event.x", "steps.nope.outputs.x", "1 + 1"])
    def test_an_expression_that_it_does_not_know_is_an_error(self, expression: str) -> None:
        with pytest.raises(AssertionError):
            evaluate(f"${{{{ {expression} }}}}", {})

    @pytest.mark.parametrize("text", ["a", "a<<end\nx\n", "a=1\nb", "<<e\nx\ne\n"])
    def test_outputs_that_are_not_well_formed_are_an_error(self, text: str) -> None:
        with pytest.raises(AssertionError):
            outputs_of(text)

    @given(value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")))
    def test_every_output_comes_back(self, value: str) -> None:
        written: list[str] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(runner, "_append", lambda _, text: written.append(text))
            runner.set_outputs({"a": value, "b": "1"})
        assert outputs_of("".join(written)) == {"a": value, "b": "1"}


class TestEvent:
    """What happened."""

    def read(self, tmp_path: Path, content: str, name: str = "x") -> Event:
        (tmp_path / "event.json").write_text(content)
        return event_of({"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(tmp_path / "event.json")})

    def test_a_merge_queue(self, tmp_path: Path) -> None:
        event = self.read(tmp_path, json.dumps({"merge_group": {"base_sha": "a" * 40}}), "merge_group")
        assert (event.base, event.is_proposal, event.number) == ("a" * 40, True, 0)

    def test_a_fork_that_was_deleted(self, tmp_path: Path) -> None:
        sides = {"base": {"sha": "a" * 40, "repo": {"id": 1}}, "head": {"sha": "b" * 40, "repo": None}}
        event = self.read(tmp_path, json.dumps({"pull_request": {"number": 7, **sides}}))
        assert (event.is_fork, event.number) == (True, 7)

    @pytest.mark.parametrize("sha", ["0" * 40, "--upload-pack=x", "main", "A" * 40, "a" * 41, f"{'a' * 40}\n"])
    def test_what_is_no_commit_is_none(self, tmp_path: Path, sha: str) -> None:
        assert self.read(tmp_path, json.dumps({"before": sha}), "push").base == ""

    @pytest.mark.parametrize("content", ["", "[]", '{"pull_request": 1}', '{"before": 1}'])
    def test_what_cannot_be_read_is_said(self, tmp_path: Path, content: str) -> None:
        with pytest.raises(UsageError, match="the event cannot be read"):
            self.read(tmp_path, content)

    def test_no_event(self) -> None:
        assert event_of({}) == Event(name="")


class TestMarker:
    """What a comment is found by."""

    @given(paths=st.lists(st.text(min_size=1)), config=st.text())
    def test_it_is_one_comment_of_html(self, paths: list[str], config: str) -> None:
        marker = marker_of(Inputs(paths=tuple(paths), config=config))
        inner = marker.removeprefix("<!-- ").removesuffix(" -->")
        assert (marker, len(marker) < 150) == (f"<!-- {inner} -->", True)
        assert "--" not in inner
        assert set("<>\n") & set(inner) == set()

    def test_others_have_another(self) -> None:
        choices = [((), ""), (("web",), ""), (("web", "api"), ""), (("web",), "x.toml"), (("ẃeb",), ""), (("-->",), "")]
        assert len({marker_of(Inputs(paths=paths, config=config)) for paths, config in choices}) == len(choices)

    def test_a_report_that_is_too_long_is_left_out(self) -> None:
        body = body_of("<!-- x -->", "fail", "y" * MOST_CHARACTERS, "https://github.example/1")
        assert len(body) < 200
        assert body.startswith("<!-- x -->\ngemaudit: fail\n")
        assert len(body_of("<!-- x -->", "fail", "y" * 65_000, "https://github.example/1")) > 65_000


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serving(GitHub(TOKEN)) as server:
        yield server


def api_of(github: GitHub, waited: list[float], **environment: str) -> Api:
    given = {"GITHUB_API_URL": github.address, "GITHUB_REPOSITORY": "octo/app", **environment}
    return Api(given, TOKEN, pause=waited.append)


class TestApi:
    """Faults of the network."""

    def test_what_passes_is_waited_for(self, github: GitHub) -> None:
        github.faults = {"GET": [(502, False), (429, False), (503, False)]}
        waited: list[float] = []
        assert list(api_of(github, waited).comments(7)) == []
        assert waited == [1, 4, 10]

    def test_a_server_that_is_asked_too_often_says_when(self, github: GitHub) -> None:
        github.faults = {"GET": [(403, False), (429, False)]}
        github.headers = {"Retry-After": "7"}
        waited: list[float] = []
        assert list(api_of(github, waited).comments(7)) == []
        assert waited == [7, 7]

    def test_a_server_of_an_enterprise_has_its_api_below_a_path(self, github: GitHub) -> None:
        with pytest.raises(ApiError, match="refuses with 404"):
            list(api_of(github, [], GITHUB_API_URL=f"{github.address}/api/v3").comments(7))
        assert github.calls == ["GET /api/v3/repos/octo/app/issues/7/comments?per_page=100&page=1"]

    def test_but_not_for_ever(self, github: GitHub) -> None:
        github.faults = {"GET": [(500, False)] * 9}
        with pytest.raises(ApiError, match="refuses with 500: Server Error"):
            list(api_of(github, []).comments(7))
        assert len(github.calls) == 4

    def test_no_answer(self) -> None:
        waited: list[float] = []
        # Nobody listens on port 1 of this machine.
        api = api_of(GitHub(TOKEN), waited, GITHUB_API_URL="http://127.0.0.1:1")
        with pytest.raises(ApiError, match="does not answer"):
            list(api.comments(7))
        assert len(waited) == 3

    def test_what_is_forbidden_is_not_tried_again(self, github: GitHub) -> None:
        github.is_read_only = True
        with pytest.raises(ApiError) as caught:
            api_of(github, []).create_comment(7, "x")
        assert (caught.value.is_forbidden, len(github.calls)) == (True, 1)

    @pytest.mark.parametrize("name", ["", "x", "../../user", "a/b/c", "a/b?x", "a/b#"])
    def test_a_repository_that_is_none(self, github: GitHub, name: str) -> None:
        with pytest.raises(ApiError, match="names no repository"):
            api_of(github, [], GITHUB_REPOSITORY=name)

    def test_a_comment_is_created_once_however_often_the_server_fails(self, github: GitHub) -> None:
        github.faults = {"POST": [(502, False), (504, True)]}
        waited: list[float] = []
        inputs = Inputs(comment="always")
        comment.keep(api_of(github, []), 7, inputs, "<!-- m -->\nx", fails=False, pause=waited.append)
        assert ([one["body"] for one in github.comments], waited) == (["<!-- m -->\nx"], [1, 4])

    def test_and_not_for_ever(self, github: GitHub) -> None:
        github.faults = {"POST": [(502, False)] * 9}
        with pytest.raises(ApiError):
            comment.keep(
                api_of(github, []), 7, Inputs(comment="always"), "<!-- m -->", fails=True, pause=lambda _: None
            )
        assert len(github.writes) == 4


def test_no_program_is_given_the_token() -> None:
    given = {"INPUT_TOKEN": TOKEN, "GITHUB_WORKSPACE": "/w", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b"}
    environment = History(given).environment
    assert TOKEN not in environment.values()
    settings = {environment[f"GIT_CONFIG_KEY_{number}"] for number in range(int(environment["GIT_CONFIG_COUNT"]))}
    assert settings == {"a.b", "safe.directory"}


class TestAudit:
    """The command line, and what came of it."""

    def test_every_input_that_concerns_it_is_there(self) -> None:
        reports = Reports.below(Path("/r"))
        inputs = Inputs(paths=("a", "-b"), config="c", fail_on="low", online=True)
        line = audit.command(inputs, reports, "d" * 40)
        assert line[1:5] == ["-I", "-m", "gemaudit", "check"]
        assert {"--config=c", "--fail-on=low", "--online", f"--against=git:{'d' * 40}"} <= set(line)
        assert line[-3:] == ["--", "a", "-b"]

    def test_nothing_is_said_for_the_settings(self) -> None:
        line = audit.command(Inputs(annotations=False), Reports.below(Path("/r")), "")
        said = [word.partition("=")[0] for word in line[5:]]
        assert said == ["--no-color", "--report", "--report", "--report", "--"]

    def test_a_signal_is_no_success(self) -> None:
        assert audit.run([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], {}) == 70

    @pytest.mark.parametrize("content", ["", "{}", '{"findings": 1}'])
    def test_a_report_that_is_none(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "x").write_text(content)
        with pytest.raises(UsageError):
            audit.counts(tmp_path / "x")


@given(text=st.text())
def test_no_text_is_a_second_command(text: str) -> None:
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "_write", lines.append)
        runner.say("error", text, text)
        runner.mask(text)
    assert all(set("\r\n") & set(line) == set() for line in lines)
    assert [line.partition("::")[2].partition(" ")[0].partition("::")[0] for line in lines] == (
        ["error", "add-mask"] if text else ["error"]
    )


def test_a_summary_that_is_too_large_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    assert not runner.add_summary("x" * runner.MOST_BYTES)
    assert not (tmp_path / "summary").exists()
    assert runner.add_summary("x")
