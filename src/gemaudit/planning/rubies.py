"""Moving the interpreter: on its branch where that closes the findings, else to the next branch that does."""

from msgspec.structs import replace

from gemaudit.model.plan import Step
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version
from gemaudit.planning.context import Context
from gemaudit.planning.needs import needs
from gemaudit.planning.ruby_edits import ruby_commands, ruby_edits
from gemaudit.planning.target import Group, Target, known_releases, series, targets, unmoved, workarounds


def ruby_step(group: Group, context: Context) -> Step | None:
    """Return what to do about the findings of one interpreter, or None where none of them applies."""
    if not group.affected:
        return None
    if not _is_exact(group):
        return _pin(group, context)
    ranked = _ranked(group, context)
    if not ranked:
        return unmoved(group)
    return _move(group, ranked, context)


def _is_exact(group: Group) -> bool:
    return all(character not in group.package.version for character in "<>=~, ")


def _ranked(group: Group, context: Context) -> list[Target]:
    """The releases from the best on: own branch first, then the next one, fewest findings left, smallest version."""
    branch = series(2)
    found = targets(group, _releases_after(group, context), context)
    return sorted(
        found,
        key=lambda target: (
            branch(target.version) != branch(group.package.version),
            branch(target.version) if not _is_on_branch(target, group) else (),
            len(target.affected),
            Version.parse(target.version),
        ),
    )


def _is_on_branch(target: Target, group: Group) -> bool:
    return series(2)(target.version) == series(2)(group.package.version)


def _releases_after(group: Group, context: Context) -> tuple[str, ...]:
    """Every final release after the current one that the tables or the advisories name."""
    package = group.package
    named = set(known_releases(context.advisories.for_engine(package.name), package))
    if package.name == "ruby":
        current = Version.parse(package.version)
        for release in context.releases.matching(Requirement.parse(f"> {package.version}")):
            version = Version.parse(release)
            if version > current and not version.is_prerelease:
                named.add(release)
    return tuple(sorted(named, key=Version.parse))


def _move(group: Group, ranked: list[Target], context: Context) -> Step:
    target = ranked[0]
    return replace(
        unmoved(group),
        outcome="upgrade",
        target=target.version,
        commands=ruby_commands(context.facts, group.package.version),
        edits=ruby_edits(context.facts, context.documents, group.package.version, target.version),
        needs=needs(context.advisories.upgrades(engine=group.package.name), target.version, group.environments),
        closes=tuple(sorted(target.closes)),
        remains=tuple(sorted(target.affected)),
        workarounds=workarounds(group, target.affected),
        note=_on_later_branch(group, target, ranked),
    )


def _on_later_branch(group: Group, target: Target, ranked: list[Target]) -> str:
    """The smallest release of a later branch that closes what the target leaves open."""
    for other in sorted(ranked, key=lambda other: Version.parse(other.version)):
        more = (other.closes & group.affected) - target.closes
        if more and other.closes >= target.closes:
            return f"{other.version} closes {', '.join(sorted(more))} too"
    return ""


def _pin(group: Group, context: Context) -> Step:
    """A floating version moves when it is built anew; the newest release it admits says whether that is enough."""
    admitted = context.releases.matching(Requirement.parse(group.package.version))
    finals = [release for release in admitted if not Version.parse(release).is_prerelease]
    clean = targets(group, finals, context)
    if not clean:
        return unmoved(group)
    target = min(clean, key=lambda target: (len(target.affected), Version.parse(target.version)))
    return replace(
        unmoved(group),
        outcome="upgrade",
        target=target.version,
        edits=ruby_edits(context.facts, context.documents, group.package.version, target.version),
        closes=tuple(sorted(target.closes)),
        remains=tuple(sorted(target.affected)),
        workarounds=workarounds(group, target.affected),
        note=f"{group.package.version} floats: pin {target.version} or later",
    )
