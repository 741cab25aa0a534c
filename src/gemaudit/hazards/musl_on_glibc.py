"""A file for musl is installed on glibc, because RubyGems and Bundler are too old to tell."""

import datetime
from collections.abc import Iterator

from gemaudit.hazards import compile_or_lock
from gemaudit.hazards.by_libc import sightings
from gemaudit.hazards.hazard import LockedGem, Project, applying, finding
from gemaudit.model.advisory import Advisory, Evidence, Signature
from gemaudit.model.finding import Finding
from gemaudit.model.plan import Step
from gemaudit.model.platform import Platform

ADVISORY = Advisory(
    id="GMSH-0003",
    title="A gem file for musl is installed on glibc",
    kind="crash",
    class_="abi",
    severity="medium",
    published=datetime.date(2026, 11, 21),
    modified=datetime.date(2026, 11, 21),
    description="""
The lockfile has a file of the gem for musl and none for glibc. RubyGems before 3.3.22 does not tell the two apart, and
neither does Bundler before 2.3.21, so a system with glibc gets the file for musl. It does not load, or it brings a
second C library into the process.
""",
    workaround="""
Lock a file for glibc as well, `bundle lock --add-platform x86_64-linux`, and use Bundler 2.3.21 or later:
`bundle update --bundler`.
""",
    confirm="bundle list --paths | grep musl   # on the glibc system",
    affected=(),
    signature=(Signature(text="libc.musl-x86_64.so.1: cannot open shared object file: No such file or directory"),),
    evidence=(
        Evidence(type="report", url="https://github.com/ruby/rubygems/issues/5508"),
        Evidence(type="fix", url="https://github.com/ruby/rubygems/pull/5852", note="RubyGems"),
        Evidence(type="fix", url="https://github.com/ruby/rubygems/pull/4488", note="Bundler"),
    ),
)


def find(project: Project) -> Iterator[Finding]:
    """A finding for each gem of which, in some environment with glibc, a file for musl is installed."""
    for seen in sightings(project, project.environments, "gnu", "for musl", is_meant):
        yield finding(ADVISORY, seen.gem.package, seen.verdicts, project, line=seen.line)


def remedy(findings: tuple[Finding, ...], project: Project) -> Iterator[Step]:
    """Lock files for glibc, or compile."""
    return compile_or_lock.steps(ADVISORY, applying(findings), project, "gnu")


def is_meant(_gem: LockedGem, file: Platform) -> bool:
    """Whether a file is for musl."""
    return file.libc == "musl"
