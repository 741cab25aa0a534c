"""`gemaudit db export`: the advisories for other tools."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from gemaudit.cli import options
from gemaudit.cli.console import fail, write
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.cli.session import open_advisories
from gemaudit.model.diagnostic import Diagnostic


def export_command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to write; files of the same names are replaced.")
    ],
    format_: Annotated[Literal["osv"], typer.Option("--format", help="The form of the files.")] = "osv",  # noqa: ARG001
    db: options.Databases = None,
) -> None:
    """Write each advisory as a file of its own, withdrawn ones included: OSV 1.6, `ID.json`."""
    from gemaudit.advisories.osv import render_osv  # noqa: PLC0415 - only this command exports

    advisories = open_advisories(db)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for advisory in advisories:
            (folder / f"{advisory.id}.json").write_text(render_osv(advisory), encoding="utf-8")
    except OSError as error:
        message = f"the advisories cannot be written: {error.strerror}"
        hint = "give a folder that you may write to"
        fail(ExitCode.UNUSABLE, Diagnostic(code="export", message=message, path=folder.as_posix(), hint=hint))
    write(f"{len(advisories)} advisories written to {folder.as_posix()}\n")
