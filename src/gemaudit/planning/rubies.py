"""Moving the interpreter: on its branch where that closes the findings, else to the next branch that does."""

from msgspec.structs import replace

from gemaudit.model.plan import Step
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version
from gemaudit.planning.context import Context
from gemaudit.planning.ruby_edits import ruby_commands, ruby_edits
from gemaudit.planning.target import Group, Target, known_releases, move, series, targets, unmoved


def ruby_step(group: Group, context: Context) -> Step | None:
    """Return what to do about the findings of one interpreter, or None where none of them applies."""
    if not group.wanted:
        return None
    if _floats(group):
        return _pin(group, context)
    ranked = _ranked(group, group.package.version, context)
    return _move(group, ranked, context) if ranked else unmoved(group)


def _floats(group: Group) -> bool:
    """Whether the version is a requirement, as for an image tag, which every requirement's operator gives away."""
    return not group.package.version[0].isdigit()


def _ranked(group: Group, version: str, context: Context) -> list[Target]:
    """The releases after `version` from the best on: its branch first, then the next, fewest left, smallest version."""
    branch = series(2)
    return sorted(
        targets(group, _releases_after(version, group, context), context),
        key=lambda target: (
            () if branch(target.version) == branch(version) else branch(target.version),
            len(target.remains),
            Version.parse(target.version),
        ),
    )


def _releases_after(version: str, group: Group, context: Context) -> tuple[str, ...]:
    """Every final release after `version` that the tables or the advisories name."""
    package = replace(group.package, version=version)
    named = set(known_releases(context.advisories.for_engine(package.name), package))
    if package.name == "ruby":
        named |= set(_finals(f"> {version}", context))
    return tuple(sorted(named, key=Version.parse))


def _finals(requirement: str, context: Context) -> tuple[str, ...]:
    releases = context.releases.matching(Requirement.parse(requirement))
    return tuple(release for release in releases if not Version.parse(release).is_prerelease)


def _move(group: Group, ranked: list[Target], context: Context) -> Step:
    target = ranked[0]
    return replace(_step(group, target, context), note=_on_later_branch(group, target, ranked))


def _step(group: Group, target: Target, context: Context) -> Step:
    current = group.package.version
    return replace(
        move(group, target, context.advisories.upgrades(engine=group.package.name)),
        commands=ruby_commands(context.facts, current),
        edits=ruby_edits(context.facts, context.documents, current, target.version),
    )


def _on_later_branch(group: Group, target: Target, ranked: list[Target]) -> str:
    """The smallest release of a later branch that closes what the target leaves open."""
    for other in sorted(ranked, key=lambda other: Version.parse(other.version)):
        more = (other.closes & group.wanted) - target.closes
        if more and other.closes >= target.closes:
            return f"{other.version} closes {', '.join(sorted(more))} too"
    return ""


def _pin(group: Group, context: Context) -> Step:
    """A floating version moves when it is built anew; the releases it admits say whether that is enough."""
    version = group.package.version
    admitted = _finals(version, context)
    found = targets(group, admitted, context)
    if found:
        target = min(found, key=lambda target: (len(target.remains), Version.parse(target.version)))
        note = f"{version} floats: pin {target.version} or later"
    else:
        ranked = _ranked(group, admitted[-1], context) if admitted else []
        if not ranked:
            return unmoved(group)
        target = ranked[0]
        note = f"no release of {version} is enough: move to {target.version} or later"
    return replace(_step(group, target, context), note=note)
