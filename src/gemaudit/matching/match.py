"""Lockfile, environments and advisories into findings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.matching.bundle import Bundle, platforms_of
from gemaudit.matching.conditions import Place, status_of
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
_RANK = {status: rank for rank, status in enumerate(STATUSES)}
#: The claims of an advisory, the strongest first.
_BASES: tuple[Basis, ...] = ("range", "presumed", "reported")


class Subject(Struct, frozen=True, kw_only=True):
    """A package to judge, where its version is stated, and the places it is in."""

    package: AuditedPackage
    path: str
    line: int
    places: tuple[Place, ...]
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
    ordered = sorted(environments, key=lambda environment: environment.id)
    places = {environment.id: Place(environment, bundle, releases) for environment in ordered}
    found, unknown = interpreters(ordered, releases)
    default_gems, unlisted = shipped_gems(ordered, shipped, bundle.by_name.keys())
    findings = [
        *_of_gems(bundle, tuple(places.values()), advisories),
        *_of_interpreters(found, places, advisories, releases),
        *_of_default_gems(default_gems, places, advisories),
    ]
    gems = sum(len(versions) for versions in bundle.by_name.values())
    return Matches(
        findings=tuple(findings),
        unaudited=(*unknown, *unlisted),
        audited=gems + len(found) + len(default_gems),
    )


def _of_gems(bundle: Bundle, places: tuple[Place, ...], advisories: Advisories) -> Iterator[Finding]:
    known = advisories.gems
    for name, version, variants in bundle.versions:
        if name not in known:
            continue
        subject = Subject(
            package=AuditedPackage(kind="gem", name=name, version=version, platforms=platforms_of(variants)),
            path=bundle.lockfile.path,
            line=variants[0].line,
            places=places,
            forked=any(variant.origin.kind != "gem" for variant in variants),
        )
        for finding in judge(subject, advisories.for_gem(name, version)):
            yield replace(finding, paths=bundle.paths(name))


def _of_interpreters(
    found: Iterable[Interpreter], places: Mapping[str, Place], advisories: Advisories, releases: RubyReleases
) -> Iterator[Finding]:
    for interpreter in found:
        subject = Subject(
            package=AuditedPackage(kind="ruby", name=interpreter.engine, version=interpreter.fact.value),
            path=interpreter.fact.path,
            line=interpreter.fact.line,
            places=tuple(places[environment.id] for environment in interpreter.environments),
        )
        if interpreter.fact.exact:
            yield from judge(subject, advisories.for_engine(interpreter.engine, interpreter.fact.value))
        else:
            yield from _of_series(subject, advisories, releases)


def _of_default_gems(
    gems: Iterable[ShippedGem], places: Mapping[str, Place], advisories: Advisories
) -> Iterator[Finding]:
    known = advisories.gems
    for gem in gems:
        if gem.name not in known:
            continue
        subject = Subject(
            package=AuditedPackage(kind="default-gem", name=gem.name, version=gem.version),
            path=gem.fact.path,
            line=gem.fact.line,
            places=tuple(places[environment.id] for environment in gem.environments),
        )
        yield from judge(subject, advisories.for_gem(gem.name, gem.version))


def judge(subject: Subject, advisories: Iterable[Advisory]) -> Iterator[Finding]:
    """Yield a finding for every advisory that speaks of the version of the subject."""
    for advisory in advisories:
        if claims := _claims(advisory, subject.package, subject.package.version):
            yield _finding(subject, advisory, claims)


def worst_status(subject: Subject, advisory: Advisory) -> Status | None:
    """The status that a finding would have, or None where the advisory does not speak of the version."""
    claims = _claims(advisory, subject.package, subject.package.version)
    if not claims:
        return None
    return _worst(_verdict(claim, place, subject).status for claim in claims for place in subject.places)


Claim = tuple[Affected, Basis, Range | None]


def _claims(advisory: Advisory, package: AuditedPackage, version: str) -> tuple[Claim, ...]:
    return _claims_of(advisory.affected, package.kind == "ruby", package.name, version)


@lru_cache(maxsize=65_536)
def _claims_of(items: tuple[Affected, ...], is_engine: bool, name: str, version: str) -> tuple[Claim, ...]:  # noqa: FBT001 - a part of the key
    return tuple(
        (affected, *claim)
        for affected in items
        if (affected.engine if is_engine else affected.gem) == name and (claim := basis(affected, version))
    )


@lru_cache(maxsize=4096)
def _claims_by_release(
    items: tuple[Affected, ...], name: str, releases: tuple[str, ...]
) -> tuple[tuple[tuple[Claim, ...], frozenset[str]], ...]:
    """The different claims about the releases of an engine, each with the releases that it is about."""
    found: dict[tuple[Claim, ...], set[str]] = {}
    for release in releases:
        claims = tuple(claim for claim in _claims_of(items, True, name, release) if claim[1] != "reported")  # noqa: FBT003
        if claims:
            found.setdefault(claims, set()).add(release)
    return tuple((claims, frozenset(some)) for claims, some in found.items())


def _finding(subject: Subject, advisory: Advisory, claims: Sequence[Claim]) -> Finding:
    """The finding of an advisory of which at least one claim speaks of the version; the worst claim counts."""
    judged = [(claim, tuple(_verdict(claim, place, subject) for place in subject.places)) for claim in claims]
    claim, verdicts = judged[0] if len(judged) == 1 else _united(judged)
    return Finding(
        advisory=advisory,
        package=subject.package,
        lockfile=subject.places[0].bundle.lockfile.path,
        path=subject.path,
        line=subject.line,
        status=_worst(verdict.status for verdict in verdicts),
        confidence=_confidence(advisory, claim, forked=subject.forked),
        basis=claim[1],
        verdicts=verdicts,
    )


def _united(judged: list[tuple[Claim, tuple[Verdict, ...]]]) -> tuple[Claim, tuple[Verdict, ...]]:
    """The worst verdict in each place, and the claim that the worst of all rests on, the strongest if several."""

    def rank(item: tuple[Claim, tuple[Verdict, ...]]) -> tuple[int, int]:
        (_, basis_, _), verdicts = item
        return min(_RANK[verdict.status] for verdict in verdicts), _BASES.index(basis_)

    claim, _ = min(judged, key=rank)
    columns = zip(*(verdicts for _, verdicts in judged), strict=True)
    return claim, tuple(min(column, key=lambda verdict: _RANK[verdict.status]) for column in columns)


def _worst(statuses: Iterable[Status]) -> Status:
    return min(statuses, key=_RANK.__getitem__)


def _verdict(claim: Claim, place: Place, subject: Subject) -> Verdict:
    affected, basis_, _ = claim
    verdict = place.verdict(affected, subject.package)
    if basis_ == "range":
        return verdict
    version = Answer(
        name="version",
        expected=spell(affected),
        actual=subject.package.version,
        answer="false" if basis_ == "reported" else "unknown",
        path=subject.path,
        line=subject.line,
    )
    given = (version, *verdict.answers)
    return replace(verdict, status=status_of(given), answers=given)


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


def _of_series(subject: Subject, advisories: Advisories, releases: RubyReleases) -> Iterator[Finding]:
    """Yield findings for a version that is only known as a set of releases.

    What all of them agree on is judged as if the version were exact;
    where they differ, the finding is under investigation and names those that the advisory reaches.
    """
    engine = subject.package.name
    candidates = releases.matching(Requirement.parse(subject.package.version))
    speaking = {one.id: one for release in candidates for one in advisories.for_engine(engine, release)}
    for _, advisory in sorted(speaking.items()):
        if reached := _claims_by_release(advisory.affected, engine, candidates):
            judged = [(_finding(subject, advisory, claims), some) for claims, some in reached]
            yield _agreed(judged, candidates, subject)


def _agreed(judged: list[tuple[Finding, frozenset[str]]], candidates: tuple[str, ...], subject: Subject) -> Finding:
    """One finding for those about the releases of a series; a release that none of them is about is not affected."""
    worst, _ = min(judged, key=lambda item: _RANK[item[0].status])
    verdicts = []
    for alternatives in zip(*(finding.verdicts for finding, _ in judged), strict=True):
        verdict = max(
            filter(_may_hold, alternatives),
            key=lambda one: _RANK[one.status],
            default=alternatives[0],
        )
        hit = set[str]().union(*(some for one, (_, some) in zip(alternatives, judged, strict=True) if _may_hold(one)))
        is_open = 0 < len(hit) < len(candidates)
        verdicts.append(_undecided(verdict, subject, spell_series(hit, candidates)) if is_open else verdict)
    return replace(worst, status=_worst(verdict.status for verdict in verdicts), verdicts=tuple(verdicts))


def _may_hold(verdict: Verdict) -> bool:
    return verdict.status != "not_affected"


def _undecided(verdict: Verdict, subject: Subject, releases: str) -> Verdict:
    """The verdict with one more open question: which release of the series it is."""
    open_question = Answer(
        name="ruby",
        expected=releases,
        actual=subject.package.version,
        answer="unknown",
        path=subject.path,
        line=subject.line,
    )
    return replace(verdict, status="under_investigation", answers=(open_question, *verdict.answers))
