"""The self-tests are there, and they pass."""

from collections.abc import Iterator

from gemaudit.advisories.rules.entry import Entry
from gemaudit.model.advisory import Example
from gemaudit.model.diagnostic import Diagnostic


def check(entry: Entry) -> Iterator[Diagnostic]:
    """Yield which self-tests are missing and which ones fail."""
    if not entry.advisory.affected:
        return
    statuses = {example.status for example in entry.advisory.example}
    wanted = {"affected"} if not _all_presumed(entry) else {"affected", "under_investigation"}
    if not statuses & wanted:
        yield entry.problem("no-example", f"no `[[example]]` is {' or '.join(sorted(wanted))}", "example", 0)
    if "not_affected" not in statuses:
        yield entry.problem("no-example", "no `[[example]]` is not_affected", "example", 0)
    for index, example in enumerate(entry.advisory.example):
        yield from _fails(entry, example, index)


def _all_presumed(entry: Entry) -> bool:
    return all(claimed.presumed for affected in entry.advisory.affected for claimed in affected.ranges)


def _fails(entry: Entry, example: Example, index: int) -> Iterator[Diagnostic]:
    affected = entry.advisory.affected
    if len(affected) > 1 and not (example.gem or example.engine):
        yield entry.problem("example-subject", "with several `[[affected]]`, an example says which", "example", index)
        return
    if (example.gem or example.engine) and (example.gem, example.engine) not in {(a.gem, a.engine) for a in affected}:
        yield entry.problem("example-subject", "the example speaks of nothing affected here", "example", index)
        return
    try:
        status = entry.evaluate(entry.advisory, example)
    except ValueError as error:
        yield entry.problem("example-unreadable", f"the example cannot be judged: {error}", "example", index)
        return
    if status != example.status:
        yield entry.problem(
            "example-fails",
            f"{example.version} is expected to be {example.status} and comes out {status}",
            "example",
            index,
            "status",
            hint="correct the example, the ranges or the conditions, whichever is wrong",
        )
