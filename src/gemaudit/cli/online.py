"""Asking gem servers for what a plan needs to know, round by round."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from gemaudit import __version__
from gemaudit.adapters.clock import today
from gemaudit.model.baseline import Baseline
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.gem_index import Listing, Wanted
from gemaudit.model.policy import Policy
from gemaudit.model.report import Report
from gemaudit.pipeline import Judgement, Knowledge, advise

#: A plan that asks on and on is made from what is known by then.
_MOST_ROUNDS = 40


class Asking(Struct, frozen=True, kw_only=True):
    """Whether gem servers are asked, or the answers that earlier runs have kept.

    `project` is the folder whose Bundler settings name mirrors and credentials.
    """

    project: Path
    online: bool = False
    offline: bool = False


class Online(Struct, frozen=True, kw_only=True):
    """A report, and whether a gem server that its plans wanted to ask has failed."""

    report: Report
    failed: bool


def advised(
    judgements: Sequence[Judgement],
    policy: Policy,
    knowledge: Knowledge,
    asking: Asking,
    problems: tuple[Diagnostic, ...] = (),
    baseline: Baseline | None = None,
) -> Online:
    """The report, with plans from gem servers where those are to be asked; `problems` are what was wrong before."""

    def make(listings: Mapping[Wanted, Listing] | None = None) -> Report:
        return advise(judgements, policy, today(), knowledge, version=__version__, listings=listings, baseline=baseline)

    if not asking.online and not asking.offline:
        return Online(report=replace(make(), diagnostics=problems), failed=False)
    return _round_by_round(make, asking, problems)


def _round_by_round(
    make: Callable[[Mapping[Wanted, Listing]], Report], asking: Asking, problems: tuple[Diagnostic, ...]
) -> Online:
    """Make the report again and again, until no plan asks for releases that are not known."""
    from gemaudit.adapters.rubygems import GemServers  # noqa: PLC0415 - the HTTP client, for runs that need one

    servers = GemServers(environment=os.environ, project=asking.project, offline=asking.offline)
    listings: dict[Wanted, Listing] = {}
    report = make(listings)
    for _ in range(_MOST_ROUNDS):
        asks = {ask for audit in report.audits for ask in audit.plan.asks} - listings.keys()
        if not asks:
            break
        listings |= servers.listings(asks)
        report = make(listings)
    failures = _problems(listings)
    return Online(
        report=replace(report, diagnostics=(*problems, *servers.diagnostics, *failures)), failed=bool(failures)
    )


def _problems(listings: Mapping[Wanted, Listing]) -> tuple[Diagnostic, ...]:
    """Why servers did not answer, each reason once."""
    found = dict.fromkeys(listing.problem for listing in listings.values() if listing.problem)
    return tuple(replace(problem, level="warning") for problem in found)
