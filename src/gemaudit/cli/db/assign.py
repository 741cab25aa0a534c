"""`gemaudit db assign`: numbers for new advisories."""

from pathlib import Path
from typing import Annotated

import typer

from gemaudit.cli.console import fail, write
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.model.diagnostic import Diagnostic

_FOLDERS = ("gems", "rubies")


def assign_command(
    path: Annotated[Path, typer.Argument(metavar="[PATH]", help="The folder that holds all advisories.")] = Path(
        "advisories"
    ),
) -> None:
    """Rename each `GMSA-0000-0000.toml` to the next number of the year in which it was published."""
    from gemaudit.adapters.numbering import assign_numbers  # noqa: PLC0415 - only this command numbers
    from gemaudit.advisories.database import DatabaseError  # noqa: PLC0415

    if not any((path / name).is_dir() for name in _FOLDERS):
        # A part of the advisories does not say which numbers the others have.
        message = "this is not the folder of all advisories: it has neither `gems` nor `rubies`"
        hint = "give the folder above them: `gemaudit db assign advisories`"
        fail(ExitCode.UNUSABLE, Diagnostic(code="usage", message=message, path=path.as_posix(), hint=hint))
    try:
        moved = assign_numbers(path)
    except DatabaseError as error:
        hint = f"`gemaudit db lint {path.as_posix()}` says what is wrong with the files"
        fail(ExitCode.DATABASE, Diagnostic(code="database", message=str(error), path="", hint=hint))
    for old, new in moved:
        write(f"{old.as_posix()} -> {new.name}\n")
    write(f"{len(moved)} advisories got a number\n")
