"""An advisory: a claim about which releases have a defect, and under which conditions it bites.

The keys are those of docs/advisory-format.md, so that the TOML files and the compiled database
are read into the same types.
"""

import datetime
from typing import Literal

from msgspec import Struct

from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

Kind = Literal["vulnerability", "unsound", "crash", "leak", "notice"]
Severity = Literal["critical", "high", "medium", "low"]
Confidence = Literal["high", "medium", "low"]
Status = Literal["affected", "under_investigation", "not_affected", "fixed"]
EvidenceType = Literal["fix", "introduced", "report", "changelog", "reproduction", "article", "condition"]

#: From worst to least; a gate names one of them.
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")
CONFIDENCES: tuple[Confidence, ...] = ("high", "medium", "low")

#: The classes of defects and the weakness each one is, or None where CWE has no fitting entry.
CLASSES: dict[str, str | None] = {
    "write-barrier": "CWE-416",
    "gc-mark": "CWE-416",
    "compaction": "CWE-416",
    "use-after-free": "CWE-416",
    "double-free": "CWE-415",
    "out-of-bounds-read": "CWE-125",
    "out-of-bounds-write": "CWE-787",
    "uninitialized": "CWE-908",
    "integer-overflow": "CWE-190",
    "type-confusion": "CWE-843",
    "null-dereference": "CWE-476",
    "data-race": "CWE-362",
    "ractor": "CWE-362",
    "gvl": "CWE-662",
    "fork": None,
    "jit": "CWE-733",
    "abi": "CWE-1102",
    "stack-exhaustion": "CWE-674",
    "leak": "CWE-401",
    "bundled-library": "CWE-1395",
}


def _check_version(text: str) -> None:
    if not text.strip():
        raise ValueError("the version is empty")
    Version.parse(text)


def _check_requirements(*texts: str) -> None:
    for text in filter(None, texts):
        Requirement.parse(text)


class Range(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, cache_hash=True):
    """Versions of one release branch that have the defect: from `introduced` up to, not including, `fixed`.

    `fixed` is False where no release has the fix; `last_affected` closes a branch that ended without one.
    `stable` is the first final release with the fix where `fixed` is a prerelease.
    `presumed` marks a branch that nobody checked.
    Raises ValueError for a bound that is no version.
    """

    introduced: str
    fixed: str | Literal[False] | None = None
    last_affected: str = ""
    stable: str = ""
    presumed: bool = False

    def __post_init__(self) -> None:
        if self.introduced != "unknown":
            _check_version(self.introduced)
        if isinstance(self.fixed, str):
            _check_version(self.fixed)
        for bound in filter(None, (self.last_affected, self.stable)):
            _check_version(bound)


class Conditions(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, cache_hash=True):
    """What must hold in an environment for the defect to bite: all keys, and any item of a list.

    Raises ValueError for a requirement that is none.
    """

    engine: tuple[str, ...] = ()
    ruby: str = ""
    rubygems: str = ""
    bundler: str = ""
    os: tuple[str, ...] = ()
    cpu: tuple[str, ...] = ()
    libc: tuple[str, ...] = ()
    sanitizer: tuple[str, ...] = ()
    jit: tuple[str, ...] = ()
    install: tuple[Literal["precompiled", "source"], ...] = ()
    feature: tuple[str, ...] = ()
    gem: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_requirements(self.ruby, self.rubygems, self.bundler, *(gem.partition(" ")[2] for gem in self.gem))


class Affected(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, cache_hash=True):
    """A gem or an interpreter that has the defect; exactly one of `gem` and `engine` is set."""

    gem: str = ""
    engine: str = ""
    ranges: tuple[Range, ...] = ()
    reported: str = ""
    when: Conditions = Conditions()

    def __post_init__(self) -> None:
        _check_requirements(self.reported)


class Requires(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Requirements on the tools that install a release."""

    ruby: str = ""
    rubygems: str = ""
    bundler: str = ""

    def __post_init__(self) -> None:
        _check_requirements(self.ruby, self.rubygems, self.bundler)


class Upgrade(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What releases within `version` need on `platform`, and what happens when it is not there."""

    gem: str = ""
    engine: str = ""
    version: str
    platform: tuple[Literal["linux-gnu", "linux-musl", "darwin", "windows"], ...] = ()
    requires: Requires = Requires()
    otherwise: str = ""

    def __post_init__(self) -> None:
        _check_requirements(self.version)


class Signature(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How the defect looks in a crash report: a literal text or a regex, and C functions of the backtrace."""

    text: str = ""
    regex: str = ""
    frames: tuple[str, ...] = ()


class Evidence(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A place where a reader can check a claim, and what it proves."""

    type: EvidenceType
    url: str
    note: str = ""


class ExampleEnvironment(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The facts of a self-test; what is left out is unknown."""

    engine: str = ""
    ruby: str = ""
    rubygems: str = ""
    bundler: str = ""
    os: str = ""
    cpu: str = ""
    libc: str = ""
    platform: str = ""
    sanitizer: tuple[str, ...] = ()
    jit: tuple[str, ...] = ()
    feature: tuple[str, ...] = ()


class Example(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A self-test: this version in this environment has this status."""

    version: str
    status: Status
    environment: ExampleEnvironment = ExampleEnvironment()
    gem: str = ""
    engine: str = ""
    gems: tuple[str, ...] = ()
    install: Literal["", "precompiled", "source"] = ""
    note: str = ""


class Advisory(
    Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    cache_hash=True,
    rename={"class_": "class"},
):
    """One defect, with everything that is known about it."""

    id: str
    title: str
    kind: Kind
    class_: str
    severity: Severity
    published: datetime.date
    modified: datetime.date
    description: str
    affected: tuple[Affected, ...]
    evidence: tuple[Evidence, ...]
    aliases: tuple[str, ...] = ()
    confidence: Confidence = "high"
    withdrawn: datetime.date | None = None
    workaround: str = ""
    confirm: str = ""
    cvss: str = ""
    upgrade: tuple[Upgrade, ...] = ()
    signature: tuple[Signature, ...] = ()
    example: tuple[Example, ...] = ()

    @property
    def cwe(self) -> str | None:
        """The weakness that the class is, or None where CWE has no fitting entry."""
        return CLASSES.get(self.class_)

    def names(self) -> tuple[str, ...]:
        """The id and every alias: whatever a user may call this advisory."""
        return (self.id, *self.aliases)
