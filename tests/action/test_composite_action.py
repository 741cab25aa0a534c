"""The action from its first step to its last, as a runner executes it."""

import fcntl
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from action_job import TOKEN, Job, install
from composite_action import ROOT, Run
from github_rest import BOT, GitHub, serving
from scratch_repository import BASE, DOWNGRADE, IRRELEVANT, LINE_OF_FFI, Scratch, git, pull_request

sys.path.insert(0, str(Path(__file__).parents[1] / "reporting"))

from workflow_commands import Command, parse

MARKER = "<!-- gemaudit:. -->"


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Made by the first process that wants it; the folder above is that of all workers of pytest-xdist."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "installation"
    folder.mkdir(exist_ok=True)
    outputs: dict[str, str]
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "outputs.json").exists():
            (folder / "outputs.json").write_text(json.dumps(install(folder)))
        outputs = json.loads((folder / "outputs.json").read_text())
    return outputs


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serving(GitHub(TOKEN)) as server:
        yield server


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)


@pytest.fixture
def job(tmp_path: Path, github: GitHub, installation: Mapping[str, str]) -> Job:
    return Job(tmp_path, github, installation)


def annotations(run: Run) -> list[Command]:
    return [command for line in run.log.splitlines() if (command := parse(line))]


class TestPullRequest:
    """Only what is new counts."""

    def test_a_downgrade_of_ffi(self, scratch: Scratch, job: Job) -> None:
        run = job.propose(scratch, DOWNGRADE)

        assert (run.code, run.failed) == (1, "result")
        (error,) = [command for command in annotations(run) if command.name == "error"]
        assert (error.properties["file"], error.properties["line"]) == ("Gemfile.lock", str(LINE_OF_FFI))
        assert error.properties["title"].startswith("ffi 1.16.3")
        assert "GMSA-2024-0001" in error.data
        assert {command.properties["line"] for command in annotations(run)} == {str(LINE_OF_FFI)}
        assert run.summary.startswith("## gemaudit: fail\n")
        assert "bundle update --conservative ffi" in run.summary
        assert "redcarpet" not in run.summary

    def test_its_outputs(self, scratch: Scratch, job: Job) -> None:
        run = job.propose(scratch, DOWNGRADE)
        report = json.loads(Path(run.outputs["json"]).read_text())
        applying = [one for one in report["findings"] if one["status"] == "affected"]
        new = [one for one in applying if one["state"] == "new"]

        assert run.outputs["result"] == "fail"
        assert {one["package"]["name"] for one in new} == {"ffi"}
        assert run.outputs["new-count"] == str(len(new))
        assert run.outputs["findings-count"] == str(len(applying))
        assert len(new) < len(applying)
        assert json.loads(Path(run.outputs["sarif"]).read_text())["version"] == "2.1.0"
        assert set(run.outputs) == {"result", "findings-count", "new-count", "sarif", "json"}
        assert "" not in run.outputs.values()

    @pytest.mark.parametrize("comment", ["never", "on-failure"])
    def test_silence_where_nothing_relevant_changes(
        self, scratch: Scratch, job: Job, github: GitHub, comment: str
    ) -> None:
        run = job.propose(scratch, IRRELEVANT, comment=comment)

        assert run.code == 0
        assert annotations(run) == []
        assert github.writes == []
        assert run.outputs["result"] == "pass"
        assert run.outputs["new-count"] == "0"
        assert int(run.outputs["findings-count"]) > 10

    def test_what_came_to_the_base_meanwhile_is_not_blamed_on_it(self, scratch: Scratch, job: Job) -> None:
        head = scratch.propose(IRRELEVANT)
        newer = scratch.move_on(DOWNGRADE)
        scratch.check_out(scratch.merge(head, newer))
        run = job.run(scratch, "pull_request", pull_request(scratch.base, head, "change"), "refs/pull/7/merge")

        assert (run.code, run.outputs["new-count"]) == (0, "0")

    def test_the_head_alone_is_compared_with_the_base_of_the_event(self, scratch: Scratch, job: Job) -> None:
        head = scratch.propose(DOWNGRADE)
        scratch.check_out(head)
        run = job.run(scratch, "pull_request", pull_request(scratch.base, head, "change"), "refs/pull/7/merge")

        assert run.code == 1
        assert "redcarpet" not in run.summary

    def test_all_findings_where_that_is_wanted(self, scratch: Scratch, job: Job) -> None:
        run = job.propose(scratch, IRRELEVANT, only_new="false")

        assert run.code == 1
        assert run.outputs["new-count"] == run.outputs["findings-count"]

    def test_a_base_that_cannot_be_had_is_an_error(self, scratch: Scratch, job: Job) -> None:
        head = scratch.propose(IRRELEVANT)
        scratch.check_out(head)
        git(scratch.workspace, "remote", "set-url", "origin", (scratch.origin / "gone").as_uri())
        run = job.run(scratch, "pull_request", pull_request("d" * 40, head, "change"))

        assert (run.code, run.failed, run.outputs["result"]) == (2, "check", "error")
        (said,) = annotations(run)
        assert "cannot be fetched" in said.data
        assert "hint: " in said.data


