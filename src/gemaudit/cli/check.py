"""`gemaudit check`: the audit."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from gemaudit.cli import options
from gemaudit.cli.console import fail, say, style_of, write
from gemaudit.cli.exit_codes import ExitCode, exit_code
from gemaudit.cli.online import Asking, advised
from gemaudit.cli.session import Described, folder_of, inputs, open_knowledge, settings_for, stated_by
from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.policy import Ignore, Policy
from gemaudit.model.report import Report
from gemaudit.pipeline import judge
from gemaudit.reporting import FORMAT_NAMES, render
from gemaudit.reporting.style import Style

EPILOG = """\
\b
Exit codes:
  0  nothing at or above the gate
  1  findings at or above the gate
  2  wrong usage or settings, or input that cannot be read
  3  nothing to audit
  4  no usable advisory database
  5  a gem server could not be asked, and nothing is at or above the gate
  70 a bug in gemaudit
"""


def check(
    paths: options.Paths = None,
    ruby: options.Ruby = None,
    engine: options.Engine = None,
    platform: options.Platforms = None,
    libc: options.Libc = None,
    sanitizer: options.Sanitizers = None,
    feature: options.Features = None,
    no_discover: options.NoDiscover = False,
    format_: Annotated[
        str, typer.Option("--format", "-f", metavar="NAME", help=f"What stdout shows: {', '.join(FORMAT_NAMES)}.")
    ] = "text",
    report: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="Write a report to a file as well; `-` is stdout. Repeatable."),
    ] = None,
    show_all: Annotated[
        bool, typer.Option("--all", help="Show everything: what does not apply and what is ignored, too.")
    ] = False,
    fail_on: Annotated[
        str | None,
        typer.Option(metavar="SEVERITY", help=f"The gate: {', '.join(SEVERITIES)} or none.", show_default="medium"),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Undecided findings fail, too.")] = False,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Hide an advisory, by id or alias. Repeatable.")
    ] = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 instead of 1.")] = False,
    online: options.OnlineFlag = False,
    offline: options.OfflineFlag = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no report, only errors.")] = False,
    config: options.Config = None,
    db: options.Databases = None,
    no_color: options.NoColor = False,
) -> None:
    """Audit lockfiles for memory-safety defects, and plan the smallest upgrade."""
    reports = _reports(format_, report or [], quiet=quiet)
    settings = settings_for(config, paths or ())
    described = Described(
        ruby=ruby, engine=engine, platforms=platform, libc=libc, sanitizers=sanitizer, features=feature
    )
    stated = stated_by(described, settings)
    policy = _policy(settings.policy, fail_on, ignore or [], strict=strict)
    knowledge = open_knowledge(db)
    given, problems = inputs(paths or (), discover=not no_discover)
    judgements = [judge(one, stated, knowledge) for one in given]
    asking = Asking(project=folder_of(paths or ()), online=online, offline=offline)
    result = advised(judgements, policy, knowledge, asking, problems)
    _deliver(result.report, reports, style_of(sys.stdout, no_color=no_color, show_all=show_all))
    code = exit_code(result.report, network_failed=result.failed)
    raise typer.Exit(ExitCode.CLEAN if exit_zero and code is ExitCode.FINDINGS else code)


def _reports(format_: str, reports: list[str], *, quiet: bool) -> tuple[tuple[str, str], ...]:
    """The wanted reports as pairs of format and file, `-` for stdout."""
    wanted = [] if quiet else [(format_, "-")]
    for text in reports:
        name, separator, file = text.partition("=")
        if not separator or not file:
            _refuse(f"`{text}` is no report", "write `--report json=FILE`")
        wanted.append((name, file))
    for name, _ in wanted:
        if name not in FORMAT_NAMES:
            _refuse(f"`{name}` is no report format", f"choose one of {', '.join(FORMAT_NAMES)}")
    return tuple(wanted)


def _policy(policy: Policy, fail_on: str | None, ignored: list[str], *, strict: bool) -> Policy:
    if fail_on is not None and fail_on not in {*SEVERITIES, "none"}:
        _refuse(f"`{fail_on}` is no severity", f"choose one of {', '.join(SEVERITIES)} or none")
    gate = next((severity for severity in SEVERITIES if severity == fail_on), None)
    said = tuple(Ignore(id=id_, reason="given on the command line", path="<command line>") for id_ in ignored)
    return replace(
        policy,
        fail_on=policy.fail_on if fail_on is None else gate,
        strict=policy.strict or strict,
        ignores=(*policy.ignores, *said),
    )


def _deliver(report: Report, wanted: tuple[tuple[str, str], ...], style: Style) -> None:
    for name, file in wanted:
        if file == "-":
            write(render(name, report, style))
            continue
        try:
            Path(file).write_text(render(name, report, replace(style, color=False)), encoding="utf-8", newline="")
        except OSError as error:
            _refuse(f"the report `{file}` cannot be written: {error.strerror}", "give a file in a folder that exists")
    if not any(file == "-" for _, file in wanted):
        _say_errors(report)


def _say_errors(report: Report) -> None:
    """What could not be read, for a run that prints no report."""
    from gemaudit.reporting.diagnostics import render_diagnostic  # noqa: PLC0415 - only for quiet runs

    for diagnostic in (*report.diagnostics, *(found for audit in report.audits for found in audit.diagnostics)):
        if diagnostic.level == "error":
            say(render_diagnostic(diagnostic, color=style_of(sys.stderr).color))


def _refuse(message: str, hint: str) -> None:
    fail(ExitCode.UNUSABLE, Diagnostic(code="usage", message=message, path="", hint=hint))
