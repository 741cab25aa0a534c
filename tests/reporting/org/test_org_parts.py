"""What the reports about a scan draw on, and the history of scans."""

from typing import Any

import pytest
from msgspec.structs import replace
from survey_sample import FFI, NOKOGIRI, REFUSED, RUBY, large, repository, small

from gemaudit.model.survey import Result, Runs, Scan, Share
from gemaudit.reporting.org import Style
from gemaudit.reporting.org.failures import Failures
from gemaudit.reporting.org.history import render_history, sparkline
from gemaudit.reporting.org.tally import Remedies, Tally, closing, standing
from gemaudit.reporting.org.words import by_severity, life, moment, runtime, share_name, subject


class TestHistory:
    def test_blocks_are_scaled_from_nothing(self) -> None:
        assert sparkline([0, 1, 2, 4, 8]) == "▁▂▃▅█"
        assert sparkline([0, 0]) == "▁▁"
        assert sparkline([]) == ""

    def test_no_scan_is_said(self) -> None:
        assert render_history((), Style()) == "no scan is recorded yet\n"

    def test_earlier_scans_are_counted(self) -> None:
        points = large(10)[0].trend

        assert "15 earlier scans (`--all` shows all)" in render_history(points, Style(width=120))
        assert "earlier" not in render_history(points, Style(width=120, show_all=True))

    def test_a_scan_that_was_stopped_is_marked(self) -> None:
        points = tuple(replace(point, finished="") for point in small()[0].trend[-1:])

        assert "not finished" in render_history(points, Style(width=120))
        assert "not finished" in render_history(points, Style(width=60)).replace("\n  ", " ")


class TestParts:
    def test_a_repository_stands_in_one_place(self) -> None:
        def place(*held: Any, outcome: Any = "audited") -> str:
            result = Result(repository=repository(1, "a/b"), outcome=outcome, held=held)
            return standing(result, Tally.of(held))

        maybe = replace(NOKOGIRI, status="under_investigation")
        assert place() == "clean"
        assert place(maybe) == "undecided"
        assert place(replace(NOKOGIRI, is_suppressed=True)) == "clean"
        assert place(RUBY, maybe, FFI) == "high"
        assert place(NOKOGIRI, outcome="failed") == "failed"
        assert place(outcome="nothing") == "nothing"

    def test_one_of_which_something_could_not_be_read_is_not_clean(self) -> None:
        result = Result(repository=repository(1, "a/b"), outcome="audited", problems=(REFUSED,))
        assert standing(result, Tally.of(())) == "undecided"
        warned = replace(result, problems=(replace(REFUSED, level="warning"),))
        assert standing(warned, Tally.of(())) == "clean"

    def test_a_step_of_the_own_package_comes_before_one_that_closes_on_the_way(self) -> None:
        step = small()[1][0].upgrades[0]
        other = replace(step, package="other")

        assert Remedies.of([other, step]).get(NOKOGIRI) == step
        assert Remedies.of([other]).get(NOKOGIRI) == other
        assert Remedies.of([step]).get(replace(NOKOGIRI, lockfile="elsewhere")) is None

    def test_only_steps_that_can_be_taken_close_something(self) -> None:
        assert closing(small()[1][0]) == (2, 2)
        assert closing(small()[1][1]) == (0, 0)

    def test_failures_keep_few_names(self) -> None:
        failures = Failures(2)
        for index in range(5):
            failures.add(Result(repository=repository(index, f"a/{index}"), outcome="failed", reason=REFUSED))
        failures.add(Result(repository=repository(9, "a/9"), outcome="audited"))
        (failure,) = failures.commonest()

        assert (failure.number, failure.names) == (5, ["a/0", "a/1"])

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-11-21T02:00:04Z", "2026-11-21\xa002:00\xa0UTC"),
            ("2026-11-21T02:00:04.123+00:00", "2026-11-21\xa002:00\xa0UTC"),
            ("2026-11-21 02:00+0000", "2026-11-21\xa002:00\xa0UTC"),
            ("2026-11-21T02:00:04+02:00", "2026-11-21T02:00:04+02:00"),
            ("", ""),
        ],
    )
    def test_a_time_is_told_to_the_minute(self, text: str, expected: str) -> None:
        assert moment(text) == expected

    @pytest.mark.parametrize(
        ("engine", "version", "expected"),
        [
            ("ruby", "3.4.5", "3.4.5"),
            ("", "3.4", "3.4"),
            ("jruby", "9.4", "jruby 9.4"),
            ("jruby", "jruby-9", "jruby-9"),
        ],
    )
    def test_cruby_goes_without_saying(self, engine: str, version: str, expected: str) -> None:
        assert runtime(engine, version) == expected
        assert share_name(Share(name=engine, value=version, repositories=1)) == expected

    def test_a_share_of_nothing_stated_says_so(self) -> None:
        assert share_name(Share(name="ruby", value="", repositories=1)) == "not stated"
        assert runtime(Runs(lockfile="x", environment="y").engine, "") == ""

    def test_the_end_of_life_is_told(self) -> None:
        share = Share(name="ruby", value="3.2", repositories=1, end_of_life="2026-03-31", is_over=True)

        assert life(share) == "end of life since 2026-03-31"
        assert life(replace(share, is_over=False)) == "until 2026-03-31"
        assert life(replace(share, end_of_life="")) == "end of life"
        assert life(replace(share, is_over=False, end_of_life="")) == ""

    def test_a_scan_is_named_by_what_it_was_asked(self) -> None:
        scan = Scan(name="x", started="", sources=("org:a", "user:b"), host="ghe.example", shard="2/4")

        assert subject(scan) == "org:a and\xa0user:b on ghe.example, shard 2/4"
        assert by_severity({"low": 1200, "high": 2}) == "2\xa0high, 1,200\xa0low"
