"""What a Gemfile.lock states."""

from typing import Literal

from msgspec import Struct

from gemaudit.model.diagnostic import Diagnostic

SourceKind = Literal["gem", "git", "path", "plugin"]

RUBY_PLATFORM = "ruby"


class Source(Struct, frozen=True, kw_only=True):
    """Where a section of the lockfile takes its gems from.

    `options` holds the remaining keys of a GIT, PATH or PLUGIN SOURCE block (`revision`, `branch`, `glob`, `type` …)
    in file order.
    """

    kind: SourceKind
    remotes: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    line: int = 0

    def option(self, name: str) -> str | None:
        """The value of a key such as `revision`, or None where the block does not have it."""
        return next((value for key, value in self.options if key == name), None)


class Dependency(Struct, frozen=True):
    """A gem that another gem asks for; `requirement` reads like `>= 1.2, < 3` and is `>= 0` where none is stated."""

    name: str
    requirement: str = ">= 0"
    line: int = 0


class GemfileDependency(Struct, frozen=True, kw_only=True):
    """An entry of DEPENDENCIES: what the Gemfile itself asks for.

    `pinned` is Bundler's `!`: the Gemfile names the source of this gem.
    """

    name: str
    requirement: str = ">= 0"
    pinned: bool = False
    line: int = 0


class Package(Struct, frozen=True, kw_only=True):
    """One specification line: a gem at a version for a platform."""

    name: str
    version: str
    platform: str = RUBY_PLATFORM
    origin: Source
    dependencies: tuple[Dependency, ...] = ()
    line: int = 0


class LockedRuby(Struct, frozen=True, kw_only=True):
    """The RUBY VERSION section.

    `version` is the language version; for an engine other than `ruby`, `engine_version` is its own.
    """

    version: str
    patchlevel: int | None = None
    engine: str = "ruby"
    engine_version: str = ""
    text: str = ""
    line: int = 0


class Checksum(Struct, frozen=True, kw_only=True):
    """An entry of CHECKSUMS; `digests` holds pairs of algorithm and value and may be empty."""

    name: str
    version: str
    platform: str = RUBY_PLATFORM
    digests: tuple[tuple[str, str], ...] = ()
    line: int = 0


class Lockfile(Struct, frozen=True, kw_only=True):
    """A lockfile as Bundler's LockfileParser reads it, with the line of everything.

    It is readable exactly when no diagnostic is an error.
    """

    path: str
    packages: tuple[Package, ...] = ()
    platforms: tuple[str, ...] = ()
    platform_lines: tuple[int, ...] = ()
    dependencies: tuple[GemfileDependency, ...] = ()
    checksums: tuple[Checksum, ...] = ()
    ruby: LockedRuby | None = None
    bundled_with: str = ""
    bundled_with_line: int = 0
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def is_readable(self) -> bool:
        """Whether the packages are all that the file states."""
        return not any(diagnostic.level == "error" for diagnostic in self.diagnostics)
