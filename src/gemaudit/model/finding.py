"""What matching says about one advisory and one package."""

import datetime
from typing import Literal

from msgspec import Struct

from gemaudit.model.advisory import Advisory, Confidence, Status

PackageKind = Literal["gem", "ruby", "default-gem", "tool", "bundle"]
Truth = Literal["true", "false", "unknown"]
Basis = Literal["range", "presumed", "reported"]
#: Whether a finding was there before, in the words of SARIF's `baselineState`.
State = Literal["", "new", "unchanged"]


class AuditedPackage(Struct, frozen=True, kw_only=True):
    """A gem of the bundle, the interpreter (`ruby`), or a gem that the interpreter ships (`default-gem`).

    A finding may also be about RubyGems or Bundler (`tool`), or about a section of the lockfile (`bundle`),
    which has no version. `platforms` are the variants that the lockfile lists at this version, `ruby` first;
    of a section, the entries that are meant.
    """

    kind: PackageKind
    name: str
    version: str
    platforms: tuple[str, ...] = ()


class Answer(Struct, frozen=True, kw_only=True):
    """Whether one condition of an advisory holds, with the fact that decided it.

    `actual` is empty where nobody states the fact.
    """

    name: str
    expected: str
    actual: str = ""
    answer: Truth
    path: str = ""
    line: int = 0


class Verdict(Struct, frozen=True, kw_only=True):
    """The status of a finding in one environment, and the answers it rests on."""

    environment: str
    status: Status
    answers: tuple[Answer, ...] = ()


class Suppression(Struct, frozen=True, kw_only=True):
    """The ignore that hides a finding."""

    id: str
    reason: str
    until: datetime.date | None = None
    path: str = ""
    line: int = 0


class Finding(Struct, frozen=True, kw_only=True):
    """One advisory meets one package version, whatever the number of platform variants and environments.

    `status` is the worst over the environments. `basis` says which claim of the advisory it rests on:
    a verified `range`, a `presumed` one, or only the wider range that the public report names.
    `path` and `line` are where the version is stated: in the lockfile, or where the Ruby is named.
    `paths` are the shortest chains of gem names from the Gemfile to the package.
    `state` is empty where nothing was compared, or where the finding does not apply.
    """

    advisory: Advisory
    package: AuditedPackage
    lockfile: str
    path: str
    line: int
    status: Status
    confidence: Confidence
    basis: Basis = "range"
    verdicts: tuple[Verdict, ...] = ()
    paths: tuple[tuple[str, ...], ...] = ()
    suppression: Suppression | None = None
    state: State = ""


class Unaudited(Struct, frozen=True, kw_only=True):
    """A package that was not judged, and why."""

    kind: PackageKind
    name: str
    version: str
    reason: str
    path: str = ""
    line: int = 0


class Matches(Struct, frozen=True, kw_only=True):
    """Everything that matching says about one lockfile: each package is judged or listed as not audited."""

    findings: tuple[Finding, ...] = ()
    unaudited: tuple[Unaudited, ...] = ()
    audited: int = 0
