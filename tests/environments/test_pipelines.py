"""GitLab CI and CircleCI."""

import pytest

from gemaudit.environments import circleci, gitlab
from gemaudit.environments.observation import Observation
from gemaudit.model.document import Document


def spelled(observation: Observation) -> dict[str, str]:
    hidden = {"engine", "os", "sanitizer"}
    return {
        place.id: " ".join(f"{fact.value}@{fact.line}" for fact in place.facts if fact.name not in hidden)
        for place in observation.places
    }


def lab(text: str) -> dict[str, str]:
    return spelled(gitlab.observe(Document(".gitlab-ci.yml", text)))


def circle(text: str) -> dict[str, str]:
    return spelled(circleci.observe(Document(".circleci/config.yml", text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image: ruby:3.4.5-alpine\nrspec:\n  script: rspec\n", {"gitlab/rspec": "3.4.5@1 musl@1"}),
        ("default:\n  image: {name: 'ruby:3.4.5'}\nrspec: {script: x}\n", {"gitlab/rspec": "3.4.5@2 gnu@2"}),
        ("image: node:22\nrspec:\n  image: ruby:3.4\n", {"gitlab/rspec": "~> 3.4.0@3 gnu@3"}),
        ("image: ruby:3.4.5\na: {script: x}\nb: {script: y}\n", {"gitlab/a": "3.4.5@1 gnu@1"}),
        ("image: node:22\na: {script: x}\n", {}),
        (".hidden:\n  image: ruby:3.4\n", {}),
        (".ruby:\n  image: ruby:3.4.5\na: {extends: .ruby}\nb: {extends: [.ruby]}\n", {"gitlab/a": "3.4.5@2 gnu@2"}),
        (".a: &a\n  image: ruby:3.4.5\nb:\n  <<: *a\n", {"gitlab/b": "3.4.5@2 gnu@2"}),
        (
            "variables:\n  RUBY_VERSION: '3.4.8'\na:\n  image: ruby:$RUBY_VERSION-slim\n",
            {"gitlab/a": "3.4.8@2 gnu@2"},
        ),
        ("variables: {V: {value: '3.4.8'}}\na:\n  image: ruby:$V-slim\n", {"gitlab/a": "gnu@3"}),
        ("a:\n  image: $CI_REGISTRY_IMAGE/ruby:3.4.5\n", {"gitlab/a": "3.4.5@2 gnu@2"}),
        ("a:\n  image: ruby:3.4.5\n  variables:\n    RUBYOPT: --yjit\n", {"gitlab/a": "3.4.5@2 gnu@2 yjit@4"}),
        (
            "a:\n  image: ruby:${V}\n  parallel:\n    matrix:\n      - V: ['3.3', '3.4.5']\n        DB: [pg, my]\n",
            {"gitlab/a (3.3)": "~> 3.3.0@5 gnu@5", "gitlab/a (3.4.5)": "3.4.5@5 gnu@5"},
        ),
        ("a: {extends: b}\nb: {extends: a}\n", {}),
        ("a: [1]\nimage: ruby\n", {}),
        ("", {}),
    ],
)
def test_gitlab_jobs_run_their_image(text: str, expected: dict[str, str]) -> None:
    assert lab(text) == expected


EXECUTOR = (
    "parameters:\n  ruby: {type: string, default: 3.4.5}\n"
    "executors:\n  base:\n    parameters: {tag: {default: '3.3'}}\n"
    "    docker:\n    - image: cimg/ruby:<< parameters.tag >>\n"
)

MATRIX = (
    "jobs:\n  test:\n    docker:\n    - image: cimg/ruby:<< parameters.v >>\nworkflows:\n  all:\n    jobs:\n"
    "    - test:\n        matrix:\n          parameters:\n            v: ['3.3', '3.4.5']\n            db: [a, b]\n"
)
MACHINE = (
    "jobs:\n  test:\n    machine:\n      image: ubuntu-2404:current\n    resource_class: arm.medium\n"
    "    steps:\n    - checkout\n    - ruby/install:\n        version: 3.4.5\n"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "jobs:\n  test:\n    docker:\n    - image: cimg/ruby:3.4.9-browsers\n    - image: ruby:3.1\n",
            {"circleci/test": "3.4.9@4 gnu@4"},
        ),
        ("jobs:\n  lint:\n    docker: [{image: 'cimg/node:22'}]\n", {}),
        (
            "jobs:\n a:\n  parameters:\n   v: {default: 3.4.5}\n  docker:\n  - image: cimg/ruby:<< parameters.v >>\n",
            {"circleci/a": "3.4.5@4 gnu@4"},
        ),
        (
            MATRIX,
            {"circleci/test (3.3)": "~> 3.3.0@11 gnu@11", "circleci/test (3.4.5)": "3.4.5@11 gnu@11"},
        ),
        (
            MACHINE,
            {"circleci/test": "3.4.5@9 gnu@4 arm64@5"},
        ),
        (f"{EXECUTOR}jobs:\n  test:\n    executor: base\n", {"circleci/test": "~> 3.3.0@5 gnu@5"}),
        (
            f"{EXECUTOR}jobs:\n  test:\n    executor: {{name: base, tag: '3.4.7'}}\n",
            {"circleci/test": "3.4.7@10 gnu@10"},
        ),
        (
            "parameters: {r: {default: 3.4.5}}\njobs:\n a:\n  docker: [{image: 'ruby:<< pipeline.parameters.r >>'}]\n",
            {"circleci/a": "3.4.5@1 gnu@1"},
        ),
        ("jobs:\n  a:\n    executor: unknown/orb\n", {}),
        ("jobs:\n  a:\n    docker:\n    - image: cimg/ruby:<< parameters.v >>\n", {"circleci/a": "gnu@4"}),
        (
            "jobs:\n  a:\n    docker:\n    - image: cimg/ruby:3.4\n      environment: {RUBYOPT: --yjit}\n",
            {"circleci/a": "~> 3.4.0@4 gnu@4 yjit@5"},
        ),
        (
            "jobs:\n  a:\n    environment: {RUBYOPT: --yjit}\n    docker:\n    - image: cimg/ruby:3.4\n",
            {"circleci/a": "~> 3.4.0@5 gnu@5 yjit@3"},
        ),
        ("jobs: 1\n", {}),
        ("", {}),
    ],
)
def test_circleci_jobs_run_their_first_image(text: str, expected: dict[str, str]) -> None:
    assert circle(text) == expected


@pytest.mark.parametrize("source", [gitlab, circleci])
def test_a_pipeline_that_is_no_yaml_is_a_warning(source: object) -> None:
    found = source.observe(Document("x", "a: [\n"))  # type: ignore[attr-defined]
    assert [(item.code, item.level) for item in found.diagnostics] == [("invalid-yaml", "warning")]
