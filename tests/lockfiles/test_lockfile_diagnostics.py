"""What the reader says about files and lines that are not what they should be."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gemaudit.lockfiles import (
    MAX_BYTES,
    MAX_GEMS,
    MAX_LINE,
    MAX_PLATFORMS,
    MAX_VERSIONS,
    read,
    read_bytes,
    spec_line,
)
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.lockfile import Lockfile

GEM = "GEM\n  remote: https://rubygems.org/\n  specs:\n"


def only(lockfile: Lockfile) -> Diagnostic:
    (diagnostic,) = lockfile.diagnostics
    assert diagnostic.path == "Gemfile.lock"
    assert diagnostic.message[0].islower() or not diagnostic.message[0].isalpha()
    assert not diagnostic.message.endswith(".")
    assert diagnostic.hint
    return diagnostic


def marked(diagnostic: Diagnostic) -> str:
    start = diagnostic.column - 1
    return diagnostic.text[start : start + diagnostic.length]


@pytest.mark.parametrize("text", ["", "\n", "\ufeff", " \t\r\n\r\n  "])
def test_empty(text: str) -> None:
    diagnostic = only(read("Gemfile.lock", text))
    assert (diagnostic.code, diagnostic.level) == ("empty-lockfile", "error")
    assert only(read_bytes("Gemfile.lock", text.encode())).code == "empty-lockfile"


@pytest.mark.parametrize(
    ("text", "likeness"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n", "git-LFS"),
        ('source "https://rubygems.org"\n\ngem "rails"\n', "Gemfile"),
        ("# frozen_string_literal: true\nsource 'https://rubygems.org'\n", "Gemfile"),
        ('{"message": "Not Found"}', "JSON"),
        ("<!DOCTYPE html>\n<html>", "web page"),
        ("---\nspecs: []\n", "YAML"),
        ("# A project\n\nIt does things.\n", "text"),
        ("\0\1\2\3", "binary"),
        ("gem\n  specs:\n    rails (1.0)\n", "text"),
    ],
)
def test_not_a_lockfile(text: str, likeness: str) -> None:
    diagnostic = only(read("Gemfile.lock", text))
    assert (diagnostic.code, diagnostic.level) == ("not-a-lockfile", "error")
    assert likeness in diagnostic.message


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", "=======", ">>>>>>> feature", "||||||| 1a2b3c"])
def test_conflict_marker(marker: str) -> None:
    lockfile = read("Gemfile.lock", f"{GEM}    one (1.0)\n{marker}\n    two (2.0)\n")
    diagnostic = only(lockfile)
    assert (diagnostic.code, diagnostic.level, diagnostic.line) == ("merge-conflict", "error", 5)
    assert marked(diagnostic) == marker[:7]
    assert [package.name for package in lockfile.packages] == ["one", "two"]


def test_conflict_names_the_first_marker_and_both_sides_are_read() -> None:
    lines = ["<<<<<<< HEAD", "    one (1.0)", "||||||| base", "=======", "    one (2.0)", ">>>>>>> other"]
    lockfile = read("Gemfile.lock", GEM + "\n".join(lines))
    assert only(lockfile).line == 4
    assert [package.version for package in lockfile.packages] == ["1.0", "2.0"]


def test_conflict_hint_quotes_the_path() -> None:
    (diagnostic,) = read("my app/Gemfile.lock", f"{GEM}=======\n").diagnostics
    assert "git checkout HEAD -- 'my app/Gemfile.lock'" in diagnostic.hint


@pytest.mark.parametrize(
    ("data", "place"), [(b"GEM\n  remote: caf\xe9\n", (2, 14)), (b"GEM\r\n\xff\r\n", (2, 1)), (b"\xc3", (1, 1))]
)
def test_not_utf_8(data: bytes, place: tuple[int, int]) -> None:
    diagnostic = only(read_bytes("Gemfile.lock", data))
    assert (diagnostic.code, diagnostic.level) == ("not-utf-8", "error")
    assert (diagnostic.line, diagnostic.column) == place
    assert marked(diagnostic) == "\ufffd"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_named(encoding: str) -> None:
    diagnostic = only(read_bytes("Gemfile.lock", GEM.encode(encoding)))
    assert diagnostic.code == "not-utf-8"
    assert "UTF-16" in diagnostic.message
    assert "iconv -f UTF-16" in diagnostic.hint


def test_too_large() -> None:
    diagnostic = only(read_bytes("Gemfile.lock", b"\n" * (MAX_BYTES + 1)))
    assert (diagnostic.code, diagnostic.level) == ("too-large", "error")
    assert only(read("Gemfile.lock", "\n" * (MAX_BYTES + 1))).code == "too-large"


def test_line_too_long() -> None:
    diagnostic = only(read("Gemfile.lock", f"{GEM}    one (1.0)\n{'a' * (MAX_LINE + 1)}\n"))
    assert (diagnostic.code, diagnostic.level, diagnostic.line) == ("line-too-long", "error", 5)
    assert diagnostic.text == "a" * 120
    assert diagnostic.length == 120


def specs(*entries: str) -> str:
    return GEM + "".join(f"    {entry}\n" for entry in entries)


MANY_GEMS = [f"gem{number} (1.0)" for number in range(MAX_GEMS + 1)]
MANY_VERSIONS = [f"one (1.{number})" for number in range(MAX_VERSIONS + 1)]
MANY_PLATFORMS = [f"x{number}-linux" for number in range(MAX_PLATFORMS + 1)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (specs(*MANY_GEMS), "too-many-gems"),
        (specs(*MANY_VERSIONS), "too-many-versions"),
        (specs(*(f"one (1.0-{platform})" for platform in MANY_PLATFORMS)), "too-many-platforms"),
        (specs("one (1.0)") + "\nPLATFORMS\n  " + "\n  ".join(MANY_PLATFORMS), "too-many-platforms"),
        (
            specs(*(f"one (1.0-{platform})" for platform in MANY_PLATFORMS[: MAX_PLATFORMS // 2]))
            + "\nPLATFORMS\n  "
            + "\n  ".join(MANY_PLATFORMS[MAX_PLATFORMS // 2 :]),
            "too-many-platforms",
        ),
        ("\tjunk\n" * 300 + specs(*MANY_GEMS), "too-many-gems"),
    ],
    ids=["gems", "versions", "platforms of gems", "platforms", "platforms of both", "behind junk"],
)
def test_a_lockfile_that_names_more_than_any_does_is_refused_whole(text: str, code: str) -> None:
    lockfile = read("Gemfile.lock", text)
    assert (only(lockfile).code, only(lockfile).level) == (code, "error")
    assert not lockfile.is_readable
    assert (lockfile.packages, lockfile.platforms, lockfile.dependencies) == ((), (), ())


@pytest.mark.parametrize(
    "text",
    [
        specs(*MANY_GEMS[:-1]),
        specs(*MANY_VERSIONS[:-1], *(f"two (1.{number})" for number in range(MAX_VERSIONS))),
        specs("one (1.0-x0-linux)") + "\nPLATFORMS\n  " + "\n  ".join(MANY_PLATFORMS[:-1]),
        specs(*(f"one (1.0-{platform})" for platform in MANY_PLATFORMS[:-1])),
        specs(*["one (1.0)"] * (MAX_GEMS + 1)),
    ],
    ids=["gems", "versions", "platforms", "variants", "one gem again and again"],
)
def test_a_lockfile_at_a_bound_is_read(text: str) -> None:
    assert read("Gemfile.lock", text).diagnostics == ()


def test_a_version_too_many_is_pointed_at() -> None:
    diagnostic = only(read("Gemfile.lock", specs(*MANY_VERSIONS)))
    assert (diagnostic.line, marked(diagnostic)) == (4 + MAX_VERSIONS, f"one (1.{MAX_VERSIONS})")


def test_a_platform_has_at_most_100_characters() -> None:
    longest = "a" * 94 + "-linux"
    lockfile = read("Gemfile.lock", specs(f"one (1.0-{longest})") + f"\nPLATFORMS\n  {longest}\n")
    assert ([package.platform for package in lockfile.packages], lockfile.platforms) == ([longest], (longest,))
    lockfile = read("Gemfile.lock", specs(f"one (1.0-a{longest})") + f"\nPLATFORMS\n  a{longest}\n")
    assert [found.code for found in lockfile.diagnostics] == ["unreadable-spec", "unreadable-line"]
    assert (lockfile.packages, lockfile.is_readable) == ((), False)


@pytest.mark.parametrize(
    "line",
    [
        *("    one", "    one 1.0", "    one ()", "    one ( )", "    one (1.0", "    one two (1.0)", "    (1.0)"),
        *("    one (1.0) a b", "    on\x00e (1.0)", "    $(rm) (1.0)", "    one (1.0-a b)", "    `one` (1.0)"),
        *(
            "  one (1.0)",
            "   one (1.0)",
            "     one (1.0)",
            "\tone (1.0)",
            "\t\tone (1.0)",
            "  \tone (1.0)",
            " one (1.0)",
        ),
        *("    one\u00a0(1.0)", "    \u00a0one (1.0)", "    one(1.0)", "    one (-java)"),
    ],
)
def test_unreadable_spec(line: str) -> None:
    lockfile = read("Gemfile.lock", f"{GEM}    zero (1)\n{line}\n      dependency\n    two (2)\n")
    diagnostic = only(lockfile)
    assert (diagnostic.code, diagnostic.level, diagnostic.line) == ("unreadable-spec", "error", 5)
    assert diagnostic.column == len(line) - len(line.lstrip()) + 1
    assert [package.name for package in lockfile.packages] == ["zero", "two"]


def test_dependencies_of_an_unreadable_spec_are_not_those_of_the_gem_above() -> None:
    lockfile = read("Gemfile.lock", f"{GEM}    zero (1)\n    one\n      dependency\n")
    assert lockfile.packages[0].dependencies == ()


@pytest.mark.parametrize(
    ("line", "version"),
    [("    one (1..0)", "1..0"), ("    one (v1.0-java)", "v1.0"), ("    one (1.0) (2.0)", "1.0) (2.0")],
)
def test_malformed_version(line: str, version: str) -> None:
    diagnostic = only(read("Gemfile.lock", f"{GEM}{line}\n"))
    assert (diagnostic.code, diagnostic.level, diagnostic.line) == ("malformed-version", "error", 4)
    assert marked(diagnostic) == version


@pytest.mark.parametrize("requirement", ["junk", ">= 1, ,< 2", "=> 1"])
def test_malformed_requirement(requirement: str) -> None:
    lockfile = read("Gemfile.lock", f"{GEM}    one (1.0)\n      two ({requirement})\n")
    diagnostic = only(lockfile)
    assert (diagnostic.code, diagnostic.level, diagnostic.line) == ("malformed-requirement", "warning", 5)
    assert marked(diagnostic) == requirement
    assert lockfile.packages[0].dependencies[0].requirement == ">= 0"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{GEM}      two\n    one (1.0)\n", 4),
        (f"{GEM}    one (1.0)\n      two three four\n", 5),
        (f"{GEM}    one (1.0)\n          two (= 1)\n", 5),
        (f"{GEM}    one (1.0)\n  remote: elsewhere\n", 5),
        ("GEM\n  what is this\n  specs:\n", 2),
        ("PLATFORMS\n ruby\n", 2),
        ("PLATFORMS\n\truby\n", 2),
        ("PLATFORMS\n  x86 linux\n", 2),
        ("DEPENDENCIES\n    one\n", 2),
        ("DEPENDENCIES\n  one two (1)\n", 2),
        ("CHECKSUMS\n  one\n", 2),
        ("CHECKSUMS\n    one (1.0) sha256=00\n", 2),
        ("  stray\nGEM\n", 1),
    ],
)
def test_unreadable_line(text: str, line: int) -> None:
    diagnostic = only(read("Gemfile.lock", text))
    assert (diagnostic.code, diagnostic.level, diagnostic.line) == ("unreadable-line", "warning", line)


@pytest.mark.parametrize("digest", ["sha256=456", "sha256=" + "g" * 64, "junk", "sha512="])
def test_malformed_checksum(digest: str) -> None:
    lockfile = read("Gemfile.lock", f"CHECKSUMS\n  one (1.0) {digest}\n")
    diagnostic = only(lockfile)
    assert (diagnostic.code, diagnostic.level, marked(diagnostic)) == ("malformed-checksum", "warning", digest)
    assert lockfile.checksums[0].digests == ()


def test_unknown_section() -> None:
    lockfile = read("Gemfile.lock", f"{GEM}    one (1.0)\n\nMETADATA\n  two: 2\n\nBUNDLED WITH\n   2.0\n")
    diagnostic = only(lockfile)
    assert (diagnostic.code, diagnostic.level, diagnostic.line) == ("unknown-section", "warning", 6)
    assert marked(diagnostic) == "METADATA"
    assert (len(lockfile.packages), lockfile.bundled_with) == (1, "2.0")


def test_unknown_section_with_gems_is_an_error() -> None:
    diagnostic = only(read("Gemfile.lock", f"{GEM}\nREGISTRY\n  specs:\n    one (1.0)\n"))
    assert (diagnostic.code, diagnostic.level, diagnostic.line) == ("unknown-section", "error", 5)


def test_gems_above_the_first_section_are_an_error() -> None:
    diagnostic = only(read("Gemfile.lock", "    one (1.0)\n    two (2.0)\n\nPLATFORMS\n  ruby\n"))
    assert (diagnostic.code, diagnostic.level, diagnostic.line) == ("unreadable-spec", "error", 1)


def test_block_without_specs_is_read() -> None:
    lockfile = read("Gemfile.lock", "GEM\n  remote: https://rubygems.org/\n    one (1.0)\n")
    assert (only(lockfile).code, only(lockfile).level) == ("missing-specs", "warning")
    assert lockfile.packages[0].origin.remotes == ("https://rubygems.org/",)


def test_duplicate_section() -> None:
    lockfile = read("Gemfile.lock", "PLATFORMS\n  ruby\n\nPLATFORMS\n  java\n  ruby\n")
    diagnostic = only(lockfile)
    assert (diagnostic.code, diagnostic.level, diagnostic.line) == ("duplicate-section", "warning", 4)
    assert (lockfile.platforms, lockfile.platform_lines) == (("ruby", "java"), (2, 5))


@pytest.mark.parametrize("text", ["ruby", "ruby three", "3.4.5", "ruby 3.4", "ruby 3.4.5..", "ruby " + "1.1.1 (" * 90])
def test_unreadable_ruby(text: str) -> None:
    lockfile = read("Gemfile.lock", f"RUBY VERSION\n   {text}\n")
    assert (only(lockfile).code, only(lockfile).level, lockfile.ruby) == ("unreadable-ruby", "warning", None)


def test_unreadable_bundled_with() -> None:
    lockfile = read("Gemfile.lock", "BUNDLED WITH\n   2.5.22\n   latest\n")
    assert (only(lockfile).code, only(lockfile).line) == ("unreadable-bundled-with", 3)
    assert (lockfile.bundled_with, lockfile.bundled_with_line) == ("2.5.22", 2)


def test_remarks_are_limited_and_the_rest_is_counted() -> None:
    diagnostics = read("Gemfile.lock", GEM + "  junk\n" * 300 + "    one\n").diagnostics
    assert len(diagnostics) == 201
    assert (diagnostics[-1].code, diagnostics[-1].level) == ("too-many-problems", "error")
    assert "101 more" in diagnostics[-1].message


def test_quoted_text_has_no_credentials_and_no_control_characters() -> None:
    diagnostic = only(read("Gemfile.lock", f"{GEM}    one\x1b[31m\u202e https://me:hunter2@example.org/\n"))
    assert diagnostic.text == "    one\ufffd[31m\ufffd https://example.org/"
    assert "hunter2" not in repr(diagnostic)


@pytest.mark.parametrize(
    "text",
    [
        GEM + "    one (1.0)\n" * 70_000,
        GEM + "      one (= 1.0)\n" * 55_000,
        GEM + "junk\n" * 150_000,
        GEM + ("    " + "a (" * 3_300 + "\n") * 100,
        GEM + ("    " + "a (1.0)-" * 1_240 + "\n") * 100,
        GEM + ("    one (" + "1." * 4_900 + ")\n") * 100,
        GEM + "    one (1.0)\n" + ("      two (" + ">= 1, " * 1_600 + ")\n") * 100,
        "CHECKSUMS\n" + ("  one (1.0) " + "sha256=00," * 990 + "\n") * 100,
        "RUBY VERSION\n" + ("   " + "ruby 1.1.1 (" * 800 + "\n") * 100,
        "GEM\n" + ("  remote: " + "https://a:b@" * 800 + "\n") * 100,
        "GEM\n" + ("  remote: " + "a@b:" * 2_000 + " ?" * 900 + "\n") * 100,
        "=======" * 1_400 + "\n" + "=======\n" * 100_000,
        "\r" * 1_000_000,
        (" " * 9_999 + "\n" + "\t" * 9_999 + "\n") * 50,
    ],
    ids=range(14),
)
def test_large_inputs_take_time_in_proportion(text: str) -> None:
    assert len(text) <= MAX_BYTES
    assert max(map(len, text.splitlines())) <= MAX_LINE
    started = time.process_time()
    read("Gemfile.lock", text)
    assert time.process_time() - started < 5


def test_the_page_names_the_bounds() -> None:
    page = Path("docs/messages.md").read_text(encoding="utf-8")
    for code, bound in (
        ("too-large", f"{MAX_BYTES // 2**20} MiB"),
        ("line-too-long", f"{MAX_LINE:,} characters"),
        ("too-many-gems", f"{MAX_GEMS:,} gems"),
        ("too-many-platforms", f"{MAX_PLATFORMS} platforms"),
        ("too-many-versions", f"{MAX_VERSIONS} versions"),
    ):
        assert f"| `{code}` | error | {bound}" in page


@pytest.mark.parametrize("reader", [spec_line.source_line, spec_line.item, spec_line.spec])
def test_short_lines_are_remembered_and_long_ones_are_not(reader: Callable[[str], object]) -> None:
    indentation = {"source_line": 4, "item": 2, "spec": 0}[reader.__name__]
    short = " " * indentation + "remembered (1.0)"
    long = " " * indentation + "n" * 200 + " (1.0)"
    assert reader(short) is not None
    assert reader(short) is reader(short)
    assert reader(long) == reader(long)
    assert reader(long) is not reader(long)
