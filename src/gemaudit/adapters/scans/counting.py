"""What the findings and the plans of a scan's repositories come to, in one pass over them."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from gemaudit.adapters.scans.parts import Recorded
from gemaudit.adapters.scans.values import Column, from_json, unpacked
from gemaudit.model.advisory import SEVERITIES, Severity
from gemaudit.model.survey import Runs, Spread, Upgrade

# The unary plus keeps SQLite from sorting: it follows the index of findings then, in the order of repositories.
_IN_SCAN = "+part IN (SELECT id FROM part WHERE scan = ?) AND outcome <> 'gone'"
_FINDINGS = f"""
SELECT repository, lockfile, advisory, severity, status, is_suppressed, package, title
FROM finding CROSS JOIN repository ON repository.id = repository
WHERE finding.until IS NULL AND {_IN_SCAN} ORDER BY repository
"""  # noqa: S608 - literals
_AUDITS = f"""
SELECT repository, upgrades, runs FROM audit CROSS JOIN repository ON repository.id = repository
WHERE {_IN_SCAN} AND audited IS NOT NULL ORDER BY repository
"""  # noqa: S608 - literals

_Kind = tuple[Column, Severity, str, int, Column, Column]
_Row = tuple[int, Column, Column, Severity, str, int, Column, Column]
#: The severities of what applies, by lockfile and advisory as the file has them.
Affected = dict[tuple[Column, Column], Severity]


def audits(
    db: sqlite3.Connection, one: Recorded
) -> Iterator[tuple[Iterable[_Row], tuple[Upgrade, ...], tuple[Runs, ...]]]:
    """What is held, planned and known of each repository that ever was audited; only such hold anything.

    The findings of one must be read before the next is asked for.
    """
    groups = groupby(db.execute(_FINDINGS, (one.id,)), key=itemgetter(0))
    number, rows = next(groups, (None, iter(())))
    for repository, upgrades, runs in db.execute(_AUDITS, (one.id,)):
        own = rows if number == repository else ()
        yield own, from_json(upgrades, tuple[Upgrade, ...]), from_json(runs, tuple[Runs, ...])
        if number == repository:
            number, rows = next(groups, (None, iter(())))


class Tally:
    """The findings of a scan, counted; those that are suppressed count as nothing else."""

    def __init__(self) -> None:
        self._kinds: Counter[_Kind] = Counter()
        self._applies: Counter[Column] = Counter()
        self._may: Counter[Column] = Counter()

    def add(self, rows: Iterable[_Row]) -> Affected:
        """Count the findings of a repository, and return those that apply."""
        own = list(rows)
        self._kinds.update([row[2:] for row in own])
        affected = {(row[1], row[2]): row[3] for row in own if row[4] == "affected" and not row[5]}
        applies = {advisory for _, advisory in affected}
        self._applies.update(applies)
        self._may.update({row[2] for row in own if not row[5]} - applies)
        return affected

    def numbers(self) -> tuple[dict[Severity, int], int, int]:
        """How many findings apply, by severity, how many may, and how many are suppressed."""
        affected: Counter[Severity] = Counter()
        undecided = suppressed = 0
        for (_, severity, status, is_suppressed, _, _), number in self._kinds.items():
            if is_suppressed:
                suppressed += number
            elif status == "affected":
                affected[severity] += number
            else:
                undecided += number
        return {severity: affected[severity] for severity in SEVERITIES if affected[severity]}, undecided, suppressed

    def spreads(self) -> tuple[Spread, ...]:
        """The advisories, those in most repositories first; of several titles, that which most findings have."""
        texts: dict[Column, Counter[tuple[Severity, Column]]] = defaultdict(Counter)
        packages: dict[Column, set[Column]] = defaultdict(set)
        for (advisory, severity, _, is_suppressed, package, title), number in self._kinds.items():
            if not is_suppressed:
                texts[advisory][severity, title] += number
                packages[advisory].add(package)
        return tuple(sorted((self._spread(*item, packages[item[0]]) for item in texts.items()), key=_spread_rank))

    def _spread(self, advisory: Column, texts: Counter[tuple[Severity, Column]], packages: set[Column]) -> Spread:
        severity, title = min(texts, key=lambda text: (-texts[text], SEVERITIES.index(text[0]), unpacked(text[1])))
        return Spread(
            advisory=unpacked(advisory),
            title=unpacked(title),
            severity=severity,
            packages=tuple(sorted(map(unpacked, packages))),
            repositories=self._applies[advisory],
            undecided=self._may[advisory],
        )


def _spread_rank(one: Spread) -> tuple[int, int, int, str]:
    return -one.repositories, -one.undecided, SEVERITIES.index(one.severity), one.advisory
