"""An advisory's self-tests, judged by the matching that users get."""

from gemaudit.matching.bundle import Bundle
from gemaudit.matching.conditions import Place
from gemaudit.matching.match import Subject, worst_status
from gemaudit.model.advisory import Advisory, Example, ExampleEnvironment, Status
from gemaudit.model.environment import Environment, Fact, FactName
from gemaudit.model.finding import AuditedPackage
from gemaudit.model.lockfile import Lockfile, Package, Source
from gemaudit.model.platform import Platform
from gemaudit.model.rubies import RubyReleases

_SINGLE: tuple[FactName, ...] = ("engine", "ruby", "rubygems", "bundler", "os", "cpu", "libc")
_SEVERAL: tuple[FactName, ...] = ("sanitizer", "jit", "feature")


def evaluate_example(advisory: Advisory, example: Example, releases: RubyReleases) -> Status:
    """Return the status that the matching gives to a self-test; `not_affected` where no claim speaks of the version.

    Raises ValueError where the example holds a version or a gem that cannot be read.
    """
    origin = Source(kind="gem")
    others = tuple(
        Package(name=name, version=version, origin=origin)
        for name, _, version in (gem.partition(" ") for gem in example.gems)
    )
    package = _package(advisory, example)
    environment = Environment(id="example", facts=_facts(example.environment, package))
    place = Place(environment, Bundle(Lockfile(path="example", packages=others)), releases)
    subject = Subject(package=package, path="example", line=1, places=(place,))
    return worst_status(subject, advisory) or "not_affected"


def _package(advisory: Advisory, example: Example) -> AuditedPackage:
    only = advisory.affected[0]
    engine = example.engine or (only.engine if not example.gem else "")
    if engine:
        return AuditedPackage(kind="ruby", name=engine, version=example.version)
    platforms = {"precompiled": (example.environment.platform or "x86_64-linux",), "source": ("ruby",), "": ("ruby",)}
    return AuditedPackage(
        kind="gem", name=example.gem or only.gem, version=example.version, platforms=platforms[example.install]
    )


def _facts(stated: ExampleEnvironment, package: AuditedPackage) -> tuple[Fact, ...]:
    facts = [Fact(name=name, value=value) for name in _SINGLE if (value := getattr(stated, name))]
    facts += [Fact(name=name, value=value) for name in _SEVERAL for value in getattr(stated, name)]
    if not stated.engine and (stated.ruby or package.kind == "ruby"):
        facts.append(Fact(name="engine", value=package.name if package.kind == "ruby" else "ruby"))
    if stated.platform:
        facts += _platform_facts(Platform.parse(stated.platform), {fact.name for fact in facts})
    return tuple(facts)


def _platform_facts(platform: Platform, stated: set[FactName]) -> list[Fact]:
    facts: list[tuple[FactName, str | None]] = [
        ("os", platform.os),
        ("cpu", "arm64" if platform.cpu == "aarch64" else platform.cpu),
        ("libc", platform.libc),
    ]
    return [Fact(name=name, value=value) for name, value in facts if value and name not in stated]
