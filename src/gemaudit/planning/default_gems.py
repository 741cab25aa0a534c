"""Moving a gem that the interpreter ships: by listing it in the Gemfile, or with the interpreter."""

from collections.abc import Mapping

from msgspec.structs import replace

from gemaudit.model.plan import Step
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version
from gemaudit.planning.context import Context
from gemaudit.planning.needs import needs
from gemaudit.planning.target import Group, Target, known_releases, targets, unmoved, workarounds


def default_gem_step(group: Group, context: Context) -> Step | None:
    """Return what to do about the findings of one default gem, or None where none of them applies."""
    if not group.affected:
        return None
    package = group.package
    known = known_releases(context.advisories.for_gem(package.name), package)
    found = targets(group, known, context)
    if not found:
        return unmoved(group)
    target = min(found, key=lambda target: (len(target.affected), Version.parse(target.version)))
    return replace(
        unmoved(group),
        outcome="upgrade",
        target=target.version,
        commands=(f'bundle add {package.name} --version ">= {target.version}"',),
        needs=needs(context.advisories.upgrades(gem=package.name), target.version, group.environments),
        closes=tuple(sorted(target.closes)),
        remains=tuple(sorted(target.affected)),
        workarounds=workarounds(group, target.affected),
        note=_with_ruby(group, target, context),
    )


def _with_ruby(group: Group, target: Target, context: Context) -> str:
    """The smallest later Ruby, on the same branch where there is one, that ships a version which closes as much."""
    ruby = group.environments[0].value("ruby")
    if ruby is None:
        return ""
    wanted = Version.parse(target.version)
    for requirement in (f"~> {'.'.join(ruby.split('.')[:2])}.0, > {ruby}", f"> {ruby}"):
        for release in context.releases.matching(Requirement.parse(requirement)):
            version = _shipped(context.shipped.shipped(release), group.package.name)
            if version is not None and version >= wanted and not Version.parse(release).is_prerelease:
                return f"or move to ruby {release}, which ships {group.package.name} {version}"
    return ""


def _shipped(gems: Mapping[str, str] | None, name: str) -> Version | None:
    text = (gems or {}).get(name)
    return Version.parse(text) if text else None
