"""`gemaudit org merge`: one file of scans from those of several shards."""

from pathlib import Path
from typing import Annotated

import typer

from gemaudit.adapters.scans.merge import merge
from gemaudit.adapters.scans.store import ScansError
from gemaudit.cli.console import fail, say
from gemaudit.cli.exit_codes import ExitCode


def merge_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The files of the shards.")],
    into: Annotated[
        Path, typer.Option(metavar="FILE", help="Where to write; what is there already is a part of the whole.")
    ],
) -> None:
    """Join the files of shards, or of scans of several organisations, to one."""
    try:
        merged = merge(into, files)
    except ScansError as error:
        fail(ExitCode.UNUSABLE, error.diagnostic())
    say(str(merged))
