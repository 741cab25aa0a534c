import pytest

from gemaudit.environments.images import UNRESOLVED, parse_image, platform_traits

DEBIAN = "os=linux libc=gnu sanitizer=none"
ALPINE = "os=linux libc=musl sanitizer=none"
U = UNRESOLVED


def spelled(reference: str) -> str:
    return " ".join(f"{t.name}{'=' if t.exact else ' '}{t.value}" for t in parse_image(reference).traits)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("ruby:3.4.5", f"engine=ruby ruby=3.4.5 {DEBIAN}"),
        ("ruby:3.4.5-slim", f"engine=ruby ruby=3.4.5 {DEBIAN}"),
        ("ruby:3.4.5-slim-trixie", f"engine=ruby ruby=3.4.5 {DEBIAN}"),
        ("ruby:3.4-bullseye", f"engine=ruby ruby ~> 3.4.0 {DEBIAN}"),
        ("ruby:3.3.6-alpine3.20", f"engine=ruby ruby=3.3.6 {ALPINE}"),
        ("ruby:3-alpine", f"engine=ruby ruby ~> 3.0 {ALPINE}"),
        ("ruby:alpine", f"engine=ruby ruby >= 0 {ALPINE}"),
        ("ruby:slim-bookworm", f"engine=ruby ruby >= 0 {DEBIAN}"),
        ("ruby:latest", f"engine=ruby ruby >= 0 {DEBIAN}"),
        ("ruby", f"engine=ruby ruby >= 0 {DEBIAN}"),
        ("RUBY:3.4.5-ALPINE", f"engine=ruby ruby=3.4.5 {ALPINE}"),
        ("ruby:4.0.0-preview2-alpine3.22", f"engine=ruby ruby=4.0.0.preview2 {ALPINE}"),
        ("ruby:3.5-rc-slim", f"engine=ruby ruby ~> 3.5.0.a {DEBIAN}"),
        ("ruby:4@sha256:" + "a" * 64, f"engine=ruby ruby ~> 4.0 {DEBIAN}"),
        ("ruby:4.0.6-slim@sha256:" + "a" * 64, f"engine=ruby ruby=4.0.6 {DEBIAN}"),
        ("library/ruby:3.4.5", f"engine=ruby ruby=3.4.5 {DEBIAN}"),
        ("docker.io/library/ruby:3.4.5", f"engine=ruby ruby=3.4.5 {DEBIAN}"),
        ("registry.docker.com/library/ruby:3.4.5", f"engine=ruby ruby=3.4.5 {DEBIAN}"),
        ("public.ecr.aws/docker/library/ruby:3.4.5-bullseye", f"engine=ruby ruby=3.4.5 {DEBIAN}"),
        ("registry.example:5000/mirror/ruby:3.4.5-alpine", f"engine=ruby ruby=3.4.5 {ALPINE}"),
        ("docker.io/amd64/ruby:3.4.5", f"engine=ruby ruby=3.4.5 {DEBIAN} cpu=x86_64"),
        ("arm64v8/ruby:3.4.5", f"engine=ruby ruby=3.4.5 {DEBIAN} cpu=arm64"),
        ("rubylang/ruby:4.0.6-jammy", f"engine=ruby ruby=4.0.6 {DEBIAN}"),
        ("ghcr.io/ruby/ruby:4.0-dev-noble", f"engine=ruby ruby ~> 4.0.0 {DEBIAN}"),
        ("ghcr.io/ruby/ruby:master-noble", "engine=ruby build=head os=linux libc=gnu sanitizer=none"),
        ("rubylang/ruby:master-debug-noble", "engine=ruby build=debug os=linux libc=gnu"),
        ("cimg/ruby:3.4.9-browsers", f"engine=ruby ruby=3.4.9 {DEBIAN}"),
        ("cimg/ruby:3.4", f"engine=ruby ruby ~> 3.4.0 {DEBIAN}"),
        ("circleci/ruby:2.7-buster-node", f"engine=ruby ruby ~> 2.7.0 {DEBIAN}"),
        ("bitnami/ruby:3.4.5-debian-12-r0", f"engine=ruby ruby=3.4.5 {DEBIAN}"),
        ("mcr.microsoft.com/devcontainers/ruby:3.4-bookworm", f"engine=ruby ruby ~> 3.4.0 {DEBIAN}"),
        ("mcr.microsoft.com/devcontainers/ruby:1-3.4-bookworm", f"engine=ruby ruby ~> 3.4.0 {DEBIAN}"),
        ("mcr.microsoft.com/devcontainers/ruby:dev-3.3", f"engine=ruby ruby ~> 3.3.0 {DEBIAN}"),
        ("mcr.microsoft.com/vscode/devcontainers/ruby:0-3.1", f"engine=ruby ruby ~> 3.1.0 {DEBIAN}"),
        ("ghcr.io/rails/devcontainer/images/ruby:3.4.7", f"engine=ruby ruby=3.4.7 {DEBIAN}"),
        ("phusion/passenger-ruby34:3.1.2", f"engine=ruby ruby ~> 3.4.0 {DEBIAN}"),
        ("phusion/passenger-jruby94:3.1.2", "engine=jruby os=linux libc=gnu"),
        ("jruby:10.0.2.0-jdk21", "engine=jruby engine_version=10.0.2.0 os=linux libc=gnu"),
        ("jruby:9.4-jre17-alpine", "engine=jruby engine_version ~> 9.4.0 os=linux libc=musl"),
        ("jruby", "engine=jruby os=linux libc=gnu"),
        ("ghcr.io/flavorjones/truffleruby:24.2.1", "engine=truffleruby engine_version=24.2.1 os=linux libc=gnu"),
        ("ghcr.io/graalvm/truffleruby-community:24", "engine=truffleruby engine_version ~> 24.0 os=linux libc=gnu"),
        ("ghcr.io/flavorjones/truffleruby:stable", "engine=truffleruby os=linux libc=gnu"),
        ("alpine:3.22", "os=linux libc=musl"),
        ("node:22-alpine", "os=linux libc=musl"),
        ("debian:trixie-slim", "os=linux libc=gnu"),
        ("arm64v8/ubuntu:24.04", "os=linux libc=gnu cpu=arm64"),
        ("postgres:17", ""),
        ("scratch", ""),
        ("", ""),
        (":", ""),
        ("a" * 1000, ""),
    ],
)
def test_a_reference_says_what_its_tag_says(reference: str, expected: str) -> None:
    assert spelled(reference) == expected


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (f"ruby:{U}-alpine3.20", f"engine=ruby {ALPINE}"),
        (f"ruby:{U}-slim", f"engine=ruby {DEBIAN}"),
        (f"ruby:{U}", "engine=ruby os=linux sanitizer=none"),
        (f"ruby:3.4.{U}", "engine=ruby os=linux sanitizer=none"),
        (f"ruby:3.4.5-{U}", "engine=ruby ruby=3.4.5 os=linux sanitizer=none"),
        (f"{U}/ruby:3.4.5-slim", f"engine=ruby ruby=3.4.5 {DEBIAN}"),
        (U, ""),
        (f"example/{U}:3.4.5", ""),
    ],
)
def test_an_unresolved_part_hides_only_itself(reference: str, expected: str) -> None:
    assert spelled(reference) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("linux/arm64", [("os", "linux"), ("cpu", "arm64")]),
        ("linux/arm64/v8", [("os", "linux"), ("cpu", "arm64")]),
        ("linux/amd64", [("os", "linux"), ("cpu", "x86_64")]),
        ("windows/amd64", [("os", "windows"), ("cpu", "x86_64")]),
        (UNRESOLVED, []),
        ("", []),
    ],
)
def test_a_docker_platform_gives_system_and_cpu(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(trait.name, trait.value) for trait in platform_traits(text)] == expected
