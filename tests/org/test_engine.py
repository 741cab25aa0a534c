"""Scans against a forge that is a dictionary; what a real one does is in the proofs beside this."""

import datetime
import hashlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio
import pytest
from msgspec.structs import replace

from gemaudit.adapters.config import Settings
from gemaudit.adapters.database import open_database
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Budget, Forge, Page, Wish
from gemaudit.adapters.scans.store import Scans
from gemaudit.adapters.tables import ruby_releases, shipped_gems
from gemaudit.lockfiles import MAX_BYTES
from gemaudit.model.repository import Entry, EntryKind, Issue, Repository, Source, Tree
from gemaudit.model.survey import Outcome, Result, Scan
from gemaudit.org.engine import Engine
from gemaudit.org.judging import Audited, Judge
from gemaudit.org.ledger import Ledger
from gemaudit.org.publishing import Kind, Publisher
from gemaudit.org.selection import Selection
from gemaudit.pipeline import Knowledge

FFI = b"GEM\n  specs:\n    ffi (1.16.3)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  ffi\n\nRUBY VERSION\n   ruby 3.4.5p1\n"
FIXED = FFI.replace(b"1.16.3", b"1.17.4")
Held = bytes | tuple[EntryKind, bytes]
ACME = Source("org", "acme")
GONE = Fault("not-found", "there is no such repository, or the token may not see it")


class Pretended:
    """A forge that holds `files` of repositories by name, and fails where `faults` say so."""

    name, host = "github", "github.com"

    def __init__(self, **files: Mapping[str, Held]) -> None:
        self.files = {name: dict(them) for name, them in files.items()}
        self.faults: dict[str, Fault] = {}
        self.unlisted: tuple[tuple[Source, Fault], ...] = ()
        self.asked: list[str] = []
        self.published: list[str] = []
        self.requests = 0

    budget: Budget | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        pass

    async def repositories(self, sources: Sequence[Source]) -> AsyncIterator[Page]:
        self._ask("list")
        every = [self._repository(name) for name in self.files]
        yield Page(
            repositories=tuple(one for one in every if f"unread {one.name}" not in self.faults),
            unread=tuple((one, fault) for one in every if (fault := self.faults.get(f"unread {one.name}"))),
            unlisted=tuple(one for one in self.unlisted if one[0] in sources),
        )

    async def tree(self, repository: Repository, wanted: Callable[[str], bool]) -> Tree:
        self._ask(f"tree {repository.name}")
        entries = [self._entry(path, held) for path, held in self.files[repository.name].items()]
        return Tree(entries=tuple(one for one in entries if one.kind != "file" or wanted(one.path)))

    async def contents(self, wishes: Sequence[Wish]) -> list[bytes | Fault]:
        found: list[bytes | Fault] = []
        for wish in wishes:
            self._ask(f"blob {wish.repository.name} {wish.entry.path}")
            fault = self.faults.get(f"content {wish.repository.name}")
            held = self.files[wish.repository.name][wish.entry.path]
            found.append(fault or (held if isinstance(held, bytes) else held[1]))
        return found

    async def upload(self, repository: Repository, sarif: str) -> None:
        self._ask(f"sarif {repository.name}")
        self.published.append(f"sarif {repository.name}")
        assert '"runs"' in sarif

    async def settle(self, repository: Repository, issue: Issue) -> str:
        self._ask(f"issue {repository.name}")
        self.published.append(f"{issue.state} {repository.name}")
        return ""

    def _ask(self, question: str) -> None:
        self.requests += 1
        self.asked.append(question)
        if fault := self.faults.get(question):
            raise fault

    def _repository(self, name: str) -> Repository:
        files = self.files[name]
        entries = [self._entry(path, held) for path, held in files.items()]
        head = _name(repr(entries).encode()) if files else ""
        return Repository(id=f"github.com/{name}", name=name, head=head, tree=head)

    def _entry(self, path: str, held: Held) -> Entry:
        kind: EntryKind = "file" if isinstance(held, bytes) else held[0]
        content = held if isinstance(held, bytes) else held[1]
        return Entry(path=path, oid=_name(content), kind=kind, size=len(content))


