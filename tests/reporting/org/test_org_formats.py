"""What the formats of a scan say, and that none of them loses a repository."""

import csv
import io
import json
import re
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from survey_sample import EVIL, FFI, REFUSED, Sample, clean, first, large, repository, small, survey

from gemaudit.model.survey import Change, Result
from gemaudit.reporting.org import FORMAT_NAMES, Style, render
from gemaudit.reporting.org.compared import Compared
from gemaudit.reporting.org.csv_table import COLUMNS, FINDING, REPOSITORY
from gemaudit.reporting.sanitize import is_hidden, mapped

FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
#: Fields whose words the model does not fix.
FREE = frozenset(
    re.findall(
        r"\w+",
        """
        name url branch head topics advisory title package packages version lockfile since message hint code path text
        environment ruby libc engine platform current target closes commands value end_of_life repository host sources
        revision audited started finished shard
        """,
    )
)


def text_of(name: str, sample: Sample, *, changed: bool = False, **style: Any) -> str:
    return "".join(render(name, *sample, Style(**style), changed=changed))


def rows(sample: Sample, *, changed: bool = False) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of("csv", sample, changed=changed), newline=""), strict=True))


def poisoned(poison: str) -> Sample:
    return mapped(small(), lambda name, text: f"{poison}{text}{poison}" if name in FREE else text)


class TestText:
    def test_a_busy_reader_sees_the_numbers_first(self) -> None:
        lines = text_of("text", large(300), width=100).split("\n")

        assert lines[0] == "org:acme on github.com: 300 repositories, 2026-11-21 02:00 UTC"
        assert lines[1].startswith("  230 audited (25 clean) · 64 nothing to audit · 6 failed")
        assert "18 new, 4 fixed" in lines[3]

    def test_the_worst_ten_are_shown_and_all_on_request(self) -> None:
        sample = large(60)
        names = [result.repository.name for result in sample[1]]

        def told(**style: Any) -> list[str]:
            section = text_of("text", sample, width=120, **style).split("\n\n")[1]
            return [name for name in names if name in section]

        assert told() == names[:10]
        assert told(show_all=True) == names

    def test_only_what_holds_something_is_among_the_worst(self) -> None:
        assert "Worst repositories" not in text_of("text", clean())
        assert "acme/api" not in text_of("text", small()).split("Failed\n")[0]

    def test_what_failed_is_grouped_by_reason_with_examples(self) -> None:
        failing = [
            Result(repository=repository(index, f"acme/r{index}"), outcome="failed", reason=REFUSED)
            for index in range(1200)
        ]
        text = " ".join(text_of("text", (survey(failing, days=1), tuple(failing)), width=100).split())

        assert "1,200 forbidden: the token may not read the content of this repository" in text
        assert "acme/r0, acme/r1, acme/r2 and 1,197 more" in text

    def test_a_failure_without_a_reason_is_told(self) -> None:
        result = Result(repository=repository(1, "acme/x"), outcome="failed")

        assert "no-reason: the scan did not say why" in text_of("text", (survey([result], days=1), (result,)))

    def test_a_scan_that_was_stopped_says_so(self) -> None:
        for changed in (False, True):
            assert "did not reach its end" in text_of("text", first(), width=200, changed=changed)
            assert "did not reach its end" not in text_of("text", small(), width=200, changed=changed)

    def test_what_is_left_out_is_counted(self) -> None:
        text = text_of("text", large(300), width=100)

        assert "35 upgrades more (`--all` shows them)" in text
        assert "210 advisories more" in text
        assert "more (`--all`" not in text_of("text", large(300), width=100, show_all=True)

    @pytest.mark.parametrize("width", [40, 72, 100, 200])
    def test_lines_keep_the_width_but_for_long_words(self, width: int) -> None:
        for line in text_of("text", large(80), width=width).split("\n"):
            assert len(line) <= width or max(map(len, line.split())) > width - 35

    @settings(max_examples=25, deadline=None)
    @given(poison=st.text(st.characters(), min_size=1, max_size=8))
    def test_no_name_moves_the_cursor(self, poison: str) -> None:
        for changed in (False, True):
            text = text_of("text", poisoned(poison), changed=changed, show_all=True)
            assert [character for character in text if is_hidden(character) and character != "\n"] == []


