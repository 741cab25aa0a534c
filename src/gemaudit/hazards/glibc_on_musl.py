"""A file that was built against glibc is installed on musl, and is known not to work there."""

import datetime
from collections.abc import Iterable, Iterator

from gemaudit.hazards import compile_or_lock
from gemaudit.hazards.by_libc import sightings
from gemaudit.hazards.hazard import LockedGem, Project, applying, finding
from gemaudit.hazards.musl_files import known
from gemaudit.model.advisory import CONFIDENCES, Advisory, Confidence, Evidence, Signature
from gemaudit.model.finding import Finding
from gemaudit.model.plan import Step
from gemaudit.model.platform import Platform

ADVISORY = Advisory(
    id="GMSH-0001",
    title="A gem file built against glibc is installed on musl",
    kind="crash",
    class_="abi",
    severity="medium",
    confidence="medium",
    published=datetime.date(2026, 11, 21),
    modified=datetime.date(2026, 11, 21),
    description="""
The lockfile has a precompiled file of the gem for Linux that was built against glibc, and none for musl. RubyGems and
Bundler take a plain `-linux` file for one that fits every libc, so Alpine gets it without a word. There it does not
load, or it loads and the process dies when the library calls a function that the two libcs do differently.

The finding names gems of which that is known, or whose file is for glibc by its name. Some plain files work on musl;
those are not reported. For the rest see GMSH-0002.
""",
    workaround="""
Lock a file for musl, `bundle lock --add-platform x86_64-linux-musl`, where the release has one. Where it has none,
write `force_ruby_platform: true` behind the gem in the Gemfile first, so that the same command locks the source gem.
The package gcompat lets some of these files load and does not make them safe.
""",
    confirm="""ldd $(bundle exec gem contents google-protobuf | grep '\\.so$')   # on the musl system
# a missing `ld-linux` or C function tells; `rb_` functions come from Ruby and are always missing there
bundle list --paths | grep -- '-linux$'""",
    affected=(),
    signature=(
        Signature(text="Error loading shared library ld-linux-x86-64.so.2: No such file or directory"),
        Signature(text="Error loading shared library ld-linux-aarch64.so.1: No such file or directory"),
    ),
    evidence=(
        Evidence(type="report", url="https://github.com/protocolbuffers/protobuf/issues/16853"),
        Evidence(type="report", url="https://github.com/grpc/grpc/issues/39443"),
        Evidence(
            type="article",
            url="https://github.com/rake-compiler/rake-compiler-dock/issues/117",
            note="what each Bundler does with plain, gnu and musl files",
        ),
    ),
)


def find(project: Project) -> Iterator[Finding]:
    """A finding for each gem of which, in some environment with musl, only a file for glibc can be installed."""
    for seen in sightings(project, project.environments, "musl", "for glibc", is_meant):
        confidence = _confidence(seen.gem, seen.files)
        yield finding(ADVISORY, seen.gem.package, seen.verdicts, project, line=seen.line, confidence=confidence)


def remedy(findings: tuple[Finding, ...], project: Project) -> Iterator[Step]:
    """Lock files for musl, or compile."""
    return compile_or_lock.steps(ADVISORY, applying(findings), project, "musl")


def is_meant(gem: LockedGem, file: Platform) -> bool:
    """Whether a file is known not to work on musl, or says in its name that it is for glibc."""
    if file.os != "linux" or file.libc == "musl":
        return False
    if file.libc == "gnu":
        return True
    what = known(gem.name, gem.version, file)
    return what is not None and not what.works


def _confidence(gem: LockedGem, files: Iterable[Platform]) -> Confidence:
    """That of the least certain file."""
    certain = [what.confidence for file in files if (what := known(gem.name, gem.version, file))]
    return max(certain, key=CONFIDENCES.index, default="high")
