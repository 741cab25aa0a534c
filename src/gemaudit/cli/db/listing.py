"""`gemaudit db list`: the advisories in a line each."""

import sys
from typing import Annotated

import typer

from gemaudit.cli import options
from gemaudit.cli.console import style_of, write
from gemaudit.cli.session import open_advisories
from gemaudit.model.advisory import Advisory


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


def _severity(advisory: Advisory) -> str:
    return "withdrawn" if advisory.withdrawn else advisory.severity


def _names(advisory: Advisory) -> list[str]:
    return list(dict.fromkeys(affected.gem or affected.engine for affected in advisory.affected))
