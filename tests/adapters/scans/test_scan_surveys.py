"""What a scan says as a whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from scan_samples import HOST, SOURCE, held, no_end, repository, scan, settled, upgrade

from gemaudit.adapters.scans.contract import Settled
from gemaudit.adapters.scans.store import Scans
from gemaudit.model.survey import Change, Counts, Lever, Runs, Scan, Share, Spread


@pytest.fixture
def scans(tmp_path: Path) -> Iterator[Scans]:
    with Scans.open(tmp_path / "scans.sqlite") as opened:
        yield opened


def night(scans: Scans, asked: Scan, *what: Settled, requests: int = 0) -> Scan:
    begun = scans.begin(asked)
    for one in what:
        scans.settle(begun, one)
    finished = f"{begun.started[:11]}03:00:00Z"
    return scans.finish(begun, requests=requests, problems=(), finished=finished)


def on(lockfile: str = "Gemfile.lock", **stated: str) -> Runs:
    return Runs(lockfile=lockfile, environment="ci", **stated)


def test_counts(scans: Scans) -> None:
    done = night(
        scans,
        scan(),
        settled("bad", held("A", severity="critical"), held("B"), held("C", status="under_investigation")),
        settled("maybe", held("C", status="under_investigation")),
        settled("hidden", held("A", is_suppressed=True)),
        settled("clean"),
        settled("none", outcome="nothing"),
        settled("broken", outcome="failed"),
    )
    assert scans.survey(done, no_end).counts == Counts(
        audited=4,
        nothing=1,
        failed=1,
        clean=3,
        lockfiles=4,
        packages=40,
        affected={"critical": 1, "high": 1},
        undecided=2,
        suppressed=1,
    )


def test_what_failed_counts_with_what_it_held(scans: Scans) -> None:
    night(scans, scan(1), settled("web", held(), upgrades=(upgrade("GMSA-1"),), runs=(on(ruby="3.3.6"),)))
    survey = scans.survey(night(scans, scan(3), settled("web", outcome="failed")), no_end)
    assert (survey.counts.failed, survey.counts.clean, survey.counts.affected) == (1, 0, {"high": 1})
    assert (len(survey.advisories), len(survey.levers), len(survey.rubies)) == (1, 1, 1)
    assert (survey.changes, survey.trend[-1].affected) == ((), {"high": 1})


def test_results_come_worst_first(scans: Scans) -> None:
    done = night(
        scans,
        scan(),
        settled("b-clean"),
        settled("a-clean", held("X", is_suppressed=True, severity="critical")),
        settled("two-high", held("A"), held("B")),
        settled("critical", held("A", severity="critical")),
        settled("high-low", held("A"), held("B", severity="low")),
        settled("undecided", held("A", severity="critical", status="under_investigation")),
        settled("broken", outcome="failed"),
    )
    names = [result.repository.name.partition("/")[2] for result in scans.results(done)]
    assert names == ["critical", "two-high", "high-low", "a-clean", "b-clean", "broken", "undecided"]


def test_advisories_by_how_far_they_reach(scans: Scans) -> None:
    done = night(
        scans,
        scan(),
        settled("one", held("A"), held("A", package="ffi-fork"), held("B", severity="critical")),
        settled("two", held("A"), held("A", lockfile="other.lock", status="under_investigation")),
        settled(
            "three", held("A", status="under_investigation", title="An older title"), held("C", is_suppressed=True)
        ),
    )
    assert scans.survey(done, no_end).advisories == (
        Spread(
            advisory="A", title="Title of A", severity="high", packages=("ffi", "ffi-fork"), repositories=2, undecided=1
        ),
        Spread(advisory="B", title="Title of B", severity="critical", packages=("ffi",), repositories=1),
    )


def test_levers_are_steps_that_can_be_taken_and_close_what_applies(scans: Scans) -> None:
    step = upgrade("A", "B")
    rarer = ("bundle update ffi",)
    done = night(
        scans,
        scan(),
        settled("one", held("A"), held("B", severity="low"), upgrades=(step, upgrade("A", package="oj"))),
        settled("two", held("A"), upgrades=(replace(step, target="1.17.0.rc1"),)),
        settled(
            "three",
            held("A"),
            held("A", lockfile="other.lock"),
            upgrades=(
                replace(step, target="1.9", commands=rarer),
                replace(step, lockfile="other.lock", target="no version"),
                upgrade("A", package="blocked", outcome="blocked"),
                upgrade("A", package="bundle", package_kind="bundle", outcome="configure"),
            ),
        ),
        settled("four", held("A", is_suppressed=True), upgrades=(upgrade("A", package="hidden"),)),
    )
    assert scans.survey(done, no_end).levers == (
        Lever(
            package_kind="gem",
            package="ffi",
            target="1.17.0",
            closes=5,
            repositories=3,
            severities={"high": 4, "low": 1},
            commands=step.commands,
        ),
        Lever(
            package_kind="gem",
            package="oj",
            target="1.17.0",
            closes=1,
            repositories=1,
            severities={"high": 1},
            commands=step.commands,
        ),
    )


def test_rubies_and_libcs(scans: Scans) -> None:
    done = night(
        scans,
        scan(),
        settled(
            "one", runs=(on(engine="ruby", ruby="3.3.6", libc="musl"), on("b", ruby="3.3.6"), on("c", ruby="3.4.1"))
        ),
        settled("two", runs=(on(ruby="3.3.6", libc="musl"), on("b"))),
        settled("three", runs=(on(),)),
        settled("four", runs=(on(engine="jruby", ruby="9.4.8.0"),)),
        settled("five", outcome="nothing"),
    )
    survey = scans.survey(done, no_end)
    assert survey.rubies == (
        Share(name="ruby", value="3.3.6", repositories=2, end_of_life="2027-03-31"),
        Share(name="jruby", value="9.4.8.0", repositories=1),
        Share(name="ruby", value="", repositories=1),
        Share(name="ruby", value="3.4.1", repositories=1),
    )
    assert survey.libcs == (
        Share(name="libc", value="", repositories=2),
        Share(name="libc", value="musl", repositories=2),
    )


class TestChanges:
    def test_of_the_first_scan_nothing_is_new(self, scans: Scans) -> None:
        done = night(scans, scan(), settled("web", held()))
        survey = scans.survey(done, no_end)
        assert (survey.previous, survey.changes, list(scans.results(done, changed=True))) == ("", (), [])

    def test_new_and_fixed(self, scans: Scans) -> None:
        night(
            scans, scan(1), settled("web", held("A"), held("B")), settled("same", held("A")), settled("api", held("A"))
        )
        done = night(
            scans,
            scan(2),
            settled("web", held("A"), held("C", severity="low"), held("D")),
            settled("same", held("A", version="9")),
            settled("api"),
        )
        survey = scans.survey(done, no_end)
        assert survey.previous == scan(1).started
        assert survey.changes == (
            Change(news="new", repository="acme/web", held=held("D", since=scan(2).started)),
            Change(news="new", repository="acme/web", held=held("C", severity="low", since=scan(2).started)),
            Change(news="fixed", repository="acme/api", held=held("A", since=scan(1).started)),
            Change(news="fixed", repository="acme/web", held=held("B", since=scan(1).started)),
        )
        assert [one.repository.name for one in scans.results(done, changed=True)] == ["acme/web", "acme/api"]

    def test_a_status_that_is_settled_is_new(self, scans: Scans) -> None:
        night(scans, scan(1), settled("web", held("A", status="under_investigation")))
        survey = scans.survey(night(scans, scan(2), settled("web", held("A"))), no_end)
        assert [(one.news, one.held.status) for one in survey.changes] == [
            ("new", "affected"),
            ("fixed", "under_investigation"),
        ]

    def test_to_suppress_is_not_to_fix_and_to_show_again_is_new(self, scans: Scans) -> None:
        shown, hidden = settled("web", held()), settled("web", held(is_suppressed=True))
        night(scans, scan(1), shown)
        survey = scans.survey(night(scans, scan(2), hidden), no_end)
        assert (survey.changes, survey.counts.suppressed, survey.advisories) == ((), 1, ())
        survey = scans.survey(night(scans, scan(3), shown), no_end)
        assert [one.news for one in survey.changes] == ["new"]
        assert [one.affected for one in survey.trend] == [{"high": 1}, {}, {"high": 1}]

    def test_what_an_unfinished_scan_saw_is_still_news(self, scans: Scans) -> None:
        night(scans, scan(1), settled("web", held("A")))
        scans.settle(scans.begin(scan(2)), settled("web", held("B")))
        begun = scans.begin(replace(scan(3), revision="r2"))
        scans.confirm(begun, [repository()], SOURCE)
        survey = scans.survey(begun, no_end)
        assert survey.previous == scan(1).started
        assert [(one.news, one.held.advisory) for one in survey.changes] == [("new", "B"), ("fixed", "A")]

    def test_what_came_and_went_in_between_is_no_news(self, scans: Scans) -> None:
        night(scans, scan(1), settled("web"))
        scans.settle(scans.begin(scan(2)), settled("web", held("B")))
        survey = scans.survey(night(scans, replace(scan(3), revision="r2"), settled("web")), no_end)
        assert survey.changes == ()

    def test_another_organisation_is_no_scan_before(self, scans: Scans) -> None:
        night(scans, scan(1), settled("web", held()))
        other = scan(2, sources=("org:other",))
        survey = scans.survey(night(scans, other, settled("theirs", held(), source="org:other")), no_end)
        assert (survey.previous, len(survey.trend), survey.trend[0].affected) == ("", 1, {"high": 1})
        survey = scans.survey(night(scans, scan(3), settled("web")), no_end)
        assert survey.previous == scan(1).started
        assert [point.affected for point in survey.trend] == [{"high": 1}, {}]

    def test_a_repository_that_is_left_out_is_no_news(self, scans: Scans) -> None:
        night(scans, scan(1), settled("web", held()), settled("api", held()))
        survey = scans.survey(night(scans, scan(2), settled("web", held())), no_end)
        assert (survey.changes, survey.counts.audited, survey.counts.affected) == ((), 1, {"high": 1})
        assert scans.last(f"{HOST}/api") is not None


class TestTrend:
    def test_each_scan_is_told_as_it_was(self, scans: Scans) -> None:
        night(
            scans,
            scan(1),
            settled("a", held("A"), held("B", severity="low")),
            settled("b", outcome="failed"),
            requests=9,
        )
        night(
            scans, scan(2), settled("a", held("A")), settled("b", held("C", status="under_investigation")), requests=2
        )
        scans.begin(scan(3))
        done = night(scans, replace(scan(4), revision="r2"), settled("a", held("A")), settled("b"))
        points = scans.survey(done, no_end).trend
        assert [point.started for point in points] == [scan(1).started, scan(2).started, scan(4).started]
        assert [(point.repositories, point.failed, point.requests) for point in points] == [
            (2, 1, 9),
            (2, 0, 2),
            (2, 0, 0),
        ]
        assert [point.affected for point in points] == [{"high": 1, "low": 1}, {"high": 1}, {"high": 1}]
        assert [point.undecided for point in points] == [0, 1, 0]
        assert [point.revision for point in points] == ["r1", "r1", "r2"]
        assert scans.trend() == points

    def test_one_that_goes_on_is_its_own_last_point(self, scans: Scans) -> None:
        night(scans, scan(1), settled("a", held("A")))
        begun = scans.begin(scan(2))
        scans.settle(begun, settled("a"))
        points = scans.survey(begun, no_end).trend
        assert [(point.finished != "", point.repositories, point.affected) for point in points] == [
            (True, 1, {"high": 1}),
            (False, 1, {}),
        ]
        assert len(scans.trend()) == 1

    def test_organisations_that_are_scanned_together_belong_together(self, scans: Scans) -> None:
        night(scans, scan(1, sources=("org:a",)), settled("a", held("A"), source="org:a"))
        night(scans, scan(2, sources=("org:b",)), settled("b", held("A"), source="org:b"))
        both = scan(3, sources=("org:a", "org:b"))
        done = night(scans, both, settled("a", held("A"), source="org:a"), settled("b", source="org:b"))
        assert [point.affected for point in scans.survey(done, no_end).trend] == [{"high": 1}, {"high": 2}, {"high": 1}]
