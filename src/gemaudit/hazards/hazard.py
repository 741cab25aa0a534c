"""What a hazard is: an advisory that code finds, and what ends it."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Protocol

from msgspec import Struct

from gemaudit.hazards.forced import forcing_lines
from gemaudit.model.advisory import Advisory, Confidence, Status
from gemaudit.model.document import Document
from gemaudit.model.environment import Environment, Fact
from gemaudit.model.finding import Answer, AuditedPackage, Finding, Truth, Verdict
from gemaudit.model.lockfile import RUBY_PLATFORM, Lockfile
from gemaudit.model.plan import Step
from gemaudit.model.platform import Platform

_WORST_FIRST: tuple[Status, ...] = ("affected", "under_investigation", "not_affected")


@lru_cache(maxsize=4096)
def _platforms(names: tuple[str, ...]) -> tuple[Platform, ...]:
    return tuple(map(Platform.parse, names))


class LockedGem(Struct, frozen=True, kw_only=True):
    """A gem at a version with its variants, `ruby` first, and the line of each."""

    name: str
    version: str
    variants: tuple[str, ...]
    lines: tuple[int, ...]

    @property
    def files(self) -> tuple[Platform, ...]:
        """The variants as platforms."""
        return _platforms(self.variants)

    @property
    def package(self) -> AuditedPackage:
        """The gem as findings name it."""
        return AuditedPackage(kind="gem", name=self.name, version=self.version, platforms=self.variants)

    def line_of(self, variants: Iterable[str]) -> int:
        """The first line of those variants; that of the first variant where none of them is locked."""
        wanted = set(variants)
        mine = zip(self.variants, self.lines, strict=True)
        return min((line for platform, line in mine if platform in wanted), default=self.lines[0])


class Project:
    """A lockfile and where it runs, as hazards look at it: nothing in here depends on the order of anything.

    `chains` tells who brings a gem in.
    """

    def __init__(
        self,
        lockfile: Lockfile,
        environments: Iterable[Environment],
        chains: Callable[[str], tuple[tuple[str, ...], ...]] = lambda _: (),
        documents: tuple[Document, ...] = (),
    ) -> None:
        self.lockfile = lockfile
        self.environments = tuple(sorted(environments, key=lambda environment: environment.id))
        self.chains = chains
        self.documents = documents

    @cached_property
    def precompiled(self) -> tuple[LockedGem, ...]:
        """The gems with a variant for one platform, by name and version."""
        native = {(one.name, one.version) for one in self.lockfile.packages if one.platform != RUBY_PLATFORM}
        found: dict[tuple[str, str], dict[str, int]] = {name: {} for name in sorted(native)}
        for package in self.lockfile.packages if native else ():
            lines = found.get((package.name, package.version))
            if lines is not None:
                lines[package.platform] = min(lines.get(package.platform, package.line), package.line)
        return tuple(_locked(name, version, lines) for (name, version), lines in found.items())

    @cached_property
    def platforms(self) -> tuple[Platform, ...]:
        """The entries of PLATFORMS, by name."""
        return tuple(map(Platform.parse, sorted(set(self.lockfile.platforms))))

    def compiles_all(self, environment: Environment) -> Answer | None:
        """The line that makes Bundler prefer source gems, in one of the files that describe the environment."""
        if not self._forcing_lines:
            return None
        paths = {fact.path for fact in environment.facts}
        return next((answer for path, answer in self._forcing_lines.items() if path in paths), None)

    @cached_property
    def _forcing_lines(self) -> dict[str, Answer]:
        return forcing_lines(self.documents)

    @property
    def platforms_line(self) -> int:
        """The line of the first entry of PLATFORMS; 0 where there is none."""
        return min(self.lockfile.platform_lines, default=0)


def _locked(name: str, version: str, lines: dict[str, int]) -> LockedGem:
    variants = tuple(sorted(lines, key=lambda platform: (platform != RUBY_PLATFORM, platform)))
    return LockedGem(name=name, version=version, variants=variants, lines=tuple(lines[one] for one in variants))


class Hazard(Protocol):
    """What a module of this package offers to be a hazard."""

    ADVISORY: Advisory

    def find(self, project: Project, /) -> Iterator[Finding]:
        """The findings of this hazard, in the order of names."""

    def remedy(self, findings: tuple[Finding, ...], project: Project, /) -> Iterator[Step]:
        """What ends those of them that apply; nothing for a hazard that asks for no action."""


def finding(
    advisory: Advisory,
    package: AuditedPackage,
    verdicts: Iterable[Verdict],
    project: Project,
    *,
    line: int,
    path: str = "",
    confidence: Confidence | None = None,
) -> Finding:
    """The finding of a hazard; its status is the worst of its verdicts, of which there is at least one."""
    given = tuple(verdicts)
    return Finding(
        advisory=advisory,
        package=package,
        lockfile=project.lockfile.path,
        path=path or project.lockfile.path,
        line=line,
        status=min((verdict.status for verdict in given), key=_WORST_FIRST.index),
        confidence=confidence or advisory.confidence,
        verdicts=given,
        paths=project.chains(package.name) if package.kind == "gem" else (),
    )


def verdict(environment: Environment, answers: Iterable[Answer]) -> Verdict:
    """One false answer is `not_affected`, no false and one unknown `under_investigation`, else `affected`."""
    given = tuple(answers)
    truths = {answer.answer for answer in given}
    status: Status = "affected"
    if "false" in truths:
        status = "not_affected"
    elif "unknown" in truths:
        status = "under_investigation"
    return Verdict(environment=environment.id, status=status, answers=given)


def word(environment: Environment, name: str, expected: str) -> Answer:
    """Whether a fact that has one value has this one; a system other than linux has neither glibc nor musl."""
    fact = environment.fact(name)
    system = environment.fact("os")
    if name == "libc" and fact is None and system is not None and system.value != "linux":
        fact = system
    if fact is None:
        return Answer(name=name, expected=expected, answer="unknown")
    return stated(fact, expected, holds=fact.value == expected)


def stated(fact: Fact, expected: str, *, holds: bool, name: str = "") -> Answer:
    """An answer with the fact that gives it."""
    truth: Truth = "true" if holds else "false"
    return Answer(
        name=name or fact.name,
        expected=expected,
        actual=fact.value,
        answer=truth,
        path=fact.path,
        line=fact.line,
    )


def applying(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that ask for something to be done."""
    return tuple(found for found in findings if found.status == "affected" and found.suppression is None)


def environments_of(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Where the findings apply, each environment once, by name."""
    applied = (verdict for found in findings for verdict in found.verdicts if verdict.status == "affected")
    return tuple(sorted({verdict.environment for verdict in applied}))
