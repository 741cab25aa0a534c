"""`gemaudit explain`: one advisory, whole."""

import sys
from typing import Annotated

import typer

from gemaudit.cli import options
from gemaudit.cli.console import fail, style_of, write
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.cli.session import open_advisories
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.pipeline import known_as
from gemaudit.reporting.advisory import render_advisory


def explain(
    id_: Annotated[str, typer.Argument(metavar="ID", help="An advisory or hazard id, a CVE, or another alias.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the advisory as JSON.")] = False,
    db: options.Databases = None,
    no_color: options.NoColor = False,
) -> None:
    """Tell everything about one advisory: versions, conditions, signs, workaround, evidence."""
    found = known_as(id_, open_advisories(db))
    if not found:
        fail(
            ExitCode.UNUSABLE,
            Diagnostic(
                code="unknown-advisory",
                message=f"no advisory has the id or alias `{id_}`",
                path="",
                hint="`gemaudit db list` shows them all",
            ),
        )
    if as_json:
        import msgspec  # noqa: PLC0415 - only for this output

        write(msgspec.json.format(msgspec.json.encode(found, order="deterministic"), indent=2).decode() + "\n")
        return
    style = style_of(sys.stdout, no_color=no_color)
    write("\n".join(render_advisory(advisory, style) for advisory in found))