class TestComment:
    """One comment, brought up to date."""

    def test_created_updated_and_cleared(self, scratch: Scratch, job: Job, github: GitHub) -> None:
        github.add("LGTM", {"login": "reviewer", "type": "User"})
        assert job.propose(scratch, DOWNGRADE, comment="on-failure").code == 1
        assert [one["user"]["login"] for one in github.comments] == ["reviewer", BOT["login"]]
        first = github.comments[1]["body"]
        assert first.startswith(f"{MARKER}\n## gemaudit: fail")
        assert "bundle update --conservative ffi" in first
        assert first.endswith("(https://github.example/octo/app/actions/runs/42)\n")

        assert job.propose(scratch, DOWNGRADE, comment="on-failure").code == 1
        assert [call.split()[0] for call in github.writes] == ["POST"]

        assert job.propose(scratch, IRRELEVANT, comment="on-failure").code == 0
        assert [call.split()[0] for call in github.writes] == ["POST", "PATCH"]
        assert len(github.comments) == 2
        assert github.comments[1]["body"].startswith(f"{MARKER}\nAll clear.\n")

    def test_always(self, scratch: Scratch, job: Job, github: GitHub) -> None:
        job.propose(scratch, IRRELEVANT, comment="always")
        assert "Nothing new in" in github.comments[0]["body"]

    def test_it_is_found_behind_many_others(self, scratch: Scratch, job: Job, github: GitHub) -> None:
        for number in range(230):
            github.add(f"comment {number}", {"login": "reviewer", "type": "User"})
        github.add(f"{MARKER}\nold", BOT)
        job.propose(scratch, DOWNGRADE, comment="on-failure")

        assert len(github.comments) == 231
        assert "## gemaudit: fail" in github.comments[230]["body"]

    def test_what_others_write_is_not_touched(self, scratch: Scratch, job: Job, github: GitHub) -> None:
        github.add(f"{MARKER}\nmine", {"login": "mallory", "type": "User"})
        github.add(f"> {MARKER}", BOT)
        job.propose(scratch, DOWNGRADE, comment="on-failure")

        assert [one["body"] for one in github.comments[:2]] == [f"{MARKER}\nmine", f"> {MARKER}"]
        assert len(github.comments) == 3

    def test_a_token_of_a_user_knows_its_own(self, scratch: Scratch, job: Job, github: GitHub) -> None:
        github.user = {"login": "robot", "type": "User"}
        github.add(f"{MARKER}\nof an app", BOT)
        github.add(f"{MARKER}\nown", github.user)
        job.propose(scratch, DOWNGRADE, comment="on-failure")

        assert github.comments[0]["body"] == f"{MARKER}\nof an app"
        assert "## gemaudit: fail" in github.comments[1]["body"]

    def test_lockfiles_of_a_monorepo_have_comments_of_their_own(
        self, scratch: Scratch, job: Job, github: GitHub
    ) -> None:
        files = {"web/Gemfile.lock": DOWNGRADE["Gemfile.lock"], "--> x/Gemfile.lock": DOWNGRADE["Gemfile.lock"]}
        job.propose(scratch, files, comment="on-failure", path="web")
        job.propose(scratch, files, comment="on-failure", path="--> x")
        markers = [one["body"].partition("\n")[0] for one in github.comments]

        assert markers[0] == "<!-- gemaudit:web -->"
        assert re.fullmatch(r"<!-- gemaudit:[0-9a-f]{16} -->", markers[1])

    @pytest.mark.parametrize("is_done", [False, True])
    def test_a_fault_that_passes_makes_no_second_comment(
        self, scratch: Scratch, job: Job, github: GitHub, is_done: bool
    ) -> None:
        """A server may say 502 and have made the comment."""
        github.faults = {"POST": [(502, is_done)], "GET": [(502, False)]}
        run = job.propose(scratch, DOWNGRADE, comment="on-failure")

        assert (run.code, len(github.comments)) == (1, 1)
        assert [one for one in annotations(run) if one.name == "warning" and "GitHub" in one.data] == []

    def test_a_fault_that_stays_is_a_warning(self, scratch: Scratch, job: Job, github: GitHub) -> None:
        github.faults = {"GET": [(401, False)]}
        run = job.propose(scratch, DOWNGRADE, comment="on-failure", annotations="false")
        (said,) = annotations(run)

        assert (run.code, said.name) == (1, "warning")
        assert "pull-requests: write" in said.data


