"""Asking gem servers for what a plan needs to know, round by round."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.gem_index import Listing, Wanted
from gemaudit.model.report import Report

#: A plan that asks on and on is made from what is known by then.
_MOST_ROUNDS = 40


class Online(Struct, frozen=True, kw_only=True):
    """A report whose plans rest on gem servers, and whether one of them failed."""

    report: Report
    failed: bool


def advise_online(advise: Callable[[Mapping[Wanted, Listing]], Report], project: Path, *, offline: bool) -> Online:
    """Make the report again and again, until no plan asks for releases that are not known.

    `project` is the folder whose Bundler settings name mirrors and credentials;
    `offline` answers from what earlier runs have fetched.
    """
    from gemaudit.adapters.rubygems import GemServers  # noqa: PLC0415 - the HTTP client, for runs that need one

    servers = GemServers(environment=os.environ, project=project, offline=offline)
    listings: dict[Wanted, Listing] = {}
    report = advise(listings)
    for _ in range(_MOST_ROUNDS):
        asks = {ask for audit in report.audits for ask in audit.plan.asks} - listings.keys()
        if not asks:
            break
        listings |= servers.listings(asks)
        report = advise(listings)
    problems = _problems(listings)
    return Online(
        report=replace(report, diagnostics=(*report.diagnostics, *servers.diagnostics, *problems)),
        failed=bool(problems),
    )


def _problems(listings: Mapping[Wanted, Listing]) -> tuple[Diagnostic, ...]:
    """Why servers did not answer, each reason once."""
    found = dict.fromkeys(listing.problem for listing in listings.values() if listing.problem)
    return tuple(replace(problem, level="warning") for problem in found)
