"""What to do about the findings."""

from typing import Literal

from msgspec import Struct

from gemaudit.model.finding import AuditedPackage, PackageKind

Outcome = Literal["upgrade", "configure", "blocked", "no_fix"]


class Need(Struct, frozen=True, kw_only=True):
    """Something that the planned release asks of the place where it is installed.

    `met` is None where the actual version is not known.
    """

    name: Literal["ruby", "rubygems", "bundler", "platform"]
    requirement: str
    actual: str = ""
    met: bool | None = None
    environment: str = ""
    path: str = ""
    line: int = 0
    otherwise: str = ""


class Blocker(Struct, frozen=True, kw_only=True):
    """Who does not allow the planned version; `name` is `Gemfile` where the project itself is in the way."""

    name: str
    version: str = ""
    requirement: str
    path: str = ""
    line: int = 0


class Edit(Struct, frozen=True, kw_only=True):
    """A line of the project that has to change; `after` is empty where the new text cannot be known."""

    path: str
    line: int
    before: str = ""
    after: str = ""


class Step(Struct, frozen=True, kw_only=True):
    """One package to move, or the reason why it cannot move.

    `closes` are the advisories that no longer apply at `target`, `remains` those that still do.
    A step that moves no package changes how packages are installed (`configure`);
    its kind is `bundle`, and `packages` are those it is about.
    """

    kind: PackageKind
    name: str
    current: str
    outcome: Outcome
    target: str = ""
    commands: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    needs: tuple[Need, ...] = ()
    allowed_by: tuple[Blocker, ...] = ()
    blocked_by: tuple[Blocker, ...] = ()
    closes: tuple[str, ...] = ()
    remains: tuple[str, ...] = ()
    workarounds: tuple[tuple[str, str], ...] = ()
    environments: tuple[str, ...] = ()
    packages: tuple[AuditedPackage, ...] = ()
    note: str = ""


class Plan(Struct, frozen=True, kw_only=True):
    """The steps for one lockfile, those that close most first."""

    steps: tuple[Step, ...] = ()
