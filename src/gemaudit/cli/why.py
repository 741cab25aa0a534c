"""`gemaudit why`: who brings a gem in."""

import sys
from typing import Annotated

import typer

from gemaudit.cli import options
from gemaudit.cli.console import fail, style_of, tell, write
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.cli.session import Described, inputs, open_knowledge, settings_for, stated_by
from gemaudit.matching.bundle import Bundle
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.pipeline import Judgement, judge
from gemaudit.planning.gems import requirements_on
from gemaudit.reporting.why import Reason, render_why


def why(
    gem: Annotated[str, typer.Argument(metavar="GEM", help="The name of a gem.")],
    paths: options.Paths = None,
    db: options.Databases = None,
    no_color: options.NoColor = False,
) -> None:
    """Tell who brings a gem into the bundle, who asks for which versions, and which advisories speak of it."""
    knowledge = open_knowledge(db)
    stated = stated_by(Described(), settings_for(None, paths or ()))
    given, problems = inputs(paths or (), discover=True)
    judgements = [judge(one, stated, knowledge) for one in given]
    errors = [*problems, *(found for judgement in judgements for found in judgement.audit.diagnostics)]
    for diagnostic in errors:
        if diagnostic.level == "error":
            tell(diagnostic, no_color=no_color)
    reasons = [reason for judgement in judgements if (reason := _reason(gem, judgement))]
    style = style_of(sys.stdout, no_color=no_color)
    write("\n".join(render_why(reason, style) for reason in reasons))
    if any(diagnostic.level == "error" for diagnostic in errors):
        raise typer.Exit(ExitCode.UNUSABLE)
    if not reasons:
        _say_absent(gem, judgements)


def _reason(gem: str, judgement: Judgement) -> Reason | None:
    packages = [package for package in judgement.lockfile.packages if package.name == gem]
    if not packages:
        return None
    return Reason(
        lockfile=judgement.lockfile.path,
        name=gem,
        versions=tuple((package.version, package.platform, package.line) for package in packages),
        paths=Bundle(judgement.lockfile).paths(gem),
        asked_by=tuple(requirements_on(gem, judgement.lockfile)),
        advisories=tuple(
            (finding.advisory.id, finding.advisory.title, finding.status)
            for finding in judgement.audit.findings
            if finding.package.kind == "gem" and finding.package.name == gem
        ),
    )


def _say_absent(gem: str, judgements: list[Judgement]) -> None:
    names = {package.name for judgement in judgements for package in judgement.lockfile.packages}
    import difflib  # noqa: PLC0415 - only for the hint

    close = difflib.get_close_matches(gem, names, n=3)
    hint = f"did you mean `{'` or `'.join(close)}`?" if close else "`bundle list` shows the gems of a bundle"
    where = ", ".join(judgement.lockfile.path for judgement in judgements) or "the lockfiles found"
    message = f"no gem `{gem}` is locked in {where}"
    fail(ExitCode.NOTHING, Diagnostic(code="unknown-gem", message=message, path="", hint=hint))
