"""GMSH-0001, GMSH-0002 and GMSH-0003: the file that is installed was made for another libc."""

from types import ModuleType
from unittest.mock import Mock

import pytest
from hazard_cases import locked, look, machine, missing, status

from gemaudit.hazards import (
    by_libc,
    forced,
    glibc_on_musl,
    installed,
    musl_on_glibc,
    uninstrumented,
    untried_on_musl,
)
from gemaudit.hazards.hazard import Hazard
from gemaudit.hazards.installed import file_answer
from gemaudit.model.document import Document
from gemaudit.model.platform import best_variant

PROTOBUF = "google-protobuf 3.25.0"
PLAIN = locked({PROTOBUF: ("x86_64-linux",)}, ["x86_64-linux"])
WITH_SOURCE = locked({PROTOBUF: ("ruby", "x86_64-linux")})
BOTH = locked({PROTOBUF: ("aarch64-linux", "x86_64-linux")})
GNU = locked({"ffi 1.17.0": ("x86_64-linux-gnu",)})
MUSL = locked({"ffi 1.17.0": ("x86_64-linux-musl",)})
MUSL_OR_SOURCE = locked({"ffi 1.17.0": ("ruby", "x86_64-linux-musl")})
EACH = locked({"ffi 1.17.0": ("ruby", "x86_64-linux-gnu", "x86_64-linux-musl")})
SOURCE = locked({PROTOBUF: ("ruby",)})
MAC = locked({PROTOBUF: ("arm64-darwin",)})
NOKOGIRI = locked({"nokogiri 1.16.2": ("aarch64-linux", "x86_64-linux")})
UNHEARD_OF = locked({"unheard-of 1.0": ("x86_64-linux",)})
OLD = {"rubygems": "3.3.7", "bundler": "2.3.7"}

MUSL_TABLE = [
    (PLAIN, {}, "affected"),
    (PLAIN, {"cpu": "arm64"}, "affected"),  # it cannot be installed there, and offers nothing for musl
    (PLAIN, {"cpu": ""}, "affected"),
    (PLAIN, {"libc": "gnu"}, ""),
    (PLAIN, {"libc": ""}, "under_investigation"),
    (PLAIN, {"libc": "", "os": ""}, "under_investigation"),
    (PLAIN, {"libc": "", "os": "darwin"}, ""),
    (PLAIN, {"engine": "jruby", "ruby": ""}, ""),
    (PLAIN, {"engine": ""}, "under_investigation"),
    (PLAIN, OLD, "affected"),
    (PLAIN, {"rubygems": "", "bundler": ""}, "affected"),
    (WITH_SOURCE, {}, "affected"),
    (WITH_SOURCE, {"cpu": "arm64"}, ""),
    (WITH_SOURCE, {"cpu": ""}, "under_investigation"),
    (BOTH, {"cpu": ""}, "affected"),
    (GNU, {}, ""),  # not installed on musl since RubyGems 3.3.22 and Bundler 2.3.21
    (GNU, OLD, "affected"),
    (GNU, {"rubygems": "3.3.7"}, ""),
    (GNU, {"rubygems": "", "bundler": ""}, "under_investigation"),
    (MUSL, {}, ""),
    (EACH, {}, ""),
    (EACH, OLD, ""),
    (SOURCE, {}, ""),
    (MAC, {}, ""),
    (NOKOGIRI, {}, ""),
    (NOKOGIRI, {"cpu": "arm64"}, "affected"),
    (NOKOGIRI, {"cpu": ""}, "under_investigation"),
    (UNHEARD_OF, {}, ""),
]
UNTRIED_TABLE = [
    (UNHEARD_OF, {}, "affected"),
    (UNHEARD_OF, {"libc": ""}, ""),
    (UNHEARD_OF, {"libc": "gnu"}, ""),
    (UNHEARD_OF, {"engine": "jruby", "ruby": ""}, ""),
    (locked({"unheard-of 1.0": ("ruby", "x86_64-linux")}), {"cpu": ""}, "under_investigation"),
    (locked({"unheard-of 1.0": ("x86_64-linux", "x86_64-linux-musl")}), {}, ""),
    (PLAIN, {}, ""),
    (NOKOGIRI, {}, ""),
    (SOURCE, {}, ""),
]
GLIBC_TABLE = [
    (MUSL, {"libc": "gnu"}, ""),
    (MUSL, {"libc": "gnu", **OLD}, "affected"),
    (MUSL, {"libc": "gnu", "rubygems": "3.3.7"}, ""),
    (MUSL, {"libc": "gnu", "rubygems": "", "bundler": ""}, "under_investigation"),
    (MUSL, {"libc": "gnu", "rubygems": "3.3.7", "bundler": ""}, "under_investigation"),
    (MUSL, {"libc": "", **OLD}, "under_investigation"),
    (MUSL, {"libc": "musl", **OLD}, ""),
    (MUSL_OR_SOURCE, {"libc": "gnu", **OLD}, "affected"),
    (MUSL_OR_SOURCE, {"libc": "gnu", "cpu": "", **OLD}, "under_investigation"),
    (EACH, {"libc": "gnu", **OLD}, ""),
    (GNU, {"libc": "gnu", **OLD}, ""),
    (PLAIN, {"libc": "gnu", **OLD}, ""),
]
TABLES: list[tuple[Hazard, object, dict[str, str], str]] = [
    (hazard, lock, values, expected)
    for hazard, table in ((glibc_on_musl, MUSL_TABLE), (untried_on_musl, UNTRIED_TABLE), (musl_on_glibc, GLIBC_TABLE))
    for lock, values, expected in table
]