def _name(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Watched:
    """What was told of a scan."""

    def __init__(self) -> None:
        self.known = 0
        self.ended: list[Outcome] = []

    def listed(self, number: int) -> None:
        self.known += number

    def settled(self, outcome: Outcome, number: int = 1) -> None:
        self.ended += [outcome] * number


@pytest.fixture(scope="module")
def judge() -> Judge:
    knowledge = Knowledge(database=open_database(), releases=ruby_releases(), shipped=shipped_gems())
    return Judge(knowledge=knowledge, today=datetime.date(2026, 11, 21), now="")


@pytest.fixture
def scans(tmp_path: Path) -> Iterator[Scans]:
    with Scans.open(tmp_path / "scans.sqlite") as opened:
        yield opened


class Night:
    """What a scan led to."""

    def __init__(self, ledger: Ledger, scans: Scans, scan: Scan, watched: Watched) -> None:
        self.ledger = ledger
        self.watched = watched
        self.results: dict[str, Result] = {one.repository.name: one for one in scans.results(scan)}
        self.outcomes = {name: one.outcome for name, one in self.results.items()}
        assert watched.known == len(watched.ended) == len(self.results)

    def applying(self, name: str) -> set[str]:
        return {one.advisory for one in self.results[name].held if one.status == "affected"}


def night(
    forge: Forge,
    scans: Scans,
    judge: Judge,
    *,
    sources: Sequence[Source] = (ACME,),
    selection: Selection | None = None,
    kinds: tuple[Kind, ...] = (),
) -> Night:
    """One scan after another."""
    latest = scans.latest()
    number = len(scans.scans()) - (latest is not None and not latest.finished)
    asked = Scan(name=f"night {number}", started=f"2026-11-{number + 1:02}T02:00:00Z", sources=tuple(map(str, sources)))
    scan = scans.begin(replace(asked, host=forge.host, scope=str(number), revision="r", version="v"))
    publisher = Publisher(scans, judge.basis, kinds) if kinds else None
    watched = Watched()
    ledger = Ledger(scans, scan, judge.basis, watched)
    engine = Engine(forge, scans, ledger, replace(judge, now=scan.started), selection or Selection(), publisher)
    anyio.run(engine.run, sources)
    finished = scan.started if ledger.is_complete else ""
    scan = scans.finish(scan, requests=forge.requests, problems=ledger.problems, finished=finished)
    return Night(ledger, scans, scan, watched)


def test_each_repository_ends_in_one_way(scans: Scans, judge: Judge) -> None:
    forge = Pretended(shop={"Gemfile.lock": FFI}, docs={"README.md": b"hello"}, bare={}, secret={"Gemfile.lock": FFI})
    forge.faults["unread secret"] = Fault("forbidden", "the token may not read it")

    tonight = night(forge, scans, judge)

    assert tonight.outcomes == {"shop": "audited", "docs": "nothing", "bare": "nothing", "secret": "failed"}
    assert "GMSA-2024-0001" in tonight.applying("shop")
    assert "tree bare" not in forge.asked


def test_what_has_not_changed_is_not_asked_about(scans: Scans, judge: Judge) -> None:
    forge = Pretended(
        shop={"Gemfile.lock": FFI}, docs={"README.md": b"hello"}, bare={}, broken={"Gemfile.lock": b"\xff"}
    )
    first = night(forge, scans, judge)
    forge.asked.clear()

    second = night(forge, scans, judge)

    assert forge.asked == ["list"]
    assert second.outcomes == first.outcomes
    assert second.applying("shop") == first.applying("shop")


def test_only_what_is_new_is_read(scans: Scans, judge: Judge) -> None:
    forge = Pretended(shop={"Gemfile.lock": FFI, "Dockerfile": b"FROM ruby:3.4.5\n"}, api={"Gemfile.lock": FFI})
    night(forge, scans, judge)
    forge.asked.clear()
    forge.files["shop"]["Dockerfile"] = b"FROM ruby:3.4.5-alpine\n"
    forge.files["fork"] = {"Gemfile.lock": FFI}

    tonight = night(forge, scans, judge)

    assert sorted(forge.asked) == ["blob shop Dockerfile", "list", "tree fork", "tree shop"]
    assert {one.libc for one in tonight.results["shop"].runs} == {"musl"}
    assert "GMSA-2024-0001" in tonight.applying("fork")


def test_new_advisories_are_applied_without_asking(scans: Scans, judge: Judge) -> None:
    forge = Pretended(
        shop={"Gemfile.lock": FFI, "link": ("link", b"x")}, docs={"README.md": b"", "m": ("submodule", b"")}
    )
    first = night(forge, scans, judge)
    forge.asked.clear()

    second = night(forge, scans, replace(judge, today=datetime.date(2026, 11, 22), settings=None, facts=judge.facts))
    assert forge.asked == ["list"]
    other = replace(judge, settings=Settings())
    third = night(forge, scans, other)

    assert forge.asked == ["list", "list"]
    assert third.applying("shop") == second.applying("shop") == first.applying("shop")
    assert third.results["docs"].problems == first.results["docs"].problems != ()
    assert third.results["docs"].reason == first.results["docs"].reason


def test_an_ignore_that_ends_brings_its_finding_back_without_asking(scans: Scans, judge: Judge) -> None:
    ignore = b'[[ignore]]\nid = "GMSA-2024-0001"\nreason = "soon"\nuntil = 2026-11-22\n'
    forge = Pretended(shop={"Gemfile.lock": FFI, ".gemaudit.toml": ignore})

    def suppressed(day: int) -> list[bool]:
        tonight = night(forge, scans, replace(judge, today=datetime.date(2026, 11, day)))
        return [one.is_suppressed for one in tonight.results["shop"].held if one.advisory == "GMSA-2024-0001"]

    assert (suppressed(21), suppressed(22)) == ([True], [True])
    forge.asked.clear()
    assert suppressed(23) == [False]
    assert forge.asked == ["list"]


class TestFailures:
    def test_one_that_cannot_be_read_keeps_what_was_found_and_is_tried_again(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI})
        night(forge, scans, judge)
        forge.files["shop"]["Gemfile.lock"] = FIXED
        forge.faults["tree shop"] = GONE

        tonight = night(forge, scans, judge)
        assert tonight.outcomes == {"shop": "failed"}
        assert "GMSA-2024-0001" in tonight.applying("shop")

        forge.faults.clear()
        tonight = night(forge, scans, judge)
        assert (tonight.outcomes, "GMSA-2024-0001" in tonight.applying("shop")) == ({"shop": "audited"}, False)

    def test_files_that_cannot_be_had_let_their_repository_fail_and_no_other(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI}, api={"Gemfile.lock": FIXED})
        forge.faults["content shop"] = Fault("forge-error", "the forge answers with status 502", again=True)
        assert night(forge, scans, judge).outcomes == {"shop": "failed", "api": "audited"}

    def test_a_lockfile_that_is_too_large_is_not_fetched(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"Gemfile.lock": b" " * (MAX_BYTES + 1), "a/Gemfile.lock": FFI})
        tonight = night(forge, scans, judge)

        assert "blob shop Gemfile.lock" not in forge.asked
        assert tonight.outcomes == {"shop": "audited"}
        assert [(one.code, one.path) for one in tonight.results["shop"].problems] == [("too-large", "Gemfile.lock")]

    def test_a_listing_that_breaks_off_lets_what_is_known_fail(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI}, api={"Gemfile.lock": FFI})
        night(forge, scans, judge)
        del forge.files["api"]
        forge.unlisted = ((ACME, Fault("forge-error", "the forge answers with status 502")),)

        tonight = night(forge, scans, judge)

        assert tonight.outcomes == {"shop": "audited", "api": "failed"}
        assert [one.code for one in tonight.ledger.problems] == ["forge-error", "unread-repositories"]
        assert tonight.ledger.is_complete

    def test_a_refused_token_leaves_the_scan_to_be_taken_up_again(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI})
        forge.faults["tree shop"] = Fault("token-refused", "the forge does not accept the token", is_final=True)
        tonight = night(forge, scans, judge)
        assert (tonight.outcomes, tonight.ledger.is_complete) == ({"shop": "failed"}, False)

    def test_a_single_repository_that_is_not_there_fails(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended()
        source = Source("repo", "acme/gone")
        forge.unlisted = ((source, GONE),)
        assert night(forge, scans, judge, sources=[source]).outcomes == {"acme/gone": "failed"}

    def test_a_listing_that_breaks_off_does_not_make_the_next_scan_read_what_is_known(
        self, scans: Scans, judge: Judge
    ) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI})
        night(forge, scans, judge)
        listed, forge.files = forge.files, {}
        forge.unlisted = ((ACME, Fault("forge-error", "the forge answers with status 502")),)
        assert night(forge, scans, judge).outcomes == {"shop": "failed"}

        forge.files, forge.unlisted = listed, ()
        forge.asked.clear()
        tonight = night(forge, scans, judge)

        assert (forge.asked, tonight.outcomes) == (["list"], {"shop": "audited"})
        assert "GMSA-2024-0001" in tonight.applying("shop")

    def test_a_single_repository_of_which_only_the_name_was_known_is_not_there_twice(
        self, scans: Scans, judge: Judge
    ) -> None:
        forge = Pretended()
        sources = [Source("repo", "acme/shop"), Source("repo", "acme/api")]
        refused = Fault("token-refused", "the forge does not accept the token", is_final=True)
        forge.unlisted = tuple((source, refused) for source in sources)
        tonight = night(forge, scans, judge, sources=sources)
        assert (tonight.outcomes, tonight.ledger.is_complete) == ({"acme/shop": "failed", "acme/api": "failed"}, False)

        forge.files = {"acme/shop": {"Gemfile.lock": FFI}}
        forge.unlisted = ((sources[1], GONE),)
        tonight = night(forge, scans, judge, sources=sources)

        assert len(scans.scans()) == 1
        assert tonight.outcomes == {"acme/shop": "audited", "acme/api": "failed"}

    def test_what_another_release_has_chosen_to_read_is_chosen_again(
        self, scans: Scans, judge: Judge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI})
        night(forge, scans, judge)
        forge.asked.clear()
        monkeypatch.setattr("gemaudit.org.ledger.__version__", "99.0")
        night(forge, scans, replace(judge, settings=Settings()))
        assert forge.asked == ["list", "tree shop"]

    def test_a_recipe_that_cannot_be_read_is_made_again(self, scans: Scans, judge: Judge, tmp_path: Path) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI})
        night(forge, scans, judge)
        with sqlite3.connect(tmp_path / "scans.sqlite") as other:
            other.execute("UPDATE audit SET recipe = X'7B7D'")
        other.close()
        tonight = night(forge, scans, replace(judge, settings=Settings()))
        assert tonight.outcomes == {"shop": "audited"}

    def test_lockfiles_that_are_too_much_together_are_told(
        self, scans: Scans, judge: Judge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gemaudit.org.fetching._MOST_TOGETHER", 5 * len(FFI))
        forge = Pretended(shop={f"{number}/Gemfile.lock": FFI + b"\n" * number for number in range(5)})
        tonight = night(forge, scans, judge)
        assert [(one.code, one.path) for one in tonight.results["shop"].problems] == [("too-large", "4/Gemfile.lock")]
        assert "blob shop 4/Gemfile.lock" not in forge.asked

    def test_settings_that_are_too_large_are_told_as_an_error(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI, ".gemaudit.toml": b"#" * (1024 * 1024 + 1)})
        (problem,) = night(forge, scans, judge).results["shop"].problems
        assert (problem.path, problem.level) == (".gemaudit.toml", "error")

    def test_one_that_a_whole_listing_does_not_name_any_more_leaves(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI}, api={"Gemfile.lock": FFI})
        night(forge, scans, judge)
        del forge.files["api"]
        tonight = night(forge, scans, judge)
        assert tonight.outcomes == {"shop": "audited"}
        assert [(one.code, one.level) for one in tonight.ledger.problems] == [("vanished", "notice")]

    def test_many_at_once_are_suspicious(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(**{f"r{number}": {"README.md": b""} for number in range(12)})
        night(forge, scans, judge)
        forge.files = dict(list(forge.files.items())[:6])
        (problem,) = night(forge, scans, judge).ledger.problems
        assert (problem.code, problem.level) == ("vanished", "warning")

    def test_a_single_one_that_is_not_there_any_more_keeps_what_was_found(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(**{"acme/shop": {"Gemfile.lock": FFI}})
        source = Source("repo", "acme/shop")
        night(forge, scans, judge, sources=[source])
        forge.files.clear()
        forge.unlisted = ((source, GONE),)

        tonight = night(forge, scans, judge, sources=[source])

        assert tonight.outcomes == {"acme/shop": "failed"}
        assert "GMSA-2024-0001" in tonight.applying("acme/shop")

    def test_what_was_too_large_is_still_told_when_it_is_judged_again(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"Gemfile.lock": b" " * (MAX_BYTES + 1), "a/Gemfile.lock": FFI})
        first = night(forge, scans, judge).results["shop"]
        forge.asked.clear()
        second = night(forge, scans, replace(judge, settings=Settings())).results["shop"]
        assert (forge.asked, second.problems) == (["list"], first.problems)

    def test_contents_that_got_lost_are_read_again(self, scans: Scans, judge: Judge, tmp_path: Path) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI})
        night(forge, scans, judge)
        with sqlite3.connect(tmp_path / "scans.sqlite") as other:
            other.execute("DELETE FROM blob")
        other.close()
        forge.asked.clear()
        tonight = night(forge, scans, replace(judge, settings=Settings()))
        assert forge.asked == ["list", "tree shop", "blob shop Gemfile.lock"]
        assert "GMSA-2024-0001" in tonight.applying("shop")

    def test_a_fault_of_our_own_takes_nothing_from_the_others(
        self, scans: Scans, judge: Judge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI}, api={"Gemfile.lock": FIXED})
        audit = Judge.audit

        def failing(self: Judge, repository: Repository, *rest: Any) -> Audited:
            if repository.name == "shop":
                raise RecursionError
            return audit(self, repository, *rest)

        monkeypatch.setattr(Judge, "audit", failing)
        tonight = night(forge, scans, judge)
        assert tonight.outcomes == {"shop": "failed", "api": "audited"}
        assert "RecursionError" in str(tonight.results["shop"].reason)

    def test_a_repository_of_two_sources_is_scanned_once(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI})
        sources = [ACME, Source("user", "jane"), Source("repo", "acme/shop")]
        assert night(forge, scans, judge, sources=sources).outcomes == {"shop": "audited"}
        assert forge.asked.count("tree shop") == 1