class TestChanges:
    def test_only_new_and_fixed_findings_are_told(self) -> None:
        text = text_of("text", small(), changed=True, width=120)

        assert "acme/payments  nokogiri 1.16.2 (Gemfile.lock:88)" in text
        assert "acme/api  ffi 1.16.2 (Gemfile.lock:31)" in text
        assert "GMSA-2026-0012" not in text

    def test_failures_are_told_because_they_may_hide_something_new(self) -> None:
        text = text_of("text", small(), changed=True, width=120)

        assert "2 repositories failed, so what is new in them is not known" in text
        assert "forge-unavailable: the forge answered 502" in text

    def test_an_unchanged_night_is_said_in_few_lines(self) -> None:
        sample = (replace(small()[0], changes=()), small()[1][5:6])

        assert "since 2026-11-20 02:00 UTC: 0 new, 0 fixed\n" in text_of("text", sample, changed=True)

    def test_other_formats_keep_what_changed_and_what_failed(self) -> None:
        whole = json.loads(text_of("json", small(), changed=True))
        lines = [json.loads(line) for line in text_of("jsonl", small(), changed=True).split("\n")[:-1]]
        told = {one["name"][:13]: [held["advisory"] for held in one["findings"]] for one in whole["repositories"]}

        assert told == {
            "acme/payments": ["GMSA-2025-0107"],
            "acme/shop": [],
            'acme/"><img s': [],
            "acme/nnnnnnnn": [],
            "acme/api": [],
        }
        assert [line["name"] for line in lines if line["type"] == "repository"] == [
            one["name"] for one in whole["repositories"]
        ]
        assert {row["state"] for row in rows(small(), changed=True)} == {"new", "fixed", ""}
        assert (whole["only_changes"], lines[0]["only_changes"]) == (True, True)

    @pytest.mark.parametrize("name", ["html", "digest"])
    def test_what_counts_repositories_stays_whole(self, name: str) -> None:
        assert text_of(name, small(), changed=True) == text_of(name, small())

    def test_narrowing_twice_is_narrowing_once(self) -> None:
        surveyed, results = large(120)
        compared = Compared.of(surveyed)
        once = list(compared.narrowed(results))

        assert list(compared.narrowed(once)) == once
        assert {held.since for result in once for held in result.held} == {surveyed.scan.started}

    def test_a_version_that_moved_is_another_finding(self) -> None:
        surveyed = replace(small()[0], changes=(Change(news="new", repository="acme/x", held=FFI),))
        compared = Compared.of(surveyed)

        assert compared.state("acme/x", FFI) == "new"
        assert compared.state("acme/y", FFI) == "unchanged"
        assert compared.state("acme/x", replace(FFI, version="1.16.4")) == "unchanged"
        assert Compared.of(first()[0]).state("acme/x", FFI) == ""


class TestJson:
    def test_both_forms_say_the_same(self) -> None:
        whole = json.loads(text_of("json", small()))
        lines = [json.loads(line) for line in text_of("jsonl", small()).split("\n")[:-1]]
        changes, repositories = whole.pop("changes"), whole.pop("repositories")

        assert lines[0] == {**whole, "type": "scan"}
        assert lines[1 : 1 + len(changes)] == [{**change, "type": "change"} for change in changes]
        assert lines[1 + len(changes) :] == [{**one, "type": "repository"} for one in repositories]

    def test_a_finding_is_told_whole(self) -> None:
        found = json.loads(text_of("json", small()))["repositories"][0]["findings"][0]

        assert found == {
            "advisory": "GMSA-2025-0107",
            "title": "Heap overflow in the bundled `libxml2` when an entity is replaced",
            "severity": "critical",
            "kind": "vulnerability",
            "status": "affected",
            "package": {"kind": "gem", "name": "nokogiri"},
            "version": "1.16.2",
            "lockfile": "Gemfile.lock",
            "line": 88,
            "suppressed": False,
            "since": "2026-11-21T02:00:04Z",
            "state": "new",
        }

    def test_every_repository_is_there_in_the_order_given(self) -> None:
        sample = large(50)
        told = [one["name"] for one in json.loads(text_of("json", sample))["repositories"]]

        assert told == [result.repository.name for result in sample[1]]

    def test_a_scan_without_repositories_is_an_empty_list(self) -> None:
        document = json.loads(text_of("json", (survey((), days=1), ())))

        assert (document["repositories"], document["changes"]) == ([], [])

    @settings(max_examples=25, deadline=None)
    @given(poison=st.text(st.characters(), min_size=1, max_size=8))
    def test_any_text_comes_back(self, poison: str) -> None:
        text = text_of("json", poisoned(poison))
        told = json.loads(text)["repositories"][0]["name"]

        assert told == "".join(
            "\ufffd" if "\ud800" <= character <= "\udfff" else character
            for character in f"{poison}acme/payments{poison}"
        )
        assert [character for character in text if is_hidden(character) and character != "\n"] == []
        assert len(text_of("jsonl", poisoned(poison)).split("\n")) == 1 + 3 + 8 + 1


