"""The commands."""

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from gemaudit import __version__

#: What the list of commands says of each; a command is a module of this package with a function of the same name.
_COMMANDS = {
    "check": "Audit lockfiles, and plan upgrades.",
    "diff": "Tell what one lockfile adds to another.",
    "fix": "Carry out the plan.",
    "doctor": "Show where the bundle runs.",
    "explain": "Tell everything about an advisory.",
    "why": "Tell who brings a gem in.",
    "batch": "Judge a corpus of lockfiles, from Parquet to Parquet.",
}
#: Groups of commands; each is a subpackage with an `app`.
_GROUPS = ("org", "db")


class _Commands(TyperGroup):
    """The commands, each imported when it is asked for, so that none pays for another."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {name: TyperCommand(name) for name in (*_COMMANDS, *_GROUPS)}

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer's own signature
        if cmd_name not in self.commands:
            return None
        return _group(cmd_name) if cmd_name in _GROUPS else _command(cmd_name)


def _command(name: str) -> Any:
    module = import_module(f"gemaudit.cli.{name}")
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    register = alone.command(name, epilog=getattr(module, "EPILOG", None), short_help=_COMMANDS[name])
    register(getattr(module, name))
    return get_command(alone)


def _group(name: str) -> Any:
    return get_group(import_module(f"gemaudit.cli.{name}").app)


app = typer.Typer(
    name="gemaudit",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(f"gemaudit {__version__}")
        raise typer.Exit


_HELP = """\
Find the memory-safety defects that reach a Ruby application where it really runs, and the smallest upgrade.

\b
  gemaudit check                    audit the lockfiles below this folder
  gemaudit check Gemfile.lock --ruby 3.4.5 --platform x86_64-linux-musl
  gemaudit check --against git:origin/main   only what this branch adds
  gemaudit fix --online             the plan as a script; `--write` carries it out
  gemaudit doctor                   where the bundle runs, and who says so
  gemaudit explain GMSA-2024-0001   one advisory, whole
  gemaudit why ffi                  who brings a gem in
  gemaudit org acme                 all repositories of an organisation
"""


@app.callback(help=_HELP)
def _main(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Hold the options that come before a command."""
