"""What the findings of one repository come to."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from gemaudit.model.advisory import SEVERITIES, Severity
from gemaudit.model.plan import FEASIBLE
from gemaudit.model.survey import Held, Result, Upgrade

#: Where a repository stands; exactly one of them. Of an audited one, the worst that applies; one of which something
#: could not be read is never clean.
Standing = Literal["critical", "high", "medium", "low", "undecided", "clean", "nothing", "failed"]


class Tally(Struct, frozen=True, kw_only=True):
    """How many findings apply, by severity, how many may, and how many are suppressed, which count as nothing else."""

    affected: dict[Severity, int]
    undecided: int
    suppressed: int

    @classmethod
    def of(cls, held: Iterable[Held]) -> "Tally":
        """The numbers of these findings; every severity has one."""
        affected: Counter[Severity] = Counter()
        undecided = suppressed = 0
        for one in held:
            if one.is_suppressed:
                suppressed += 1
            elif one.status == "affected":
                affected[one.severity] += 1
            else:
                undecided += 1
        return cls(
            affected={severity: affected[severity] for severity in SEVERITIES},
            undecided=undecided,
            suppressed=suppressed,
        )

    @property
    def numbers(self) -> tuple[int, ...]:
        """Those that apply, worst severity first, then those that may."""
        return (*self.affected.values(), self.undecided)


def standing(result: Result, tally: Tally) -> Standing:
    """Where the repository stands; one that failed has failed, whatever it was found to hold before."""
    if result.outcome != "audited":
        return result.outcome
    worst = next((severity for severity, number in tally.affected.items() if number), None)
    is_unread = any(problem.level == "error" for problem in result.problems)
    return worst or ("undecided" if tally.undecided or is_unread else "clean")


class Remedies(Struct, frozen=True, kw_only=True):
    """The steps of the plans of one repository, by what they close."""

    exact: dict[tuple[str, str, str, str], Upgrade]
    loose: dict[tuple[str, str], Upgrade]

    @classmethod
    def of(cls, upgrades: Iterable[Upgrade]) -> "Remedies":
        """The steps, to be asked for single findings; of two that close the same, the first counts."""
        exact: dict[tuple[str, str, str, str], Upgrade] = {}
        loose: dict[tuple[str, str], Upgrade] = {}
        for upgrade in upgrades:
            for advisory in upgrade.closes:
                exact.setdefault((upgrade.lockfile, advisory, upgrade.package_kind, upgrade.package), upgrade)
                loose.setdefault((upgrade.lockfile, advisory), upgrade)
        return cls(exact=exact, loose=loose)

    def get(self, held: Held) -> Upgrade | None:
        """The step that closes the finding: that of its package, or else one that closes it on the way."""
        key = (held.lockfile, held.advisory)
        return self.exact.get((*key, held.package_kind, held.package)) or self.loose.get(key)


def closing(result: Result) -> tuple[int, int]:
    """How many steps can be taken at once, and how many findings that apply they close."""
    steps = [upgrade for upgrade in result.upgrades if upgrade.outcome in FEASIBLE]
    remedies = Remedies.of(steps)
    applying = [held for held in result.held if held.status == "affected" and not held.is_suppressed]
    return len(steps), sum(remedies.get(held) is not None for held in applying)
