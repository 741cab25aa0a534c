"""Lockfile, environments and advisories into findings."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.matching.bundle import Bundle, platforms_of
from gemaudit.matching.conditions import Place, answers, status_of
from gemaudit.matching.interpreter import Interpreter, ShippedGem, interpreters, shipped_gems, spell_series
from gemaudit.model.advisory import CONFIDENCES, Advisory, Affected, Confidence, Range, Status
from gemaudit.model.claims import basis, spell
from gemaudit.model.environment import Environment
from gemaudit.model.finding import Answer, AuditedPackage, Basis, Finding, Matches, Verdict
from gemaudit.model.knowledge import Advisories
from gemaudit.model.lockfile import Lockfile
from gemaudit.model.requirement import Requirement
from gemaudit.model.rubies import RubyReleases, ShippedGems

#: From what must be dealt with to what need not be.
STATUSES: tuple[Status, ...] = ("affected", "under_investigation", "not_affected", "fixed")


class Subject(Struct, frozen=True, kw_only=True):
    """A package to judge, where its version is stated, and the environments it is in."""

    package: AuditedPackage
    path: str
    line: int
    environments: tuple[Environment, ...]
    paths: tuple[tuple[str, ...], ...] = ()
    forked: bool = False


def match(
    lockfile: Lockfile,
    environments: Sequence[Environment],
    advisories: Advisories,
    releases: RubyReleases,
    shipped: ShippedGems,
) -> Matches:
    """Return what the advisories say of every gem of a lockfile and of every interpreter it runs on.

    Each package is judged or listed as not audited; the findings stand in the order of their packages and ids.
    """
    bundle = Bundle(lockfile)
    found, unknown = interpreters(environments)
    default_gems, unlisted = shipped_gems(environments, shipped, bundle.by_name.keys())
    findings = [
        *_of_gems(bundle, environments, advisories, releases),
        *_of_interpreters(bundle, found, advisories, releases),
        *_of_default_gems(bundle, default_gems, advisories, releases),
    ]
    gems = sum(len(versions) for versions in bundle.by_name.values())
    return Matches(
        findings=tuple(findings),
        unaudited=(*unknown, *unlisted),
        audited=gems + len(found) + len(default_gems),
    )


def _of_gems(
    bundle: Bundle, environments: Sequence[Environment], advisories: Advisories, releases: RubyReleases
) -> Iterator[Finding]:
    known = advisories.gems
    for name, version, variants in bundle.versions:
        if name not in known:
            continue
        subject = Subject(
            package=AuditedPackage(kind="gem", name=name, version=version, platforms=platforms_of(variants)),
            path=bundle.lockfile.path,
            line=variants[0].line,
            environments=tuple(environments),
            forked=variants[0].origin.kind != "gem",
        )
        for finding in judge(subject, advisories.for_gem(name), bundle, releases):
            yield replace(finding, paths=bundle.paths(name))


def _of_interpreters(
    bundle: Bundle, found: Iterable[Interpreter], advisories: Advisories, releases: RubyReleases
) -> Iterator[Finding]:
    for interpreter in found:
        subject = Subject(
            package=AuditedPackage(kind="ruby", name=interpreter.engine, version=interpreter.fact.value),
            path=interpreter.fact.path,
            line=interpreter.fact.line,
            environments=interpreter.environments,
        )
        engine_advisories = advisories.for_engine(interpreter.engine)
        if interpreter.fact.exact:
            yield from judge(subject, engine_advisories, bundle, releases)
        else:
            yield from _of_series(subject, engine_advisories, bundle, releases)


def _of_default_gems(
    bundle: Bundle, gems: Iterable[ShippedGem], advisories: Advisories, releases: RubyReleases
) -> Iterator[Finding]:
    for gem in gems:
        subject = Subject(
            package=AuditedPackage(kind="default-gem", name=gem.name, version=gem.version),
            path=gem.fact.path,
            line=gem.fact.line,
            environments=gem.environments,
        )
        yield from judge(subject, advisories.for_gem(gem.name), bundle, releases)


def judge(
    subject: Subject, advisories: Iterable[Advisory], bundle: Bundle, releases: RubyReleases
) -> Iterator[Finding]:
    """Yield a finding for every advisory that speaks of the version of the subject."""
    for advisory in advisories:
        if claims := _claims(advisory, subject.package, subject.package.version):
            yield _finding(subject, advisory, claims, bundle, releases)


Claim = tuple[Affected, Basis, Range | None]


def _claims(advisory: Advisory, package: AuditedPackage, version: str) -> list[Claim]:
    return [
        (affected, *claim)
        for affected in advisory.affected
        if (affected.engine if package.kind == "ruby" else affected.gem) == package.name
        and (claim := basis(affected, version))
    ]


def _finding(
    subject: Subject, advisory: Advisory, claims: list[Claim], bundle: Bundle, releases: RubyReleases
) -> Finding:
    places = [Place(environment, bundle, releases, subject.package.platforms) for environment in subject.environments]
    verdicts = tuple(
        min((_verdict(claim, place, subject) for claim in claims), key=lambda verdict: STATUSES.index(verdict.status))
        for place in places
    )
    strongest = min(claims, key=lambda claim: ("range", "presumed", "reported").index(claim[1]))
    return Finding(
        advisory=advisory,
        package=subject.package,
        lockfile=bundle.lockfile.path,
        path=subject.path,
        line=subject.line,
        status=min((verdict.status for verdict in verdicts), key=STATUSES.index),
        confidence=_confidence(advisory, strongest, forked=subject.forked),
        basis=strongest[1],
        verdicts=verdicts,
        paths=subject.paths,
    )


def _verdict(claim: Claim, place: Place, subject: Subject) -> Verdict:
    affected, basis_, _ = claim
    version = Answer(
        name="version",
        expected=spell(affected),
        actual=subject.package.version,
        answer="false" if basis_ == "reported" else "unknown",
        path=subject.path,
        line=subject.line,
    )
    given = answers(affected.when, place)
    if basis_ != "range":
        given = (version, *given)
    return Verdict(environment=place.environment.id, status=status_of(given), answers=given)


def _confidence(advisory: Advisory, claim: Claim, *, forked: bool) -> Confidence:
    """How sure the finding is: the advisory's own confidence, less what its claim and the package's origin leave open.

    A gem from Git or a folder may carry the fix, so it is one step less sure.
    """
    _, basis_, range_ = claim
    if basis_ != "range":
        return "low"
    rank = CONFIDENCES.index(advisory.confidence)
    if range_ is not None and range_.introduced == "unknown":
        rank = max(rank, CONFIDENCES.index("medium"))
    return CONFIDENCES[min(rank + forked, len(CONFIDENCES) - 1)]


def _of_series(
    subject: Subject, advisories: Iterable[Advisory], bundle: Bundle, releases: RubyReleases
) -> Iterator[Finding]:
    """Yield findings for a version that is only known as a set of releases.

    What holds for all of them is judged as if the version were exact;
    what holds for some stays under investigation, and the answer names them.
    """
    candidates = releases.matching(Requirement.parse(subject.package.version))
    for advisory in advisories:
        claims = {release: _claims(advisory, subject.package, release) for release in candidates}
        hit = [release for release in candidates if any(claim[1] != "reported" for claim in claims[release])]
        if not hit:
            continue
        finding = _finding(subject, advisory, claims[hit[-1]], bundle, releases)
        if len(hit) < len(candidates):
            finding = _undecided(finding, subject, spell_series(hit, candidates))
        yield finding


def _undecided(finding: Finding, subject: Subject, releases: str) -> Finding:
    """The finding with one more open question: which release of the series it is."""
    open_question = Answer(
        name="ruby",
        expected=releases,
        actual=subject.package.version,
        answer="unknown",
        path=subject.path,
        line=subject.line,
    )
    verdicts = tuple(
        replace(verdict, status=status_of((open_question, *verdict.answers)), answers=(open_question, *verdict.answers))
        for verdict in finding.verdicts
    )
    return replace(finding, status=min((verdict.status for verdict in verdicts), key=STATUSES.index), verdicts=verdicts)
