import pytest

from gemaudit.adapters.tables import shipped_gems
from gemaudit.environments import Stated, discover, dockerfile
from gemaudit.environments.distributions import packaged_traits
from gemaudit.environments.images import UNRESOLVED, parse_image
from gemaudit.environments.shipped import with_shipped
from gemaudit.model.document import Document
from gemaudit.model.environment import Environment


@pytest.mark.parametrize(
    ("base", "package", "version"),
    [
        ("debian:12", "ruby", "=3.1.2"),
        ("debian:bookworm-slim", "ruby-full", "=3.1.2"),
        ("docker.io/library/debian:12.11", "ruby", "=3.1.2"),
        ("debian:bookworm", "ruby3.1", "=3.1.2"),
        ("debian:sid", "ruby3.3", " ~> 3.3.0"),
        ("debian:sid", "ruby", ""),
        ("debian", "ruby", ""),
        ("ubuntu:24.04", "ruby-full", "=3.2.3"),
        ("ubuntu:noble@sha256:1", "ruby", "=3.2.3"),
        ("ubuntu:22.04", "ruby", "=3.0.2"),
        ("alpine:3.21.3", "ruby", " ~> 3.3.0"),
        ("alpine:3.22", "ruby=3.4.4-r0", "=3.4.4"),
        ("alpine:latest", "ruby", ""),
        ("alpine:3.22", "ruby=~3.4", ""),
        ("debian:12", "ruby=1:3.1", "=3.1.2"),
        (f"debian:{UNRESOLVED}", "ruby", ""),
        ("fedora:43", "ruby", ""),
    ],
)
def test_a_package_is_a_build_of_the_distribution(base: str, package: str, version: str) -> None:
    engine, *found, build = packaged_traits(base, package)
    assert (engine.value, build.name, build.value) == ("ruby", "build", "distribution")
    assert "".join(f"{'=' if trait.exact else ' '}{trait.value}" for trait in found) == version


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("cgr.dev/chainguard/ruby:3.4", "ruby ~> 3.4.0 distribution"),
        ("registry.access.redhat.com/ubi9/ruby-33:latest", "ruby ~> 3.3.0 distribution"),
        ("quay.io/sclorg/ruby-33-c9s", "ruby ~> 3.3.0 distribution"),
        ("centos/ruby-27-centos7", "ruby ~> 2.7.0 distribution"),
    ],
)
def test_images_with_a_packaged_ruby(reference: str, expected: str) -> None:
    traits = [trait.value for trait in parse_image(reference).traits if trait.name in {"engine", "ruby", "build"}]
    assert " ".join(traits) == expected


def test_the_line_of_the_installation_is_the_evidence_and_no_file_speaks_against_it() -> None:
    documents = [
        Document("Dockerfile", "FROM debian:12\nRUN apt-get update && \\\n  apt-get install -y ruby\nCMD ruby x\n"),
        Document(".tool-versions", "ruby 3.1.9"),
    ]
    (environment,) = discover(documents, None, Stated()).environments
    names = ("engine", "ruby", "build", "libc")
    found = [(fact.value, fact.line) for name in names if (fact := environment.fact(name))]
    assert found == [("ruby", 3), ("3.1.2", 3), ("distribution", 3), ("gnu", 1)]


def test_the_tools_of_a_distribution_are_its_own_packages() -> None:
    (place,) = dockerfile.observe(Document("Dockerfile", "FROM debian:12\nRUN apt-get install ruby")).places
    environment = Environment(id="production", facts=place.facts)
    assert with_shipped(environment, shipped_gems()) == environment
