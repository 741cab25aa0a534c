"""The two steps that need more than a line of shell."""

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from gemaudit_action import audit, comment
from gemaudit_action.audit import NETWORK, RESULTS, Counts, Reports, Result
from gemaudit_action.code_scanning import upload_of
from gemaudit_action.event import Event, event_of
from gemaudit_action.history import History, commit_to_compare
from gemaudit_action.inputs import Inputs
from gemaudit_action.rest import Api, ApiError
from gemaudit_action.runner import UsageError, add_summary, mask, say, set_outputs

_UNUSABLE = 2
_FORK = "the token of a pull request from a fork can only read; the summary of the job has everything"


def main(arguments: list[str]) -> int:
    """Run the step of that name; the exit code is 2 where an input or the surroundings make no sense."""
    steps = {"check": _check, "publish": _publish}
    environment = dict(os.environ)
    mask(environment.get("INPUT_TOKEN", "").strip())
    try:
        steps[arguments[0]](environment)
    except UsageError as error:
        say("error", str(error), error.hint)
        return _UNUSABLE
    return 0


def _check(environment: Mapping[str, str]) -> None:
    """Audit, and tell what came of it; whether the job fails is said by `exit-code`, once everything is published."""
    # Whatever goes wrong from here on, no later step takes the run for a success.
    set_outputs({"result": "error", "exit-code": str(_UNUSABLE)})
    inputs, event, history = Inputs.of(environment), event_of(environment), History(environment)
    base = commit_to_compare(history, inputs, event)
    reports = Reports.below(Path(tempfile.mkdtemp(prefix="gemaudit-report-", dir=environment.get("RUNNER_TEMP"))))
    code = audit.run(audit.command(inputs, reports, base), history.environment)
    if code == NETWORK:
        say("warning", "a gem server could not be asked, so the plan is a guess; the findings are not")
    if not reports.json.exists():
        say("error", f"there is no report (exit code {code}); the log has the reason")
    counts = audit.counts(reports.json) if reports.json.exists() else Counts()
    set_outputs(
        {
            "result": RESULTS.get(code, "error"),
            "exit-code": "0" if code == NETWORK else str(code),
            "findings-count": str(counts.findings),
            "new-count": str(counts.new),
            **{
                name: str(getattr(reports, name))
                for name in ("json", "sarif", "markdown")
                if getattr(reports, name).exists()
            },
        }
    )
    if inputs.summary and reports.markdown.exists() and not add_summary(reports.markdown.read_text(encoding="utf-8")):
        say("warning", "the summary is larger than GitHub takes, so there is none")


def _publish(environment: Mapping[str, str]) -> None:
    """Comment and upload. Nothing that GitHub's API refuses fails the job."""
    inputs, event = Inputs.of(environment), event_of(environment)
    report, sarif = (environment.get(f"REPORT_{name}", "") for name in ("MARKDOWN", "SARIF"))
    wants_comment = bool(event.number and inputs.comment != "never" and report)
    wants_upload = bool(inputs.upload_sarif and sarif)
    if not wants_comment and not wants_upload:
        return
    try:
        api = Api(environment, inputs.token)
    except ApiError as error:
        say("warning", str(error))
        return
    try:
        if wants_comment:
            _try(lambda: _comment(api, inputs, event, environment), event, "no comment", "pull-requests")
        if wants_upload:
            head = History(environment).head
            upload = upload_of(Path(sarif), event, head, environment)
            _try(lambda: api.upload_sarif(upload), event, "no upload to code scanning", "security-events")
    finally:
        api.close()


def _comment(api: Api, inputs: Inputs, event: Event, environment: Mapping[str, str]) -> None:
    result = _result(environment.get("RESULT", ""))
    text = Path(environment["REPORT_MARKDOWN"]).read_text(encoding="utf-8")
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, number = (environment.get(name, "") for name in names)
    run = f"{server}/{repository}/actions/runs/{number}" if number.isdigit() else ""
    body = comment.body_of(comment.marker_of(inputs), result, text, run)
    try:
        comment.keep(api, event.number, inputs, body, fails=result != "pass")
    except ApiError as error:
        # A pull request that is to blame for nothing is not bothered with what the token may do.
        if not (error.is_forbidden and result == "pass" and inputs.comment == "on-failure"):
            raise


def _result(text: str) -> Result:
    return next((known for known in RESULTS.values() if known == text), "error")


def _try(call: Callable[[], None], event: Event, consequence: str, permission: str) -> None:
    """Make the call; where it comes to nothing, say so and why, and what would help."""
    try:
        call()
    except ApiError as error:
        if error.is_forbidden and event.is_fork:
            say("notice", f"{consequence}: {_FORK}")
        else:
            hint = f"the job needs `permissions: {permission}: write`" if error.is_forbidden else ""
            say("warning", f"{consequence}: {error}", hint)
