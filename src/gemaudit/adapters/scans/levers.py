"""The upgrades that close most findings over all repositories."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from msgspec import Struct, field

from gemaudit.adapters.scans.counting import Affected
from gemaudit.adapters.scans.values import packed
from gemaudit.model.advisory import SEVERITIES, Severity
from gemaudit.model.finding import PackageKind
from gemaudit.model.plan import FEASIBLE
from gemaudit.model.survey import Lever, Upgrade
from gemaudit.model.version import Version


class _Lift(Struct):
    """What the steps of one package come to."""

    target: str = ""
    repositories: int = 0
    severities: Counter[Severity] = field(default_factory=Counter)
    commands: Counter[tuple[str, ...]] = field(default_factory=Counter)


class Levers:
    """The steps that can be taken at once, move a package and close what applies, added up by package."""

    def __init__(self) -> None:
        self._lifts: dict[tuple[PackageKind, str], _Lift] = defaultdict(_Lift)

    def add(self, upgrades: Iterable[Upgrade], affected: Affected) -> None:
        """Add the steps of a repository."""
        helped = set()
        for step in upgrades:
            if step.outcome not in FEASIBLE or step.outcome == "configure":
                continue
            places = ((packed(step.lockfile), packed(advisory)) for advisory in step.closes)
            closed = [affected[place] for place in places if place in affected]
            if not closed:
                continue
            key = (step.package_kind, step.package)
            lift = self._lifts[key]
            lift.severities.update(closed)
            lift.commands[step.commands] += 1
            lift.target = _later(lift.target, step.target)
            lift.repositories += key not in helped
            helped.add(key)

    def most_first(self) -> tuple[Lever, ...]:
        """The levers, those that close most first."""
        levers = (_lever(*key, lift) for key, lift in self._lifts.items())
        return tuple(sorted(levers, key=_rank))


def _lever(kind: PackageKind, package: str, lift: _Lift) -> Lever:
    return Lever(
        package_kind=kind,
        package=package,
        target=lift.target,
        closes=lift.severities.total(),
        repositories=lift.repositories,
        severities={severity: lift.severities[severity] for severity in SEVERITIES if lift.severities[severity]},
        commands=min(lift.commands, key=lambda commands: (-lift.commands[commands], commands)),
    )


def _later(one: str, other: str) -> str:
    return one if one == other else max(one, other, key=_version_rank)


def _version_rank(text: str) -> tuple[bool, Version, str]:
    try:
        return bool(text), Version.parse(text), text
    except ValueError:
        return False, Version.parse(""), text


def _rank(lever: Lever) -> tuple[int | str, ...]:
    severities = (-lever.severities.get(severity, 0) for severity in SEVERITIES)
    return (-lever.closes, *severities, lever.package_kind, lever.package)
