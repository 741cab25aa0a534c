"""`gemaudit doctor`: the environments with their evidence, nothing else."""

import sys
from typing import Annotated

import typer

from gemaudit.adapters.clock import today
from gemaudit.cli import options
from gemaudit.cli.console import style_of, tell, write
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.cli.session import Described, inputs, open_knowledge, settings_for, stated_by
from gemaudit.hazards.end_of_life import ruby_end_of_life
from gemaudit.matching.interpreter import shipped_gems
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.rubies import ShippedGems
from gemaudit.pipeline import Judgement, Knowledge, judge
from gemaudit.reporting.doctor import render_doctor


def doctor(
    paths: options.Paths = None,
    ruby: options.Ruby = None,
    engine: options.Engine = None,
    platform: options.Platforms = None,
    libc: options.Libc = None,
    sanitizer: options.Sanitizers = None,
    feature: options.Features = None,
    no_discover: options.NoDiscover = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the environments as JSON.")] = False,
    config: options.Config = None,
    no_color: options.NoColor = False,
) -> None:
    """Show where the bundle runs, which file and line says so, and which gems that Ruby brings along."""
    described = Described(
        ruby=ruby, engine=engine, platforms=platform, libc=libc, sanitizers=sanitizer, features=feature
    )
    stated = stated_by(described, settings_for(config, paths or ()))
    knowledge = open_knowledge(None)
    given, problems = inputs(paths or (), discover=not no_discover)
    for problem in problems:
        tell(problem, no_color=no_color)
    judgements = [judge(one, stated, knowledge) for one in given]
    if as_json:
        write(_json(judgements))
    else:
        style = style_of(sys.stdout, no_color=no_color)
        write(
            "\n".join(
                render_doctor(
                    judgement.audit.path,
                    judgement.audit.environments,
                    _shipped(judgement, knowledge.shipped),
                    (*judgement.audit.diagnostics, *_ends(judgement, knowledge)),
                    style,
                )
                for judgement in judgements
            )
        )
    if not judgements:
        is_empty = all(found.code == "no-lockfile" for found in problems)
        raise typer.Exit(ExitCode.NOTHING if is_empty else ExitCode.UNUSABLE)


def _ends(judgement: Judgement, knowledge: Knowledge) -> tuple[Diagnostic, ...]:
    """What is to be said about the ends of the Rubies in use."""
    return ruby_end_of_life(judgement.audit.environments, knowledge.releases, today())


def _shipped(judgement: Judgement, table: ShippedGems) -> dict[str, dict[str, str]]:
    listed = {package.name for package in judgement.lockfile.packages}
    gems, _ = shipped_gems(judgement.audit.environments, table, listed)
    found: dict[str, dict[str, str]] = {}
    for gem in gems:
        for environment in gem.environments:
            found.setdefault(environment.id, {})[gem.name] = gem.version
    return found


def _json(judgements: list[Judgement]) -> str:
    import msgspec  # noqa: PLC0415 - only for this output

    value = [
        {"lockfile": judgement.audit.path, "environments": judgement.audit.environments} for judgement in judgements
    ]
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2).decode() + "\n"