class TestCsv:
    def test_a_row_says_what_there_is_to_say(self) -> None:
        found = rows(small())[0]

        assert {name: found[name] for name in COLUMNS if found[name]} == {
            "repository": "acme/payments",
            "url": "https://github.com/acme/payments",
            "visibility": "private",
            "archived": "no",
            "fork": "no",
            "topics": "rails tier-1",
            "branch": "main",
            "head": "5f0c3c1d2b7a4e6f8091a2b3c4d5e6f708192a3b",
            "outcome": "audited",
            "audited": "2026-11-21T02:00:04Z",
            "state": "new",
            "severity": "critical",
            "status": "affected",
            "advisory": "GMSA-2025-0107",
            "title": "Heap overflow in the bundled `libxml2` when an entity is replaced",
            "kind": "vulnerability",
            "package_kind": "gem",
            "package": "nokogiri",
            "version": "1.16.2",
            "lockfile": "Gemfile.lock",
            "line": "88",
            "suppressed": "no",
            "since": "2026-11-21T02:00:04Z",
            "remediation": "upgrade",
            "to": "1.18.9",
            "commands": "bundle update --conservative nokogiri",
        }

    def test_every_finding_every_failure_and_everything_fixed_has_a_row(self) -> None:
        surveyed, results = large(200)
        held = sum(len(result.held) for result in results)
        bare = sum(result.outcome == "failed" and not result.held for result in results)
        fixed = sum(change.news == "fixed" for change in surveyed.changes)
        found = rows((surveyed, results))

        assert len(found) == held + bare + fixed
        assert sum(row["state"] == "fixed" for row in found) == fixed
        assert {row["outcome"] for row in found if row["state"] != "fixed"} == {"audited", "failed"}

    def test_a_failed_repository_says_why_whatever_it_holds(self) -> None:
        reasons = {row["repository"][:9]: row["reason"] for row in rows(small()) if row["outcome"] == "failed"}

        assert reasons == {
            "acme/shop": "forge-unavailable: the forge answered 502 to four attempts",
            "acme/nnnn": "forbidden: the token may not read the content of this repository",
        }

    def test_failures_stay_among_the_changes(self) -> None:
        assert sum(row["outcome"] == "failed" for row in rows(small(), changed=True)) == 2

    def test_columns_are_documented(self) -> None:
        assert all({**REPOSITORY, **FINDING}.values())
        assert next(csv.reader([text_of("csv", small()).partition("\r\n")[0]])) == list(COLUMNS)

    @settings(max_examples=25, deadline=None)
    @given(poison=st.sampled_from(["=", "+1", "-", "@x", "\uff1d1", ";=1", ",", '"', "\r\n", "\x00", "\ud800", EVIL]))
    def test_no_cell_is_a_formula(self, poison: str) -> None:
        found = rows(poisoned(poison))

        assert len(found) == len(rows(small()))
        assert [cell for row in found for cell in row.values() if cell.startswith(FORMULA)] == []
        parts = [part for row in found for cell in row.values() for part in cell.replace(",", ";").split(";")]
        assert [part for part in parts if part.startswith(FORMULA)] == []


class TestFlatMemory:
    @pytest.mark.parametrize("name", ["text", "json", "jsonl", "csv"])
    def test_the_memory_does_not_grow_with_the_repositories(self, name: str) -> None:
        surveyed, results = large(12)

        def peak(times: int) -> int:
            def stream() -> Iterator[Result]:
                for _ in range(times):
                    yield from results

            tracemalloc.start()
            for _ in render(name, surveyed, stream(), Style(show_all=True)):
                pass
            _, highest = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return highest

        peak(1)
        assert peak(24) < peak(3) * 1.5 + 50_000

    @pytest.mark.parametrize("name", FORMAT_NAMES)
    def test_results_are_read_once_and_in_pieces(self, name: str) -> None:
        surveyed, results = small()
        stream = iter(results)

        assert "".join(render(name, surveyed, stream, Style())) == text_of(name, small())
        assert next(stream, None) is None


@pytest.mark.parametrize("name", ["text", "digest", "html"])
def test_a_gem_that_ruby_ships_is_told_from_its_namesake_in_lockfiles(name: str) -> None:
    survey, results = small()
    lever = replace(survey.levers[0], package="json", package_kind="gem")
    shipped = replace(lever, package_kind="default-gem")
    text = "".join(render(name, replace(survey, levers=(lever, shipped)), results, Style()))
    assert text.count("as Ruby ships it") == 1
