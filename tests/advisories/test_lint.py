"""Each rule finds what it is there for, on the line that has to change."""

import pkgutil

import pytest

from gemaudit.adapters.tables import ruby_releases
from gemaudit.advisories import rules
from gemaudit.advisories.lint import lint
from gemaudit.matching import evaluate_example
from gemaudit.model.advisory import Advisory, Example, Status
from gemaudit.model.document import Document

PATH = "advisories/gems/ffi/GMSA-2026-0001.toml"
GOOD = """\
id = "GMSA-2026-0001"
aliases = ["CVE-2026-1", "Bug #20169"]
title = "Something is not marked"
kind = "unsound"
class = "gc-mark"
severity = "high"
confidence = "high"
published = 2026-01-01
modified = 2026-01-02
description = "It crashes."
workaround = "Do not."

[[affected]]
gem = "ffi"
ranges = [
    { introduced = "1.0", fixed = "1.5.rc1", stable = "1.5" },
    { introduced = "2.0", fixed = "2.1" },
]
reported = "< 3"
when = { engine = ["ruby"], ruby = ">= 3.0", os = ["linux"], gem = ["oj >= 1"] }

[[upgrade]]
gem = "ffi"
version = ">= 1.5"
requires = { rubygems = ">= 3.3.22" }

[[signature]]
text = "try to mark T_NONE object"
frames = ["mark"]

[[evidence]]
type = "fix"
url = "https://example.org/fix"

[[example]]
version = "1.2"
environment = { engine = "ruby", ruby = "3.4.5", os = "linux" }
gems = ["oj 2.0"]
status = "affected"

[[example]]
version = "1.5"
environment = { engine = "ruby" }
status = "not_affected"
"""
SECOND = """
[[affected]]
engine = "mruby"
ranges = [{ introduced = "0", fixed = "3.0" }]
"""


def evaluate(advisory: Advisory, example: Example) -> Status:
    return evaluate_example(advisory, example, ruby_releases())


def problems(text: str, path: str = PATH) -> list[tuple[str, int]]:
    _, found = lint([Document(path, text)], evaluate)
    assert all(problem.text == text.splitlines()[problem.line - 1] for problem in found)
    return [(problem.code, problem.line) for problem in found]


