"""The dashboard: what it says without a script, what it hands to one, and that no text becomes a part of it."""

import json
import re
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from survey_sample import EVIL, Sample, clean, first, large, small, survey

from gemaudit.reporting.html_shell import is_link
from gemaudit.reporting.org import Style, render
from gemaudit.reporting.org.dashboard import _SCRIPTS, _STYLES
from gemaudit.reporting.org.dashboard_view import MOST_REPOSITORIES, courses, overview
from gemaudit.reporting.org.tally import Tally
from gemaudit.reporting.sanitize import mapped, prose, sanitized, visible

FREE = frozenset(
    re.findall(
        r"\w+",
        """
        name url topics advisory title package packages version lockfile message hint code path environment ruby libc
        engine platform current target closes commands value end_of_life repository host sources revision audited
        started finished shard since head previous
        """,
    )
)
ATTACKS = (
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "-->]]><svg/onload=alert(1)>",
    "<!--<script>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "\u202egnp.exe\u2066\u2028",
    "&lt;b&gt;&#x3c;",
    "</textarea></title><base href=//evil.example>",
    "`</code><b>`",
    "\ud800",
    "long" * 300,
)
ELEMENTS = frozenset(
    re.findall(
        r"\w+",
        """
        a b body button caption code col colgroup details dialog div footer form h1 h2 h3 head header html input label
        li link main meta nav option output p path rect script section select span style summary svg table tbody td th
        thead time title tr ul wbr
        """,
    )
)


def page_of(sample: Sample) -> str:
    return "".join(render("html", *sample, Style()))


def parsed(text: str) -> Element:
    root: Element = html5lib.parse(text, namespaceHTMLElements=False)
    return root


def named(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter() if element.tag.rpartition("}")[2] == name]


def by_id(root: Element, name: str) -> Element:
    (found,) = [element for element in root.iter() if element.get("id") == name]
    return found


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def body_of(text: str) -> str:
    """What a reader sees: the body without its scripts."""
    (body,) = named(parsed(text), "body")
    for script in body.findall("script"):
        body.remove(script)
    return text_of(body)


def data_of(text: str) -> Any:
    return json.loads(by_id(parsed(text), "data").text or "")


def poisoned(poison: str, fields: frozenset[str] | set[str] = FREE) -> Sample:
    return mapped(small(), lambda name, text: f"{text}{poison}{text}" if name in fields else text)


def harm(root: Element) -> list[str]:
    """Every element and attribute that could do something and is not one of ours."""
    found = [element.tag for element in root.iter() if element.tag.rpartition("}")[2] not in ELEMENTS]
    for element in root.iter():
        for name, value in element.attrib.items():
            address = name.rpartition("}")[2] in {"href", "src", "action", "formaction", "data", "srcset", "background"}
            is_safe = value.startswith("#") or (element.tag == "link" and value.startswith("data:image/svg+xml,"))
            if name.startswith("on") or name == "style" or (address and not is_safe and not is_link(value)):
                found.append(f"{element.tag}[{name}={value}]")
    counts = Counter(element.tag.rpartition("}")[2] for element in root.iter())
    most = {"script": 2, "style": 1, "link": 1, "form": 1, "dialog": 1}
    return found + [f"{counts[name]} {name}" for name, limit in most.items() if counts[name] != limit]


