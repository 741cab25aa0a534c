"""What the commands share: settings, database, tables, and inputs with the files around them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.adapters.config import ConfigError, Settings, find_settings, load_settings
from gemaudit.adapters.database import open_database
from gemaudit.adapters.tables import ruby_releases, shipped_gems
from gemaudit.adapters.tree import STDIN, STDIN_NAME, find_lockfiles, gather, read_lockfile_bytes
from gemaudit.advisories.database import Database, DatabaseError
from gemaudit.cli.console import fail
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.environments import PATTERNS, Stated, stated_facts
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.pipeline import Input, Knowledge


class Described(Struct, frozen=True, kw_only=True):
    """What the user said about the environment on the command line."""

    ruby: str | None = None
    engine: str | None = None
    platforms: Sequence[str] | None = None
    libc: str | None = None
    sanitizers: Sequence[str] | None = None
    features: Sequence[str] | None = None


def open_advisories(paths: Iterable[str] | None) -> Database:
    """The database that the user chose; the run ends with exit code 4 where it cannot be read."""
    try:
        return open_database(paths or ())
    except DatabaseError as error:
        hint = "reinstall gemaudit, or give a database with `--db PATH`"
        fail(ExitCode.DATABASE, Diagnostic(code="database", message=str(error), path="", hint=hint))


def open_knowledge(paths: Iterable[str] | None) -> Knowledge:
    """The database that the user chose, and the tables about Ruby."""
    return Knowledge(database=open_advisories(paths), releases=ruby_releases(), shipped=shipped_gems())


def settings_for(config: Path | None, paths: Sequence[str]) -> Settings:
    """The project's settings: the given file, or the nearest one above the first path.

    The run ends with exit code 2 where they cannot be used.
    """
    place = config or find_settings(folder_of(paths))
    if place is None:
        return Settings()
    try:
        return load_settings(place)
    except ConfigError as error:
        fail(ExitCode.UNUSABLE, error.diagnostic)


def folder_of(paths: Sequence[str]) -> Path:
    """The folder of the first path, which is taken for the project's."""
    first = Path(paths[0]) if paths and paths[0] != STDIN else Path()
    return first if first.is_dir() else first.parent


def stated_by(described: Described, settings: Settings) -> Stated:
    """What the user and the settings state; the run ends with exit code 2 for a word that has no meaning."""
    try:
        facts = stated_facts(
            ruby=described.ruby,
            engine=described.engine,
            platforms=described.platforms or (),
            libc=described.libc,
            sanitizers=described.sanitizers or (),
            features=described.features or (),
        )
    except ValueError as error:
        fail(
            ExitCode.UNUSABLE,
            Diagnostic(code="usage", message=str(error), path="", hint="`gemaudit check --help` lists the options"),
        )
    return replace(settings.stated, command_line=facts)


def inputs(paths: Sequence[str], *, discover: bool) -> tuple[tuple[Input, ...], tuple[Diagnostic, ...]]:
    """Every lockfile at and below the paths with the files around it, and what could not be read."""
    found, problems = find_lockfiles(paths or (".",))
    given: list[Input] = []
    diagnostics = list(problems)
    for path in found:
        content = read_lockfile_bytes(path)
        if isinstance(content, Diagnostic):
            diagnostics.append(content)
            continue
        documents, passed_over = gather(path, PATTERNS) if discover and path != STDIN else ((), ())
        diagnostics += passed_over
        name = STDIN_NAME if path == STDIN else path
        given.append(Input(path=name, content=content, documents=documents))
    return tuple(given), tuple(diagnostics)
