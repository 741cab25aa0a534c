"""Laws of the lockfile reader, over lockfiles made at random and over anything else."""

import random
import string

import lockfile_texts
from hypothesis import given
from hypothesis import strategies as st

from gemaudit.lockfiles import read, read_bytes
from gemaudit.model.lockfile import Lockfile
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

SEEDS = st.integers(0, 2**32).map(random.Random)
#: Pieces of lockfiles, in any order: closer to a lockfile than text at random, and further from one that is right.
PIECES = st.lists(
    st.one_of(
        st.sampled_from(["GEM", "GIT", "PATH", "PLUGIN SOURCE", "PLATFORMS", "DEPENDENCIES", "CHECKSUMS"]),
        st.sampled_from(
            ["RUBY VERSION", "BUNDLED WITH", "NEW SECTION", "  specs:", "  remote: a", "=======", "\ufeff"]
        ),
        st.sampled_from(["\n", "\r\n", "\r", "\n\n", " ", "  ", "    ", "      ", "\t", "(", ")", "-", "!", ",", "\0"]),
        st.sampled_from(["one", "1.0", " (1.0)", " (1.0-java)", "    two (2)\n", " sha256=", "ruby 3.4.5", ">= 1"]),
        st.text(max_size=5),
    )
).map("".join)


def without_lines(lockfile: Lockfile) -> tuple[object, ...]:
    return (
        {
            (
                package.name,
                package.version,
                package.platform,
                package.origin.kind,
                package.origin.remotes,
                package.origin.options,
                tuple((item.name, item.requirement) for item in package.dependencies),
            )
            for package in lockfile.packages
        },
        lockfile.platforms,
        {(item.name, item.requirement, item.pinned) for item in lockfile.dependencies},
        {(item.name, item.version, item.platform, item.digests) for item in lockfile.checksums},
        lockfile.ruby and lockfile.ruby.text,
        lockfile.bundled_with,
        {diagnostic.code for diagnostic in lockfile.diagnostics},
    )


@given(st.one_of(PIECES, st.text(st.characters()), st.text(string.printable)))
def test_no_text_raises_and_nothing_is_said_that_cannot_be_shown(text: str) -> None:
    lockfile = read("Gemfile.lock", text)
    for diagnostic in lockfile.diagnostics:
        assert diagnostic.text.isprintable()
        assert len(diagnostic.text) <= 120
        assert diagnostic.message.isprintable()
        assert diagnostic.hint
        assert 0 <= diagnostic.length <= 120
        assert 0 <= diagnostic.line <= len(text) + 1


@given(PIECES)
def test_what_is_read_can_be_used(text: str) -> None:
    lockfile = read("Gemfile.lock", text)
    for package in lockfile.packages:
        Version.parse(package.version)
        for dependency in package.dependencies:
            Requirement.parse(dependency.requirement)
    for wanted in lockfile.dependencies:
        Requirement.parse(wanted.requirement)
    if lockfile.bundled_with:
        Version.parse(lockfile.bundled_with)


@given(st.one_of(st.binary(), st.text().map(lambda text: text.encode("utf-16")), PIECES.map(str.encode)))
def test_no_bytes_raise(data: bytes) -> None:
    lockfile = read_bytes("Gemfile.lock", data)
    assert lockfile.packages or lockfile.diagnostics or lockfile.is_readable


@given(SEEDS)
def test_every_specification_is_a_package(chance: random.Random) -> None:
    made = lockfile_texts.text(chance)
    lockfile = read("Gemfile.lock", str(made))
    assert [(package.name, package.version, package.platform) for package in lockfile.packages] == made.specs
    assert lockfile.diagnostics == ()


@given(SEEDS, st.sampled_from(["", " ", "  ", "\t"]), st.sampled_from([" (", ")", "(", "1", " "]))
def test_every_damaged_specification_is_a_package_or_a_diagnostic(
    chance: random.Random, indentation: str, lost: str
) -> None:
    made = lockfile_texts.text(chance)
    lines = str(made).split("\n")
    places = [number for number, line in enumerate(lines) if line[:4] == "    " and line[4:5] != " " and "(" in line]
    if not places:
        return
    place = chance.choice(places)
    lines[place] = indentation + lines[place].replace(lost, "", 1)
    lockfile = read("Gemfile.lock", "\n".join(lines))
    named = {package.line for package in lockfile.packages} | {found.line for found in lockfile.diagnostics}
    depended_on = {found.line for package in lockfile.packages for found in package.dependencies}
    assert place + 1 in named | depended_on


@given(SEEDS)
def test_lines_point_at_what_they_name(chance: random.Random) -> None:
    lines = str(lockfile_texts.text(chance)).split("\n")
    lockfile = read("Gemfile.lock", "\n".join(lines))
    for package in lockfile.packages:
        assert lines[package.line - 1].startswith(f"    {package.name} ({package.version}")
        assert lines[package.origin.line - 1] == {"gem": "GEM", "git": "GIT", "path": "PATH"}[package.origin.kind]
        for dependency in package.dependencies:
            assert lines[dependency.line - 1].split()[0] == dependency.name
    for wanted in lockfile.dependencies:
        assert lines[wanted.line - 1].split()[0].rstrip("!") == wanted.name
    for platform, line in zip(lockfile.platforms, lockfile.platform_lines, strict=True):
        assert lines[line - 1] == f"  {platform}"
    if lockfile.ruby:
        assert lines[lockfile.ruby.line - 1].strip() == lockfile.ruby.text
    if lockfile.bundled_with:
        assert lines[lockfile.bundled_with_line - 1].strip() == lockfile.bundled_with


@given(SEEDS)
def test_sections_may_stand_in_any_order(chance: random.Random) -> None:
    made = lockfile_texts.text(chance)
    assert without_lines(read("Gemfile.lock", made.shuffled(chance))) == without_lines(read("Gemfile.lock", str(made)))


@given(SEEDS, st.sampled_from(["\r\n", "\r"]))
def test_line_endings_change_nothing(chance: random.Random, ending: str) -> None:
    text = str(lockfile_texts.text(chance))
    assert read("Gemfile.lock", text.replace("\n", ending)) == read("Gemfile.lock", text)


@given(PIECES)
def test_reading_twice_gives_the_same(text: str) -> None:
    assert read("Gemfile.lock", text) == read("Gemfile.lock", text)
