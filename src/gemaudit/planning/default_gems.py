"""Moving a gem that the interpreter ships: by listing it in the Gemfile, or with the interpreter."""

from msgspec.structs import replace

from gemaudit.model.plan import Step
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version
from gemaudit.planning.context import Context
from gemaudit.planning.target import Group, Target, known_releases, move, targets, unmoved


def default_gem_step(group: Group, context: Context) -> Step | None:
    """Return what to do about the findings of one default gem, or None where none of them applies."""
    if not group.affected:
        return None
    package = group.package
    known = known_releases(context.advisories.for_gem(package.name), package)
    found = targets(group, known, context)
    if not found:
        return replace(unmoved(group), note=with_ruby(group, None, context))
    target = min(found, key=lambda target: (len(target.remains), Version.parse(target.version)))
    return replace(
        move(group, target, context.advisories.upgrades(gem=package.name)),
        commands=(f'bundle add {package.name} --version ">= {target.version}"',),
        note=with_ruby(group, target, context),
    )


def with_ruby(group: Group, target: Target | None, context: Context) -> str:
    """The smallest later Ruby, on the same branch where there is one, that ships a version which closes as much."""
    name = group.package.name
    ruby = group.environments[0].value("ruby")
    if ruby is None:
        return ""
    closes = target.closes if target else group.affected
    helps: dict[str, bool] = {group.package.version: False}
    branch = context.releases.branch_of(ruby)
    for release in sorted(
        context.releases.matching(Requirement.parse(f"> {ruby}")),
        key=lambda release: (context.releases.branch_of(release) != branch, Version.parse(release)),
    ):
        version = context.shipped.version(name, release)
        if version is None or Version.parse(release).is_prerelease:
            continue
        if version not in helps:
            helps[version] = any(closes <= found.closes for found in targets(group, (version,), context))
        if helps[version]:
            return f"{'or ' if target else ''}move to ruby {release}, which ships {name} {version}"
    return ""
