"""The order of the stages, and nothing else."""

import datetime
import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.advisories.database import Database
from gemaudit.environments import Stated, discover
from gemaudit.environments.shipped import with_shipped
from gemaudit.hazards import Project, find, is_hazard, named, with_remedies
from gemaudit.hazards.end_of_life import ruby_end_of_life
from gemaudit.lockfiles import read_bytes
from gemaudit.matching import apply_policy, match
from gemaudit.matching.baseline import compare, fixed
from gemaudit.matching.bundle import Bundle
from gemaudit.matching.recheck import Recheck
from gemaudit.model.advisory import Advisory
from gemaudit.model.baseline import Baseline
from gemaudit.model.document import Document
from gemaudit.model.environment import Fact
from gemaudit.model.finding import Finding
from gemaudit.model.gem_index import Listing, Wanted
from gemaudit.model.lockfile import Lockfile
from gemaudit.model.plan import Plan
from gemaudit.model.policy import Policy
from gemaudit.model.report import Audit, Report
from gemaudit.model.rubies import RubyReleases, ShippedGems
from gemaudit.planning import plan
from gemaudit.planning.context import Context


class Knowledge(Struct, frozen=True, kw_only=True, dict=True):
    """What every audit of a run shares: the advisories, the tables about Ruby, and what was worked out from them."""

    database: Database
    releases: RubyReleases
    shipped: ShippedGems

    @cached_property
    def recheck(self) -> Recheck:
        """What the advisories say of other versions; remembered from one lockfile to the next."""
        return Recheck(self.database, self.releases)


class Input(Struct, frozen=True, kw_only=True):
    """One lockfile as it was found, with the files around it."""

    path: str
    content: bytes
    documents: tuple[Document, ...] = ()


class Judgement(Struct, frozen=True, kw_only=True):
    """What is known of one input before the project's decisions are applied and a plan is made."""

    audit: Audit
    lockfile: Lockfile
    content: bytes = b""
    documents: tuple[Document, ...] = ()
    facts: tuple[Fact, ...] = ()


def judge(given: Input, stated: Stated, knowledge: Knowledge) -> Judgement:
    """Read, discover, match, look for hazards: everything about one lockfile that needs no decision of the project."""
    lockfile = read_bytes(given.path, given.content)
    empty = any(diagnostic.code == "empty-lockfile" for diagnostic in lockfile.diagnostics)
    audit = Audit(
        path=given.path,
        sha256=hashlib.sha256(given.content).hexdigest(),
        status="audited" if lockfile.is_readable else "empty" if empty else "unreadable",
        diagnostics=lockfile.diagnostics,
    )
    if not lockfile.packages and not lockfile.is_readable:
        return Judgement(audit=audit, lockfile=lockfile)
    discovery = discover(given.documents, lockfile, stated)
    environments = tuple(with_shipped(environment, knowledge.shipped) for environment in discovery.environments)
    matches = match(lockfile, environments, knowledge.database, knowledge.releases, knowledge.shipped)
    hazards = find(Project(lockfile, environments, Bundle(lockfile).paths, given.documents))
    return Judgement(
        audit=replace(
            audit,
            packages=matches.audited,
            environments=environments,
            findings=(*matches.findings, *hazards),
            unaudited=matches.unaudited,
            diagnostics=(*lockfile.diagnostics, *discovery.diagnostics),
        ),
        lockfile=lockfile,
        content=given.content,
        documents=given.documents,
        facts=discovery.facts,
    )


def advise(
    judgements: Iterable[Judgement],
    policy: Policy,
    today: datetime.date,
    knowledge: Knowledge,
    *,
    version: str,
    listings: Mapping[Wanted, Listing] | None = None,
    baseline: Baseline | None = None,
) -> Report:
    """Apply the project's decisions, plan, and put everything together, in the order of the lockfiles' paths.

    With `listings`, plans are made from what gem servers offer; `asks` of a plan says what else to ask them.
    With a `baseline`, each finding is new or unchanged.
    """
    ordered = sorted(judgements, key=lambda judgement: judgement.audit.path)
    findings = [finding for judgement in ordered for finding in judgement.audit.findings]
    decided, unused = apply_policy(findings, policy.ignores, today, lambda name: known_as(name, knowledge.database))
    if baseline is not None:
        decided = compare(decided, baseline)
    audits = []
    rest = iter(decided)
    for judgement in ordered:
        own = tuple(next(rest) for _ in judgement.audit.findings)
        ends = ruby_end_of_life(judgement.audit.environments, knowledge.releases, today)
        audit = replace(judgement.audit, findings=own, diagnostics=(*judgement.audit.diagnostics, *ends))
        audits.append(replace(audit, plan=_plan(own, judgement, knowledge, listings)))
    return Report(
        version=version,
        database=knowledge.database.info,
        policy=policy,
        audits=tuple(audits),
        baseline=baseline.name if baseline is not None else None,
        fixed=fixed(decided, baseline, (one.path for one in audits if one.status == "audited")) if baseline else (),
        unused_ignores=unused,
    )


def known_as(name: str, database: Database) -> tuple[Advisory, ...]:
    """Every advisory and hazard of that id or alias."""
    return (*database.find(name), *named(name))


def _plan(
    findings: tuple[Finding, ...],
    judgement: Judgement,
    knowledge: Knowledge,
    listings: Mapping[Wanted, Listing] | None,
) -> Plan:
    """The upgrades for what the advisories found, and what ends the hazards."""
    context = replace(_context(judgement, knowledge), listings=listings)
    upgrades = plan((finding for finding in findings if not is_hazard(finding)), context)
    project = Project(judgement.lockfile, judgement.audit.environments, documents=judgement.documents)
    return with_remedies(upgrades, findings, project)


def _context(judgement: Judgement, knowledge: Knowledge) -> Context:
    bundle = Bundle(judgement.lockfile)
    return Context(
        lockfile=judgement.lockfile,
        environments=judgement.audit.environments,
        documents=judgement.documents,
        facts=judgement.facts,
        advisories=knowledge.database,
        releases=knowledge.releases,
        shipped=knowledge.shipped,
        text=judgement.content.decode("utf-8", "replace"),
        recheck=lambda package, environments: knowledge.recheck.statuses(package, environments, bundle),
    )
