"""What a scan records of its repositories, and what comes out again."""

import datetime
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from scan_samples import HOST, SOURCE, files, held, no_end, repository, scan, settled, upgrade

from gemaudit.adapters.scans import keeping
from gemaudit.adapters.scans.contract import File
from gemaudit.adapters.scans.store import Scans
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.survey import Runs, Scan

END = "2026-12-31T00:00:00Z"


@pytest.fixture
def scans(tmp_path: Path) -> Iterator[Scans]:
    with Scans.open(tmp_path / "scans.sqlite") as opened:
        yield opened


def ended(scans: Scans, begun: Scan, *, requests: int = 0) -> Scan:
    return scans.finish(begun, requests=requests, problems=(), finished=END)


def advisories(scans: Scans, name: str = "web") -> list[tuple[str, str]]:
    result = scans.last(f"{HOST}/{name}")
    assert result is not None
    return [(one.advisory, one.since[8:10]) for one in result.held]


class TestBegin:
    def test_a_first_scan_is_what_was_asked_for(self, scans: Scans) -> None:
        assert scans.latest() is None
        begun = scans.begin(scan(1))
        assert begun == scan(1, name="2026-12-01T02:00:00Z")
        assert scans.latest() == begun

    def test_times_are_seconds_in_utc(self, scans: Scans) -> None:
        begun = scans.begin(replace(scan(), started="2026-12-01T03:00:00.75+01:00"))
        assert begun.started == "2026-12-01T02:00:00Z"

    def test_one_that_was_interrupted_goes_on(self, scans: Scans) -> None:
        first = scans.begin(scan(1))
        assert scans.begin(replace(scan(1), started="2026-12-01T20:00:00Z")) == first

    @pytest.mark.parametrize(
        "asked",
        [
            scan(3),
            replace(scan(1), scope="other"),
            replace(scan(1), revision="r2"),
            replace(scan(1), version="2"),
            replace(scan(1), shard="1/2"),
        ],
        ids=["too-old", "scope", "revision", "version", "shard"],
    )
    def test_another_begins_where_anything_differs(self, scans: Scans, asked: Scan) -> None:
        first = scans.begin(scan(1))
        assert scans.begin(asked).started > first.started

    def test_one_that_ended_is_over(self, scans: Scans) -> None:
        first = ended(scans, scans.begin(scan(1)))
        again = scans.begin(scan(1))
        assert (again.started, again.name) == ("2026-12-01T02:00:01Z", "2026-12-01T02:00:00Z-2")
        assert [one.finished for one in scans.scans()] == [first.finished, ""]

    def test_starts_rise_though_the_clock_goes_back(self, scans: Scans) -> None:
        ended(scans, scans.begin(scan(9)))
        assert scans.begin(scan(3)).started == "2026-12-09T02:00:01Z"

    def test_only_the_last_of_a_file_goes_on(self, scans: Scans) -> None:
        first = scans.begin(scan(1, scope="one"))
        scans.begin(scan(1, scope="two"))
        assert scans.begin(scan(1, scope="one")).started > first.started

    def test_a_shard_goes_on_under_its_own_name_only(self, scans: Scans) -> None:
        first = scans.begin(scan(1, name="run-1", shard="1/2"))
        assert scans.begin(scan(1, name="run-1", shard="1/2")) == first
        assert scans.begin(scan(1, name="run-2", shard="1/2")).name == "run-2"

    def test_a_shard_of_a_name_that_is_never_given_twice_goes_on_though_it_has_ended(self, scans: Scans) -> None:
        first = scans.begin(scan(1, name="run", shard="1/2"))
        scans.settle(first, settled("web", outcome="failed"))
        ended(scans, first)

        assert scans.begin(scan(1, name="run", shard="1/2"), repeated=True) == first
        assert scans.latest().finished == ""  # type: ignore[union-attr]
        scans.settle(first, settled("web", held()))
        ended(scans, first)
        assert [(one.repositories, one.failed) for one in scans.trend()] == [(1, 0)]
        assert scans.begin(scan(1, name="run", shard="1/2")).name == "run-2"

    def test_a_whole_scan_that_ended_is_over_whatever_its_name(self, scans: Scans) -> None:
        ended(scans, scans.begin(scan(1, name="run")))
        assert scans.begin(scan(1, name="run"), repeated=True).name == "run-2"

    def test_shards_of_one_name_are_one_scan(self, scans: Scans) -> None:
        for number in (1, 2):
            begun = scans.begin(
                replace(scan(1, name="run", shard=f"{number}/2"), started=f"2026-12-01T02:0{number}:00Z")
            )
            scans.settle(begun, settled(f"of-{number}"))
            ended(scans, begun, requests=number)
        (joined,) = scans.scans()
        assert (joined.started, joined.shard, joined.requests) == ("2026-12-01T02:01:00Z", "", 3)
        assert [one.repository.name for one in scans.results(joined)] == ["acme/of-1", "acme/of-2"]
        assert [(one.repositories, one.failed) for one in scans.trend()] == [(2, 0)]

    def test_scans_that_are_no_shards_are_not_joined(self, scans: Scans) -> None:
        for scope in ("a", "b"):
            ended(scans, scans.begin(scan(1, name="run", scope=scope)))
        scans.begin(scan(1, name="run", shard="1/2"))
        assert [one.name for one in scans.scans()] == ["run", "run-2", "run-3"]

    @pytest.mark.parametrize("before", ["1/2", ""], ids=["again", "whole"])
    def test_a_shard_joins_no_scan_that_has_it(self, scans: Scans, before: str) -> None:
        ended(scans, scans.begin(scan(1, name="run", shard=before)))
        assert scans.begin(scan(2, name="run", shard="1/2", scope="other")).name == "run-2"

    def test_a_scan_that_lacks_a_shard_says_which_it_has(self, scans: Scans) -> None:
        for shard in ("1/3", "3/3"):
            ended(scans, scans.begin(scan(1, name="run", shard=shard)))
        assert [one.shard for one in scans.scans()] == ["1/3, 3/3"]

    def test_how_old_it_may_be_is_for_the_caller_to_say(self, scans: Scans) -> None:
        scans.begin(scan(1))
        assert scans.begin(scan(2), resume_within=datetime.timedelta(hours=1)).started == scan(2).started


