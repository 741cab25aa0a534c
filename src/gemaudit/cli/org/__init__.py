"""`gemaudit org`: all repositories of an organisation. One file per command."""

from typing import Any

import typer
from typer.core import TyperGroup

from gemaudit.cli.org import history, merge, report, scan


class _Org(TyperGroup):
    """The commands, of which `scan` is meant where none is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in self.commands:
            args = ["scan", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Org, help="Scan all repositories of an organisation.", rich_markup_mode=None, add_completion=False
)

app.command("scan", epilog=scan.EPILOG, no_args_is_help=True)(scan.scan_command)
app.command("report")(report.report_command)
app.command("history")(history.history_command)
app.command("merge")(merge.merge_command)
