"""Compose files, Kamal and devcontainers: places that run an image or build a Dockerfile."""

from gemaudit.environments import Discovery, Stated, discover
from gemaudit.model.document import Document
from gemaudit.model.environment import Environment
from gemaudit.model.lockfile import Lockfile

DOCKERFILE = "ARG RUBY_VERSION=3.4.5\nFROM ruby:$RUBY_VERSION-alpine\nENV RUBYOPT=--yjit\nCMD bundle exec puma\n"


def found(files: dict[str, str], folder: str = "") -> Discovery:
    lockfile = Lockfile(path=f"{folder}Gemfile.lock")
    return discover([Document(path, text) for path, text in files.items()], lockfile, Stated())


def spelled(discovery: Discovery) -> dict[str, str]:
    return {environment.id: _facts(environment) for environment in discovery.environments}


def _facts(environment: Environment) -> str:
    hidden = {"engine", "os", "sanitizer"}
    facts = [fact for fact in environment.facts if fact.name not in hidden]
    return " ".join(f"{fact.value}@{fact.path}:{fact.line}" for fact in facts)


PRODUCTION = "3.4.5@Dockerfile:1 musl@Dockerfile:2 yjit@Dockerfile:3 threads@Dockerfile:4"


def test_a_service_that_builds_the_dockerfile_as_it_is_is_the_production() -> None:
    for build in (".", "{context: .}", "{context: ., args: [OTHER=1]}", "{dockerfile: ./Dockerfile}"):
        files = {"Dockerfile": DOCKERFILE, "compose.yml": f"services:\n  web:\n    build: {build}\n"}
        assert spelled(found(files)) == {"production": PRODUCTION}


def test_a_service_that_passes_another_ruby_is_an_environment_of_its_own() -> None:
    compose = (
        "services:\n  web:\n    build:\n      context: .\n      args:\n        RUBY_VERSION: 3.3.1\n"
        "  db:\n    image: postgres:17\n"
    )
    assert spelled(found({"Dockerfile": DOCKERFILE, "docker-compose.yml": compose})) == {
        "compose/web": "3.3.1@docker-compose.yml:6 musl@Dockerfile:2 yjit@Dockerfile:3 threads@Dockerfile:4",
        "production": PRODUCTION,
    }


def test_services_that_nothing_tells_apart_are_one() -> None:
    compose = (
        "x-app: &app\n  build: {context: ., args: [RUBY_VERSION=3.3.1]}\nservices:\n"
        "  web:\n    <<: *app\n  worker:\n    <<: *app\n"
    )
    assert list(spelled(found({"Dockerfile": DOCKERFILE, "compose.yml": compose}))) == ["compose/web", "production"]


def test_the_service_says_what_it_runs_and_sets() -> None:
    compose = (
        "services:\n  worker:\n    build: .\n    platform: linux/arm64\n    command: bundle exec sidekiq\n"
        "    environment:\n      - RUBYOPT=-W0\n      - RUBY_MN_THREADS=1\n"
    )
    assert spelled(found({"Dockerfile": DOCKERFILE, "compose.yml": compose}))["compose/worker"] == (
        "3.4.5@Dockerfile:1 arm64@compose.yml:4 musl@Dockerfile:2 mn-threads@compose.yml:8 threads@compose.yml:5"
    )


def test_an_argument_without_a_default_gets_the_one_that_is_passed() -> None:
    files = {
        "Dockerfile": "ARG RUBY_VERSION\nFROM ruby:${RUBY_VERSION}-slim\n",
        "compose.yml": "services:\n  web:\n    build:\n      context: .\n      args: {RUBY_VERSION: '${V:-3.4.5}'}\n",
    }
    assert spelled(found(files))["compose/web"] == "3.4.5@compose.yml:5 gnu@Dockerfile:2"


def test_a_target_is_built_instead_of_the_last_stage() -> None:
    files = {
        "Dockerfile": "FROM ruby:3.4.5 AS dev\nFROM nginx\n",
        "compose.yml": "services:\n  web:\n    build: {context: ., target: dev}\n",
    }
    assert spelled(found(files)) == {"compose/web": "3.4.5@Dockerfile:1 gnu@Dockerfile:1"}


def test_the_context_is_the_folder_of_the_project() -> None:
    files = {
        "app/Dockerfile": DOCKERFILE,
        "compose.yml": "services:\n  web:\n    build: {context: ./app, args: {RUBY_VERSION: 3.3.1}}\n",
    }
    assert list(spelled(found(files, "app/"))) == ["compose/web", "production"]
    assert list(spelled(found(files, "other/"))) == ["unknown"]


def test_an_image_is_what_its_name_says() -> None:
    compose = "services:\n  web:\n    image: ruby:${RUBY:-3.4.5}-alpine\n  node:\n    image: node:22\n"
    assert spelled(found({"compose.yml": compose})) == {"compose/web": "3.4.5@compose.yml:3 musl@compose.yml:3"}


