"""The digest for a chat: short, the same markup everywhere, and nobody is called."""

import re
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.survey import Change, Counts, Held, Lever, Result, Scan, Survey
from gemaudit.reporting.org import render as rendered
from gemaudit.reporting.org.digest import MOST_CHARACTERS, MOST_LINES
from gemaudit.reporting.sanitize import is_hidden
from gemaudit.reporting.style import Style

sys.path.insert(0, str(Path(__file__).parents[1]))

from rich_report import POISON
from survey_sample import EVIL, FFI, NOKOGIRI, clean, large, repository, small

SCAN = Scan(name="1", started="2026-11-21T02:00:04Z", finished="2026-11-21T02:10:00Z", sources=("org:acme",))
CODE = re.compile(r"`[^`\n]*`")


def digest(survey: Survey, *results: Result) -> str:
    return "".join(rendered("digest", survey, results, Style()))


def result(name: str, *held: Held, reason: Diagnostic | None = None) -> Result:
    return Result(repository=repository(1, name), outcome="failed" if reason else "audited", held=held, reason=reason)


def test_a_scan_in_few_lines() -> None:
    changes = (
        Change(news="new", repository="acme/shop", held=FFI),
        Change(news="new", repository="acme/pay", held=NOKOGIRI),
        Change(news="fixed", repository="acme/pay", held=FFI),
    )
    lever = Lever(package_kind="gem", package="ffi", target="1.17.4", closes=1_041, repositories=38)
    survey = Survey(
        scan=SCAN,
        counts=Counts(audited=2_341, nothing=619, failed=3, clean=1_900, affected={"critical": 1, "high": 1_041}),
        previous="2026-11-20T02:00:03Z",
        levers=(lever,),
        changes=changes,
    )
    gone = Diagnostic(code="not-found", message="it is deleted", path="")
    failed = [result(f"acme/gone{number}", reason=gone) for number in range(3)]

    assert digest(survey, result("acme/pay", NOKOGIRI, FFI), result("acme/shop", FFI), *failed).splitlines() == [
        "*gemaudit: 1 critical, 1,041 high*",
        "2,963 repositories: 2,341 audited (1,900 clean), 619 nothing to audit, 3 failed",
        "Scan of `org:acme`, `2026-11-21 02:00 UTC`",
        "",
        "*Since the scan before*",
        "- 2 new in 2 repositories: 1 critical, 1 high",
        "- 1 fixed in 1 repository: 1 high",
        "- new in `acme/pay`: `nokogiri 1.16.2`, critical, `GMSA-2025-0107`",
        "- new in `acme/shop`: `ffi 1.16.3`, high, `GMSA-2024-0001`",
        "",
        "*Worst repositories*",
        "- `acme/pay`: 1 critical, 1 high",
        "- `acme/shop`: 1 high",
        "",
        "*Upgrades that help most*",
        "- `ffi` to `1.17.4` ends 1,041 findings in 38 repositories",
        "",
        "*Failed*",
        "- 3 `not-found`: `acme/gone0`, `acme/gone1` and 1 more",
    ]


def test_a_clean_scan_is_three_lines() -> None:
    survey, results = clean()
    lines = digest(replace(survey, previous="", changes=()), *results).splitlines()

    assert lines[0] == "*gemaudit: nothing known applies*"
    assert len([line for line in lines if line]) == 3


def test_a_night_without_news_says_so() -> None:
    survey = Survey(scan=SCAN, counts=Counts(audited=1), previous="2026-11-20T02:00:03Z")

    assert digest(survey).splitlines()[-2:] == ["- nothing new", "- nothing fixed"]


def test_a_scan_that_did_not_reach_its_end_says_so() -> None:
    survey = Survey(scan=replace(SCAN, finished=""), counts=Counts(audited=1))

    assert "It did not reach its end: some repositories are missing, or as they were" in digest(survey)


def test_problems_of_the_scan_are_told() -> None:
    problem = Diagnostic(code="not-found", message="`org:labs` is unknown", path="org:labs")
    left_out = Diagnostic(code="left-out", message="12 archived", path="", level="notice")
    text = digest(Survey(scan=replace(SCAN, problems=(left_out, problem)), counts=Counts()))

    assert "- `'org:labs' is unknown`" in text
    assert "12 archived" not in text


def test_suppressed_and_undecided_make_no_repository_bad() -> None:
    text = digest(
        Survey(scan=SCAN, counts=Counts(audited=1)),
        result("acme/shop", replace(FFI, is_suppressed=True), replace(NOKOGIRI, status="under_investigation")),
    )

    assert "Worst" not in text


def test_a_large_scan_keeps_the_limits() -> None:
    for seed in (5, 2_000):
        survey, results = large(seed)
        text = digest(survey, *results)
        assert len(text) <= MOST_CHARACTERS
        assert len(text.splitlines()) <= MOST_LINES


@given(poison=POISON, length=st.integers(1, 300))
def test_nobody_is_called_and_nothing_is_markup(poison: str, length: int) -> None:
    """Outside of code there is nothing but our own words, and inside nothing that Slack reads."""
    evil = f"{poison} <!channel> <@U012> @here <https://evil.example|x> *b* _i_ :x: [a](b) {EVIL}" * length
    held = replace(FFI, package=evil, version=evil, advisory=evil, title=evil)
    problem = Diagnostic(code=evil, message=evil, path=evil)
    survey = Survey(
        scan=replace(SCAN, sources=(evil,) * 9, started=evil, problems=(problem,) * 9),
        counts=Counts(audited=1, failed=8, affected={"high": 1}, undecided=1, suppressed=1),
        previous=evil,
        levers=(Lever(package_kind="gem", package=evil, target=evil, closes=1, repositories=1),) * 9,
        changes=tuple(Change(news="new", repository=f"{number}{evil}", held=held) for number in range(20)),
    )
    failures = [result(evil, reason=replace(problem, code=f"{number}{evil}")) for number in range(20)]
    text = digest(survey, *(result(evil, held) for _ in range(9)), *failures)

    assert not re.search(r"[<>@&]", text)
    assert re.fullmatch(r"[A-Za-z0-9 ,:()*\n-]*", CODE.sub("", text))
    assert len(text) <= MOST_CHARACTERS
    assert len(text.splitlines()) <= MOST_LINES
    assert not any(is_hidden(character) for character in text.replace("\n", ""))


def test_sample_of_everything() -> None:
    survey, results = small()
    text = digest(survey, *results)

    assert "`acme/payments`: 1 critical, 1 high, 1 medium" in text
    assert len(text.splitlines()) <= MOST_LINES
