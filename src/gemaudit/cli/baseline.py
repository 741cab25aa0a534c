"""What to compare a run with: an earlier report, or an earlier revision."""

import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Literal, NoReturn

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gemaudit.adapters.config import NAME as SETTINGS
from gemaudit.adapters.git import GitError, commit_of, extract, repository_of
from gemaudit.adapters.paths import real
from gemaudit.cli.console import fail, refuse
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.cli.session import Described, inputs, settings_for, stated_by
from gemaudit.environments import is_source
from gemaudit.lockfiles import is_lockfile_name
from gemaudit.model.advisory import Severity, Status
from gemaudit.model.baseline import Baseline, Past, baseline_of
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document
from gemaudit.model.finding import PackageKind
from gemaudit.pipeline import Knowledge, judge

_LARGEST = 256 * 1024 * 1024
_GIT = "git:"


class _Package(Struct, frozen=True):
    kind: PackageKind
    name: str
    version: str


class _Finding(Struct, frozen=True):
    advisory: str
    title: str
    severity: Severity
    status: Status
    lockfile: str
    package: _Package


class _Report(Struct, frozen=True):
    """What is asked of an earlier report, so that one of another release of version 1 serves as well."""

    schema_version: Literal["1"]
    findings: tuple[_Finding, ...]


def from_report(file: str) -> Baseline:
    """The findings of an earlier JSON report; the run ends with exit code 2 where it is none."""
    try:
        content = Path(file).read_bytes()
        if len(content) > _LARGEST:
            _refuse(file, "it is larger than 256 MiB", "")
        report = msgspec.json.decode(content, type=_Report)
    except OSError as error:
        _refuse(file, (error.strerror or "the system refuses").lower(), "")
    except msgspec.MsgspecError as error:
        _refuse(
            file, f"it is no JSON report of gemaudit: {error}", "write one with `gemaudit check --report json=FILE`"
        )
    return Baseline(
        name=file,
        findings=tuple(
            Past(
                advisory=one.advisory,
                title=one.title,
                severity=one.severity,
                status=one.status,
                lockfile=one.lockfile,
                kind=one.package.kind,
                name=one.package.name,
                version=one.package.version,
            )
            for one in report.findings
            if one.status != "not_affected"
        ),
    )


def from_revision(
    source: str,
    paths: Sequence[str],
    described: Described,
    config: Path | None,
    knowledge: Knowledge,
    *,
    discover: bool,
) -> Baseline:
    """What the audit of an earlier revision of the repository finds, by that revision's own settings."""
    if not source.startswith(_GIT):
        _refuse(source, "it is no revision", "write `--against git:REF`, as in `git:origin/main`")
    revision = source.removeprefix(_GIT)
    here = Path.cwd()
    try:
        repository = repository_of(here)
        commit = commit_of(repository, revision)
        with tempfile.TemporaryDirectory(prefix="gemaudit-") as folder:
            top = real(folder)
            (top / ".git").mkdir()
            named = frozenset(_in_repository(path, repository) for path in paths)
            extract(repository, commit, lambda path: path in named or _may_matter(path), top)
            return _judged(source, paths, repository, top, described, config, knowledge, discover=discover)
    except GitError as error:
        _refuse(source, str(error), "fetch the revision first: `git fetch --depth=1 origin REF`")
    except OSError as error:
        _refuse(source, (error.strerror or "the system refuses").lower(), "")


def _judged(
    name: str,
    paths: Sequence[str],
    repository: Path,
    top: Path,
    described: Described,
    config: Path | None,
    knowledge: Knowledge,
    *,
    discover: bool,
) -> Baseline:
    then = [str(top / _in_repository(path, repository)) for path in paths or (".",)]
    present = [path for path in then if Path(path).exists()]
    if not present:
        return Baseline(name=name)
    stated = stated_by(described, settings_for(config, present))
    given, _ = inputs(present, discover=discover)
    is_absolute = any(Path(path).is_absolute() for path in paths)

    def now(path: str) -> str:
        """How this run calls the file that lies at that place today."""
        place = repository / Path(path).relative_to(top)
        return place.as_posix() if is_absolute else Path(os.path.relpath(place)).as_posix()

    judgements = [
        judge(
            replace(
                one,
                path=now(one.path),
                documents=tuple(Document(now(document.path), document.text) for document in one.documents),
            ),
            stated,
            knowledge,
        )
        for one in given
    ]
    return baseline_of(name, (found for one in judgements for found in one.audit.findings))


def _in_repository(path: str, repository: Path) -> str:
    absolute = real(path)
    if not absolute.is_relative_to(real(repository)):
        _refuse(path, "it is outside of the repository that it would be compared in", "")
    return absolute.relative_to(real(repository)).as_posix()


def _may_matter(path: str) -> bool:
    """Whether a file may be a lockfile, settings, or say where a bundle runs; what it is not is not even written."""
    name = PurePosixPath(path).name
    return is_lockfile_name(name) or name == SETTINGS or is_source(path)


def chosen(sources: Iterable[str | None]) -> None:
    """End the run where there is more than one thing to compare with."""
    if sum(source is not None for source in sources) > 1:
        refuse("`--baseline` and `--against` exclude each other", "compare with a report or with a revision")


def _refuse(path: str, message: str, hint: str) -> NoReturn:
    fail(
        ExitCode.UNUSABLE,
        Diagnostic(code="no-baseline", message=f"nothing can be compared with `{path}`: {message}", path="", hint=hint),
    )