class TestFinish:
    def test_requests_add_up_and_problems_are_those_of_the_last_run(self, scans: Scans) -> None:
        begun = scans.begin(scan())
        problems = tuple(Diagnostic(code=code, message="m", path="p") for code in ("a", "b"))
        stopped = scans.finish(begun, requests=3, problems=problems[:1], finished="")
        assert (stopped.finished, stopped.requests, stopped.problems) == ("", 3, problems[:1])
        assert scans.begin(scan()) == begun
        done = scans.finish(begun, requests=4, problems=problems[1:], finished=END)
        assert (done.finished, done.requests, done.problems) == (END, 7, problems[1:])

    def test_it_never_ends_before_it_began(self, scans: Scans) -> None:
        begun = scans.begin(scan(5))
        assert scans.finish(begun, requests=0, problems=(), finished=scan(1).started).finished == begun.started

    def test_contents_that_nobody_has_are_forgotten(self, scans: Scans) -> None:
        begun = scans.begin(scan())
        scans.keep({"oid-a": b"a", "oid-b": b"b"})
        scans.settle(begun, settled("web", files=files("a")))
        ended(scans, begun)
        assert scans.absent({"oid-a", "oid-b"}) == {"oid-b"}

    def test_a_scan_of_another_file_is_refused(self, scans: Scans) -> None:
        for act in (
            lambda: ended(scans, scan()),
            lambda: scans.settle(scan(), settled("web")),
            lambda: scans.survey(scan(), no_end),
        ):
            with pytest.raises(LookupError, match="this file"):
                act()


