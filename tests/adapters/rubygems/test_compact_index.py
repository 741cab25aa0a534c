"""Text of the compact index to files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemaudit.adapters.rubygems.compact_index import CompactIndex, is_gem_name, parse_index
from gemaudit.model.gem_index import GemFile
from gemaudit.model.lockfile import Dependency
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

DIGEST = "0123456789abcdef" * 4


def files(text: str) -> tuple[GemFile, ...]:
    index = parse_index(text)
    assert index.unreadable == ()
    return index.files


def test_a_line_states_everything_a_plan_asks_for() -> None:
    line = (
        f"1.17.2-x86_64-linux-musl a-b:>= 1.0&< 2,c_d.e:~> 3|checksum:{DIGEST},ruby:>= 2.5&< 3.5.dev,rubygems:> 1.3.1"
    )
    assert files(f"---\n{line}\n") == (
        GemFile(
            version="1.17.2",
            platform="x86_64-linux-musl",
            dependencies=(Dependency("a-b", ">= 1.0, < 2"), Dependency("c_d.e", "~> 3")),
            ruby=">= 2.5, < 3.5.dev",
            rubygems="> 1.3.1",
            sha256=DIGEST,
        ),
    )


@pytest.mark.parametrize("line", ["1.0", "1.0 ", "1.0 |", f"1.0 |checksum:{DIGEST}", "1.0 |ruby:>= 0,rubygems:"])
def test_what_is_not_asked_for_is_empty(line: str) -> None:
    (file,) = files(line)
    assert (file.version, file.platform, file.dependencies) == ("1.0", "ruby", ())
    assert (file.ruby, file.rubygems) == ("", "")


def test_the_header_ends_what_is_no_line() -> None:
    assert [file.version for file in files("created_at: 2024-04-01\n1.0 nonsense\n---\n1.1\n\n1.2\n")] == ["1.1", "1.2"]


def test_an_index_without_lines_has_no_files() -> None:
    assert parse_index("---\n") == parse_index("") == CompactIndex((), ())


def test_the_later_of_two_lines_counts() -> None:
    found = files("1.0 a:>= 1\n1.0-java b:>= 1\n1.0 c:>= 1\n")
    assert [(file.platform, file.dependencies[0].name) for file in found] == [("ruby", "c"), ("java", "b")]


def test_a_key_of_a_later_rubygems_is_passed_over() -> None:
    (file,) = files("1.0 |created_at:2026-01-01T00:00:00Z,ruby:>= 3")
    assert file.ruby == ">= 3"


@pytest.mark.parametrize(
    "line",
    [
        "-1.0",
        "one",
        "1..0",
        "1.0- a:>= 1",
        "1.0-../../x",
        "1.0 a:>= 1,,b:>= 1",
        "1.0 a:>= 1,",
        "1.0 :>= 1",
        "1.0 a:newer",
        "1.0\r",
        " 1.0",
        "1.0 a:>= 1:2",
        "1.0 a:>= 1&",
        "1.0 ../a:>= 1",
        "1.0 |ruby:soon",
        "1.0 |checksum:abc",
        "1.0 |ruby:>= 2,ruby:>= 3",
        f"1.0 |checksum:{DIGEST}\x1b[31m",
        "1" * 300,
        "1.0 " + "a:>= 1," * 60_000 + "a:>= 1",
        "<html>",
        "1.0\u2028 a:>= 1",
    ],
)
def test_half_of_a_malformed_line_is_not_believed(line: str) -> None:
    assert parse_index(f"---\n0.9\n{line}\n1.1\n") == CompactIndex(
        (GemFile(version="0.9"), GemFile(version="1.1")), (3,)
    )


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "a:b", "-", "é", "a\n", "a" * 256, "%2e"])
def test_what_would_be_no_path_is_no_name(name: str) -> None:
    assert not is_gem_name(name)


NUMBERS = st.lists(st.integers(0, 99), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
VERSIONS = st.one_of(NUMBERS, NUMBERS.map(lambda text: f"{text}.rc1"))
REQUIREMENTS = st.lists(
    st.tuples(st.sampled_from(["=", "!=", ">=", "<=", "~>", ">", "<"]), VERSIONS).map(" ".join),
    min_size=1,
    max_size=3,
    unique=True,
)
NAMES = st.from_regex(r"[a-z][a-z0-9._-]{0,9}", fullmatch=True)
DEMANDS = REQUIREMENTS.filter(lambda parts: not Requirement.parse(parts).is_none).map(", ".join) | st.just("")
FILES = st.builds(
    GemFile,
    version=VERSIONS,
    platform=st.sampled_from(["ruby", "java", "x86_64-linux", "x86_64-linux-musl", "universal-darwin-21"]),
    dependencies=st.lists(st.builds(Dependency, NAMES, REQUIREMENTS.map(", ".join)), max_size=4).map(tuple),
    ruby=DEMANDS,
    rubygems=DEMANDS,
    sha256=st.from_regex(r"[0-9a-f]{64}", fullmatch=True) | st.just(""),
)


def line_of(file: GemFile) -> str:
    """How a server writes a file."""
    release = file.version if file.platform == "ruby" else f"{file.version}-{file.platform}"
    dependencies = ",".join(f"{item.name}:{item.requirement.replace(', ', '&')}" for item in file.dependencies)
    demands = {"checksum": file.sha256, "ruby": file.ruby, "rubygems": file.rubygems}
    stated = ",".join(f"{key}:{value.replace(', ', '&')}" for key, value in demands.items() if value)
    return f"{release} {dependencies}|{stated}"


@given(st.lists(FILES, unique_by=lambda file: (file.version, file.platform), max_size=5))
def test_what_a_server_writes_is_read_again(written: list[GemFile]) -> None:
    text = "".join(f"{line}\n" for line in ["---", *map(line_of, written)])
    index = parse_index(text)
    assert index == CompactIndex(tuple(written), ())


@given(st.text() | st.text(alphabet="01.-:|,&> \n<=~ra") | st.binary().map(lambda data: data.decode(errors="replace")))
def test_no_text_is_refused_and_no_line_disappears(text: str) -> None:
    index = parse_index(text)
    lines = text.split("\n")
    body = lines[lines.index("---") + 1 :] if "---" in lines else lines
    assert len(index.files) + len(index.unreadable) <= sum(1 for line in body if line.strip())
    assert all(lines[number - 1].strip() for number in index.unreadable)
    for file in index.files:
        Version.parse(file.version)
        Requirement.parse(file.ruby.split(", ") if file.ruby else None)
        assert all(Requirement.parse(dependency.requirement) for dependency in file.dependencies)
