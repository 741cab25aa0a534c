"""What a scan of many repositories says."""

from typing import Literal

from msgspec import Struct

from gemaudit.model.advisory import Kind, Severity
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.finding import PackageKind
from gemaudit.model.plan import Outcome as StepOutcome
from gemaudit.model.repository import Repository

#: What a scan ends with for each repository; exactly one of them.
Outcome = Literal["audited", "nothing", "failed"]
#: What becomes of a finding from one scan to the next.
News = Literal["new", "fixed"]
HeldStatus = Literal["affected", "under_investigation"]


class Held(Struct, frozen=True, kw_only=True, order=True):
    """A finding that applies or may apply, as long as the repository holds it.

    `since` names when the scan began that saw it first (UTC, ISO 8601), empty for one not yet recorded.
    `is_suppressed` says that the repository's own settings ignore it.
    """

    lockfile: str
    advisory: str
    package_kind: PackageKind
    package: str
    version: str
    title: str
    severity: Severity
    kind: Kind
    status: HeldStatus
    line: int = 0
    is_suppressed: bool = False
    since: str = ""


class Upgrade(Struct, frozen=True, kw_only=True, order=True):
    """A step of the plan of one lockfile; `closes` are ids of advisories."""

    lockfile: str
    package_kind: PackageKind
    package: str
    current: str
    target: str
    outcome: StepOutcome
    closes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


class Runs(Struct, frozen=True, kw_only=True, order=True):
    """An environment of one lockfile; what nobody states is empty."""

    lockfile: str
    environment: str
    engine: str = ""
    ruby: str = ""
    libc: str = ""
    platform: str = ""


class Result(Struct, frozen=True, kw_only=True):
    """What a scan says about one repository.

    A repository that failed has a `reason` and keeps what the last audit found, so that it never looks clean;
    `audited` is when that was (UTC, ISO 8601), empty if never. `problems` are what could not be read beside it.
    `lockfiles` and `packages` are counts; `upgrades` are in the order of the plans, in which their commands work.
    """

    repository: Repository
    outcome: Outcome
    reason: Diagnostic | None = None
    audited: str = ""
    lockfiles: int = 0
    packages: int = 0
    held: tuple[Held, ...] = ()
    upgrades: tuple[Upgrade, ...] = ()
    runs: tuple[Runs, ...] = ()
    problems: tuple[Diagnostic, ...] = ()


class Scan(Struct, frozen=True, kw_only=True):
    """One scan: what it was asked and how it went.

    `started` and `finished` are UTC and ISO 8601, `finished` is empty for one that did not reach its end.
    `name` is shared by the shards of one scan. `sources` are written as a user writes them; `shard` is as in `2/4`.
    `problems` are what went wrong beside single repositories. `requests` counts requests to the forge.
    """

    name: str
    started: str
    finished: str = ""
    forge: str = ""
    host: str = ""
    sources: tuple[str, ...] = ()
    shard: str = ""
    scope: str = ""
    version: str = ""
    revision: str = ""
    requests: int = 0
    problems: tuple[Diagnostic, ...] = ()


class Counts(Struct, frozen=True, kw_only=True):
    """How many repositories ended how, and how many findings they hold.

    `affected` is by severity, without suppressed ones; `clean` are audited ones in which
    nothing applies and nothing could not be read.
    """

    audited: int = 0
    nothing: int = 0
    failed: int = 0
    clean: int = 0
    lockfiles: int = 0
    packages: int = 0
    affected: dict[Severity, int] = {}
    undecided: int = 0
    suppressed: int = 0


class Spread(Struct, frozen=True, kw_only=True):
    """An advisory over the repositories: in how many it applies, and in how many it may."""

    advisory: str
    title: str
    severity: Severity
    packages: tuple[str, ...]
    repositories: int
    undecided: int = 0


class Lever(Struct, frozen=True, kw_only=True):
    """The upgrade of one package, over the repositories: how many findings it closes in how many of them.

    `target` is the highest version that a plan names, `commands` those of the most common step.
    """

    package_kind: PackageKind
    package: str
    target: str
    closes: int
    repositories: int
    severities: dict[Severity, int] = {}
    commands: tuple[str, ...] = ()


class Share(Struct, frozen=True, kw_only=True):
    """How many repositories run on something: a Ruby version (`3.3.6`, with its engine), a libc."""

    name: str
    value: str
    repositories: int
    end_of_life: str = ""
    is_over: bool = False


class Point(Struct, frozen=True, kw_only=True):
    """One scan in the course of time."""

    name: str
    started: str
    finished: str
    revision: str
    requests: int
    repositories: int
    failed: int
    affected: dict[Severity, int] = {}
    undecided: int = 0


class Change(Struct, frozen=True, kw_only=True):
    """A finding that came or went between the last two scans; `repository` is its name."""

    news: News
    repository: str
    held: Held


class Survey(Struct, frozen=True, kw_only=True):
    """Everything about one scan that does not grow with the number of repositories, or only with what changed.

    `previous` is when the scan before it began, empty for the first.
    Lists are sorted, the most telling first; `trend` is in the order of time and ends with this scan.
    `only_changes` says that of the results only new findings are told, and what failed; a store leaves it alone.
    """

    scan: Scan
    counts: Counts
    previous: str = ""
    only_changes: bool = False
    advisories: tuple[Spread, ...] = ()
    levers: tuple[Lever, ...] = ()
    rubies: tuple[Share, ...] = ()
    libcs: tuple[Share, ...] = ()
    trend: tuple[Point, ...] = ()
    changes: tuple[Change, ...] = ()