class TestSettle:
    def test_everything_comes_back(self, scans: Scans) -> None:
        begun = scans.begin(scan())
        about = repository(topics=("a", "b"), visibility="private", is_fork=True, url="https://github.com/acme/web")
        problem = Diagnostic(code="x", message="m", path="p", line=3, hint="h")
        one = settled(
            about,
            held("GMSA-1"),
            held("GMSA-2", status="under_investigation", is_suppressed=True),
            upgrades=(upgrade("GMSA-1"),),
            runs=(Runs(lockfile="Gemfile.lock", environment="ci", engine="ruby", ruby="3.3.6", libc="gnu"),),
            files=files("Gemfile.lock", "Dockerfile"),
            recipe=b"\0recipe",
            until="2026-12-24",
        )
        one = replace(one, result=replace(one.result, problems=(problem,)))
        scans.settle(begun, one)
        since = [replace(each, since=begun.started) for each in one.result.held]
        assert scans.last(about.id) == replace(one.result, held=tuple(since), audited=begun.started)
        assert scans.files(about.id) == (File(path="Dockerfile", oid="oid-Dockerfile"), *files("Gemfile.lock"))
        assert scans.recipe(about.id) == b"\0recipe"
        known = scans.known([about.id, "nobody"])
        assert list(known) == [about.id]
        assert (known[about.id].repository, known[about.id].outcome) == (about, "audited")
        assert (known[about.id].tree, known[about.id].basis, known[about.id].until) == ("t", "b", "2026-12-24")
        assert known[about.id].scan == begun.started

    def test_what_nobody_has_seen_is_nothing(self, scans: Scans) -> None:
        assert (scans.last("x"), scans.files("x"), scans.recipe("x"), scans.published("x", "issue")) == (
            None,
            (),
            b"",
            "",
        )

    def test_a_finding_is_the_same_in_another_version_at_another_line(self, scans: Scans) -> None:
        scans.settle(scans.begin(scan(1)), settled("web", held()))
        moved = held(version="1.16.2", line=9, severity="low", title="Other")
        scans.settle(scans.begin(scan(3)), settled("web", moved))
        assert scans.last(f"{HOST}/web").held == (replace(moved, since=scan(1).started),)  # type: ignore[union-attr]

    def test_another_status_is_another_finding(self, scans: Scans) -> None:
        scans.settle(scans.begin(scan(1)), settled("web", held(status="under_investigation")))
        scans.settle(scans.begin(scan(3)), settled("web", held()))
        assert advisories(scans) == [("GMSA-1", "03")]

    def test_one_that_comes_back_is_new(self, scans: Scans) -> None:
        for day, found in ((1, (held(),)), (3, ()), (5, (held(),))):
            scans.settle(scans.begin(scan(day)), settled("web", *found))
        assert advisories(scans) == [("GMSA-1", "05")]

    def test_the_last_result_of_a_scan_counts(self, scans: Scans) -> None:
        scans.settle(scans.begin(scan(1)), settled("web", held("GMSA-1")))
        begun = scans.begin(scan(3))
        for found in ((held("GMSA-2"),), (), (held("GMSA-1"), held("GMSA-3"))):
            scans.settle(begun, settled("web", *found))
        assert advisories(scans) == [("GMSA-1", "01"), ("GMSA-3", "03")]

    def test_two_versions_of_one_package_are_both_held(self, scans: Scans) -> None:
        scans.settle(scans.begin(scan(1)), settled("web", held(version="1"), held(version="2")))
        scans.settle(scans.begin(scan(3)), settled("web", held(version="2"), held(version="3")))
        result = scans.last(f"{HOST}/web")
        assert result is not None
        assert [(one.version, one.since[8:10]) for one in result.held] == [("2", "01"), ("3", "01")]

    def test_a_failure_keeps_what_the_last_audit_found(self, scans: Scans) -> None:
        plan = (upgrade("GMSA-1"),)
        scans.settle(scans.begin(scan(1)), settled("web", held(), upgrades=plan, files=files("a"), recipe=b"r"))
        scans.settle(scans.begin(scan(3)), settled("web", outcome="failed", tree="", basis=""))
        result = scans.last(f"{HOST}/web")
        assert result is not None
        assert (result.outcome, result.audited, result.upgrades) == ("failed", scan(1).started, plan)
        assert (result.lockfiles, result.packages, len(result.held)) == (1, 10, 1)
        assert result.reason is not None
        assert (scans.files(f"{HOST}/web"), scans.recipe(f"{HOST}/web")) == (files("a"), b"r")
        known = scans.known([f"{HOST}/web"])[f"{HOST}/web"]
        assert (bool(known.tree), known.basis) == (True, "")

    def test_a_failure_keeps_the_tree_that_its_recipe_is_of_until_it_leaves(self, scans: Scans) -> None:
        scans.settle(scans.begin(scan(1)), settled("web", held(), recipe=b"r"))
        scans.settle(scans.begin(scan(2)), settled("web", outcome="failed", tree="", basis=""))
        scans.gone(scans.begin(scan(3)), SOURCE, set())
        scans.settle(scans.begin(scan(4)), settled("web", outcome="failed", tree="", basis=""))
        assert scans.known([f"{HOST}/web"])[f"{HOST}/web"].tree == ""

    def test_names_are_those_of_the_forge_whatever_their_case(self, scans: Scans) -> None:
        one = scans.begin(scan(1))
        scans.settle(one, settled("web", held()))
        known = scans.known([f"{HOST}/web"])[f"{HOST}/web"].repository
        assert scans.named(one.host, known.name.upper()) == known

    def test_a_failure_can_bring_files_all_the_same(self, scans: Scans) -> None:
        scans.settle(scans.begin(scan()), settled("web", outcome="failed", files=files("a"), recipe=b"r"))
        assert (scans.files(f"{HOST}/web"), scans.recipe(f"{HOST}/web")) == (files("a"), b"r")
        assert scans.last(f"{HOST}/web").audited == ""  # type: ignore[union-attr]

    def test_nothing_to_audit_ends_every_finding(self, scans: Scans) -> None:
        scans.settle(scans.begin(scan(1)), settled("web", held(), upgrades=(upgrade("GMSA-1"),)))
        scans.settle(scans.begin(scan(3)), settled("web", outcome="nothing"))
        result = scans.last(f"{HOST}/web")
        assert result is not None
        assert (result.outcome, result.held, result.upgrades, result.audited) == ("nothing", (), (), "")

    def test_it_is_all_or_nothing(self, scans: Scans) -> None:
        begun = scans.begin(scan(1))
        scans.settle(begun, settled("web", held("GMSA-1")))
        broken = settled("web", held("GMSA-2"), files=(File(path="a", oid=None),))  # type: ignore[arg-type]
        with pytest.raises(AttributeError):
            scans.settle(begun, broken)
        assert advisories(scans) == [("GMSA-1", "01")]

    def test_a_path_may_be_there_twice(self, scans: Scans) -> None:
        scans.settle(scans.begin(scan()), settled("web", files=(*files("a"), File(path="a", oid="other"))))
        assert scans.files(f"{HOST}/web") == (File(path="a", oid="other"),)


