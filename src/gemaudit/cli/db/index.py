"""`gemaudit db index`: one page about all advisories."""

from pathlib import Path
from typing import Annotated

import typer

from gemaudit.cli.console import fail, write
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.model.diagnostic import Diagnostic


def index_command(
    path: Annotated[Path, typer.Argument(metavar="[PATH]", help="The folder that holds all advisories.")] = Path(
        "advisories"
    ),
) -> None:
    """Print a Markdown page that lists the advisories by gem and interpreter, with links to their files."""
    from gemaudit.adapters.database import read_advisories  # noqa: PLC0415 - only this command lists files
    from gemaudit.advisories.database import DatabaseError  # noqa: PLC0415
    from gemaudit.advisories.index import Listed, render_index  # noqa: PLC0415

    try:
        advisories = read_advisories([path])
    except DatabaseError as error:
        hint = f"`gemaudit db lint {path.as_posix()}` says what is wrong with the files"
        fail(ExitCode.DATABASE, Diagnostic(code="database", message=str(error), path="", hint=hint))
    if not advisories:
        raise typer.Exit(ExitCode.NOTHING)
    root = path if path.is_dir() else path.parent
    write(render_index(Listed(Path(file).relative_to(root).as_posix(), one) for file, one in advisories))
