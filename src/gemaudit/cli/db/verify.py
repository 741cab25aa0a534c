"""`gemaudit db verify`: what upstream histories prove."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from gemaudit.cli import options
from gemaudit.cli.console import fail, write
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.cli.session import open_advisories
from gemaudit.model.advisory import Advisory
from gemaudit.model.diagnostic import Diagnostic


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

    advisories = _advisories(db)
    proofs = []
    for text in repository:
        name, _, folder = text.partition("=")
        try:
            upstream = Upstream(Path(folder), name.rpartition("/")[2])
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


def _advisories(db: list[str] | None) -> list[Advisory]:
    """The advisories that the user chose; those that have no number yet are verified like all others."""
    from gemaudit.adapters.database import read_advisories  # noqa: PLC0415
    from gemaudit.advisories.database import DatabaseError  # noqa: PLC0415

    paths = [Path(path) for path in db or ()]
    if not paths or not all(path.is_dir() or path.suffix == ".toml" for path in paths):
        return list(open_advisories(db))
    try:
        return [advisory for _, advisory in read_advisories(paths)]
    except DatabaseError as error:
        hint = "`gemaudit db lint` says what is wrong with the files"
        fail(ExitCode.DATABASE, Diagnostic(code="database", message=str(error), path="", hint=hint))
