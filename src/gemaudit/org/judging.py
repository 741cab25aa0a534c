"""What the files of one repository say."""

import datetime
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gemaudit import __version__
from gemaudit.adapters.config import ConfigError, Settings, settings_of
from gemaudit.environments import Facts
from gemaudit.environments.documents import document, passed_over
from gemaudit.environments.nearby import MOST
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document
from gemaudit.model.environment import Environment, FactName
from gemaudit.model.finding import Finding
from gemaudit.model.policy import Policy
from gemaudit.model.report import Audit, Report
from gemaudit.model.repository import Repository
from gemaudit.model.survey import Held, Outcome, Result, Runs, Upgrade
from gemaudit.org.candidates import Around, Candidates, reason_for_nothing
from gemaudit.pipeline import Input, Knowledge, advise, judge

_POINTER = b"version https://git-lfs.github.com/spec/v1"
_MOST_PROBLEMS = 100


class Audited(Struct, frozen=True, kw_only=True):
    """The answer for one repository.

    `report` is what `gemaudit check` would say of it; it has no audits where there was nothing to read.
    `until` is the last day (ISO 8601) on which it holds as long as no file changes, empty for always.
    """

    result: Result
    report: Report
    until: str = ""


class Judge(Struct, frozen=True, kw_only=True):
    """What all repositories of a scan are judged by.

    `facts` are what the user states of every environment; `settings` stand in for those that a repository brings
    itself. `now` is the moment at which the scan began, in UTC.
    """

    knowledge: Knowledge
    today: datetime.date
    now: str
    facts: Facts = Facts()
    settings: Settings | None = None

    @property
    def basis(self) -> str:
        """A digest of everything beside a repository's own files that an answer rests on."""
        rests_on = (__version__, self.knowledge.database.info.revision, repr(self.facts), repr(self.settings))
        return hashlib.sha256(msgspec.json.encode(rests_on)).hexdigest()[:32]

    def audit(
        self,
        repository: Repository,
        found: Candidates,
        contents: Mapping[str, bytes],
        unread: Sequence[Diagnostic] = (),
    ) -> Audited:
        """Judge a repository by the contents of its files, by path; `unread` says why some of them are missing."""
        if not found.around:
            nothing = Report(version=__version__, database=self.knowledge.database.info, policy=Policy())
            report = replace(nothing, diagnostics=found.problems)
            return Audited(result=_without_lockfile(repository, found), report=report)
        settings, wrong = self._settings(found, contents)
        given = [_input(one, contents) for one in found.around if _is_text(contents.get(one.lockfile))]
        stated = replace(settings.stated, command_line=self.facts)
        judgements = [judge(one, stated, self.knowledge) for one, _ in given]
        report = advise(judgements, settings.policy, self.today, self.knowledge, version=__version__)
        # What keeps a lockfile from being judged comes first: it is the reason where none could be.
        problems = (
            *(_in_lfs(one.lockfile) for one in found.around if _is_pointer(contents.get(one.lockfile))),
            *unread,
            *_worth_telling(report),
            *found.problems,
            *wrong,
            *(problem for _, passed in given for problem in passed),
        )
        result = _result(repository, report, _gravest(problems), self.now)
        return Audited(result=result, report=replace(report, diagnostics=problems), until=self._until(settings))

    def _settings(self, found: Candidates, contents: Mapping[str, bytes]) -> tuple[Settings, tuple[Diagnostic, ...]]:
        """The settings to judge by; those that cannot be used hide nothing."""
        if self.settings is not None:
            return self.settings, ()
        if not found.settings or found.settings not in contents:
            return Settings(), ()
        text = document(found.settings, contents[found.settings])
        if isinstance(text, Diagnostic):
            return Settings(), (replace(text, level="error", message="the settings cannot be read"),)
        try:
            return settings_of(text), ()
        except ConfigError as error:
            return Settings(), (error.diagnostic,)

    def _until(self, settings: Settings) -> str:
        """The day on which the first of the ignores ends that are in force."""
        ends = [one.until for one in settings.policy.ignores if one.until is not None and one.until >= self.today]
        return min(ends).isoformat() if ends else ""


def _input(around: Around, contents: Mapping[str, bytes]) -> tuple[Input, tuple[Diagnostic, ...]]:
    read = [_document(path, contents[path]) for path in around.documents if path in contents]
    problems = [one for one in read if isinstance(one, Diagnostic)]
    if around.passed_over:
        reason = f"of {MOST + around.passed_over} files that could, the nearest {MOST} are read"
        problems.append(passed_over(around.documents[-1], reason))
    documents = tuple(one for one in read if isinstance(one, Document))
    return Input(path=around.lockfile, content=contents[around.lockfile], documents=documents), tuple(problems)


