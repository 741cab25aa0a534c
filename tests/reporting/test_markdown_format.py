"""Markdown as GitHub reads it, with HTML: what is markup must all be ours."""

import re
from functools import cache
from itertools import chain
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec.structs import replace
from report_sample import affected, main_audit, others, report
from rich_report import FREE, HOSTILE, POISON, poisoned, rich

from gemaudit.model.report import Audit, Report
from gemaudit.reporting import Style, markdown, render
from gemaudit.reporting.markdown import MOST_CHARACTERS
from gemaudit.reporting.markdown_text import block, code, escape, inline, link, table
from gemaudit.reporting.sanitize import prose, visible

READER = MarkdownIt("commonmark", {"html": True}).enable("table")
HTML = re.compile(
    r"<details>\n<summary>[\w ]+</summary>\n|</details>\n?|<br>",
)
HARMLESS = st.one_of(POISON.map(prose), POISON.map(visible), st.text(max_size=20).map(visible))


def text_of(of: Report) -> str:
    return render("markdown", of, Style())


def tokens(text: str) -> list[Token]:
    return list(chain.from_iterable([token, *(token.children or ())] for token in READER.parse(text)))


def blocks(text: str) -> list[str]:
    """The skeleton of the document, which no text of an input has a say in."""
    return [token.type for token in READER.parse(text)]


def shown(text: str) -> str:
    """The words of a paragraph as a reader sees them."""
    (paragraph,) = [token for token in READER.parse(text) if token.type == "inline"]
    return "".join(token.content for token in paragraph.children or ()).replace("\N{ZERO WIDTH SPACE}", "")


def strange(text: str) -> list[str]:
    """What in the document is HTML, a picture or a link and was not meant to be."""
    found = tokens(text)
    markup = [token.content for token in found if token.type.startswith("html") and not HTML.fullmatch(token.content)]
    targets = [str(token.attrs["href"]) for token in found if token.type == "link_open"]
    pictures = [token.content for token in found if token.type == "image"]
    return markup + pictures + [target for target in targets if not target.startswith("https://example.org/")]


def large(findings: int, lockfiles: int = 1, ruled_out: int = 0) -> Report:
    found = (*(affected()[number % 7] for number in range(findings)), *(others()[8] for _ in range(ruled_out)))
    many = tuple(
        replace(finding, package=replace(finding.package, name=f"gem{number}")) for number, finding in enumerate(found)
    )
    audits = (replace(main_audit(), path=f"app{number}/Gemfile.lock", findings=many) for number in range(lockfiles))
    return replace(report(), audits=tuple(audits))


def test_the_headline_says_the_result_and_why() -> None:
    first, _, second, *_ = text_of(report()).splitlines()

    assert first == "## gemaudit: fail"
    assert second == (
        "**5 findings** at or above the gate `medium` · **input that could not be used** · "
        "1 critical, 1 high, 3 medium, 3 low · 7 undecided · 1 suppressed · 3 not audited"
    )


def test_a_clean_run_is_short() -> None:
    clean = Audit(path="Gemfile.lock", sha256="ef" * 32, status="audited", packages=48)
    text = text_of(replace(report(), audits=(clean,), unused_ignores=()))

    assert text.splitlines()[0] == "## gemaudit: pass"
    assert "No known memory-safety defect reaches 48 packages." in text
    assert len(text.splitlines()) < 10


def test_findings_are_rows_with_what_to_do() -> None:
    rows = [line for line in text_of(report()).splitlines() if line.startswith("| ")]

    assert rows[1] == (
        "| **high** | FFI struct layouts can lose their field map to the garbage collector (GMSA-2024-0001) | "
        "`ffi 1.16.3`<br>`Gemfile.lock:31` | `production` and `ci/test` | fixed by step 1: ffi 1.17.4 |"
    )


def test_commands_can_be_copied() -> None:
    fences = [token for token in tokens(text_of(report())) if token.type == "fence"]

    assert "bundle update --conservative ffi\n" in [token.content for token in fences if token.info == "sh"]
    assert any("+FROM ruby:3.4.9-alpine\n" in token.content for token in fences if token.info == "diff")


def test_what_to_do_stands_within_its_step() -> None:
    found = READER.parse(text_of(replace(report(), audits=(main_audit(),))))
    numbered = [token for token in found if token.type == "ordered_list_open"]
    depths = {token.level for token in found if token.type == "fence" and token.info in {"sh", "diff"}}

    assert len(numbered) == 1
    assert depths == {2}


def test_what_is_open_hidden_or_ruled_out_is_behind_a_fold() -> None:
    text = text_of(replace(report(), audits=(replace(main_audit(), findings=others()),)))
    summaries = re.findall(r"<summary>(.*)</summary>", text)

    assert summaries[1:] == [
        "7 findings undecided",
        "3 findings ruled out",
        "1 finding suppressed",
        "2 packages not audited",
    ]
    assert "suppressed: Markdown is ours and reviewed, until 2027-01-31" in text
    assert "it would apply if the application runs Ractors" in text