class TestConfirm:
    def test_the_scan_counts_it_with_its_new_listing(self, scans: Scans) -> None:
        scans.settle(scans.begin(scan(1)), settled("web", held()))
        begun = scans.begin(scan(3))
        renamed = repository(name="acme/site", id=f"{HOST}/web", is_archived=True)
        scans.confirm(begun, [renamed], SOURCE)
        (result,) = scans.results(begun)
        assert (result.repository, result.audited, result.held[0].since) == (renamed, begun.started, scan(1).started)
        assert scans.known([renamed.id])[renamed.id].scan == begun.started

    def test_what_failed_has_still_failed(self, scans: Scans) -> None:
        scans.settle(scans.begin(scan(1)), settled("web", held()))
        scans.settle(scans.begin(scan(3)), settled("web", outcome="failed"))
        begun = scans.begin(scan(5))
        scans.confirm(begun, [repository()], SOURCE)
        (result,) = scans.results(begun)
        assert (result.outcome, result.audited) == ("failed", scan(1).started)

    def test_one_that_nobody_knows_changes_nothing(self, scans: Scans) -> None:
        scans.settle(scans.begin(scan(1)), settled("web"))
        begun = scans.begin(scan(3))
        with pytest.raises(LookupError, match="not known"):
            scans.confirm(begun, [repository(), repository("other")], SOURCE)
        assert list(scans.results(begun)) == []

    def test_none_are_no_work(self, scans: Scans) -> None:
        scans.confirm(scans.begin(scan()), [], SOURCE)