class TestFork:
    """A token that can only read."""

    def test_what_is_new_is_in_the_summary(self, scratch: Scratch, job: Job, github: GitHub) -> None:
        github.is_read_only = True
        run = job.propose(
            scratch, DOWNGRADE, is_fork=True, comment="on-failure", upload_sarif="true", annotations="false"
        )

        assert run.code == 1
        assert github.comments == []
        assert github.analyses == []
        assert "bundle update --conservative ffi" in run.summary
        assert {command.name for command in annotations(run)} == {"notice"}
        assert all("from a fork can only read" in command.data for command in annotations(run))

    def test_nothing_relevant_is_silent_even_there(self, scratch: Scratch, job: Job, github: GitHub) -> None:
        github.is_read_only = True
        run = job.propose(scratch, IRRELEVANT, is_fork=True, comment="on-failure")

        assert (run.code, annotations(run), github.comments) == (0, [], [])


class TestPush:
    """Everything counts, and goes to code scanning."""

    def test_findings_and_upload(self, scratch: Scratch, job: Job, github: GitHub) -> None:
        scratch.check_out(scratch.base)
        run = job.run(scratch, "push", {"before": scratch.base, "ref": "refs/heads/main"}, upload_sarif="true")
        (analysis,) = github.analyses

        assert (run.code, run.failed) == (1, "result")
        assert run.outputs["new-count"] == run.outputs["findings-count"]
        assert (analysis["commit_sha"], analysis["ref"]) == ("c" * 40, "refs/heads/main")
        assert analysis["sarif"] == json.loads(Path(run.outputs["sarif"]).read_text())
        assert github.comments == []

    def test_only_what_is_new_since_the_last_one(self, scratch: Scratch, job: Job) -> None:
        scratch.check_out(scratch.move_on(DOWNGRADE))
        run = job.run(scratch, "push", {"before": scratch.base}, only_new="true")

        assert run.code == 1
        assert "redcarpet" not in run.summary

    def test_a_new_branch_has_nothing_before_it(self, scratch: Scratch, job: Job) -> None:
        scratch.check_out(scratch.base)
        run = job.run(scratch, "push", {"before": "0" * 40}, only_new="true", annotations="false")
        (said,) = annotations(run)

        assert (run.code, said.name) == (1, "notice")
        assert "nothing before it" in said.data

    def test_the_gate_is_the_workflows(self, scratch: Scratch, job: Job) -> None:
        scratch.check_out(scratch.base)
        assert job.run(scratch, "push", {}, fail_on="none").code == 0

    def test_or_that_of_the_settings(self, scratch: Scratch, job: Job) -> None:
        scratch.check_out(
            scratch.move_on({"lax.toml": 'fail-on = "critical"\n', ".gemaudit.toml": 'fail-on = "low"\n'})
        )
        assert job.run(scratch, "push", {}).code == 1
        assert job.run(scratch, "push", {}, config="lax.toml").code == 0

    def test_a_fault_of_code_scanning_is_a_warning(self, scratch: Scratch, job: Job, github: GitHub) -> None:
        github.is_read_only = True
        scratch.check_out(scratch.base)
        run = job.run(scratch, "push", {}, upload_sarif="true", fail_on="none", annotations="false")
        (said,) = annotations(run)

        assert (run.code, said.name) == (0, "warning")
        assert "security-events: write" in said.data

    def test_the_head_of_a_pull_request_is_named_as_such(self, scratch: Scratch, job: Job, github: GitHub) -> None:
        head = scratch.propose(DOWNGRADE)
        scratch.check_out(head)
        payload = pull_request(scratch.base, head, "change")
        job.run(scratch, "pull_request", payload, "refs/pull/7/merge", upload_sarif="true")
        states = {one["ruleId"]: one.get("baselineState") for one in github.analyses[0]["sarif"]["runs"][0]["results"]}

        assert (github.analyses[0]["commit_sha"], github.analyses[0]["ref"]) == (head, "refs/pull/7/head")
        assert states["GMSA-2024-0001"] == "new"
        assert "unchanged" in states.values()