class TestSafety:
    def test_the_policy_allows_the_script_and_the_style_of_the_page_and_nothing_else(self) -> None:
        root = parsed(page_of(small()))
        (policy,) = [meta.get("content", "") for meta in named(root, "meta") if meta.get("http-equiv")]
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        (style,), script = named(root, "style"), named(root, "script")[-1]

        for element, name in ((script, "script-src"), (style, "style-src")):
            digest = b64encode(sha256((element.text or "").encode()).digest()).decode()
            assert rules.pop(name) == f"'sha256-{digest}'"
        assert rules == {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}

    @pytest.mark.parametrize("attack", ATTACKS)
    def test_no_attack_becomes_markup(self, attack: str) -> None:
        assert harm(parsed(page_of(poisoned(attack)))) == []

    @pytest.mark.parametrize("attack", ATTACKS)
    def test_every_attack_is_shown_as_text(self, attack: str) -> None:
        expected = visible(attack)[:300].replace("`", "")

        assert " ".join(expected.split()) in body_of(page_of(poisoned(attack))).replace("`", "")

    @settings(max_examples=20, deadline=None)
    @given(poison=st.text(st.characters(), max_size=12), fields=st.sets(st.sampled_from(sorted(FREE))))
    def test_no_text_becomes_markup(self, poison: str, fields: set[str]) -> None:
        assert harm(parsed(page_of(poisoned(poison, fields)))) == []

    @pytest.mark.parametrize("attack", ATTACKS)
    def test_the_data_ends_only_where_it_ends(self, attack: str) -> None:
        (block,) = re.findall(
            r'<script type="application/json" id="data">(.*?)</script>', page_of(poisoned(attack)), re.DOTALL
        )

        assert not set("<>&\u2028\u2029") & set(block)
        assert len(json.loads(block)["repositories"]) == 8

    def test_only_addresses_of_the_web_are_links(self) -> None:
        urls = [row[1] for row in data_of(page_of(small()))["repositories"]]

        assert urls[:2] == [1, 1]
        assert urls[2] == ""
        assert "javascript:" not in "".join(link.get("href", "") for link in named(parsed(page_of(small())), "a"))

    def test_the_scripts_never_make_markup_and_load_nothing(self) -> None:
        root = files("gemaudit.reporting").joinpath("templates")
        script = "".join(root.joinpath(name).read_text(encoding="utf-8") for name in _SCRIPTS)
        css = "".join(root.joinpath(name).read_text(encoding="utf-8") for name in _STYLES)
        shipped = {f"org/{path.name}" for path in root.joinpath("org").iterdir() if path.name.endswith((".js", ".css"))}

        assert shipped == {name for name in (*_SCRIPTS, *_STYLES) if name.startswith("org/")}
        assert "</" not in script + css
        assert re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|https?:|fetch\(", script) == []
        assert re.findall(r"url\(|@import|https?:", css) == []

    def test_other_formats_load_no_template_engine(self) -> None:
        code = (
            "import sys; from gemaudit.reporting.org import csv_table, json_v1, text; sys.exit('jinja2' in sys.modules)"
        )

        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestWithoutScript:
    def test_the_numbers_are_there(self) -> None:
        root = parsed(page_of(small()))
        (verdict,) = named(root, "h1")
        (standings,) = [element for element in root.iter() if "standings" in element.get("class", "").split()]

        assert text_of(verdict) == "2 of 4 audited repositories are affected"
        assert text_of(standings) == "1 critical 0 high 1 medium 0 low 1 undecided 1 clean 2 nothing to audit 2 failed"

    @pytest.mark.parametrize(
        ("sample", "tone", "verdict"),
        [
            (small(), "bad", "2 of 4 audited repositories are affected"),
            (clean(), "good", "Nothing known applies to 1 audited repository"),
            (
                (survey(small()[1][4:6], days=1), small()[1][4:6]),
                "unsure",
                "Nothing known applies to 1 audited repository",
            ),
            (
                (survey(small()[1][3:4], days=1), small()[1][3:4]),
                "unsure",
                "Nothing known applies to 1 audited repository",
            ),
            ((survey((), days=1), ()), "unsure", "No repository was audited"),
        ],
    )
    def test_only_what_was_wholly_looked_at_is_good(self, sample: Sample, tone: str, verdict: str) -> None:
        root = parsed(page_of(sample))

        assert by_id(root, "verdict").text == verdict
        assert next(root.iter("section")).get("class") == f"summary {tone}"

    def test_the_worst_repositories_are_in_the_table(self) -> None:
        sample = large(200)
        (body,) = named(by_id(parsed(page_of(sample)), "table"), "tbody")
        told = [text_of(named(row, "th")[0]).split(" ")[0] for row in body]

        assert told == [result.repository.name for result in sample[1][:MOST_REPOSITORIES]]
        assert "The 50 worst of 200; with JavaScript, all of them." in body_of(page_of(sample))

    def test_a_row_says_what_the_repository_holds(self) -> None:
        (body,) = named(by_id(parsed(page_of(small())), "table"), "tbody")

        assert [text_of(cell) for cell in body[0]] == ["acme/payments", *"1110112", "3.3.5", "musl, gnu"]
        assert text_of(body[1][0]) == "acme/shop failed: the forge answered 502 to four attempts; as of 2026-11-20"
        assert [text_of(cell) for cell in body[6]] == ["acme/.github nothing to audit", *[""] * 9]

    def test_failures_are_told_with_their_reasons(self) -> None:
        told = text_of(by_id(parsed(page_of(small())), "failed"))

        assert "1 repository forge-unavailable the forge answered 502 to four attempts" in told
        assert "hint: run the scan again; what was read is kept" in told
        assert told.endswith("acme/shop")

    def test_what_came_and_went_is_told(self) -> None:
        told = text_of(by_id(parsed(page_of(small())), "news"))

        assert told.startswith("Since 2026-11-20 02:00 UTC New 1 critical GMSA-2025-0107 nokogiri in acme/payments")
        assert "Fixed 2 high GMSA-2024-0001 ffi in acme/api" in told
        assert "This is the first scan." in text_of(by_id(parsed(page_of(first())), "news"))

    def test_a_scan_that_was_stopped_or_has_problems_says_so(self) -> None:
        assert "This scan did not reach its end." in body_of(page_of(first()))
        assert "could not all be listed" in body_of(page_of(small()))

    def test_ends_of_life_are_told(self) -> None:
        told = text_of(by_id(parsed(page_of(large(200))), "runs"))

        assert "2.7.8 end of life since 2023-03-31" in told
        assert "3.3.5 until 2027-03-31" in told

    def test_ids_are_unique_and_every_link_within_the_page_leads_somewhere(self) -> None:
        root = parsed(page_of(large(120)))
        ids = Counter(element.get("id") for element in root.iter() if element.get("id"))
        links = [link.get("href", "") for link in named(root, "a") if link.get("href", "").startswith("#")]
        labels = {element.get("aria-labelledby", "") for element in root.iter()} - {""}

        assert [name for name, number in ids.items() if number > 1] == []
        assert {link[1:].partition("?")[0] for link in links} | labels <= set(ids)
        keys = {key for link in links for key in parse_qs(link.partition("?")[2])}
        assert keys == {"state", "advisory", "package", "new", "open", "ruby", "libc"}

    def test_the_style_asked_for_changes_nothing(self) -> None:
        other = "".join(render("html", *small(), Style(show_all=True, color=True, width=40)))

        assert other == page_of(small())


class TestTrend:
    def test_a_course_goes_from_the_first_scan_to_the_last(self) -> None:
        critical, *_ = courses(large(100)[0])

        assert critical.line.startswith("M0.0,")
        assert critical.line.rpartition(" ")[2].startswith("240.0,")
        assert critical.told.startswith("45 scans, from ")
        assert critical.difference is not None

    def test_one_scan_is_no_course(self) -> None:
        assert {(course.line, course.difference) for course in courses(clean()[0])} == {("", None)}

    @pytest.mark.parametrize("started", ["", "yesterday", "9999-99-99T00:00:00Z", "2026-11-21T02:00:00Z"])
    def test_scans_without_a_usable_time_stand_evenly(self, started: str) -> None:
        surveyed = small()[0]
        trend = tuple(replace(point, started=started) for point in surveyed.trend[:3])
        critical, *_ = courses(replace(surveyed, trend=trend))

        assert [spot.partition(",")[0] for spot in critical.line[1:].split(" ")] == ["0.0", "120.0", "240.0"]

    def test_nothing_at_all_is_a_line_at_the_bottom(self) -> None:
        surveyed = small()[0]
        trend = tuple(replace(point, affected={}, undecided=0) for point in surveyed.trend)

        assert {course.line for course in courses(replace(surveyed, trend=trend))} == {
            next(iter(courses(replace(surveyed, trend=trend)))).line
        }
        assert "nan" not in next(iter(courses(replace(surveyed, trend=trend)))).area


class TestData:
    def test_every_finding_of_every_repository_comes_back(self) -> None:
        surveyed, results = large(60)
        data = data_of(page_of((surveyed, results)))
        strings, findings = data["strings"], data["findings"]

        for row, result in zip(data["repositories"], results, strict=True):
            flat = row[13]
            told = [
                (
                    strings[flat[at]],
                    strings[findings[flat[at + 1]][0]],
                    strings[findings[flat[at + 1]][5]],
                    flat[at + 3],
                )
                for at in range(0, len(flat), 5)
            ]
            assert row[0] == result.repository.name
            assert told == [(held.lockfile, held.advisory, held.package, held.line) for held in result.held]
            assert sum(flag & 4 > 0 for flag in flat[2::5]) == sum(
                held.since == surveyed.scan.started for held in result.held
            )

    def test_texts_are_harmless_and_there_once(self) -> None:
        data = data_of(page_of(small()))

        assert len(data["strings"]) == len(set(data["strings"]))
        assert visible(EVIL) in data["strings"]
        assert prose(EVIL) in data["strings"]
        assert data["repositories"][2][0] == sanitized(f"acme/{EVIL}")

    def test_two_thousand_repositories_are_small(self) -> None:
        assert len(page_of(large(2000)).encode()) < 1_500_000

    def test_the_page_counts_what_the_data_holds(self) -> None:
        surveyed, results = large(150)
        view = overview(surveyed, results)

        assert view.repositories == len(results)
        assert view.affected == sum(
            result.outcome == "audited" and any(Tally.of(result.held).affected.values()) for result in results
        )