class TestGone:
    def test_those_that_the_listing_does_not_name_leave(self, scans: Scans) -> None:
        begun = scans.begin(scan(1))
        for name in ("stays", "left-out", "leaves"):
            scans.settle(begun, settled(name, held()))
        scans.settle(begun, settled("elsewhere", held(), source="org:other"))
        ended(scans, begun)
        begun = scans.begin(scan(3))
        scans.confirm(begun, [repository("stays")], SOURCE)
        listed = {f"{HOST}/stays", f"{HOST}/left-out"}
        assert scans.unseen(begun, SOURCE, listed) == (repository("leaves"),)
        assert scans.gone(begun, SOURCE, listed) == (repository("leaves"),)
        assert scans.gone(begun, SOURCE, listed) == ()
        ended(scans, begun)
        assert set(scans.known([f"{HOST}/{name}" for name in ("stays", "left-out", "leaves", "elsewhere")])) == {
            f"{HOST}/stays",
            f"{HOST}/left-out",
            f"{HOST}/elsewhere",
        }
        assert scans.last(f"{HOST}/leaves") is None
        survey = scans.survey(begun, no_end)
        assert [(one.news, one.repository) for one in survey.changes] == [("fixed", "acme/leaves")]
        # Those that the scan leaves out are in none of its numbers.
        assert [one.affected for one in survey.trend] == [{"high": 4}, {"high": 1}]
        assert survey.counts.affected == {"high": 1}
        assert [one.repository.name for one in scans.results(begun)] == ["acme/stays"]

    def test_one_that_comes_back_is_there_again(self, scans: Scans) -> None:
        scans.settle(scans.begin(scan(1)), settled("web", held(), files=files("a")))
        scans.gone(scans.begin(scan(3)), SOURCE, set())
        assert (scans.files(f"{HOST}/web"), scans.recipe(f"{HOST}/web")) == ((), b"")
        with pytest.raises(LookupError):
            scans.confirm(scans.begin(scan(5)), [repository()], SOURCE)
        scans.settle(scans.begin(scan(5)), settled("web", held()))
        assert advisories(scans) == [("GMSA-1", "05")]

    def test_the_same_source_of_another_host_is_another(self, scans: Scans) -> None:
        scans.settle(scans.begin(scan(1)), settled("web", held()))
        begun = scans.begin(replace(scan(3), host="git.example"))
        assert scans.gone(begun, SOURCE, set()) == ()


class TestKept:
    def test_contents_are_kept_once(self, scans: Scans) -> None:
        contents = {"a": b"GEM\n" * 50_000, "b": b""}
        assert scans.absent(contents) == {"a", "b"}
        scans.keep(contents)
        scans.keep({"a": b"another"})
        assert scans.absent({"a", "b", "c"}) == {"c"}
        assert scans.contents(["a", "b", "c"]) == contents

    def test_what_was_published_is_remembered_by_kind(self, scans: Scans) -> None:
        scans.settle(scans.begin(scan()), settled("web"))
        for digest in ("one", "two"):
            scans.mark_published(f"{HOST}/web", "issue", digest)
        scans.settle(scans.begin(scan(3)), settled("web", outcome="failed"))
        assert scans.published(f"{HOST}/web", "issue") == "two"
        assert scans.published(f"{HOST}/web", "sarif") == ""
        with pytest.raises(LookupError, match="not known"):
            scans.mark_published("nobody", "issue", "d")

    def test_answers_are_remembered(self, scans: Scans) -> None:
        assert scans.get("https://x/") is None
        scans.put("https://x/", 'W/"1"', b"one")
        scans.put("https://x/", 'W/"2"', b"two")
        assert scans.get("https://x/") == ('W/"2"', b"two")

    def test_answers_of_no_use_make_room(self, scans: Scans) -> None:
        with scans._file.transaction() as db:
            for number in range(4):
                keeping.remember(db, f"u{number}", "e", b"body", most=3)
                keeping.use(db, "u0")
            found = [number for number in range(4) if keeping.answer(db, f"u{number}")]
            assert found == [0, 2, 3]
            keeping.remember(
                db,
                "large",
                "e",
                b"".join(hashlib.sha256(bytes([number])).digest() for number in range(16)),
                largest=550,
            )
            left = [url for url in ("u0", "u2", "u3", "large") if keeping.answer(db, url)]
        assert left == ["u0", "u3", "large"]


