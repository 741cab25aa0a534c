"""`gemaudit db`: the advisories themselves."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from gemaudit.cli import options
from gemaudit.cli.console import fail, style_of, tell, write
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.cli.session import open_advisories
from gemaudit.model.advisory import Advisory
from gemaudit.model.diagnostic import Diagnostic

app = typer.Typer(help="Look at the advisories, and check them.", no_args_is_help=True, rich_markup_mode=None)


@app.command("lint")
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


@app.command("list")
def list_command(
    gem: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only what speaks of this gem or interpreter.")
    ] = None,
    db: options.Databases = None,
) -> None:
    """List the advisories in a line each: id, severity, package, title; with tabs where stdout is no terminal."""
    rows = [
        (advisory.id, _severity(advisory), " ".join(_names(advisory)), advisory.title)
        for advisory in open_advisories(db)
        if gem is None or gem in _names(advisory)
    ]
    if not sys.stdout.isatty():
        write("".join("\t".join(row) + "\n" for row in rows))
        return
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    style = style_of(sys.stdout)
    for row in rows:
        start = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        write(f"{start}  {row[3]}"[: style.width] + "\n")


@app.command("verify")
def verify_command(
    repository: Annotated[
        list[str],
        typer.Option("--repo", metavar="OWNER/NAME=DIR", help="A clone of an upstream repository. Repeatable."),
    ],
    db: options.Databases = None,
) -> None:
    """Check commits and first releases that advisories name against clones of their upstreams."""
    from gemaudit.adapters.upstream import Upstream, UpstreamError  # noqa: PLC0415 - only this command asks git
    from gemaudit.advisories.verify import verify  # noqa: PLC0415

    advisories = list(open_advisories(db))
    proofs = []
    for text in repository:
        name, _, folder = text.partition("=")
        try:
            upstream = Upstream(Path(folder))
        except UpstreamError as error:
            hint = "give a clone, as in `--repo ffi/ffi=../ffi`"
            fail(ExitCode.UNUSABLE, Diagnostic(code="upstream", message=str(error), path=folder, hint=hint))
        proofs += [proof for advisory in advisories for proof in verify(advisory, name, upstream)]
    for proof in proofs:
        if proof.outcome != "proved":
            write(f"{proof.outcome}: {proof.advisory}: {proof.message} ({proof.url})\n")
    counts = Counter(proof.outcome for proof in proofs)
    write(f"{counts['proved']} proved, {counts['contradicted']} contradicted, {counts['open']} open\n")
    if counts["contradicted"]:
        raise typer.Exit(ExitCode.FINDINGS)
    if not proofs:
        raise typer.Exit(ExitCode.NOTHING)


def _severity(advisory: Advisory) -> str:
    return "withdrawn" if advisory.withdrawn else advisory.severity


def _names(advisory: Advisory) -> list[str]:
    return list(dict.fromkeys(affected.gem or affected.engine for affected in advisory.affected))
