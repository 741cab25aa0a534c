"""`gemaudit check`: the audit."""

import sys
from typing import Annotated

import typer

from gemaudit.cli import options
from gemaudit.cli.baseline import chosen, from_report, from_revision
from gemaudit.cli.console import style_of
from gemaudit.cli.delivery import deliver, policy_of, wanted_reports
from gemaudit.cli.exit_codes import ExitCode, exit_code
from gemaudit.cli.online import Asking, advised
from gemaudit.cli.session import Described, folder_of, inputs, open_knowledge, settings_for, stated_by
from gemaudit.pipeline import judge

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
    format_: options.Format = "text",
    report: options.Reports = None,
    show_all: options.ShowAll = False,
    fail_on: options.FailOn = None,
    strict: options.Strict = False,
    ignore: options.Ignores = None,
    exit_zero: options.ExitZero = False,
    baseline: options.Baseline = None,
    against: options.Against = None,
    online: options.OnlineFlag = False,
    offline: options.OfflineFlag = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no report, only errors.")] = False,
    config: options.Config = None,
    db: options.Databases = None,
    no_color: options.NoColor = False,
) -> None:
    """Audit lockfiles for memory-safety defects, and plan the smallest upgrade."""
    reports = wanted_reports(format_, report or [], quiet=quiet)
    settings = settings_for(config, paths or ())
    described = Described(
        ruby=ruby, engine=engine, platforms=platform, libc=libc, sanitizers=sanitizer, features=feature
    )
    stated = stated_by(described, settings)
    policy = policy_of(settings.policy, fail_on, ignore or [], strict=strict)
    knowledge = open_knowledge(db)
    given, problems = inputs(paths or (), discover=not no_discover)
    judgements = [judge(one, stated, knowledge) for one in given]
    chosen((baseline, against))
    before = from_report(baseline) if baseline is not None else None
    if against is not None:
        before = from_revision(against, paths or (), described, config, knowledge, discover=not no_discover)
    asking = Asking(project=folder_of(paths or ()), online=online, offline=offline)
    result = advised(judgements, policy, knowledge, asking, problems, before)
    deliver(result.report, reports, style_of(sys.stdout, no_color=no_color, show_all=show_all))
    code = exit_code(result.report, network_failed=result.failed)
    raise typer.Exit(ExitCode.CLEAN if exit_zero and code is ExitCode.FINDINGS else code)
