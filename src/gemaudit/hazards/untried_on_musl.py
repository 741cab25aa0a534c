"""A plain `-linux` file is installed on musl, and nothing is known about how it fares there."""

import datetime
from collections.abc import Iterator

from gemaudit.hazards.by_libc import sightings
from gemaudit.hazards.hazard import LockedGem, Project, finding
from gemaudit.hazards.musl_files import known
from gemaudit.model.advisory import Advisory, Evidence
from gemaudit.model.finding import Finding
from gemaudit.model.plan import Step
from gemaudit.model.platform import Platform

ADVISORY = Advisory(
    id="GMSH-0002",
    title="A gem file that was made on glibc is installed on musl",
    kind="notice",
    class_="abi",
    severity="low",
    confidence="low",
    published=datetime.date(2026, 11, 21),
    modified=datetime.date(2026, 11, 21),
    description="""
The lockfile has a precompiled file of the gem that is named for Linux and not for a libc, and RubyGems installs it on
musl as well. Such files are usually built against glibc. Some load on musl, because they use little of the C library
or are linked statically; some do not load; some crash later. Nothing is known about this one.

Nothing here says that the gem is broken: a test suite that runs on the musl image and uses the gem settles it.
The notice never fails a run.
""",
    workaround="""
Lock a file for musl, `bundle lock --add-platform x86_64-linux-musl`; that does it where the release has one.
Otherwise, if the gem does not load, write `force_ruby_platform: true` behind it in the Gemfile and run it again.
An ignore in .gemaudit.toml says that it was tried.
""",
    confirm="ldd $(bundle exec gem contents GEM | grep '\\.so$')   # on the musl system: a missing ld-linux tells",
    affected=(),
    evidence=(
        Evidence(
            type="article",
            url="https://github.com/rake-compiler/rake-compiler-dock/issues/117",
            note="plain files install on musl",
        ),
        Evidence(type="report", url="https://github.com/Shopify/rubydex/issues/806", note="an example that fails"),
        Evidence(type="report", url="https://github.com/DataDog/dd-trace-rb/pull/2036", note="an example that works"),
    ),
)


def find(project: Project) -> Iterator[Finding]:
    """A finding for each gem of which such a file can be installed where the libc is known to be musl."""
    places = [environment for environment in project.environments if environment.value("libc") == "musl"]
    for seen in sightings(project, places, "musl", "a plain one", is_meant):
        yield finding(ADVISORY, seen.gem.package, seen.verdicts, project, line=seen.line)


def remedy(_findings: tuple[Finding, ...], _project: Project) -> Iterator[Step]:
    """Nothing to do at once: whether there is anything to mend is what has to be tried first."""
    yield from ()


def is_meant(gem: LockedGem, file: Platform) -> bool:
    """Whether a file is for any libc by its name, and nothing is known about it."""
    return file.os == "linux" and file.libc is None and known(gem.name, gem.version, file) is None
