"""The project's own settings: `.gemaudit.toml`."""

import datetime
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from gemaudit.environments import Facts, Stated, stated_facts
from gemaudit.model.advisory import Kind, Severity
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document
from gemaudit.model.policy import Ignore, Policy
from gemaudit.model.requirement import Requirement
from gemaudit.model.typed_toml import Lines, Location, parse

NAME = ".gemaudit.toml"
_GUIDE = "docs/configuration.md"
_LARGEST = 1024 * 1024


class ConfigError(Exception):
    """The settings cannot be used; `diagnostic` says why and where."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class _Facts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of facts, in the words of the command line."""

    ruby: str | None = None
    engine: str | None = None
    platforms: tuple[str, ...] = ()
    libc: str | None = None
    sanitizers: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    jit: tuple[str, ...] = ()
    rubygems: str | None = None
    bundler: str | None = None


class _Named(_Facts, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item of `[[environments]]`."""

    name: str


class _Ignore(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    reason: str
    until: datetime.date | None = None
    gem: str = ""
    version: str = ""
    lockfile: str = ""


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The whole file; what it leaves out keeps its default."""

    fail_on: Severity | None = None
    strict: bool = False
    tolerate: tuple[Kind, ...] = ("leak", "notice")
    environment: _Facts = _Facts()
    environments: tuple[_Named, ...] = ()
    ignore: tuple[_Ignore, ...] = ()


class Settings(Struct, frozen=True, kw_only=True):
    """What a project decided; the defaults where it has no file."""

    policy: Policy = Policy()
    stated: Stated = Stated()


def find_settings(start: Path) -> Path | None:
    """Return the nearest `.gemaudit.toml` at or above a folder, no higher than the root of its Git repository."""
    for folder in (start, *start.resolve().parents):
        if (candidate := folder / NAME).is_file():
            return candidate
        if (folder / ".git").exists():
            return None
    return None


def load_settings(path: Path) -> Settings:
    """Return the settings of a file.

    Raises ConfigError for a file that cannot be read, a key that does not exist, and a value that has no meaning.
    """
    return settings_of(Document(path.as_posix(), _read(path)))


def settings_of(document: Document) -> Settings:
    """Return the settings that a text states; raises ConfigError as `load_settings` does."""
    file, lines, problems = parse(document, _File, guide=_GUIDE)
    if file is None:
        raise ConfigError(problems[0])
    return Settings(
        policy=Policy(
            fail_on=file.fail_on or Policy().fail_on,
            strict=file.strict,
            tolerated=file.tolerate,
            ignores=tuple(_ignores(file, document, lines)),
        ),
        stated=_stated(file, document, lines),
    )


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise ConfigError(_problem(path.as_posix(), "too-large", "the settings are larger than 1 MiB"))
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        message = f"the settings cannot be read: {reason}"
        raise ConfigError(_problem(path.as_posix(), "unreadable-config", message)) from error


def _ignores(file: _File, document: Document, lines: Lines) -> Iterator[Ignore]:
    for index, ignore in enumerate(file.ignore):
        if not ignore.reason.strip():
            raise _at(document, lines, ("ignore", index, "reason"), "an ignore needs a reason that is not empty")
        try:
            Requirement.parse(ignore.version or None)
        except ValueError as error:
            raise _at(document, lines, ("ignore", index, "version"), str(error)) from error
        yield Ignore(
            id=ignore.id,
            reason=ignore.reason.strip(),
            until=ignore.until,
            gem=ignore.gem,
            version=ignore.version,
            lockfile=ignore.lockfile,
            path=document.path,
            line=lines.of(("ignore", index)),
        )


def _stated(file: _File, document: Document, lines: Lines) -> Stated:
    everywhere = _facts(file.environment, document, lines, ("environment",))
    named: dict[str, Facts] = {}
    for index, table in enumerate(file.environments):
        if not table.name.strip():
            raise _at(document, lines, ("environments", index, "name"), "the name of an environment is empty")
        if table.name in named:
            raise _at(document, lines, ("environments", index, "name"), f"`{table.name}` names two environments")
        named[table.name] = _facts(table, document, lines, ("environments", index))
    return Stated(config=everywhere, named=tuple(named.items()))


def _facts(table: _Facts, document: Document, lines: Lines, location: Location) -> Facts:
    try:
        return stated_facts(
            ruby=table.ruby,
            engine=table.engine,
            platforms=table.platforms,
            libc=table.libc,
            sanitizers=table.sanitizers,
            features=table.features,
            jit=table.jit,
            rubygems=table.rubygems,
            bundler=table.bundler,
            path=document.path,
            line=lines.of(location),
        )
    except ValueError as error:
        raise _at(document, lines, location, str(error)) from error


def _at(document: Document, lines: Lines, location: Location, message: str) -> ConfigError:
    line = lines.of(location)
    return ConfigError(_problem(document.path, "wrong-value", message, line, lines.text(line)))


def _problem(path: str, code: str, message: str, line: int = 0, text: str = "") -> Diagnostic:
    return Diagnostic(code=code, message=message, path=path, line=line, text=text, hint=f"{_GUIDE} explains every key")
