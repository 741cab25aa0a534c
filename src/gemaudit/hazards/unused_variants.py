"""Files that the lockfile names and that nothing installs."""

import datetime
from collections.abc import Iterator

from gemaudit.hazards.hazard import LockedGem, Project, finding, verdict
from gemaudit.hazards.installed import Libc, choices
from gemaudit.model.advisory import Advisory, Evidence
from gemaudit.model.environment import Environment
from gemaudit.model.finding import Answer, AuditedPackage, Finding, Verdict
from gemaudit.model.plan import Step
from gemaudit.model.platform import Platform

ADVISORY = Advisory(
    id="GMSH-0007",
    title="The lockfile names Linux files that nothing known installs",
    kind="notice",
    class_="abi",
    severity="low",
    published=datetime.date(2026, 11, 21),
    modified=datetime.date(2026, 11, 21),
    description="""
The lockfile has files of gems for Linux on a processor or with a libc that none of the environments found here has.
Nothing is wrong with that: since 2.5 Bundler locks every platform for which the gems have files. But it may tell that
an environment is missing from the audit, say, a server that no file of the repository describes. State it in
.gemaudit.toml, or, where there is none, drop the platform: `bundle lock --remove-platform aarch64-linux-musl`.

Files for macOS, Windows and JRuby are not counted, because developers' machines leave no trace in a repository.
""",
    workaround="""
State the missing environment in .gemaudit.toml, or drop the platform:
`bundle lock --remove-platform aarch64-linux-musl`.
""",
    affected=(),
    evidence=(
        Evidence(
            type="article",
            url="https://bundler.io/man/bundle-lock.1.html#SUPPORTING-OTHER-PLATFORMS",
            note="adding and removing platforms",
        ),
    ),
)


def find(project: Project) -> Iterator[Finding]:
    """One finding for the section, where it is known of every environment what it installs."""
    places = project.environments
    if not places or not all(map(_is_known, places)) or not any(_runs_linux(place) for place in places):
        return
    unused = {file for gem in project.precompiled for file in _unused(gem, places)}
    if unused:
        names = tuple(sorted(map(str, unused)))
        package = AuditedPackage(kind="bundle", name="PLATFORMS", version="", platforms=names)
        verdicts = (_verdict(place) for place in places)
        yield finding(ADVISORY, package, verdicts, project, line=project.platforms_line)


def remedy(_findings: tuple[Finding, ...], _project: Project) -> Iterator[Step]:
    """Nothing: whether a platform is superfluous is known to the project alone."""
    yield from ()


def _is_known(place: Environment) -> bool:
    """Whether the system, and on Linux the libc and the processor, are stated."""
    if place.value("os") is None or place.value("engine") is None:
        return False
    return not _runs_linux(place) or bool(place.value("libc") and place.value("cpu"))


def _runs_linux(place: Environment) -> bool:
    return place.value("os") == "linux"


def _unused(gem: LockedGem, places: tuple[Environment, ...]) -> set[Platform]:
    used = {file for place in places if _runs_linux(place) for choice in _choices(gem, place) for file in choice}
    linux = {platform for platform in gem.files if platform.os == "linux"}
    return linux - used


def _choices(gem: LockedGem, place: Environment) -> Iterator[tuple[Platform, ...]]:
    libc: Libc = "musl" if place.value("libc") == "musl" else "gnu"
    return (choice.files for choice in choices(gem, place, libc))


def _verdict(place: Environment) -> Verdict:
    facts = [fact for name in ("cpu", "os", "libc") if (fact := place.fact(name))]
    answer = Answer(
        name="platform",
        expected="none of these",
        actual="-".join(fact.value for fact in facts),
        answer="true",
        path=facts[-1].path,
        line=facts[-1].line,
    )
    return verdict(place, (answer,))