class TestLinks:
    def test_a_link_to_a_lockfile_is_followed(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"a/Gemfile.lock": FFI, "Gemfile.lock": ("link", b"a/Gemfile.lock")})
        result = night(forge, scans, judge).results["shop"]
        assert {one.lockfile for one in result.held} >= {"Gemfile.lock", "a/Gemfile.lock"}

    def test_one_that_leads_nowhere_is_why_there_is_nothing_to_judge(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"Gemfile.lock": ("link", b"../../etc/passwd")})
        tonight = night(forge, scans, judge)
        assert tonight.outcomes == {"shop": "failed"}
        assert tonight.results["shop"].reason is not None


class TestPublishing:
    def test_alerts_and_issues_are_sent_once(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI}, docs={"README.md": b""})
        night(forge, scans, judge, kinds=("sarif", "issue"))
        assert sorted(forge.published) == ["closed docs", "open shop", "sarif shop"]

        forge.published.clear()
        night(forge, scans, judge, kinds=("sarif", "issue"))
        assert forge.published == []

    def test_they_follow_what_changes(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI})
        night(forge, scans, judge, kinds=("issue",))
        forge.files["shop"]["README.md"] = b"nothing that matters"
        night(forge, scans, judge, kinds=("issue",))
        assert forge.published == ["open shop"]
        forge.files["shop"]["Gemfile.lock"] = FIXED.replace(b"3.4.5p1", b"3.4.13p1")
        night(forge, scans, judge, kinds=("issue",))
        assert forge.published[0] == "open shop"

    def test_what_is_already_known_is_published_without_reading_it_again(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI})
        night(forge, scans, judge)
        forge.asked.clear()
        night(forge, scans, judge, kinds=("issue",))
        assert sorted(forge.asked) == ["issue shop", "list"]

    def test_what_is_refused_for_good_is_told_and_not_tried_every_night(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI})
        forge.faults["issue shop"] = Fault("issues-off", "the repository has no issues")
        tonight = night(forge, scans, judge, kinds=("issue",))
        assert tonight.outcomes == {"shop": "audited"}
        assert [(one.code, one.level) for one in tonight.ledger.problems] == [("issues-off", "warning")]

        forge.asked.clear()
        night(forge, scans, judge, kinds=("issue",))
        assert forge.asked == ["list"]

    def test_what_failed_for_now_is_tried_again(self, scans: Scans, judge: Judge) -> None:
        forge = Pretended(shop={"Gemfile.lock": FFI})
        forge.faults["sarif shop"] = Fault("forge-error", "the forge answers with status 502", again=True)
        night(forge, scans, judge, kinds=("sarif",))
        forge.faults.clear()
        night(forge, scans, judge, kinds=("sarif",))
        assert forge.published == ["sarif shop"]


def test_what_is_left_out_counts_in_no_number_of_the_scan(scans: Scans, judge: Judge) -> None:
    forge = Pretended(shop={"Gemfile.lock": FFI}, api={"Gemfile.lock": FFI})
    night(forge, scans, judge)
    night(forge, scans, judge, selection=Selection(exclude=("api",)))
    latest = scans.latest()
    assert latest is not None
    survey = scans.survey(latest, lambda *_: ("", False))
    assert [point.affected == survey.counts.affected for point in survey.trend] == [False, True]
    assert [point.repositories for point in survey.trend] == [2, 1]


def test_what_is_left_out_is_told(scans: Scans, judge: Judge) -> None:
    forge = Pretended(shop={"Gemfile.lock": FFI}, api={"Gemfile.lock": FFI})
    tonight = night(forge, scans, judge, selection=Selection(exclude=("api",)))
    assert tonight.outcomes == {"shop": "audited"}
    assert [(one.code, one.level) for one in tonight.ledger.problems] == [("left-out", "notice")]