def _document(path: str, content: bytes) -> Document | Diagnostic:
    return passed_over(path, "it is kept in Git LFS") if _is_pointer(content) else document(path, content)


def _is_pointer(content: bytes | None) -> bool:
    return content is not None and content.startswith(_POINTER)


def _is_text(content: bytes | None) -> bool:
    return content is not None and not _is_pointer(content)


def _in_lfs(path: str) -> Diagnostic:
    return Diagnostic(
        code="lfs-pointer",
        message="this lockfile is kept in Git LFS, which a scan does not fetch",
        path=path,
        hint="run `git lfs pull` and `gemaudit check` in a clone, or keep lockfiles out of Git LFS",
    )


def _without_lockfile(repository: Repository, found: Candidates) -> Result:
    problems = _gravest(found.problems)
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        return Result(repository=repository, outcome="failed", reason=errors[0], problems=problems)
    return Result(repository=repository, outcome="nothing", reason=reason_for_nothing(found), problems=problems)


def _gravest(problems: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """As many as are kept: no number of warnings hides an error."""
    return tuple(sorted(problems, key=lambda problem: problem.level != "error")[:_MOST_PROBLEMS])


def _worth_telling(report: Report) -> Iterator[Diagnostic]:
    for audit in report.audits:
        yield from (one for one in audit.diagnostics if one.level != "notice")


def _result(repository: Repository, report: Report, problems: tuple[Diagnostic, ...], now: str) -> Result:
    read = [audit for audit in report.audits if audit.status == "audited"]
    errors = [problem for problem in problems if problem.level == "error"]
    if not read:
        others = [one for one in errors if one.code != "empty-lockfile"]
        outcome: Outcome = "failed" if others else "nothing"
        reason = next(iter(others or errors), None)
        return Result(repository=repository, outcome=outcome, reason=reason, problems=problems)
    return Result(
        repository=repository,
        outcome="audited",
        audited=now,
        lockfiles=len(read),
        packages=sum(audit.packages for audit in read),
        held=_distinct(_held(one) for one in report.findings if one.status in _HOLDS),
        upgrades=tuple(dict.fromkeys(_upgrades(report))),
        runs=tuple(sorted({one for audit in read for one in _runs(audit)})),
        problems=problems,
    )


_HOLDS = frozenset({"affected", "under_investigation"})


def _distinct(held: Iterable[Held]) -> tuple[Held, ...]:
    """Each defect of a package once: several versions of a default gem are several findings of a report."""
    worst: dict[tuple[str, str, str, str], Held] = {}
    for one in sorted(held, key=lambda one: (one.status, one.is_suppressed, one)):
        worst.setdefault((one.lockfile, one.advisory, one.package_kind, one.package), one)
    return tuple(sorted(worst.values()))


def _held(finding: Finding) -> Held:
    return Held(
        lockfile=finding.lockfile,
        advisory=finding.advisory.id,
        package_kind=finding.package.kind,
        package=finding.package.name,
        version=finding.package.version,
        title=finding.advisory.title,
        severity=finding.advisory.severity,
        kind=finding.advisory.kind,
        status="affected" if finding.status == "affected" else "under_investigation",
        line=finding.line,
        is_suppressed=finding.suppression is not None,
    )


def _upgrades(report: Report) -> Iterator[Upgrade]:
    for audit in report.audits:
        for step in audit.plan.steps:
            if step.closes:
                yield Upgrade(
                    lockfile=audit.path,
                    package_kind=step.kind,
                    package=step.name,
                    current=step.current,
                    target=step.target,
                    outcome=step.outcome,
                    closes=step.closes,
                    commands=step.commands,
                )


def _runs(audit: Audit) -> Iterator[Runs]:
    for environment in audit.environments:
        engine = _stated(environment, "engine")
        is_other = engine not in {"", "ruby"}
        machine = (_stated(environment, name) for name in ("cpu", "os", "libc"))
        yield Runs(
            lockfile=audit.path,
            environment=environment.id,
            engine=engine,
            ruby=_stated(environment, "engine_version" if is_other else "ruby"),
            libc=_stated(environment, "libc"),
            platform="-".join(filter(None, machine)),
        )


def _stated(environment: Environment, name: FactName) -> str:
    fact = environment.fact(name)
    return fact.value if fact else ""
