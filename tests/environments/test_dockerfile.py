from pathlib import Path

import pytest

from gemaudit.environments import dockerfile
from gemaudit.environments.dockerfile_syntax import expand, read_instructions
from gemaudit.environments.images import UNRESOLVED
from gemaudit.environments.observation import Observation, lines_of
from gemaudit.model.document import Document

FIXTURES = Path(__file__).parent / "fixtures"


def observe(text: str, path: str = "Dockerfile") -> Observation:
    return dockerfile.observe(Document(path, text))


def facts(text: str, path: str = "Dockerfile") -> dict[str, tuple[str, int]]:
    places = observe(text, path).places
    return {fact.name: (fact.value, fact.line) for place in places for fact in place.facts}


def test_a_rails_dockerfile_runs_its_last_stage() -> None:
    text = (FIXTURES / "rails/Dockerfile").read_text()
    assert facts(text) == {
        "engine": ("ruby", 5),
        "ruby": ("3.4.7", 5),
        "os": ("linux", 6),
        "libc": ("gnu", 6),
        "sanitizer": ("none", 6),
        "jit": ("yjit", 16),
    }
    assert observe(text).diagnostics == ()


def test_a_multi_stage_alpine_dockerfile_is_resolved_through_its_arguments() -> None:
    text = (FIXTURES / "alpine/Dockerfile").read_text()
    assert facts(text) == {
        "engine": ("ruby", 1),
        "ruby": ("3.3.9", 1),
        "os": ("linux", 8),
        "cpu": ("arm64", 8),
        "libc": ("musl", 8),
        "sanitizer": ("none", 8),
        "rubygems": ("3.6.9", 10),
        "feature": ("threads", 21),
    }


@pytest.mark.parametrize(
    ("text", "ruby"),
    [
        ("FROM ruby:3.4.5", "3.4.5"),
        ("from ruby:3.4.5 as base", "3.4.5"),
        ("  FROM   ruby:3.4.5\r\nRUN x\r\n", "3.4.5"),
        ("FROM ruby:3.3.1 AS a\nFROM ruby:3.4.5", "3.4.5"),
        ("FROM ruby:3.4.5 AS A\nFROM ruby:3.3.1 AS b\nFROM a", "3.4.5"),
        ("FROM ruby:3.4.5\nFROM ruby:3.3.1\nFROM 0", "3.4.5"),
        ("FROM ruby:3.3.1 AS base\nFROM ruby:3.4.5 AS base\nFROM base", "3.4.5"),
        ("ARG V=3.4.5\nFROM ruby:$V", "3.4.5"),
        ("ARG V=3.4.5\nFROM ruby:${V}-slim", "3.4.5"),
        ('ARG V="3.4.5"\nFROM ruby:${V}', "3.4.5"),
        ("ARG A=1 V=3.4.5\nFROM ruby:$V", "3.4.5"),
        ("ARG MINOR=3.4\nARG V=$MINOR.5\nFROM ruby:$V", "3.4.5"),
        ("ARG IMAGE=ruby:3.4.5-alpine\nFROM $IMAGE", "3.4.5"),
        ("FROM ruby:${V:-3.4.5}", "3.4.5"),
        ("FROM ruby:${V-3.4.5}", "3.4.5"),
        ("ARG V=\nFROM ruby:${V:-3.4.5}", "3.4.5"),
        ("FROM ruby:${A:-${B:-3.4.5}}", "3.4.5"),
        ("ARG FULL=1\nFROM ruby:3.4.5${FULL:+-slim}", "3.4.5"),
        ("FROM \\\n  # the newest\n  ruby:3.4.5", "3.4.5"),
        ("# escape=`\nFROM `\nruby:3.4.5", "3.4.5"),
        ("# syntax=docker/dockerfile:1\n# escape=`\nFROM `\nruby:3.4.5", "3.4.5"),
        ("FROM --platform=linux/amd64 ruby:3.4.5 AS x", "3.4.5"),
        ("FROM ruby:3.4.5\nRUN <<EOF\nFROM ruby:1.9.3\nEOF", "3.4.5"),
        ("FROM ruby:3.4.5\nRUN <<'A' <<-B\nFROM ruby:1\nA\nFROM ruby:2\n\tB\n", "3.4.5"),
        ("FROM ruby:3.3.1 as a\nRUN cat <<EOF\nFROM ruby:3.4.5", "3.4.5"),
        ("ARG V=3.4.5\nFROM ruby:$V\nARG V=1.9.3\nENV V=1.9.3", "3.4.5"),
    ],
)
def test_the_image_of_the_last_stage_counts(text: str, ruby: str) -> None:
    assert facts(text)["ruby"][0] == ruby


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "FROM node:22\nRUN npm ci",
        "FROM ruby:3.4.5 AS build\nRUN bundle install\nFROM nginx:1.27\nCOPY --from=build /public /srv",
        "FROM postgres:$VERSION\nCMD postgres",
        "FROM",
        "RUN bundle install",
    ],
)
def test_a_dockerfile_without_ruby_in_its_last_stage_is_no_place(text: str) -> None:
    assert observe(text) == Observation()


def test_an_argument_without_a_default_is_unknown_and_said_so() -> None:
    found = observe("ARG V\nFROM ruby:$V-alpine")
    assert [(fact.name, fact.value) for fact in found.places[0].facts] == [
        ("engine", "ruby"),
        ("os", "linux"),
        ("libc", "musl"),
        ("sanitizer", "none"),
    ]
    assert [(item.code, item.level, item.line) for item in found.diagnostics] == [("unresolved-image", "notice", 2)]


