"""What fixed releases need speaks of an affected package."""

from collections.abc import Iterator

from gemaudit.advisories.rules.entry import Entry
from gemaudit.model.diagnostic import Diagnostic


def check(entry: Entry) -> Iterator[Diagnostic]:
    """Yield what is wrong with the `[[upgrade]]` tables."""
    subjects = {(affected.gem, affected.engine) for affected in entry.advisory.affected}
    for index, upgrade in enumerate(entry.advisory.upgrade):
        if (upgrade.gem, upgrade.engine) not in subjects:
            yield entry.problem("upgrade-subject", "`[[upgrade]]` speaks of nothing affected here", "upgrade", index)
