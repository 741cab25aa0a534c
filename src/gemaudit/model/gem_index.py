"""What gem servers say about the releases of a gem."""

from typing import NamedTuple

from msgspec import Struct

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.lockfile import RUBY_PLATFORM, Dependency


class Wanted(NamedTuple):
    """A question to a gem server: what releases of a gem it has. `remote` is spelled as the lockfile spells it."""

    remote: str
    gem: str


class GemFile(Struct, frozen=True, kw_only=True):
    """One file of a release: a version for a platform, as a line of the compact index states it.

    `ruby` and `rubygems` are requirements, empty where the file asks for none; `sha256` is in hexadecimal digits.
    """

    version: str
    platform: str = RUBY_PLATFORM
    dependencies: tuple[Dependency, ...] = ()
    ruby: str = ""
    rubygems: str = ""
    sha256: str = ""


class Listing(Struct, frozen=True, kw_only=True):
    """Every file of a gem that a server offers today, in the server's order; yanked ones are not there.

    `problem` says why the server could not be asked; `files` is empty then. A gem that the server does not have
    is a listing without files and without a problem.
    """

    files: tuple[GemFile, ...] = ()
    problem: Diagnostic | None = None