def test_an_image_that_is_wholly_an_argument_is_a_place_of_which_nothing_is_known() -> None:
    found = observe("ARG BASE\nFROM ${BASE}\n")
    assert [place.facts for place in found.places] == [()]
    assert [item.code for item in found.diagnostics] == ["unresolved-image"]


def test_the_tag_line_is_the_evidence_of_what_no_argument_says() -> None:
    assert facts("ARG TAG=3.4.5-alpine\nFROM ruby:$TAG")["libc"] == ("musl", 1)
    assert facts("ARG V=3.4.5\nFROM ruby:$V-alpine")["libc"] == ("musl", 2)


@pytest.mark.parametrize(
    ("text", "build"),
    [
        ("FROM alpine:3.22\nRUN apk add --no-cache ruby ruby-dev", ("distribution", 2)),
        ("FROM debian\nRUN apt-get update \\\n && apt-get install -y ruby3.3\nCMD ruby x", ("distribution", 3)),
        ("FROM fedora:43\nRUN sudo dnf -y install ruby\n", ("distribution", 2)),
        ("FROM debian\nRUN apt-get install -y ruby-build && rbenv install 3.4.5", None),
        ("FROM ruby:3.4.5\nRUN apt-get install -y ruby", None),
    ],
)
def test_a_ruby_of_the_distribution_is_a_build_of_its_own(text: str, build: tuple[str, int] | None) -> None:
    assert facts(text).get("build") == build


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("ENV RUBYOPT=--yjit", ("jit", "yjit")),
        ("ENV RUBYOPT --yjit -W0", ("jit", "yjit")),
        ('ENV RUBYOPT="-W0 --yjit-exec-mem-size=64 --yjit"', ("jit", "yjit")),
        ("ENV RUBYOPT=--enable=yjit", ("jit", "yjit")),
        ("ENV RUBYOPT=--zjit", ("jit", "zjit")),
        ("ENV RUBY_YJIT_ENABLE=1", ("jit", "yjit")),
        ("ARG Y=true\nENV RUBY_YJIT_ENABLE=$Y", ("jit", "yjit")),
        ("ENV RUBY_ZJIT_ENABLE=1", ("jit", "zjit")),
        ("ENV RUBY_MN_THREADS=1", ("feature", "mn-threads")),
        ("ENV RUBY_YJIT_ENABLE=0", None),
        ("ENV RUBYOPT=-W0", None),
        ("ENV RUBY_YJIT_ENABLE=1\nENV RUBY_YJIT_ENABLE=0", None),
        ("ARG RUBY_YJIT_ENABLE=1", None),
    ],
)
def test_env_switches_compilers_on(lines: str, expected: tuple[str, str] | None) -> None:
    found = {name: value for name, (value, _) in facts(f"FROM ruby:3.4\n{lines}").items() if name in {"jit", "feature"}}
    assert found == (dict([expected]) if expected else {})


def test_the_stages_below_pass_their_env_on_and_others_do_not() -> None:
    stages = (
        "FROM ruby:3.4 AS base\nENV RUBYOPT=--yjit\nFROM ruby:3.4 AS other\nENV RUBY_MN_THREADS=1\nFROM base\nCMD x"
    )
    assert set(facts(stages)) & {"jit", "feature"} == {"jit"}


@pytest.mark.parametrize(
    ("path", "id_", "folder"),
    [
        ("Dockerfile", "production", ""),
        ("Containerfile", "production", ""),
        ("app/Dockerfile", "production", "app"),
        ("Dockerfile.dev", "docker/dev", ""),
        ("dev.Dockerfile", "docker/dev", ""),
        ("docker/Dockerfile", "production", ""),
        ("app/docker/worker.Dockerfile", "docker/worker", "app"),
        (".devcontainer/Dockerfile", "devcontainer", ""),
    ],
)
def test_the_file_name_names_the_place(path: str, id_: str, folder: str) -> None:
    (place,) = observe("FROM ruby:3.4", path).places
    assert (place.id, place.folder) == (id_, folder)


def test_the_list_of_ignored_files_is_no_dockerfile() -> None:
    assert observe("FROM ruby:3.4", "Dockerfile.dockerignore") == Observation()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A", "1"),
        ("${A}b", "1b"),
        ("$AB", UNRESOLVED),
        ("${E:-x}", "x"),
        ("${E-x}", ""),
        ("${A:+x}", "x"),
        ("${E:+x}", ""),
        ("${N+x}", ""),
        ("${N:?message}", UNRESOLVED),
        ("${A#1}", UNRESOLVED),
        ("\\$A", "$A"),
        ("'a'\"b\"", "ab"),
        ("$", UNRESOLVED),
        ("${A", "1"),
        ("${N:-" * 50 + "}" * 50, UNRESOLVED),
    ],
)
def test_variables_expand_as_in_buildkit(text: str, expected: str) -> None:
    assert expand(text, {"A": "1", "E": ""}).text == expected


def test_values_that_double_stay_bounded() -> None:
    lines = ["ARG A=ruby", *(["ARG A=$A$A"] * 200), "FROM $A"]
    assert [item.code for item in observe("\n".join(lines)).diagnostics] == ["unresolved-image"]


def test_instructions_keep_their_lines() -> None:
    text = "FROM a\n\n# note\nRUN b \\\n\n  # inside\n  c\nRUN <<X\nd\nX\nCMD e"
    found = [(item.keyword, item.arguments, item.line, item.body) for item in read_instructions(lines_of(text))]
    assert found == [
        ("FROM", "a", 1, ""),
        ("RUN", "b   c", 4, ""),
        ("RUN", "<<X", 8, "d"),
        ("CMD", "e", 11, ""),
    ]