def test_schedule(scratch: Scratch, job: Job, github: GitHub) -> None:
    scratch.check_out(scratch.base)
    run = job.run(scratch, "schedule", {"schedule": "0 4 * * *"}, comment="always", fail_on="critical")

    assert (run.code, run.outputs["result"]) == (0, "pass")
    assert int(run.outputs["findings-count"]) > 10
    assert github.calls == []


def test_nothing_is_said_where_nothing_is_to_be_said(scratch: Scratch, job: Job, github: GitHub) -> None:
    scratch.check_out(scratch.base)
    run = job.run(scratch, "push", {}, summary="false", annotations="false")

    assert (run.code, run.summary, annotations(run), github.calls) == (1, "", [], [])


def test_settings_that_cannot_be_read_are_annotated(scratch: Scratch, job: Job) -> None:
    scratch.check_out(scratch.move_on({".gemaudit.toml": "fail-on = 1\n"}))
    run = job.run(scratch, "push", {})
    (said,) = annotations(run)

    assert (run.code, run.outputs["result"], said.name) == (2, "error", "error")
    assert ".gemaudit.toml:1" in run.log


def test_nothing_to_audit(scratch: Scratch, job: Job) -> None:
    scratch.check_out(scratch.base)
    (scratch.workspace / "Gemfile.lock").unlink()
    run = job.run(scratch, "push", {})

    assert (run.code, run.outputs["result"]) == (3, "nothing")


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"comment": "sometimes"}, "`comment` is `sometimes`"),
        ({"only_new": "$(touch pwned)"}, "`only-new` is"),
        ({"upload_sarif": "yes\n::error::x"}, "`upload-sarif` is"),
    ],
)
def test_an_input_without_meaning(scratch: Scratch, job: Job, given: dict[str, str], word: str) -> None:
    scratch.check_out(scratch.base)
    run = job.run(scratch, "push", {}, **given)
    (said,) = annotations(run)

    assert (run.code, run.failed, said.name) == (2, "check", "error")
    assert word in said.data


@pytest.mark.parametrize("given", [{"fail_on": "--exit-zero"}, {"config": "--help"}, {"path": "--version"}])
def test_no_input_is_an_option(scratch: Scratch, job: Job, given: dict[str, str]) -> None:
    scratch.check_out(scratch.base)
    assert job.run(scratch, "push", {}, **given).outputs["result"] == "error"


HOSTILE = 'x";touch${IFS}pwned;$(touch${IFS}pwned)`id`|<script>%0A::error::y'


def test_hostile_names_are_only_names(tmp_path: Path, job: Job, github: GitHub) -> None:
    scratch = Scratch(tmp_path, branch="$(touch${IFS}pwned);`id`;%0Aerror")
    folder = "a`touch pwned`$(touch pwned)::error::b"
    text = DOWNGRADE["Gemfile.lock"].replace("    redcarpet (3.5.0)", f"    redcarpet (3.5.0)\n    {HOSTILE} (1.0)")
    run = job.propose(
        scratch, {f"{folder}/Gemfile.lock": text}, comment="always", upload_sarif="true", path=f"{folder}\n."
    )

    assert (run.code, run.outputs["result"]) == (2, "error"), "such a gem cannot be, so the lockfile cannot be read"
    assert list(tmp_path.rglob("pwned")) == []
    assert {command.name for command in annotations(run)} <= {"error", "warning", "notice"}
    errors = [command for command in annotations(run) if command.name == "error"]
    assert {command.properties["file"] for command in errors} == {f"{folder}/Gemfile.lock"}
    assert any(command.properties["title"].startswith("ffi 1.16.3") for command in errors)
    body = github.comments[0]["body"]
    assert HOSTILE not in body
    assert "<script>" not in re.sub(r"`[^`\n]*`", "", body)


def test_nothing_of_the_repository_is_imported_or_run(scratch: Scratch, job: Job) -> None:
    spy = "open('pwned', 'w').close()\n"
    names = ("httpx.py", "msgspec.py", "gemaudit/__init__.py", "gemaudit_action/__init__.py", "sitecustomize.py")
    run = job.propose(scratch, {**DOWNGRADE, **dict.fromkeys(names, spy), "sh": "touch pwned", "setup.cfg": "[x]"})

    assert run.code == 1
    assert list(scratch.workspace.rglob("pwned")) == []


def test_the_sample_is_what_the_issue_asks_for() -> None:
    """The line that the annotations must be on is that of ffi."""
    assert BASE["Gemfile.lock"].splitlines()[LINE_OF_FFI - 1] == "    ffi (1.17.4)"
    assert (ROOT / "action.yml").exists()