@pytest.mark.parametrize(("hazard", "lock", "values", "expected"), TABLES)
def test_where_it_holds(hazard: Hazard, lock, values: dict[str, str], expected: str) -> None:  # type: ignore[no-untyped-def]
    assert status(hazard, lock, machine(**values)) == expected


def test_what_would_decide_is_named() -> None:
    assert missing(glibc_on_musl, PLAIN, machine(libc="")) == [("libc", "musl")]
    assert missing(glibc_on_musl, PLAIN, machine(engine="")) == [("engine", "ruby")]
    assert missing(glibc_on_musl, WITH_SOURCE, machine(cpu="")) == [("cpu", "x86_64")]
    assert missing(glibc_on_musl, GNU, machine(rubygems="", bundler="")) == [("rubygems", "< 3.3.22")]
    assert missing(musl_on_glibc, MUSL, machine(libc="gnu", rubygems="3.3.7", bundler="")) == [("bundler", "< 2.3.21")]


def test_a_finding_names_package_variants_and_line() -> None:
    lock = locked({"rack 3.0": ("ruby",), PROTOBUF: ("ruby", "arm64-darwin", "x86_64-linux")})
    [found] = look(glibc_on_musl, lock, machine(), machine("ci", libc="gnu"))
    assert (found.package.name, found.package.version) == ("google-protobuf", "3.25.0")
    assert found.package.platforms == ("ruby", "arm64-darwin", "x86_64-linux")
    assert found.line == 7
    assert [(one.environment, one.status) for one in found.verdicts] == [
        ("ci", "not_affected"),
        ("production", "affected"),
    ]


@pytest.mark.parametrize(
    ("spec", "cpu", "confidence"),
    [(PROTOBUF, "x86_64", "medium"), ("grpc 1.62.0", "x86_64", "high"), ("sqlite3 1.7.0", "arm64", "high")],
)
def test_the_confidence_is_that_of_what_is_known(spec: str, cpu: str, confidence: str) -> None:
    lock = locked({spec: ("aarch64-linux", "x86_64-linux")})
    [found] = look(glibc_on_musl, lock, machine(cpu=cpu))
    assert found.confidence == confidence


def test_a_file_that_is_for_glibc_by_its_name_needs_no_further_knowledge() -> None:
    [found] = look(glibc_on_musl, GNU, machine(**OLD))
    assert found.confidence == "high"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ENV BUNDLE_FORCE_RUBY_PLATFORM=true", "not_affected"),
        ('ENV BUNDLE_FORCE_RUBY_PLATFORM="1"', "not_affected"),
        ("RUN bundle config set --local force_ruby_platform true && bundle install", "not_affected"),
        ("ENV BUNDLE_FORCE_RUBY_PLATFORM=false", "affected"),
        ("# ENV BUNDLE_FORCE_RUBY_PLATFORM=true", "affected"),
    ],
)
def test_an_environment_that_compiles_everything_installs_no_such_file(line: str, expected: str) -> None:
    dockerfile = Document("Dockerfile", f"FROM ruby:3.4.5-alpine\n{line}\n")
    place = machine()
    here = type(place)(
        id=place.id, facts=tuple(type(one)(name=one.name, value=one.value, path="Dockerfile") for one in place.facts)
    )
    found = look(glibc_on_musl, PLAIN, here, machine("other"), documents=(dockerfile,))
    assert [one.status for one in found[0].verdicts if one.environment == "production"] == [expected]


def test_processors_that_a_lockfile_makes_up_are_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    best = Mock(wraps=best_variant)
    monkeypatch.setattr(installed, "best_variant", best)
    lock = locked({"made-up 1.0": tuple(f"cpu{number}-linux-gnu" for number in range(200))})
    assert status(glibc_on_musl, lock, machine(cpu="", rubygems="", bundler="")) == ""
    assert {call.args[1].cpu for call in best.call_args_list} == {"x86_64", "aarch64"}


@pytest.mark.parametrize(
    ("hazard", "module"), [(glibc_on_musl, by_libc), (uninstrumented, uninstrumented)], ids=["libc", "sanitizer"]
)
def test_gems_with_the_same_variants_are_looked_at_once(
    hazard: Hazard, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Mock(wraps=file_answer)
    monkeypatch.setattr(module, "file_answer", answer)
    lock = locked({f"gem{number} 1.0": ("ruby", "x86_64-linux-gnu") for number in range(100)})
    places = [machine(name, sanitizer=("address",), **OLD) for name in ("one", "other")]
    found = look(hazard, lock, *places)
    assert [one.package.name for one in found] == sorted(f"gem{number}" for number in range(100))
    assert len({one.line for one in found}) == 100
    assert answer.call_count == len(places)


def test_a_file_is_searched_once_for_what_makes_bundler_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    search = Mock(wraps=forced._forcing_line)
    monkeypatch.setattr(forced, "_forcing_line", search)
    document = Document("Dockerfile", "# force_ruby_platform\n" * 10)
    places = [machine(f"m{number}", sanitizer=("address",)) for number in range(50)]
    look(uninstrumented, GNU, *places, documents=(document,))
    search.assert_called_once_with(document.text)
