"""The commands."""

from typing import Annotated

import typer

from gemaudit import __version__
from gemaudit.cli import check, db, doctor, explain, why

app = typer.Typer(
    name="gemaudit",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

app.command("check", epilog=check.EPILOG, short_help="Audit lockfiles, and plan upgrades.")(check.check)
app.command("doctor", short_help="Show where the bundle runs.")(doctor.doctor)
app.command("explain", short_help="Tell everything about an advisory.")(explain.explain)
app.command("why", short_help="Tell who brings a gem in.")(why.why)
app.add_typer(db.app, name="db")


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(f"gemaudit {__version__}")
        raise typer.Exit


_HELP = """\
Find the memory-safety defects that reach a Ruby application where it really runs, and the smallest upgrade.

\b
  gemaudit check                    audit the lockfiles below this folder
  gemaudit check Gemfile.lock --ruby 3.4.5 --platform x86_64-linux-musl
  gemaudit doctor                   where the bundle runs, and who says so
  gemaudit explain GMSA-2024-0001   one advisory, whole
  gemaudit why ffi                  who brings a gem in
"""


@app.callback(help=_HELP)
def _main(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Hold the options that come before a command."""
