"""Moving a gem: allowed by whoever asks for it, closing as much as possible, as small as possible."""

from collections.abc import Iterable

from msgspec.structs import replace

from gemaudit.model.finding import AuditedPackage
from gemaudit.model.lockfile import RUBY_PLATFORM, Lockfile
from gemaudit.model.plan import Blocker, Edit, Step
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version
from gemaudit.planning.context import Context
from gemaudit.planning.gemfile import requirement_edit
from gemaudit.planning.needs import needs
from gemaudit.planning.target import Group, Target, known_releases, series, targets, unmoved, workarounds

#: The name under which the project itself stands in the way.
GEMFILE = "Gemfile"


def gem_step(group: Group, context: Context) -> Step | None:
    """Return what to do about the findings of one gem, or None where none of them applies."""
    if not group.affected:
        return None
    package = group.package
    known = known_releases(context.advisories.for_gem(package.name), package)
    ranked = sorted(targets(group, known, context), key=lambda target: _rank(target, group, context))
    if not ranked:
        return replace(unmoved(group), note=_own_source(package, context))
    for target in ranked:
        blockers = _blockers(package.name, target.version, context)
        if all(blocker.name == GEMFILE for blocker in blockers):
            return _upgrade(group, target, blockers, ranked[0], context)
    best = ranked[0]
    return replace(
        unmoved(group),
        outcome="blocked",
        target=best.version,
        blocked_by=_blockers(package.name, best.version, context),
    )


def _rank(target: Target, group: Group, context: Context) -> tuple[int, bool, bool, Version]:
    """Fewest findings left, then no edit of the Gemfile, then the same major, then the smallest version."""
    major = series(1)
    blockers = _blockers(group.package.name, target.version, context)
    return (
        len(target.affected),
        any(blocker.name == GEMFILE for blocker in blockers),
        major(target.version) != major(group.package.version),
        Version.parse(target.version),
    )


def requirements_on(name: str, lockfile: Lockfile) -> Iterable[Blocker]:
    """Everyone who asks for a gem, with what they ask for; the Gemfile first."""
    for declared in lockfile.dependencies:
        if declared.name == name:
            yield Blocker(name=GEMFILE, requirement=declared.requirement, path=lockfile.path, line=declared.line)
    seen: set[tuple[str, str]] = set()
    for package in sorted(lockfile.packages, key=lambda package: package.platform != RUBY_PLATFORM):
        for dependency in package.dependencies:
            if dependency.name == name and (package.name, dependency.requirement) not in seen:
                seen.add((package.name, dependency.requirement))
                yield Blocker(
                    name=package.name,
                    version=package.version,
                    requirement=dependency.requirement,
                    path=lockfile.path,
                    line=dependency.line or package.line,
                )


def _blockers(name: str, version: str, context: Context) -> tuple[Blocker, ...]:
    wanted = Version.parse(version)
    return tuple(
        asked
        for asked in requirements_on(name, context.lockfile)
        if not Requirement.parse(asked.requirement).admits(wanted)
    )


def _upgrade(group: Group, target: Target, gemfile: tuple[Blocker, ...], best: Target, context: Context) -> Step:
    package = group.package
    edits: tuple[Edit, ...] = ()
    if gemfile:
        edit = requirement_edit(context.documents, package.name, target.version)
        edits = (edit,) if edit else (Edit(path=GEMFILE, line=0, before=f"{package.name} {gemfile[0].requirement}"),)
    return replace(
        unmoved(group),
        outcome="upgrade",
        target=target.version,
        commands=(f"bundle update --conservative {package.name}",),
        edits=edits,
        needs=needs(context.advisories.upgrades(gem=package.name), target.version, group.environments),
        allowed_by=tuple(asked for asked in requirements_on(package.name, context.lockfile) if asked not in gemfile),
        closes=tuple(sorted(target.closes)),
        remains=tuple(sorted(target.affected)),
        workarounds=workarounds(group, target.affected),
        note=_held_back(group, target, best, context),
    )


def _own_source(package: AuditedPackage, context: Context) -> str:
    """That no release is known to help a gem that does not come from a gem server either."""
    origin = next((found.origin for found in context.lockfile.packages if found.name == package.name), None)
    if origin is None or origin.kind == "gem":
        return ""
    return f"{package.name} comes from {origin.kind}: take the fix into that source"


def _held_back(group: Group, target: Target, best: Target, context: Context) -> str:
    """Why not the version that would close more."""
    more = best.closes & group.affected - target.closes
    if not more:
        return ""
    names = ", ".join(
        f"{blocker.name} {blocker.version} ({blocker.requirement})"
        for blocker in _blockers(group.package.name, best.version, context)
        if blocker.name != GEMFILE
    )
    return f"{best.version} closes {', '.join(sorted(more))} too, but {names} does not allow it"
