"""The parts of a scan in the shape of the JSON reports."""

from collections.abc import Mapping
from typing import Any

from gemaudit.model import survey as model
from gemaudit.model.advisory import Severity
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.finding import PackageKind
from gemaudit.reporting.json_v1_shape import Message, Tool
from gemaudit.reporting.org import shape
from gemaudit.reporting.org.compared import Compared


def head(survey: model.Survey) -> dict[str, Any]:
    """The fields of `shape.Head`."""
    return {
        "schema_version": "1",
        "tool": Tool(name="gemaudit", version=survey.scan.version),
        "scan": _scan(survey.scan),
        "previous": survey.previous or None,
        "only_changes": survey.only_changes,
        "counts": _counts(survey.counts),
        "advisories": tuple(map(_advisory, survey.advisories)),
        "upgrades": tuple(map(_lever, survey.levers)),
        "rubies": tuple(map(_share, survey.rubies)),
        "libcs": tuple(map(_share, survey.libcs)),
        "trend": tuple(map(point, survey.trend)),
    }


def change(change: model.Change) -> dict[str, Any]:
    """The fields of `shape.Change`."""
    return {"repository": change.repository, "finding": _finding(change.held, change.news)}


def repository(result: model.Result, compared: Compared) -> dict[str, Any]:
    """The fields of `shape.Repository`."""
    about = result.repository
    return {
        "id": about.id,
        "name": about.name,
        "url": about.url or None,
        "branch": about.branch or None,
        "head": about.head or None,
        "visibility": about.visibility or None,
        "archived": about.is_archived,
        "fork": about.is_fork,
        "topics": about.topics,
        "outcome": result.outcome,
        "reason": _message(result.reason) if result.reason else None,
        "audited": result.audited or None,
        "lockfiles": result.lockfiles,
        "packages": result.packages,
        "findings": tuple(_finding(held, compared.state(about.name, held)) for held in result.held),
        "plan": tuple(map(_step, result.upgrades)),
        "environments": tuple(map(_environment, result.runs)),
        "problems": tuple(map(_message, result.problems)),
    }


def point(point: model.Point) -> shape.Point:
    """A scan in the course of time."""
    return shape.Point(
        name=point.name,
        started=point.started,
        finished=point.finished or None,
        database=point.revision,
        requests=point.requests,
        repositories=point.repositories,
        failed=point.failed,
        severity=_severities(point.affected),
        undecided=point.undecided,
    )


def _scan(scan: model.Scan) -> shape.Scan:
    return shape.Scan(
        name=scan.name,
        started=scan.started,
        finished=scan.finished or None,
        forge=scan.forge,
        host=scan.host,
        sources=scan.sources,
        shard=scan.shard or None,
        scope=scan.scope,
        database=scan.revision,
        requests=scan.requests,
        problems=tuple(map(_message, scan.problems)),
    )


def _counts(counts: model.Counts) -> shape.Counts:
    return shape.Counts(
        audited=counts.audited,
        nothing=counts.nothing,
        failed=counts.failed,
        clean=counts.clean,
        lockfiles=counts.lockfiles,
        packages=counts.packages,
        severity=_severities(counts.affected),
        undecided=counts.undecided,
        suppressed=counts.suppressed,
    )


def _severities(numbers: Mapping[Severity, int]) -> shape.Severities:
    return shape.Severities(
        critical=numbers.get("critical", 0),
        high=numbers.get("high", 0),
        medium=numbers.get("medium", 0),
        low=numbers.get("low", 0),
    )


def _advisory(spread: model.Spread) -> shape.Advisory:
    return shape.Advisory(
        advisory=spread.advisory,
        title=spread.title,
        severity=spread.severity,
        packages=spread.packages,
        repositories=spread.repositories,
        undecided=spread.undecided,
    )


def _lever(lever: model.Lever) -> shape.Lever:
    return shape.Lever(
        package=_package(lever.package_kind, lever.package),
        to=lever.target or None,
        closes=lever.closes,
        repositories=lever.repositories,
        severity=_severities(lever.severities),
        commands=lever.commands,
    )


def _share(share: model.Share) -> shape.Share:
    return shape.Share(
        name=share.name,
        value=share.value,
        repositories=share.repositories,
        end_of_life=share.end_of_life or None,
        is_over=share.is_over,
    )


def _finding(held: model.Held, state: str) -> shape.Finding:
    return shape.Finding(
        advisory=held.advisory,
        title=held.title,
        severity=held.severity,
        kind=held.kind,
        status=held.status,
        package=_package(held.package_kind, held.package),
        version=held.version,
        lockfile=held.lockfile,
        line=held.line or None,
        suppressed=held.is_suppressed,
        since=held.since or None,
        state=state or None,  # type: ignore[arg-type]
    )


def _step(upgrade: model.Upgrade) -> shape.Step:
    return shape.Step(
        lockfile=upgrade.lockfile,
        package=_package(upgrade.package_kind, upgrade.package),
        current=upgrade.current,
        to=upgrade.target or None,
        outcome=upgrade.outcome,
        closes=upgrade.closes,
        commands=upgrade.commands,
    )


def _environment(runs: model.Runs) -> shape.Environment:
    return shape.Environment(
        lockfile=runs.lockfile,
        id=runs.environment,
        engine=runs.engine or None,
        ruby=runs.ruby or None,
        libc=runs.libc or None,
        platform=runs.platform or None,
    )


def _package(kind: PackageKind, name: str) -> shape.Package:
    return shape.Package(kind=kind, name=name)


def _message(diagnostic: Diagnostic) -> Message:
    return Message(
        level=diagnostic.level,
        path=diagnostic.path or None,
        line=diagnostic.line or None,
        column=diagnostic.column or None,
        code=diagnostic.code,
        message=diagnostic.message,
        hint=diagnostic.hint or None,
    )