def test_the_advisory_that_the_others_are_made_from_is_clean() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        # read
        ('kind = "unsound"', 'kind = "bad"', "wrong-value", 4),
        ("published = 2026-01-01", 'published = "yesterday"', "wrong-value", 8),
        ('severity = "high"', 'severity = "high"\nseveritiy = 1', "unknown-key", 7),
        ('introduced = "2.0"', 'introduced = "two"', "wrong-value", 17),
        ('introduced = "2.0"', 'introduced = ""', "wrong-value", 17),
        ('fixed = "2.1"', 'fixed = "unknown"', "wrong-value", 17),
        ('fixed = "2.1"', 'fixed = ""', "wrong-value", 17),
        ('fixed = "2.1"', "fixed = true", "wrong-value", 17),
        ('fixed = "2.1"', 'last_affected = "unknown"', "wrong-value", 17),
        ('stable = "1.5"', 'stable = "unknown"', "wrong-value", 16),
        ('reported = "< 3"', 'reported = "below 3"', "wrong-value", 13),
        ('ruby = ">= 3.0"', 'ruby = "> > 3"', "wrong-value", 20),
        ('gem = ["oj >= 1"]', 'gem = ["oj > > 1"]', "wrong-value", 20),
        ('version = ">= 1.5"', 'version = "new"', "wrong-value", 22),
        ('rubygems = ">= 3.3.22" }', 'rubygems = "new" }', "wrong-value", 25),
        ('type = "fix"', 'type = "rumour"', "wrong-value", 32),
        ('status = "affected"', 'status = "bad"', "wrong-value", 39),
        # identity
        ('id = "GMSA-2026-0001"', 'id = "GMSA-26-1"', "malformed-id", 1),
        ('id = "GMSA-2026-0001"', 'id = "GMSA-2026-0002"', "file-name", 1),
        ("published = 2026-01-01", "published = 2025-12-31", "id-year", 1),
        ("modified = 2026-01-02", "modified = 2025-12-31", "dates", 9),
        ("modified = 2026-01-02", "modified = 2026-01-02\nwithdrawn = 2025-12-31", "dates", 10),
        ('"Bug #20169"', '"cve-2026-1"', "duplicate-alias", 2),
        ('"Bug #20169"', '"gmsa-2026-0001"', "duplicate-alias", 2),
        # prose
        ('class = "gc-mark"', 'class = "evil"', "unknown-class", 5),
        ('"Something is not marked"', '" "', "title", 3),
        ('"Something is not marked"', '"Something."', "title", 3),
        ('"Something is not marked"', f'"{"x" * 101}"', "title", 3),
        ('"It crashes."', '"""\n"""', "description", 10),
        ('workaround = "Do not."', 'cvss = "9.8"', "cvss", 11),
        # ranges
        ('fixed = "2.1"', 'fixed = "2.1", last_affected = "2.0"', "range-end", 17),
        (', fixed = "2.1"', "", "range-end", 17),
        ('fixed = "2.1"', 'fixed = "2.0"', "empty-range", 17),
        ('fixed = "2.1"', 'last_affected = "1.9"', "empty-range", 17),
        ('introduced = "2.0"', 'introduced = "1.4"', "overlapping-ranges", 17),
        ('introduced = "2.0"', 'introduced = "0"', "overlapping-ranges", 17),
        (', stable = "1.5"', "", "stable", 16),
        ('stable = "1.5"', 'stable = "1.5.rc2"', "stable", 16),
        ('stable = "1.5"', 'stable = "1.4"', "stable", 16),
        ('reported = "< 3"', 'reported = "~> 1.2.0"', "reported", 19),
        # conditions
        ('engine = ["ruby"]', 'engine = ["cruby"]', "unknown-word", 20),
        ('os = ["linux"]', 'os = ["unix"]', "unknown-word", 20),
        ('os = ["linux"]', 'cpu = ["amd64"]', "unknown-word", 20),
        ('os = ["linux"]', 'libc = ["glibc"]', "unknown-word", 20),
        ('os = ["linux"]', 'sanitizer = ["asan"]', "unknown-word", 20),
        ('os = ["linux"]', 'jit = ["jit"]', "unknown-word", 20),
        ('os = ["linux"]', 'feature = ["no-ractor"]', "unknown-word", 20),
        ('type = "fix"', 'type = "changelog"', "condition-evidence", 20),
        # upgrades
        ('[[upgrade]]\ngem = "ffi"', '[[upgrade]]\ngem = "fii"', "upgrade-subject", 22),
        ('[[upgrade]]\ngem = "ffi"', "[[upgrade]]", "upgrade-subject", 22),
        # signatures
        ('text = "try to mark T_NONE object"\nframes = ["mark"]', "", "signature", 27),
        ('frames = ["mark"]', 'regex = "x"', "signature", 27),
        ('text = "try to mark T_NONE object"', f'text = "{"x" * 201}"', "signature", 27),
        ('text = "try to mark T_NONE object"', f'regex = "{"x" * 201}"', "signature", 27),
        ('text = "try to mark T_NONE object"', 'regex = "("', "signature", 27),
        ('text = "try to mark T_NONE object"', 'regex = "(a+)+b"', "signature", 27),
        ('frames = ["mark"]', 'frames = ["mark "]', "signature", 27),
        ('frames = ["mark"]', 'frames = [""]', "signature", 27),
        # evidence
        ("https://example.org/fix", "http://example.org/fix", "evidence-url", 33),
        ("https://example.org/fix", "https://example.org/the fix", "evidence-url", 33),
        ('type = "fix"', 'type = "condition"', "fix-evidence", 31),
        # examples
        ('status = "affected"', 'status = "under_investigation"', "no-example", 35),
        ('status = "not_affected"', 'status = "affected"', "no-example", 35),
        ('version = "1.2"', 'version = "1.5"', "example-fails", 39),
        ('version = "1.2"', 'version = "one"', "example-unreadable", 35),
        ('gems = ["oj 2.0"]', 'gems = ["oj two"]', "example-unreadable", 35),
        ('version = "1.2"', 'version = "1.2"\ngem = "fii"', "example-subject", 35),
        ('version = "1.2"', 'version = "1.2"\nengine = "ruby"', "example-subject", 35),
        ("[[upgrade]]", SECOND + "[[upgrade]]", "example-subject", 39),
    ],
)
def test_a_broken_advisory(old: str, new: str, code: str, line: int) -> None:
    assert GOOD.count(old) >= 1
    assert (code, line) in problems(GOOD.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ('[[affected]]\ngem = "ffi"\n', "[[affected]]\n", "subject", 13),
        ('[[affected]]\ngem = "ffi"\n', '[[affected]]\ngem = "ffi"\nengine = "ruby"\n', "subject", 13),
        ('[[affected]]\ngem = "ffi"\n', '[[affected]]\nengine = "cruby"\n', "unknown-engine", 14),
        ('gem = "ffi"\nranges', 'gem = "oj"\nranges', "folder", 13),
    ],
)
def test_a_broken_subject(old: str, new: str, code: str, line: int) -> None:
    assert (code, line) in problems(GOOD.replace(old, new, 1))


