"""The shape of version 1 of the JSON reports about a scan, a promise: keys are added, never renamed or removed."""

from typing import Any, Literal

from msgspec import Struct

from gemaudit.reporting.json_v1_shape import Kind, Message, PackageKind, Severity, Tool
from gemaudit.reporting.json_v1_shape import Outcome as StepOutcome

Visibility = Literal["public", "private", "internal"]


class Severities(Struct, frozen=True, kw_only=True):
    """How many findings that apply and are not suppressed have each severity."""

    critical: int
    high: int
    medium: int
    low: int


class Package(Struct, frozen=True, kw_only=True):
    """A gem, an interpreter, a gem that an interpreter ships, RubyGems or Bundler, or a section of the lockfile."""

    kind: PackageKind
    name: str


class Scan(Struct, frozen=True, kw_only=True):
    """One scan: what it was asked and how it went.

    Times are UTC and ISO 8601; `finished` is null for a scan that did not reach its end. `requests` are those to the
    forge. `database` is a digest of the advisories that judged. `problems` went wrong beside single repositories.
    """

    name: str
    started: str
    finished: str | None
    forge: str
    host: str
    sources: tuple[str, ...]
    shard: str | None
    scope: str
    database: str
    requests: int
    problems: tuple[Message, ...]


class Counts(Struct, frozen=True, kw_only=True):
    """How many repositories ended how, and how many findings they hold.

    `clean` are audited ones in which nothing applies. `undecided` findings may apply, `suppressed` ones are ignored
    by the repository's own settings.
    """

    audited: int
    nothing: int
    failed: int
    clean: int
    lockfiles: int
    packages: int
    severity: Severities
    undecided: int
    suppressed: int


class Advisory(Struct, frozen=True, kw_only=True):
    """In how many repositories an advisory applies, and in how many more it may."""

    advisory: str
    title: str
    severity: Severity
    packages: tuple[str, ...]
    repositories: int
    undecided: int


class Lever(Struct, frozen=True, kw_only=True):
    """The upgrade of one package over all repositories: how many findings it closes in how many of them."""

    package: Package
    to: str | None
    closes: int
    repositories: int
    severity: Severities
    commands: tuple[str, ...]


class Share(Struct, frozen=True, kw_only=True):
    """How many repositories run on something."""

    name: str
    value: str
    repositories: int
    end_of_life: str | None
    is_over: bool


class Point(Struct, frozen=True, kw_only=True):
    """One scan in the course of time."""

    name: str
    started: str
    finished: str | None
    database: str
    requests: int
    repositories: int
    failed: int
    severity: Severities
    undecided: int


class Finding(Struct, frozen=True, kw_only=True):
    """An advisory that applies, or may apply, to a package version of a lockfile.

    `since` names when the scan began that saw it first. `state` compares with the scan before, null for the first.
    `suppressed` says that the repository's own settings ignore it.
    """

    advisory: str
    title: str
    severity: Severity
    kind: Kind
    status: Literal["affected", "under_investigation"]
    package: Package
    version: str
    lockfile: str
    line: int | None
    suppressed: bool
    since: str | None
    state: Literal["new", "unchanged", "fixed"] | None


class Step(Struct, frozen=True, kw_only=True):
    """A step of the plan of one lockfile; `closes` are ids of advisories."""

    lockfile: str
    package: Package
    current: str
    to: str | None
    outcome: StepOutcome
    closes: tuple[str, ...]
    commands: tuple[str, ...]


class Environment(Struct, frozen=True, kw_only=True):
    """Where the bundle of one lockfile runs; null is what nobody states."""

    lockfile: str
    id: str
    engine: str | None
    ruby: str | None
    libc: str | None
    platform: str | None


class Repository(Struct, frozen=True, kw_only=True):
    """What the scan says about one repository.

    One that `failed` has a `reason` and keeps what the last audit found; `audited` is when that was, null if never.
    `lockfiles` and `packages` are counts. `problems` are what could not be read beside it.
    """

    id: str
    name: str
    url: str | None
    branch: str | None
    head: str | None
    visibility: Visibility | None
    archived: bool
    fork: bool
    topics: tuple[str, ...]
    outcome: Literal["audited", "nothing", "failed"]
    reason: Message | None
    audited: str | None
    lockfiles: int
    packages: int
    findings: tuple[Finding, ...]
    plan: tuple[Step, ...]
    environments: tuple[Environment, ...]
    problems: tuple[Message, ...]


class Change(Struct, frozen=True, kw_only=True):
    """A finding that came or went since the scan before; `repository` is a name."""

    repository: str
    finding: Finding


class Head(Struct, frozen=True, kw_only=True):
    """All of a scan that does not grow with its repositories.

    `previous` is when the scan before began, null for the first. With `only_changes`, repositories are only those where
    something is new or fixed, with the findings that are new, and those that failed. Lists begin with the most telling,
    `trend` is in the order of time and ends with this scan.
    """

    schema_version: Literal["1"]
    tool: Tool
    scan: Scan
    previous: str | None
    only_changes: bool
    counts: Counts
    advisories: tuple[Advisory, ...]
    upgrades: tuple[Lever, ...]
    rubies: tuple[Share, ...]
    libcs: tuple[Share, ...]
    trend: tuple[Point, ...]


class Survey(Head, frozen=True, kw_only=True):
    """A scan as a whole; `repositories` come worst first."""

    changes: tuple[Change, ...]
    repositories: tuple[Repository, ...]


class ScanLine(Head, frozen=True, kw_only=True, tag_field="type", tag="scan"):
    """The first line."""


class ChangeLine(Change, frozen=True, kw_only=True, tag_field="type", tag="change"):
    """A line for each change, after the first."""


class RepositoryLine(Repository, frozen=True, kw_only=True, tag_field="type", tag="repository"):
    """A line for each repository, after the changes."""


class History(Struct, frozen=True, kw_only=True):
    """The recorded scans, in the order of time."""

    schema_version: Literal["1"]
    scans: tuple[Point, ...]


def titled(name: str, title: str) -> dict[str, Any]:
    """The beginning of a JSON Schema."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:gemaudit:schema:{name}:1",
        "title": f"{title}, version 1",
    }
