"""`gemaudit db lint`: what is wrong with advisory files."""

from pathlib import Path
from typing import Annotated

import typer

from gemaudit.cli import options
from gemaudit.cli.console import fail, tell, write
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.model.diagnostic import Diagnostic


def lint_command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Advisory files or folders.", show_default="advisories"),
    ] = None,
    no_color: options.NoColor = False,
) -> None:
    """Check advisory files: schema, vocabularies, ranges, evidence, and every self-test they hold."""
    from gemaudit.adapters.database import advisory_documents  # noqa: PLC0415 - only this command lints
    from gemaudit.adapters.tables import ruby_releases  # noqa: PLC0415
    from gemaudit.advisories.database import DatabaseError  # noqa: PLC0415
    from gemaudit.advisories.lint import lint  # noqa: PLC0415
    from gemaudit.matching import evaluate_example  # noqa: PLC0415

    try:
        documents = advisory_documents(paths or [Path("advisories")])
    except DatabaseError as error:
        hint = "give the folder that holds the advisories: `gemaudit db lint PATH`"
        fail(ExitCode.DATABASE, Diagnostic(code="database", message=str(error), path="", hint=hint))
    releases = ruby_releases()
    advisories, problems = lint(documents, lambda advisory, example: evaluate_example(advisory, example, releases))
    for problem in problems:
        tell(problem, no_color=no_color)
    examples = sum(len(advisory.example) for advisory in advisories)
    if problems:
        write(f"{len(problems)} problems in {len({problem.path for problem in problems})} of {len(documents)} files\n")
        raise typer.Exit(ExitCode.FINDINGS)
    if not documents:
        raise typer.Exit(ExitCode.NOTHING)
    write(f"{len(advisories)} advisories are sound; their {examples} self-tests pass\n")