def _without(start: str, end: str) -> str:
    return GOOD[: GOOD.index(start)] + (GOOD[GOOD.index(end) :] if end else "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            _without("[[affected]]", "[[signature]]").replace("[[sig", "affected = []\n[[sig", 1),
            [("folder", 13), ("no-affected", 13)],
        ),
        (_without("ranges =", "when"), [("example-fails", 34), ("no-ranges", 13)]),
        (
            _without("[[evidence]]", "[[example]]").replace("\n[[affected]]", "evidence = []\n[[affected]]"),
            [("condition-evidence", 20), ("no-evidence", 12)],
        ),
        (_without("[[example]]", ""), [("no-example", 1), ("no-example", 1)]),
        (
            GOOD.replace('workaround = "Do not."', "").replace('fixed = "2.1"', "fixed = false"),
            [("workaround", 15)],
        ),
    ],
    ids=["nothing affected", "no ranges", "no evidence", "no examples", "no workaround"],
)
def test_what_is_missing(text: str, expected: list[tuple[str, int]]) -> None:
    found = sorted(problems(text))
    assert set(expected) <= set(found), found


def test_a_presumed_advisory_may_have_an_example_that_is_under_investigation() -> None:
    text = GOOD.replace('stable = "1.5" }', 'stable = "1.5", presumed = true }')
    text = text.replace('fixed = "2.1" }', 'fixed = "2.1", presumed = true }')
    assert problems(text.replace('status = "affected"', 'status = "under_investigation"')) == []
    assert problems(text) == [("example-fails", 39)]


@pytest.mark.parametrize(
    ("path", "codes"),
    [
        (PATH, []),
        ("GMSA-2026-0001.toml", [("folder", 13)]),
        ("advisories/gems/oj/GMSA-2026-0001.toml", [("folder", 13)]),
        ("advisories/rubies/ffi/GMSA-2026-0001.toml", [("folder", 13)]),
        ("advisories/gems/ffi/GMSA-2026-0002.toml", [("file-name", 1)]),
    ],
)
def test_the_place_of_a_file(path: str, codes: list[tuple[str, int]]) -> None:
    assert problems(GOOD, path) == codes


def test_several_subjects_are_told_apart_by_the_examples() -> None:
    text = GOOD.replace("[[upgrade]]", SECOND + "\n[[upgrade]]").replace("[[example]]", '[[example]]\ngem = "ffi"')
    assert problems(text) == []
    other = '\n[[example]]\nengine = "mruby"\nversion = "2.0"\nstatus = "affected"\n'
    assert problems(text + other) == []


def test_one_name_stands_for_one_advisory() -> None:
    documents = [
        Document(PATH, GOOD),
        Document(PATH.replace("0001", "0002"), GOOD.replace("GMSA-2026-0001", "GMSA-2026-0002")),
        Document("other/gems/ffi/GMSA-2026-0001.toml", GOOD.replace('["CVE-2026-1", "Bug #20169"]', "[]")),
    ]
    advisories, found = lint(reversed(documents), evaluate)
    assert [one.id for one in advisories] == ["GMSA-2026-0001", "GMSA-2026-0002", "GMSA-2026-0001"]
    assert [(problem.path, problem.code, problem.line) for problem in found] == [
        (PATH.replace("0001", "0002"), "duplicate-alias", 2),
        (PATH.replace("0001", "0002"), "duplicate-alias", 2),
        ("other/gems/ffi/GMSA-2026-0001.toml", "duplicate-id", 1),
    ]


def test_every_rule_is_in_the_table() -> None:
    modules = {module.name for module in pkgutil.iter_modules(rules.__path__)} - {"entry"}
    assert {rule.__name__.rpartition(".")[2] for rule in rules.RULES} == modules
    assert len(rules.RULES) == len(modules)
