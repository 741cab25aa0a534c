"""`gemaudit org report`: the last scan again, from the file of scans alone."""

import typer

from gemaudit.cli import options
from gemaudit.cli.console import fail
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.cli.org import delivery
from gemaudit.model.diagnostic import Diagnostic


def report_command(
    state: delivery.State = delivery.DEFAULT_STATE,
    format_: delivery.Format = "text",
    report: delivery.Reports = None,
    changed: delivery.Changed = False,
    fail_on: delivery.FailOn = "none",
    show_all: delivery.ShowAll = False,
    quiet: delivery.Quiet = False,
    no_color: options.NoColor = False,
) -> None:
    """Render the last scan again, without asking anybody."""
    wanted = delivery.wanted(
        format_, report, fail_on, changed=changed, quiet=quiet, show_all=show_all, no_color=no_color
    )
    with delivery.opened(state, write=False) as scans:
        scan = scans.latest()
        if scan is None:
            hint = "run `gemaudit org ORG` first"
            message = "the file holds no scan"
            fail(ExitCode.NOTHING, Diagnostic(code="no-scan", message=message, path=state.as_posix(), hint=hint))
        raise typer.Exit(delivery.deliver(scans, scan, wanted))
