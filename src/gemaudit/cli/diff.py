"""`gemaudit diff`: what one lockfile adds to another."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from gemaudit.cli import options
from gemaudit.cli.console import fail, refuse, style_of
from gemaudit.cli.delivery import deliver, policy_of, wanted_reports
from gemaudit.cli.exit_codes import ExitCode, exit_code
from gemaudit.cli.online import Asking, advised
from gemaudit.cli.session import Described, folder_of, inputs, open_knowledge, settings_for, stated_by
from gemaudit.model.baseline import baseline_of
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.pipeline import Input, judge

EPILOG = "The exit codes are those of `gemaudit check`; only what is new counts."


def diff(
    base: Annotated[str, typer.Argument(metavar="BASE", help="The lockfile as it was.")],
    head: Annotated[str, typer.Argument(metavar="HEAD", help="The lockfile as it is.")],
    ruby: options.Ruby = None,
    engine: options.Engine = None,
    platform: options.Platforms = None,
    libc: options.Libc = None,
    sanitizer: options.Sanitizers = None,
    feature: options.Features = None,
    no_discover: options.NoDiscover = False,
    format_: options.Format = "text",
    report: options.Reports = None,
    show_all: options.ShowAll = False,
    fail_on: options.FailOn = None,
    strict: options.Strict = False,
    ignore: options.Ignores = None,
    exit_zero: options.ExitZero = False,
    online: options.OnlineFlag = False,
    offline: options.OfflineFlag = False,
    config: options.Config = None,
    db: options.Databases = None,
    no_color: options.NoColor = False,
) -> None:
    """Compare the findings of two lockfiles: what is new, what is fixed, what is unchanged.

    Both are audited as if they ran where the files around HEAD say.
    """
    reports = wanted_reports(format_, report or [], quiet=False)
    settings = settings_for(config, (head,))
    described = Described(
        ruby=ruby, engine=engine, platforms=platform, libc=libc, sanitizers=sanitizer, features=feature
    )
    stated = stated_by(described, settings)
    policy = policy_of(settings.policy, fail_on, ignore or [], strict=strict)
    knowledge = open_knowledge(db)
    now, problems = _one(head, discover=not no_discover)
    then, _ = _one(base, discover=False)
    earlier = judge(replace(then, path=now.path, documents=now.documents), stated, knowledge)
    if earlier.audit.status == "unreadable":
        fail(ExitCode.UNUSABLE, next(one for one in earlier.audit.diagnostics if one.level == "error"))
    before = baseline_of(base, earlier.audit.findings)
    asking = Asking(project=folder_of((head,)), online=online, offline=offline)
    result = advised([judge(now, stated, knowledge)], policy, knowledge, asking, problems, before)
    deliver(result.report, reports, style_of(sys.stdout, no_color=no_color, show_all=show_all))
    code = exit_code(result.report, network_failed=result.failed)
    raise typer.Exit(ExitCode.CLEAN if exit_zero and code is ExitCode.FINDINGS else code)


def _one(path: str, *, discover: bool) -> tuple[Input, tuple[Diagnostic, ...]]:
    """The one lockfile that a path names; the run ends with exit code 2 where it names none or several."""
    if Path(path).is_dir():
        refuse(f"`{path}` is a folder", "name a lockfile")
    given, problems = inputs((path,), discover=discover)
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        fail(ExitCode.UNUSABLE, errors[0])
    return given[0], problems
