"""The small parts that every report is made of."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from report_sample import EVIL, affected, answer

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.finding import Answer
from gemaudit.reporting.conditions import clause, demand
from gemaudit.reporting.declare import declaration
from gemaudit.reporting.diagnostics import render_diagnostic
from gemaudit.reporting.fingerprint import fingerprint
from gemaudit.reporting.json_text import json_text
from gemaudit.reporting.sanitize import prose, sanitized, visible
from gemaudit.reporting.words import NBSP, count, listing, place, plural, unique
from gemaudit.reporting.wrap import cells, shorten, wrap

WORDS = st.lists(st.text("abcdefghijklmnop", min_size=1, max_size=12), max_size=40)


@given(words=WORDS, width=st.integers(40, 100), indent=st.integers(0, 12))
def test_wrapped_lines_hold_every_word_within_the_width(words: list[str], width: int, indent: int) -> None:
    lines = wrap(" ".join(words), width, lead=" " * indent, indent=indent)

    assert " ".join(lines).split() == words
    assert all(cells(line) <= width for line in lines)


@given(words=WORDS, width=st.integers(40, 100))
def test_a_colour_ends_with_its_line_and_takes_no_room(words: list[str], width: int) -> None:
    plain = wrap(" ".join(words), width)
    colored = wrap(f"\x1b[31m{' '.join(words)}\x1b[0m", width)

    assert [cells(line) for line in colored] == [cells(line) for line in plain]
    assert all(line.startswith("\x1b[31m") and line.endswith("\x1b[0m") for line in colored)


def test_words_that_belong_together_are_parted_only_where_they_are_longer_than_a_line() -> None:
    assert wrap(f"one two{NBSP}three", 11) == ["one", "two three"]
    assert wrap(f"one two{NBSP}three{NBSP}four", 11) == ["one two", "three four"]


def test_a_long_word_has_a_line_to_itself() -> None:
    assert wrap("a bbbbbbbbbbbb c", 6, lead="- ", indent=2) == ["- a", "  bbbbbbbbbbbb", "  c"]


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("é", 1), ("e\u0301", 1), ("漢字", 4), ("\x1b[1;31mx\x1b[0m", 1)]
)
def test_cells(text: str, columns: int) -> None:
    assert cells(text) == columns


@given(text=st.text(), width=st.integers(0, 30))
def test_a_shortened_text_fits(text: str, width: int) -> None:
    assert cells(shorten(text, width)) <= width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 漢", "plain é 漢"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\x9b2J", r"\x9b2J"),
        ("\u202eabc", r"\u202eabc"),
        ("\u200b\ufeff\u2028", r"\u200b\ufeff\u2028"),
        ("\U000e0041", r"\U000e0041"),
        ("\udc80", r"\udc80"),
    ],
)
def test_what_a_terminal_obeys_is_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("hostile", ["##[add-mask]x", "a/##[group]b/Gemfile.lock", "::error::no"])
def test_no_name_is_a_command_to_the_runner_of_a_workflow(hostile: str) -> None:
    assert "##[" not in sanitized(hostile)
    assert not sanitized(hostile).startswith("::")
    text = json_text({"path": hostile})
    assert "##[" not in text
    assert json.loads(text) == {"path": hostile}


def test_prose_is_one_line() -> None:
    assert prose("  one\n\n two\x1b[0m\u2028three ") == r"one two\x1b[0m three"


def test_numbers_and_lists() -> None:
    assert [plural(number, "advisory") for number in (0, 1, 2)] == ["advisories", "advisory", "advisories"]
    assert count(1, "gem") == f"1{NBSP}gem"
    assert [listing(list("abcd")[:length]) for length in range(4)] == ["", "a", f"a and{NBSP}b", f"a, b and{NBSP}c"]
    assert listing(list("abcd"), limit=2) == f"a, b and{NBSP}2{NBSP}more"
    assert unique(["b", "", "a", "b"]) == ["b", "a"]


def test_places() -> None:
    assert place("Gemfile.lock", 12) == "Gemfile.lock:12"
    assert place("Gemfile.lock", 0) == "Gemfile.lock"
    assert place("<command line>", 0) == f"command{NBSP}line"
    assert place("", 0) == ""


@pytest.mark.parametrize(
    ("given_answer", "expected"),
    [
        (answer("engine", "ruby", "ruby", "true"), "the engine is ruby"),
        (answer("engine", "ruby", "jruby", "false"), "the engine is jruby, not ruby"),
        (answer("ruby", "< 3.4", "3.3.1", "true"), "ruby 3.3.1 is within < 3.4"),
        (answer("ruby", "< 3.4", "3.4.1", "false"), "ruby 3.4.1 is not within < 3.4"),
        (answer("rubygems", ">= 3", "", "unknown"), "RubyGems is within >= 3"),
        (answer("libc", "musl", "darwin", "false"), "the system is darwin, without musl"),
        (answer("libc", "musl", "gnu", "false"), "the libc is gnu, not musl"),
        (answer("sanitizer", "address", "none", "false"), "ruby is not built with the address sanitizer"),
        (answer("sanitizer", "address", "address", "true"), "ruby is built with the address sanitizer"),
        (answer("jit", "yjit or zjit", "yjit", "true"), "yjit is on"),
        (answer("jit", "yjit", "no-yjit", "false"), "yjit is off"),
        (answer("install", "precompiled", "source", "false"), "the gem is compiled where it is installed"),
        (answer("feature", "ractor", "ractor", "true"), "the application runs Ractors"),
        (answer("feature", "ractor", "no-ractor", "false"), "`no-ractor` is declared"),
        (answer("feature", "later", "", "unknown"), "`later` is in use"),
        (answer("gem", "karafka >= 2", "none of them", "false"), "karafka >= 2 is not in the bundle"),
        (answer("gem", "karafka >= 2", "karafka 2.5.0", "true"), "karafka 2.5.0 is in the bundle"),
        (answer("later", "x", "y", "true"), "later is y"),
    ],
)
def test_conditions_read_as_clauses(given_answer: Answer, expected: str) -> None:
    assert clause(given_answer) == expected


def test_a_demand_names_what_would_have_to_hold() -> None:
    implied = answer("feature", "compaction or auto-compaction")

    assert demand(implied) == "the heap is compacted"
    assert demand(answer("ruby", "< 3.4.6", "~> 3.4.0")) == "ruby ~> 3.4.0 is within < 3.4.6"
    assert demand(answer("feature", "fork or ractor")) == f"the process forks or{NBSP}the application runs Ractors"


@pytest.mark.parametrize(
    ("name", "wanted", "literals"),
    [
        ("feature", "ractor", ['`features = ["ractor"]`', "`--feature ractor`", "`--feature no-ractor`"]),
        ("sanitizer", "address", ['`sanitizers = ["address"]`', "`--sanitizer no-address`"]),
        ("jit", "yjit or zjit", ['`jit = ["yjit"]`', '`jit = ["no-yjit", "no-zjit"]`']),
        ("libc", "musl", ['`libc = "musl"`', "`--libc musl`"]),
        ("engine", "ruby", ['`engine = "ruby"`', "`--engine ruby`"]),
        ("ruby", ">= 3", ['`ruby = "X.Y.Z"`', "`--ruby X.Y.Z`"]),
        ("os", "linux", ["`platforms`", "`--platform`"]),
        ("rubygems", ">= 3", ['`rubygems = "X.Y.Z"`']),
    ],
)
def test_a_declaration_can_be_typed(name: str, wanted: str, literals: list[str]) -> None:
    text = declaration(answer(name, wanted)).replace(NBSP, " ")

    assert [literal for literal in literals if literal not in text] == []
    assert ".gemaudit.toml" in text


def diagnostic(**changes: str | int) -> Diagnostic:
    fields: dict[str, object] = {
        "code": "unreadable-spec",
        "message": "this line names no gem version",
        "path": "Gemfile.lock",
        "line": 14,
        "column": 5,
        "length": 15,
        "text": "    nokogiri 1.18.3",
        "hint": "a specification reads `name (version)`; run `bundle lock` to rewrite it",
    }
    return Diagnostic(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_diagnostic_points_at_what_it_means() -> None:
    assert render_diagnostic(diagnostic(), color=False).split("\n") == [
        "error[unreadable-spec]: this line names no gem version",
        "  --> Gemfile.lock:14:5",
        "14 |     nokogiri 1.18.3",
        "   |     ^^^^^^^^^^^^^^^",
        "hint: a specification reads `name (version)`; run `bundle lock` to rewrite it",
    ]


def test_a_diagnostic_about_a_whole_file_quotes_nothing() -> None:
    text = render_diagnostic(diagnostic(line=0, column=0, hint="", level="warning"), color=True)

    assert text == "\x1b[1;33mwarning[unreadable-spec]\x1b[0m: this line names no gem version\n  --> Gemfile.lock"


@given(text=st.text(), column=st.integers(0, 500), length=st.integers(0, 500))
def test_a_diagnostic_has_as_many_lines_whatever_the_text(text: str, column: int, length: int) -> None:
    drawn = diagnostic(text="x" + text, column=column, length=length, message=EVIL, path=EVIL, code=EVIL, hint=EVIL)

    assert render_diagnostic(drawn, color=False).count("\n") == (4 if column else 3)


def test_carets_stand_below_wide_and_spelled_out_characters() -> None:
    lines = render_diagnostic(diagnostic(text="漢\x1bgem", column=3, length=3), color=False).split("\n")

    assert lines[2] == r"14 | 漢\x1bgem"
    assert lines[3] == "   |       ^^^"


def test_an_endless_line_is_quoted_around_what_is_meant() -> None:
    lines = render_diagnostic(diagnostic(text="a" * 5000 + "b" + "a" * 5000, column=5001, length=1), color=False).split(
        "\n"
    )

    assert len(lines[2]) < 200
    assert lines[2][lines[3].index("^")] == "b"


def test_a_fingerprint_depends_on_what_is_affected_and_on_nothing_else() -> None:
    first, second, *_ = affected()
    moved = replace(first, line=99, status="fixed")

    assert fingerprint(first) == fingerprint(moved) == "86114590d5e3b9c1fc745fd74c475e58"
    assert fingerprint(second) != fingerprint(first)
