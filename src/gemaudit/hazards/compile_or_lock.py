"""What ends that a file made for another libc is installed: lock the right file, or compile the gem.

Each way was tried with Bundler 2.3.27, 2.4.22, 2.5.5, 2.5.23, 2.6.0, 2.6.9 and 2.7.2, on glibc, musl and macOS.
`bundle lock --add-platform x86_64-linux-musl` locks a file for musl where the release has one, and otherwise goes on
using the plain file. With `force_ruby_platform: true` in the Gemfile (since 2.3.18) it locks the source gem, which a
frozen installation then compiles; `bundle lock` alone does not in 2.5. The setting `BUNDLE_FORCE_RUBY_PLATFORM` alone
makes a frozen installation fail unless PLATFORMS has `ruby`.
"""

import shlex
from collections.abc import Iterable, Iterator

from gemaudit.hazards.gemfile import compiled
from gemaudit.hazards.hazard import Project, environments_of
from gemaudit.hazards.musl_files import MUSL_SINCE, has_musl_file, has_source
from gemaudit.hazards.platforms import add_platform, lockable, missing
from gemaudit.model.advisory import Advisory
from gemaudit.model.finding import Finding
from gemaudit.model.plan import Step
from gemaudit.model.version import Version


def steps(advisory: Advisory, findings: tuple[Finding, ...], project: Project, libc: str) -> Iterator[Step]:
    """One step for all gems that can be locked or compiled, and one for those that can not."""
    can = tuple(found for found in findings if has_source(found.package.name) or _has_right_file(found, libc))
    if can:
        yield _step(advisory, can, project, libc)
    cannot = tuple(found for found in findings if found not in can)
    if cannot:
        yield Step(
            kind="bundle",
            name=project.lockfile.path,
            current="",
            outcome="no_fix",
            remains=(advisory.id,),
            environments=environments_of(cannot),
            packages=tuple(found.package for found in cannot),
            workarounds=((advisory.id, _WITHOUT_SOURCE),),
        )


_WITHOUT_SOURCE = (
    "There is no source gem to compile. Keep it out of this environment with a Gemfile group and "
    "`bundle config set --local without GROUP`, or use an image with the libc it was made for."
)


def _has_right_file(found: Finding, libc: str) -> bool:
    return libc == "gnu" or has_musl_file(found.package.name, found.package.version)


def _step(advisory: Advisory, findings: tuple[Finding, ...], project: Project, libc: str) -> Step:
    applying = set(environments_of(findings))
    places = [environment for environment in project.environments if environment.id in applying]
    wanted = missing((platform for place in places for platform in lockable(place, project, libc)), project)
    to_compile = [found for found in findings if not (wanted and _has_right_file(found, libc))]
    edits = [compiled(project.documents, project.lockfile.path, name) for name in _names(to_compile)]
    command = add_platform(wanted) if wanted else f"bundle update --conservative {shlex.join(_names(to_compile))}"
    return Step(
        kind="bundle",
        name=project.lockfile.path,
        current="",
        outcome="configure",
        commands=(command,),
        edits=tuple(edits),
        closes=(advisory.id,),
        environments=tuple(sorted(applying)),
        packages=tuple(found.package for found in findings),
        note=_note(findings, to_compile, libc),
    )


def _names(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.package.name for found in findings))


def _note(findings: tuple[Finding, ...], to_compile: list[Finding], libc: str) -> str:
    notes = []
    if to_compile:
        notes.append("the image then needs a compiler")
    for name in _names(findings):
        since = MUSL_SINCE.get(name)
        if libc == "musl" and since and name in _names(to_compile):
            notes.append(f"{name} has files for musl since {Version.parse(since).release}")
    return "; ".join(notes)
