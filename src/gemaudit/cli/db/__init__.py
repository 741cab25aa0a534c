"""`gemaudit db`: the advisories themselves. One file per command."""

import typer

from gemaudit.cli.db import assign, export, index, lint, listing, verify

app = typer.Typer(help="Look at the advisories, and check them.", no_args_is_help=True, rich_markup_mode=None)

app.command("lint")(lint.lint_command)
app.command("list")(listing.list_command)
app.command("verify")(verify.verify_command)
app.command("assign")(assign.assign_command)
app.command("index")(index.index_command)
app.command("export")(export.export_command)
