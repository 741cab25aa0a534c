"""RubyGems or Bundler is too old for the files that the lockfile names by their libc."""

import datetime
from collections.abc import Iterator

from gemaudit.hazards.hazard import Project, applying, environments_of, finding, stated, verdict, word
from gemaudit.model.advisory import Advisory, Evidence
from gemaudit.model.environment import Environment, Fact
from gemaudit.model.finding import Answer, AuditedPackage, Finding, Verdict
from gemaudit.model.hosts import BUNDLER_TELLS_LIBCS, RUBYGEMS_TELLS_LIBCS
from gemaudit.model.plan import Step
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

ADVISORY = Advisory(
    id="GMSH-0005",
    title="The tools that install are too old for gem files that name their libc",
    kind="notice",
    class_="abi",
    severity="low",
    published=datetime.date(2026, 11, 21),
    modified=datetime.date(2026, 11, 21),
    description="""
Since 2024 many gems publish `-linux-gnu` and `-linux-musl` files instead of plain `-linux` ones. They need RubyGems
3.3.22 or Bundler 2.3.21. With both older, the source gem is taken, which needs a compiler and the headers of the
library, or, where the lockfile has no source gem, the installation fails.

On musl, Bundler before 2.5.6 does not add the musl platform to the lockfile when it resolves there, so that an update
loses the files for musl and falls back to files for glibc or to the source.

Ruby 3.1.2 ships RubyGems 3.3.7 and Bundler 2.3.7, Debian 12 has 3.3.15 and 2.3.15; Ruby 3.3.1 is the first whose
Bundler is new enough for musl.
""",
    workaround="`bundle update --bundler` raises BUNDLED WITH, and Bundler then runs in that version everywhere.",
    affected=(),
    evidence=(
        Evidence(
            type="article",
            url="https://github.com/rake-compiler/rake-compiler-dock/issues/117",
            note="which tools resolve which files",
        ),
        Evidence(type="fix", url="https://github.com/ruby/rubygems/pull/5852", note="RubyGems tells libcs apart"),
        Evidence(type="fix", url="https://github.com/ruby/rubygems/pull/4488", note="so does Bundler, since 2.3.21"),
        Evidence(type="fix", url="https://github.com/ruby/rubygems/pull/7441", note="musl in PLATFORMS, Bundler 2.5.6"),
    ),
)
_RUBYGEMS, _BUNDLER = f"< {RUBYGEMS_TELLS_LIBCS}", f"< {BUNDLER_TELLS_LIBCS}"
_BUNDLER_FOR_MUSL = "< 2.5.6"


def find(project: Project) -> Iterator[Finding]:
    """A finding for each version of a tool that is known to be too old, with the environments that use it."""
    found: dict[tuple[str, str], list[tuple[Fact, Verdict]]] = {}
    for environment in project.environments:
        for tool, given in _judge(environment, project):
            if given.status != "not_affected":
                found.setdefault((tool.name, tool.value), []).append((tool, given))
    for (name, version), places in sorted(found.items()):
        package = AuditedPackage(kind="tool", name=name, version=version)
        fact = places[0][0]
        yield finding(ADVISORY, package, (given for _, given in places), project, line=fact.line, path=fact.path)


def remedy(findings: tuple[Finding, ...], project: Project) -> Iterator[Step]:
    """A newer Bundler is enough for both."""
    old = applying(findings)
    if old:
        yield Step(
            kind="bundle",
            name=project.lockfile.path,
            current="",
            outcome="configure",
            commands=("bundle update --bundler",),
            closes=(ADVISORY.id,),
            environments=environments_of(old),
            packages=tuple(found.package for found in old),
            note="the newest Bundler that the Ruby there allows",
        )


def _judge(environment: Environment, project: Project) -> Iterator[tuple[Fact, Verdict]]:
    """The verdicts on the tools whose versions are stated; nothing is asked about others."""
    rubygems, bundler = (_exact(environment, name) for name in ("rubygems", "bundler"))
    if environment.value("os") != "linux" or bundler is None:
        return
    engine = word(environment, "engine", "ruby")
    if rubygems is not None and (gem := _named(project, "gnu", "musl")):
        answers = (engine, _within(rubygems, _RUBYGEMS), _within(bundler, _BUNDLER), gem)
        yield rubygems, verdict(environment, answers)
    if environment.value("libc") == "musl" and (gem := _named(project, "musl")):
        answers = (engine, word(environment, "libc", "musl"), _within(bundler, _BUNDLER_FOR_MUSL), gem)
        yield bundler, verdict(environment, answers)


def _exact(environment: Environment, tool: str) -> Fact | None:
    fact = environment.fact(tool)
    return fact if fact is not None and fact.exact else None


def _within(fact: Fact, requirement: str) -> Answer:
    return stated(fact, requirement, holds=Requirement.parse(requirement).admits(Version.parse(fact.value)))


def _named(project: Project, *libcs: str) -> Answer | None:
    """The gems that have a file for one of the libcs by its name."""
    gems = [gem for gem in project.precompiled if any(file.libc in libcs for file in gem.files)]
    if not gems:
        return None
    return Answer(
        name="gem",
        expected=" or ".join(f"a -{libc} file" for libc in libcs),
        actual=", ".join(dict.fromkeys(gem.name for gem in gems)),
        answer="true",
        path=project.lockfile.path,
        line=min(gem.lines[0] for gem in gems),
    )