HOSTILE = "web\udc80\ud800\0'\";--\u202e=cmd()<b>" + "x" * 500


def test_every_text_comes_back_as_it_was(scans: Scans) -> None:
    about = repository(id=f"{HOST}/{HOSTILE}", name=f"acme/{HOSTILE}", branch=HOSTILE, topics=(HOSTILE,))
    found = held(HOSTILE, lockfile=HOSTILE, package=HOSTILE, version=HOSTILE, title=HOSTILE)
    one = settled(
        about,
        found,
        upgrades=(upgrade(HOSTILE, lockfile=HOSTILE, package=HOSTILE, target=HOSTILE, commands=(HOSTILE,)),),
        runs=(Runs(lockfile=HOSTILE, environment=HOSTILE, ruby=HOSTILE, libc=HOSTILE),),
        files=(File(path=HOSTILE, oid=HOSTILE), File(path=HOSTILE + "2", oid="o")),
        tree=HOSTILE,
        basis=HOSTILE,
        source=HOSTILE,
    )
    problem = Diagnostic(code="x", message=HOSTILE, path=HOSTILE, text=HOSTILE)
    one = replace(one, result=replace(one.result, problems=(problem,), reason=problem))
    begun = scans.begin(replace(scan(name=HOSTILE), scope=HOSTILE, sources=(HOSTILE,), revision=HOSTILE))
    scans.settle(begun, one)
    scans.keep({HOSTILE: b"x"})
    scans.put(HOSTILE, HOSTILE, b"y")
    scans.mark_published(about.id, HOSTILE, HOSTILE)
    scans.confirm(begun, [about], HOSTILE)
    done = scans.finish(begun, requests=1, problems=(problem,), finished=END)
    assert (done.name, done.sources, done.problems) == (HOSTILE, (HOSTILE,), (problem,))
    (result,) = scans.results(done)
    assert result == replace(one.result, held=(replace(found, since=begun.started),), audited=begun.started)
    assert result == scans.last(about.id)
    assert set(scans.files(about.id)) == set(one.files or ())
    assert scans.contents([HOSTILE]) == {HOSTILE: b"x"}
    assert scans.get(HOSTILE) == (HOSTILE, b"y")
    assert scans.published(about.id, HOSTILE) == HOSTILE
    assert scans.known([about.id])[about.id].tree == HOSTILE
    survey = scans.survey(done, no_end)
    assert (survey.advisories[0].advisory, survey.levers[0].package) == (HOSTILE, HOSTILE)
    assert scans.unseen(done, HOSTILE, ()) == (about,)


def test_threads_may_settle_at_the_same_time(scans: Scans) -> None:
    begun = scans.begin(scan())
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for index in range(25):
                name = f"repo-{number}-{index}"
                scans.settle(begun, settled(name, held("GMSA-1"), held("GMSA-2")))
                assert len(advisories(scans, name)) == 2
        except BaseException as error:  # noqa: BLE001 - told to the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    reading = scans.results(begun)
    partial = [next(reading, None) for _ in range(3)]
    for thread in threads:
        thread.join()
    assert (failures, len(partial)) == ([], 3)
    assert sum(len(result.held) for result in scans.results(begun)) == 400
