"""Which known version to move to."""

from collections.abc import Iterable
from functools import cached_property, lru_cache

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.model.advisory import Advisory, Affected, Upgrade
from gemaudit.model.environment import Environment
from gemaudit.model.finding import AuditedPackage, Finding, Verdict
from gemaudit.model.plan import Step
from gemaudit.model.version import Version
from gemaudit.planning.context import Context
from gemaudit.planning.needs import needs


class Group(Struct, frozen=True, kw_only=True, dict=True):
    """The findings of one package that need an answer: those that apply, and those that may."""

    package: AuditedPackage
    findings: tuple[Finding, ...]
    environments: tuple[Environment, ...]

    @cached_property
    def affected(self) -> frozenset[str]:
        """The advisories that apply."""
        return frozenset(finding.advisory.id for finding in self.findings if finding.status == "affected")

    @cached_property
    def wanted(self) -> frozenset[str]:
        """The advisories that a move is made for: those that apply, and those that a floating Ruby leaves open."""
        return self.affected | {
            finding.advisory.id
            for finding in self.findings
            if any(_depends_on_release(verdict, self.package.version) for verdict in finding.verdicts)
        }

    @cached_property
    def named(self) -> frozenset[str]:
        """The advisories that apply or may apply."""
        return frozenset(finding.advisory.id for finding in self.findings)


def _depends_on_release(verdict: Verdict, series: str) -> bool:
    """Whether nothing but the release that a series stands for decides a verdict."""
    unknown = [answer for answer in verdict.answers if answer.answer == "unknown"]
    return verdict.status == "under_investigation" and all(
        (answer.name, answer.actual) == ("ruby", series) for answer in unknown
    )


class Target(Struct, frozen=True, kw_only=True):
    """A version to move to, the advisories that then no longer apply, and those that then do or still may."""

    version: str
    closes: frozenset[str]
    remains: frozenset[str]


@lru_cache(maxsize=4096)
def known_releases(advisories: tuple[Advisory, ...], package: AuditedPackage) -> tuple[str, ...]:
    """The releases that advisories name as fixed, each once, in order; prereleases only where the package is one.

    The linter sees to it that a fix in a prerelease names the final release after it.
    """
    named = {
        version
        for advisory in advisories
        for affected in advisory.affected
        if (affected.engine if package.kind == "ruby" else affected.gem) == package.name
        for version in _fixed_in(affected)
    }
    current = Version.parse(package.version)
    # Of several spellings of one version, the first by letters is taken.
    later = {
        version: version.text
        for version in sorted(map(Version.parse, named), key=lambda version: version.text, reverse=True)
        if version > current and (current.is_prerelease or not version.is_prerelease)
    }
    return tuple(later[version] for version in sorted(later))


@lru_cache(maxsize=16_384)
def _fixed_in(affected: Affected) -> frozenset[str]:
    bounds = (bound for claimed in affected.ranges for bound in (claimed.fixed, claimed.stable))
    return frozenset(bound for bound in bounds if bound)


def targets(group: Group, versions: Iterable[str], context: Context) -> tuple[Target, ...]:
    """What each version would close; versions that close nothing that applies are left out."""
    found = []
    for version in versions:
        statuses = context.recheck(replace(group.package, version=version), group.environments)
        closes = group.named - {id_ for id_, status in statuses.items() if status != "not_affected"}
        affected = frozenset(id_ for id_, status in statuses.items() if status == "affected")
        if closes & group.wanted:
            found.append(Target(version=version, closes=closes, remains=affected | (group.wanted - closes)))
    return tuple(found)


def unmoved(group: Group) -> Step:
    """The step that leaves the package where it is, because nothing is known that would help."""
    return Step(
        kind=group.package.kind,
        name=group.package.name,
        current=group.package.version,
        outcome="no_fix",
        remains=tuple(sorted(group.wanted)),
        workarounds=workarounds(group, group.wanted),
        environments=tuple(environment.id for environment in group.environments),
    )


def move(group: Group, target: Target, upgrades: Iterable[Upgrade]) -> Step:
    """The step to a target, as far as it is the same for every kind of package."""
    return replace(
        unmoved(group),
        outcome="upgrade",
        target=target.version,
        needs=needs(upgrades, target.version, group.environments),
        closes=tuple(sorted(target.closes)),
        remains=tuple(sorted(target.remains)),
        workarounds=workarounds(group, target.remains),
    )


def workarounds(group: Group, remaining: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """The ids of the findings that remain, each with what to do meanwhile, in the order of ids."""
    return tuple(
        (finding.advisory.id, finding.advisory.workaround.strip())
        for finding in sorted(group.findings, key=lambda finding: finding.advisory.id)
        if finding.advisory.id in remaining and finding.advisory.workaround
    )
