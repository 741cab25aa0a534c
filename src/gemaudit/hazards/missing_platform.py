"""PLATFORMS has no entry for a system that the bundle is deployed on."""

import datetime
from collections.abc import Iterator

from gemaudit.hazards.hazard import Project, applying, environments_of, finding, verdict, word
from gemaudit.hazards.installed import cpu_of
from gemaudit.hazards.platforms import add_platform, lockable, missing
from gemaudit.model.advisory import Advisory, Evidence
from gemaudit.model.environment import Environment, Fact
from gemaudit.model.finding import Answer, AuditedPackage, Finding, Verdict
from gemaudit.model.hosts import LIKELY_CPUS
from gemaudit.model.plan import Step
from gemaudit.model.platform import Platform

ADVISORY = Advisory(
    id="GMSH-0004",
    title="The lockfile is not resolved for a platform it is deployed on",
    kind="notice",
    class_="abi",
    severity="low",
    published=datetime.date(2026, 11, 21),
    modified=datetime.date(2026, 11, 21),
    description="""
PLATFORMS names neither the platform of an environment nor `ruby`. What happens there depends on Bundler. A frozen or
deployment installation fails ("Your bundle only supports platforms ..."); Bundler before 2.6.5 lets musl pass where the
same processor is listed for glibc, and installs the files for glibc. An installation that is not frozen resolves
again, so that what runs there is not what the lockfile says and not what was audited.
""",
    workaround="Lock the bundle for the platform: `bundle lock --add-platform x86_64-linux-musl`.",
    confirm="BUNDLE_FROZEN=true bundle install   # on that platform",
    affected=(),
    evidence=(
        Evidence(
            type="article",
            url="https://bundler.io/man/bundle-lock.1.html#SUPPORTING-OTHER-PLATFORMS",
            note="what PLATFORMS is for",
        ),
        Evidence(type="fix", url="https://github.com/ruby/rubygems/pull/7441", note="musl in PLATFORMS, Bundler 2.5.6"),
    ),
)
_JUDGED = ("linux", "darwin")


def find(project: Project) -> Iterator[Finding]:
    """One finding for the section, where some environment of which the system is known has no entry."""
    if not project.platforms or Platform.RUBY in project.platforms:
        return
    places = [(place, fact) for place in project.environments if (fact := place.fact("os")) and fact.value in _JUDGED]
    verdicts = [_judge(environment, system, project) for environment, system in places]
    if any(given.status != "not_affected" for given in verdicts):
        gone = missing((platform for place, _ in places for platform in lockable(place, project, "gnu")), project)
        package = AuditedPackage(kind="bundle", name="PLATFORMS", version="", platforms=gone)
        yield finding(ADVISORY, package, verdicts, project, line=project.platforms_line)


def remedy(findings: tuple[Finding, ...], project: Project) -> Iterator[Step]:
    """Lock the bundle for what is missing."""
    for found in applying(findings):
        ids = environments_of([found])
        places = [environment for environment in project.environments if environment.id in ids]
        wanted = missing((platform for place in places for platform in lockable(place, project, "gnu")), project)
        yield Step(
            kind="bundle",
            name=project.lockfile.path,
            current="",
            outcome="configure",
            commands=(add_platform(wanted),),
            closes=(ADVISORY.id,),
            environments=ids,
            packages=(found.package,),
        )


def _judge(environment: Environment, system: Fact, project: Project) -> Verdict:
    return verdict(environment, (word(environment, "engine", "ruby"), _platform(environment, system, project)))


def _platform(environment: Environment, system: Fact, project: Project) -> Answer:
    """Whether the platform is missing; where that depends on the libc or the processor, which of them it is."""
    cpu, libc = environment.value("cpu"), environment.value("libc")
    libcs = (libc,) if libc or system.value != "linux" else ("gnu", "musl")
    gone = {
        (one_cpu, one_libc): not _is_listed(one_cpu, system.value, one_libc, project)
        for one_cpu in ((cpu,) if cpu else LIKELY_CPUS)
        for one_libc in libcs
    }
    if len(set(gone.values())) == 1:
        fact = environment.fact("libc") or system
        actual = "-".join(filter(None, (cpu, system.value, libc)))
        return Answer(
            name="platform",
            expected="missing in PLATFORMS",
            actual=actual,
            answer="true" if all(gone.values()) else "false",
            path=fact.path,
            line=fact.line,
        )
    without = {one_libc for (_, one_libc), is_gone in gone.items() if is_gone}
    if libc is None and len(libcs) > len(without):
        return Answer(name="libc", expected=" or ".join(sorted(filter(None, without))), answer="unknown")
    cpus = sorted({one_cpu for (one_cpu, _), is_gone in gone.items() if is_gone})
    if len(cpus) < len(LIKELY_CPUS) and cpu is None:
        return Answer(name="cpu", expected=" or ".join(cpus), answer="unknown")
    return Answer(name="libc", expected=" or ".join(sorted(filter(None, without))), answer="unknown")


def _is_listed(cpu: str, system: str, libc: str | None, project: Project) -> bool:
    return any(
        platform.os == system
        and (platform.cpu in {None, "universal"} or cpu_of(platform) == cpu)
        and (system != "linux" or (platform.libc or "gnu") == libc)
        for platform in project.platforms
    )