def test_a_build_that_leaves_the_project_or_is_unknown_is_no_place() -> None:
    for build in (
        "../..",
        "https://example.org/app.git",
        "${DIR}",
        "{dockerfile_inline: FROM ruby}",
        "/srv",
        "missing",
    ):
        files = {"compose.yml": f"services:\n  web:\n    build: {build}\n"}
        assert list(spelled(found(files))) == ["unknown"]


def test_kamal_says_what_is_deployed() -> None:
    deploy = (
        "service: shop\nimage: shop/web\nservers:\n  web: [10.0.0.1]\n  job:\n    hosts: [a]\n    cmd: bin/jobs\n"
        "builder:\n  arch: arm64\n  args:\n    RUBY_VERSION: 3.4.7\nenv:\n  clear:\n    RUBYOPT: -W0\n  secret: [KEY]\n"
    )
    assert spelled(found({"Dockerfile": DOCKERFILE, "config/deploy.yml": deploy})) == {
        "production": (
            "3.4.7@config/deploy.yml:11 arm64@config/deploy.yml:9 musl@Dockerfile:2 fork@config/deploy.yml:7 "
            "threads@config/deploy.yml:7"
        )
    }


def test_kamal_may_build_for_two_cpus_and_compute_a_version() -> None:
    deploy = "service: s\n<% v = 1 %>\nbuilder:\n  arch: [amd64, arm64]\n  args:\n    RUBY_VERSION: <%= v %>\n"
    assert spelled(found({"Dockerfile": DOCKERFILE, "config/deploy.yml": deploy})) == {
        "production": "musl@Dockerfile:2 yjit@Dockerfile:3 threads@Dockerfile:4"
    }


def test_kamal_without_its_dockerfile_says_nothing() -> None:
    assert list(spelled(found({"config/deploy.yml": "service: s\nbuilder: {dockerfile: Other}\n"}))) == ["unknown"]


def test_a_capistrano_file_of_that_name_is_none_of_kamals() -> None:
    assert spelled(found({"Dockerfile": DOCKERFILE, "config/deploy.yml": "a: 1\n"})) == {"production": PRODUCTION}


def test_a_devcontainer_has_an_image_a_feature_or_a_dockerfile() -> None:
    path = ".devcontainer/devcontainer.json"
    image = '{\n  // ruby\n  "image": "mcr.microsoft.com/devcontainers/ruby:3.4-bookworm", /* x */\n}'
    assert spelled(found({path: image})) == {"devcontainer": f"~> 3.4.0@{path}:3 gnu@{path}:3"}
    feature = (
        '{\n "image": "mcr.microsoft.com/devcontainers/base:debian",\n'
        ' "features": {"ghcr.io/devcontainers/features/ruby:1": {\n\t"version": "3.4.7" }},\n'
        ' "containerEnv": {"RUBY_YJIT_ENABLE": "1"}\n}'
    )
    assert spelled(found({path: feature})) == {"devcontainer": f"3.4.7@{path}:4 yjit@{path}:5"}
    build = '{"build": {"dockerfile": "Dockerfile", "args": {"RUBY_VERSION": "3.3.1"}}}'
    files = {path: build, ".devcontainer/Dockerfile": "ARG RUBY_VERSION=3.4\nFROM ruby:$RUBY_VERSION\n"}
    assert spelled(found(files)) == {"devcontainer": f"3.3.1@{path}:1 gnu@.devcontainer/Dockerfile:2"}


def test_a_devcontainer_without_ruby_or_without_sense_is_no_place() -> None:
    for text in ('{"image": "node:22"}', "[]", "", '{"dockerComposeFile": "x.yml", "service": "app"}', "null"):
        assert list(spelled(found({".devcontainer/devcontainer.json": text}))) == ["unknown"]
    broken = found({".devcontainer/devcontainer.json": '{"image": ]'})
    assert [(item.code, item.level, item.line) for item in broken.diagnostics] == [("invalid-yaml", "warning", 1)]


def test_heroku_runs_the_lockfiles_ruby_on_ubuntu() -> None:
    text = (
        '{\n"stack": "heroku-24",\n"buildpacks": [{"url": "heroku/ruby"}],\n"env": {"RUBYOPT": {"value": "--yjit"}}\n}'
    )
    discovery = found({"app.json": text, ".ruby-version": "3.4.5"})
    assert spelled(discovery) == {"heroku": "3.4.5@.ruby-version:1 gnu@app.json:2 yjit@app.json:4"}
    for other in ('{"stack": "container"}', '{"expo": {}}', '{"buildpacks": [{"url": "heroku/nodejs"}]}'):
        assert list(spelled(found({"app.json": other}))) == ["unknown"]
