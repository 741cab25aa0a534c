import datetime

import pytest
from msgspec.structs import replace

from gemaudit.adapters.config import Settings
from gemaudit.adapters.database import open_database
from gemaudit.adapters.tables import ruby_releases, shipped_gems
from gemaudit.environments import stated_facts
from gemaudit.model.repository import Entry, Repository, Tree
from gemaudit.model.survey import Result
from gemaudit.org.candidates import candidates
from gemaudit.org.judging import Audited, Judge
from gemaudit.pipeline import Knowledge

REPOSITORY = Repository(id="github.com/R_1", name="acme/shop", head="c" * 40, tree="d" * 40)
FFI = b"""GEM
  remote: https://rubygems.org/
  specs:
    ffi (1.16.3)

PLATFORMS
  ruby

DEPENDENCIES
  ffi
"""
IGNORING = b"""
[[ignore]]
id = "GMSA-2024-0001"
reason = "not reached"
until = 2026-12-24
"""


@pytest.fixture(scope="module")
def judge() -> Judge:
    knowledge = Knowledge(database=open_database(), releases=ruby_releases(), shipped=shipped_gems())
    return Judge(knowledge=knowledge, today=datetime.date(2026, 11, 21), now="2026-11-21T04:17:00Z")


def audited(judge: Judge, **files: bytes) -> Audited:
    """The answer for files; `__` in a name stands for a dot that is no dot of Python's."""
    contents = {name.replace("__", "."): content for name, content in {"__ruby-version": b"3.4.5\n", **files}.items()}
    tree = Tree(entries=tuple(Entry(path=path, oid=path) for path in contents))
    return judge.audit(REPOSITORY, candidates(tree, {}), contents)


def advisories(result: Result) -> set[str]:
    return {one.advisory for one in result.held if one.status == "affected" and not one.is_suppressed}


def test_findings_environments_and_plan_of_a_repository(judge: Judge) -> None:
    result = audited(judge, Gemfile__lock=FFI, Dockerfile=b"FROM ruby:3.4.5-alpine\n").result

    assert (result.outcome, result.lockfiles, result.audited) == ("audited", 1, judge.now)
    assert result.packages > 50  # Ruby brings gems of its own
    assert "GMSA-2024-0001" in advisories(result)
    assert {(one.ruby, one.libc) for one in result.runs} == {("3.4.5", "musl")}
    (step,) = (one for one in result.upgrades if one.package == "ffi")
    assert "GMSA-2024-0001" in step.closes
    assert step.commands == ("bundle update --conservative ffi",)


def test_upgrades_are_in_the_order_of_the_plan(judge: Judge) -> None:
    found = audited(judge, Gemfile__lock=FFI.replace(b"    ffi (1.16.3)", b"    ffi (1.16.3)\n    oj (3.16.0)"))
    (audit,) = found.report.audits
    planned = [(step.kind, step.name) for step in audit.plan.steps if step.closes]
    assert [(one.package_kind, one.package) for one in found.result.upgrades] == planned
    assert planned != sorted(planned)


def test_the_repository_ignores_until_a_day(judge: Judge) -> None:
    found = audited(judge, Gemfile__lock=FFI, __gemaudit__toml=IGNORING)
    assert found.until == "2026-12-24"
    assert [one.is_suppressed for one in found.result.held if one.advisory == "GMSA-2024-0001"] == [True]

    later = replace(judge, today=datetime.date(2026, 12, 25))
    found = audited(later, Gemfile__lock=FFI, __gemaudit__toml=IGNORING)
    assert found.until == ""
    assert "GMSA-2024-0001" in advisories(found.result)


def test_settings_that_cannot_be_used_hide_nothing_and_are_told(judge: Judge) -> None:
    for text in (IGNORING + b"nonsense = 1\n", b"\xff\xfe", b"x" * (1024 * 1024 + 1)):
        result = audited(judge, Gemfile__lock=FFI, __gemaudit__toml=text).result
        assert "GMSA-2024-0001" in advisories(result)
        assert [(one.path, one.level) for one in result.problems] == [(".gemaudit.toml", "error")]


def test_settings_of_the_organisation_stand_in_for_those_of_the_repository(judge: Judge) -> None:
    central = replace(judge, settings=Settings())
    assert "GMSA-2024-0001" in advisories(audited(central, Gemfile__lock=FFI, __gemaudit__toml=IGNORING).result)


def test_what_the_user_states_holds_everywhere(judge: Judge) -> None:
    stating = replace(judge, facts=stated_facts(libc="musl"))
    assert {one.libc for one in audited(stating, Gemfile__lock=FFI).result.runs} == {"musl"}


@pytest.mark.parametrize(
    ("content", "outcome", "code"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", "failed", "lfs-pointer"),
        (b"\xff\xfe\x00", "failed", "not-utf-8"),
        (b"<<<<<<< HEAD\n=======\n>>>>>>> b\n", "failed", "merge-conflict"),
        (b"", "nothing", "empty-lockfile"),
    ],
)
def test_a_lockfile_that_cannot_be_used(judge: Judge, content: bytes, outcome: str, code: str) -> None:
    result = audited(judge, Gemfile__lock=content).result

    assert result.outcome == outcome
    assert result.reason is not None
    assert result.reason.code == code


def test_a_dockerfile_in_git_lfs_is_told(judge: Judge) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"
    (problem,) = audited(judge, Gemfile__lock=FFI, Dockerfile=pointer).result.problems
    assert (problem.code, problem.path, "Git LFS" in problem.message) == ("passed-over", "Dockerfile", True)


def test_one_lockfile_that_cannot_be_read_takes_nothing_from_the_others(judge: Judge) -> None:
    files = {"Gemfile.lock": FFI, "a/Gemfile.lock": b"\xff\xfe\x00"}
    tree = Tree(entries=tuple(Entry(path=path, oid=path) for path in files))
    result = judge.audit(REPOSITORY, candidates(tree, {}), files).result

    assert (result.outcome, result.lockfiles) == ("audited", 1)
    assert [(one.path, one.level) for one in result.problems] == [("a/Gemfile.lock", "error")]


def test_no_number_of_warnings_hides_an_error(judge: Judge) -> None:
    files = {"Gemfile.lock": FFI, **{f"{number}/Dockerfile": b"\xff" for number in range(3)}}
    files |= {f"{number}/{name}": FFI for number in range(60) for name in ("Gemfile.lock", "gems.locked")}
    files |= {f"{number}/Dockerfile": b"\xff" for number in range(60)}
    entries = tuple(Entry(path=path, oid=path) for path in files)
    found = candidates(Tree(entries=entries, unread=(("apps", "it has too many entries"),)), {})
    problems = judge.audit(REPOSITORY, replace(found, problems=()), files).result.problems
    assert len(problems) == 100
    assert {one.level for one in problems} == {"warning"}
    late = replace(found, around=found.around[:1], problems=(*problems, *found.problems))
    result = judge.audit(REPOSITORY, late, files).result
    assert [one.code for one in result.problems if one.level == "error"] == ["unlisted-folder"]


def test_nothing_to_audit_has_a_reason_and_a_report_without_audits(judge: Judge) -> None:
    found = audited(judge, README=b"hello")
    assert (found.result.outcome, found.report.audits) == ("nothing", ())
    assert found.result.reason is not None


def test_the_basis_tells_apart_what_answers_rest_on(judge: Judge) -> None:
    others = (replace(judge, settings=Settings()), replace(judge, facts=stated_facts(libc="musl")))
    assert len({one.basis for one in (judge, *others)}) == 3
    assert replace(judge, now="2027-01-01T00:00:00Z").basis == judge.basis
