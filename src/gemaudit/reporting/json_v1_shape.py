"""The shape of version 1 of the JSON report, a promise: keys are added, never renamed or removed."""

from datetime import date
from typing import Literal

from msgspec import Struct, field

PackageKind = Literal["gem", "ruby", "default-gem", "tool", "bundle"]
Severity = Literal["critical", "high", "medium", "low"]
Confidence = Literal["high", "medium", "low"]
Kind = Literal["vulnerability", "unsound", "crash", "leak", "notice"]
Status = Literal["affected", "under_investigation", "not_affected", "fixed"]
Outcome = Literal[
    "upgrade",
    "needs-parent",
    "needs-gemfile",
    "configure",
    "needs-ruby",
    "needs-rubygems",
    "needs-platform",
    "blocked",
    "no_fix",
]


class Tool(Struct, frozen=True, kw_only=True):
    """What made the report."""

    name: Literal["gemaudit"]
    version: str


class Database(Struct, frozen=True, kw_only=True):
    """What judged: a digest of the advisories, how many there are, the day of the newest change."""

    revision: str
    advisories: int
    built: str


class Input(Struct, frozen=True, kw_only=True):
    """A lockfile, and how many packages of it were judged."""

    path: str
    sha256: str
    status: Literal["audited", "unreadable", "empty"]
    packages: int


class Fact(Struct, frozen=True, kw_only=True):
    """What one place states about an environment; a `value` that is not `exact` is a requirement."""

    name: str
    value: str
    exact: bool
    path: str | None
    line: int | None
    text: str
    source: str


class Environment(Struct, frozen=True, kw_only=True):
    """Where a bundle runs; null is what nobody states exactly."""

    id: str
    lockfile: str
    engine: str | None
    ruby: str | None
    platform: str | None
    libc: str | None
    rubygems: str | None
    bundler: str | None
    sanitizers: tuple[str, ...]
    features: tuple[str, ...]
    facts: tuple[Fact, ...]


class Package(Struct, frozen=True, kw_only=True):
    """A gem, an interpreter, a gem that an interpreter ships, RubyGems or Bundler, or a section of the lockfile."""

    kind: PackageKind
    name: str
    version: str
    platforms: tuple[str, ...]


class Condition(Struct, frozen=True, kw_only=True):
    """Whether a condition of the advisory holds, and which line says so."""

    name: str
    expected: str
    actual: str | None
    answer: Literal["true", "false", "unknown"]
    path: str | None
    line: int | None


class Verdict(Struct, frozen=True, kw_only=True):
    """The status in one environment."""

    id: str
    status: Status
    conditions: tuple[Condition, ...]


class Remediation(Struct, frozen=True, kw_only=True):
    """What the plan comes to for one finding; `to` is null where no version is known to help."""

    outcome: Outcome
    to: str | None
    commands: tuple[str, ...]
    workaround: str | None


class Suppression(Struct, frozen=True, kw_only=True):
    """The ignore that hides a finding."""

    id: str
    reason: str
    until: date | None
    path: str | None
    line: int | None


class Finding(Struct, frozen=True, kw_only=True, rename={"class_": "class"}):
    """One advisory and one package version; `path` and `line` are where the version is stated.

    `state` compares it with the baseline; it is null without one, and for what does not apply.
    """

    fingerprint: str
    advisory: str
    aliases: tuple[str, ...]
    title: str
    kind: Kind
    class_: str
    cwe: str | None
    severity: Severity
    confidence: Confidence
    status: Status
    basis: Literal["range", "presumed", "reported"]
    fails_gate: bool
    state: Literal["new", "unchanged"] | None
    package: Package
    lockfile: str
    path: str
    line: int | None
    environments: tuple[Verdict, ...]
    paths: tuple[tuple[str, ...], ...]
    remediation: Remediation | None


class Suppressed(Finding, frozen=True, kw_only=True, rename={"class_": "class"}):
    """A finding that the project decided to hide."""

    suppression: Suppression


class Requirement(Struct, frozen=True, kw_only=True):
    """What a release needs; `met` is null where the actual version is unknown."""

    name: Literal["ruby", "rubygems", "bundler", "platform"]
    requirement: str
    actual: str | None
    met: bool | None
    environment: str | None
    path: str | None
    line: int | None
    otherwise: str | None


class Constraint(Struct, frozen=True, kw_only=True):
    """Who has a say in the version of a package; `name` is `Gemfile` for the project itself."""

    name: str
    version: str | None
    requirement: str
    path: str | None
    line: int | None