@pytest.mark.parametrize(
    ("of", "left_out"),
    [
        (large(7), ""),
        (large(150), "the details of findings are left out"),
        (large(150, ruled_out=500), "all but the findings that apply and the plan is left out"),
        (large(600), "only the worst findings and the plan are told"),
        (large(30, lockfiles=40), "only the worst findings are told"),
    ],
    ids=["all", "no-details", "only-what-applies", "worst-and-plan", "worst"],
)
def test_what_github_would_not_take_is_left_out_a_part_at_a_time(of: Report, left_out: str) -> None:
    text = text_of(of)

    assert len(text) <= MOST_CHARACTERS
    assert (f"To keep within what GitHub takes, {left_out}. " in text) == bool(left_out)
    assert ("To keep within" in text) == bool(left_out)
    assert blocks(text).count("html_block") == 2 * len(re.findall("<details>", text))


def test_whatever_was_found_something_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = text_of(rich())
    for most in range(400, len(whole), 1_000):
        monkeypatch.setattr(markdown, "MOST_CHARACTERS", most)
        text = text_of(rich())
        assert len(text) <= max(most, 600)
        assert text.splitlines()[0] == "## gemaudit: fail"
        assert strange(text) == []
        assert text.count("<details>") == text.count("</details>")


def test_nothing_of_a_hostile_report_is_markup() -> None:
    text = text_of(rich())

    assert strange(text) == []
    assert "@team" not in re.sub(r"(`+).*?\1|\]\(<[^>]*>\)", "", text)
    assert "<script>" not in re.sub(r"(`+).*?\1|```[a-z]+\n.*?```", "", text, flags=re.DOTALL)
    assert prose(HOSTILE)[:60] in "".join(token.content for token in tokens(text))


def poisoned_text(poison: str) -> str:
    """The whole document with poison in everything but descriptions, for these have paragraphs."""
    with patch.object(markdown, "MOST_CHARACTERS", 10_000_000):
        return text_of(poisoned(f"x{poison}x", FREE - {"description"}))


@cache
def skeleton() -> list[str]:
    return blocks(poisoned_text(""))


@settings(max_examples=15, deadline=None)
@given(poison=POISON)
def test_no_text_changes_the_skeleton(poison: str) -> None:
    text = poisoned_text(poison)

    assert strange(text) == []
    assert blocks(text) == skeleton()


@settings(max_examples=15, deadline=None)
@given(poison=POISON)
def test_no_description_is_markup(poison: str) -> None:
    assert strange(text_of(poisoned(poison, {"description"}))) == []


@given(text=HARMLESS)
def test_an_escaped_text_reads_as_it_was(text: str) -> None:
    assert shown(f"x{escape(text)}x") == f"x{text}x"
    assert shown(f"x{code(text)}x") == f"x{text}x"
    assert shown(f"x{inline(text)}x").replace("`", "") == f"x{text}x".replace("`", "")


@given(text=HARMLESS, other=HARMLESS)
def test_a_cell_is_one_cell(text: str, other: str) -> None:
    found = READER.parse("\n".join(table(("a", "b"), [(escape(text), code(other)), (code(text), inline(other))])))

    assert [token.type for token in found].count("td_open") == 4
    assert [token.type for token in found].count("tr_open") == 3


@given(lines=st.lists(HARMLESS, max_size=4))
def test_a_block_of_code_holds_its_lines(lines: list[str]) -> None:
    (fence,) = READER.parse("\n".join(block(lines, "text")))

    assert fence.type == "fence"
    assert fence.content.splitlines() == [line.rstrip() for line in lines]


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.org/a?b=1&copy;=2#c", "https://example.org/a?b=1&copy;=2#c"),
        ("https://example.org/a b<c>\\d", "https://example.org/a%20b%3Cc%3E%5Cd"),
        ("https://example.org/(x)", "https://example.org/%28x%29"),
        ("javascript:alert(1)", None),
        ("//example.org", None),
    ],
)
def test_only_addresses_of_the_web_are_links(url: str, target: str | None) -> None:
    targets = [token.attrs["href"] for token in tokens(link(url)) if token.type == "link_open"]

    assert targets == ([target] if target else [])


@pytest.mark.parametrize("text", ["@team", "a@b.example", "#1", "GH-12", "www.evil.example", "https://evil.example"])
def test_nobody_is_mentioned_and_nothing_is_linked(text: str) -> None:
    rendered = READER.renderInline(escape(text)).replace("&#8203;", "\N{ZERO WIDTH SPACE}")

    assert text not in rendered or text.startswith("https:")
    assert "https\\:" in escape(text) or not text.startswith("https:")
