"""Moving a gem: allowed by whoever asks for it, closing as much as possible, as small as possible."""

from collections.abc import Iterable

from msgspec.structs import replace

from gemaudit.model.lockfile import RUBY_PLATFORM, Lockfile, Package
from gemaudit.model.plan import GEMFILE, Blocker, Edit, Step
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version
from gemaudit.planning.context import Context
from gemaudit.planning.gemfile import gemfile_of, requirement_edit
from gemaudit.planning.target import Group, Target, known_releases, move, targets, unmoved


def gem_step(group: Group, context: Context) -> Step | None:
    """Return what to do about the findings of one gem, or None where none of them applies."""
    if not group.affected:
        return None
    package = group.package
    found = targets(group, known_releases(context.advisories.for_gem(package.name), package), context)
    own_source = _own_source(package.name, context)
    if not found:
        return replace(unmoved(group), note=own_source)
    asked = tuple(requirements_on(package.name, context.lockfile))
    ranked = sorted(found, key=lambda target: _rank(target, asked))
    if own_source:
        blockers = (_source(package.name, context),)
        return replace(
            unmoved(group), outcome="blocked", target=ranked[0].version, blocked_by=blockers, note=own_source
        )
    target = next((target for target in ranked if not _dependents(_blockers(target, asked))), None)
    if target is None:
        best = ranked[0]
        return replace(unmoved(group), outcome="blocked", target=best.version, blocked_by=_blockers(best, asked))
    edits = _edits(package.name, target, asked, context)
    return replace(
        move(group, target, context.advisories.upgrades(gem=package.name)),
        outcome="needs-gemfile" if edits else "upgrade",
        commands=(f"bundle update --conservative {package.name}",),
        edits=edits,
        allowed_by=tuple(one for one in asked if _admits(one, target)),
        note=_held_back(group, target, ranked[0], asked),
    )


def _rank(target: Target, asked: Iterable[Blocker]) -> tuple[int, bool, Version]:
    """Fewest findings left, then no edit of the Gemfile, then the smallest version and with it the same major."""
    return (
        len(target.remains),
        any(blocker.name == GEMFILE for blocker in _blockers(target, asked)),
        Version.parse(target.version),
    )


def requirements_on(name: str, lockfile: Lockfile) -> Iterable[Blocker]:
    """Everyone who asks for a gem, with what they ask for, each once; the Gemfile first."""
    for declared in sorted(lockfile.dependencies, key=lambda declared: (declared.line, declared.requirement)):
        if declared.name == name:
            yield Blocker(name=GEMFILE, requirement=declared.requirement, path=lockfile.path, line=declared.line)
    seen: set[tuple[str, str]] = set()
    asking = (
        (package, dependency)
        for package in lockfile.packages
        for dependency in package.dependencies
        if dependency.name == name
    )
    for package, dependency in sorted(asking, key=lambda pair: _order(pair[0])):
        if (package.name, dependency.requirement) not in seen:
            seen.add((package.name, dependency.requirement))
            yield Blocker(
                name=package.name,
                version=package.version,
                requirement=dependency.requirement,
                path=lockfile.path,
                line=dependency.line or package.line,
            )


def _order(package: Package) -> tuple[bool, str, str, int]:
    return (package.platform != RUBY_PLATFORM, package.name, package.version, package.line)


def _admits(asked: Blocker, target: Target) -> bool:
    return Requirement.parse(asked.requirement).admits(Version.parse(target.version))


def _blockers(target: Target, asked: Iterable[Blocker]) -> tuple[Blocker, ...]:
    return tuple(one for one in asked if not _admits(one, target))


def _dependents(blockers: Iterable[Blocker]) -> tuple[Blocker, ...]:
    """Those whose requirement cannot be edited in the Gemfile."""
    return tuple(blocker for blocker in blockers if blocker.name != GEMFILE)


def _edits(name: str, target: Target, asked: Iterable[Blocker], context: Context) -> tuple[Edit, ...]:
    """What to change in the Gemfile where it does not admit the target."""
    in_the_way = next((one for one in asked if one.name == GEMFILE and not _admits(one, target)), None)
    if in_the_way is None:
        return ()
    path = gemfile_of(context.lockfile.path)
    edit = requirement_edit(context.documents, path, name, target.version)
    return (edit or Edit(path=path, line=0, before=f"{name} {in_the_way.requirement}"),)


def _own_source(name: str, context: Context) -> str:
    """That releases alone do not help a gem that does not come from a gem server."""
    kinds = {package.origin.kind for package in context.lockfile.packages if package.name == name} - {"gem"}
    return f"{name} comes from {min(kinds)}: take the fix into that source" if kinds else ""


def _source(name: str, context: Context) -> Blocker:
    """The source that the Gemfile gives the gem, as what stands in the way."""
    locked = min((one for one in context.lockfile.packages if one.name == name), key=_order)
    return Blocker(name=GEMFILE, requirement=f"from {locked.origin.kind}", path=context.lockfile.path, line=locked.line)


def _held_back(group: Group, target: Target, best: Target, asked: Iterable[Blocker]) -> str:
    """Why not the version that would close more."""
    more = best.closes & group.affected - target.closes
    if not more:
        return ""
    names = ", ".join(
        f"{blocker.name} {blocker.version} ({blocker.requirement})" for blocker in _dependents(_blockers(best, asked))
    )
    return f"{best.version} closes {', '.join(sorted(more))} too, but {names} does not allow it"