class Edit(Struct, frozen=True, kw_only=True):
    """A line to change; `after` is null where the new text cannot be known.

    An edit without a line and with an empty `before` is a new line at the end of the file.
    """

    path: str
    line: int | None
    before: str
    after: str | None


class Workaround(Struct, frozen=True, kw_only=True):
    """What to do about an advisory while no upgrade is possible."""

    advisory: str
    text: str


class Move(Struct, frozen=True, kw_only=True):
    """A package that a step moves; `from` is null for one that comes in, `to` for one that goes."""

    kind: PackageKind
    name: str
    from_: str | None = field(name="from")
    to: str | None


class Step(Struct, frozen=True, kw_only=True):
    """One package to move, or why it cannot move. `from` is the current version, `to` the planned one.

    The steps of a lockfile work in this order. A `verified` step was worked out from the releases that gem servers
    offer, and names everything that Bundler moves; others rest on the lockfile and on what advisories say.
    A step that changes how packages are installed has the outcome `configure` and names the `packages` it is about.
    """

    lockfile: str
    kind: PackageKind
    package: str
    from_: str = field(name="from")
    to: str | None
    outcome: Outcome
    commands: tuple[str, ...]
    edits: tuple[Edit, ...]
    requires: tuple[Requirement, ...]
    allowed_by: tuple[Constraint, ...]
    blocked_by: tuple[Constraint, ...]
    closes: tuple[str, ...]
    remains: tuple[str, ...]
    workaround: str | None
    workarounds: tuple[Workaround, ...]
    environments: tuple[str, ...]
    packages: tuple[Package, ...]
    moves: tuple[Move, ...]
    verified: bool
    note: str | None


class Unaudited(Struct, frozen=True, kw_only=True):
    """A package that was not judged."""

    kind: PackageKind
    name: str
    version: str
    lockfile: str
    reason: str
    path: str | None
    line: int | None


class Past(Struct, frozen=True, kw_only=True):
    """A finding of the baseline that does not apply any more, at the version that it had."""

    advisory: str
    title: str
    severity: Severity
    lockfile: str
    package: Package


class UnusedIgnore(Struct, frozen=True, kw_only=True):
    """An ignore that hides nothing; `reason` is the project's own, `why_unused` is ours."""

    id: str
    reason: str
    until: date | None
    gem: str | None
    version: str | None
    lockfile: str | None
    path: str | None
    line: int | None
    why_unused: str


class Message(Struct, frozen=True, kw_only=True):
    """A statement about an input; `line` is null where it is about all of it."""

    level: Literal["error", "warning", "notice"]
    path: str | None
    line: int | None
    column: int | None
    code: str
    message: str
    hint: str | None


class Statuses(Struct, frozen=True, kw_only=True):
    """How many findings that are not suppressed have each status."""

    affected: int
    under_investigation: int
    not_affected: int
    fixed: int


class Severities(Struct, frozen=True, kw_only=True):
    """How many affected findings that are not suppressed have each severity."""

    critical: int
    high: int
    medium: int
    low: int


class Gate(Struct, frozen=True, kw_only=True):
    """What makes a run fail; `fail_on` is null where no finding does."""

    fail_on: Severity | None
    strict: bool
    tolerated: tuple[str, ...]


class Summary(Struct, frozen=True, kw_only=True):
    """The numbers; `result` is `pass` when something was audited, all input was usable, and nothing fails the gate."""

    status: Statuses
    severity: Severities
    suppressed: int
    unaudited: int
    packages: int
    gate: Gate
    failing: int
    result: Literal["pass", "fail"]


class Report(Struct, frozen=True, kw_only=True):
    """What a run of gemaudit found, compared with `baseline` where that is not null.

    It is sorted and without a time, so that the same inputs give the same bytes.
    """

    schema_version: Literal["1"]
    tool: Tool
    database: Database
    inputs: tuple[Input, ...]
    environments: tuple[Environment, ...]
    findings: tuple[Finding, ...]
    plan: tuple[Step, ...]
    baseline: str | None
    fixed: tuple[Past, ...]
    suppressed: tuple[Suppressed, ...]
    unaudited: tuple[Unaudited, ...]
    unused_ignores: tuple[UnusedIgnore, ...]
    errors: tuple[Message, ...]
    warnings: tuple[Message, ...]
    summary: Summary
