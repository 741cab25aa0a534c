"""What a release asks of the places where it is installed."""

from collections.abc import Iterable

from msgspec.structs import replace

from gemaudit.model.advisory import Upgrade
from gemaudit.model.environment import Environment
from gemaudit.model.plan import Need
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version


def needs(upgrades: Iterable[Upgrade], target: str, environments: Iterable[Environment]) -> tuple[Need, ...]:
    """Return what `target` needs in the environments, environments with the same answer taken together."""
    merged: dict[Need, list[str]] = {}
    places = tuple(environments)
    for upgrade in upgrades:
        if not Requirement.parse(upgrade.version).admits(Version.parse(target)):
            continue
        for environment in places:
            if upgrade.platform and system(environment) not in upgrade.platform:
                continue
            for need in _asked(upgrade, environment):
                merged.setdefault(need, []).append(environment.id)
    return tuple(replace(need, environment=", ".join(dict.fromkeys(ids))) for need, ids in merged.items())


def system(environment: Environment) -> str:
    """The platform in the words of `[[upgrade]]`, such as `linux-musl`; empty where it is not known."""
    name = environment.value("os") or ""
    if name == "linux":
        libc = environment.value("libc")
        return f"linux-{libc}" if libc else ""
    return name


def _asked(upgrade: Upgrade, environment: Environment) -> Iterable[Need]:
    for name in ("ruby", "rubygems", "bundler"):
        requirement = getattr(upgrade.requires, name)
        if not requirement:
            continue
        fact = environment.fact(name)
        known = fact is not None and fact.exact
        yield Need(
            name=name,
            requirement=requirement,
            actual=fact.value if fact and known else "",
            met=Requirement.parse(requirement).admits(Version.parse(fact.value)) if fact and known else None,
            path=fact.path if fact else "",
            line=fact.line if fact else 0,
            otherwise=upgrade.otherwise,
        )
