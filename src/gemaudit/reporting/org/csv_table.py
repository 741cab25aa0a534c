"""The findings of a scan as a table for spreadsheets: RFC 4180, UTF-8 without a byte order mark."""

import csv
import io
from collections.abc import Iterable, Iterator
from functools import lru_cache

from gemaudit.model.survey import Change, Held, Result, Survey, Upgrade
from gemaudit.reporting.csv_table import cell
from gemaudit.reporting.org.compared import Compared
from gemaudit.reporting.org.tally import Remedies
from gemaudit.reporting.style import Style

NAME = "csv"

#: The columns of a repository, each with what it says; empty where a finding is fixed, but for the name.
REPOSITORY = {
    "repository": "its name, as in `acme/shop`",
    "url": "its page on the forge",
    "visibility": "`public`, `private` or `internal`; empty if not told",
    "archived": "`yes` or `no`",
    "fork": "`yes` or `no`",
    "topics": "separated by spaces",
    "branch": "the default branch",
    "head": "the commit that was audited",
    "outcome": "`audited` or `failed`",
    "audited": "when it was last audited (UTC, ISO 8601); empty if never",
    "reason": "why it failed",
}
#: The columns of a finding, each with what it says; all are empty for a repository that failed and holds none.
FINDING = {
    "state": "`new`, `unchanged` or `fixed` since the scan before; empty in the first scan",
    "severity": "`critical`, `high`, `medium` or `low`",
    "status": "`affected` or `under_investigation`",
    "advisory": "its id",
    "title": "its title",
    "kind": "`vulnerability`, `unsound`, `crash`, `leak` or `notice`",
    "package_kind": "`gem`, `ruby`, `default-gem`, `tool` or `bundle`",
    "package": "its name",
    "version": "the version that is locked",
    "lockfile": "its path in the repository",
    "line": "the line of the lockfile",
    "suppressed": "`yes` where the repository's settings ignore the finding, else `no`",
    "since": "when the scan began that saw it first (UTC, ISO 8601)",
    "remediation": "what the plan comes to, as in the JSON report; empty where no step closes it",
    "to": "the version that closes it",
    "commands": "what to run, joined by `&&`",
}
COLUMNS = (*REPOSITORY, *FINDING)

#: Most cells repeat those of the lines before.
_cell = lru_cache(maxsize=4096)(cell)


def render(survey: Survey, results: Iterable[Result], _style: Style) -> Iterator[str]:
    """A line of names, one for each finding and for each failed repository without any, then the fixed findings.

    Each line ends in CR LF. The memory it takes does not grow with the number of repositories.
    """
    compared = Compared.of(survey)
    yield _line(COLUMNS)
    for result in results:
        yield from map(_line, _rows(result, compared))
    yield from (_line(_fixed(change)) for change in survey.changes if change.news == "fixed")


def _rows(result: Result, compared: Compared) -> Iterator[tuple[str, ...]]:
    about = _repository(result)
    remedies = Remedies.of(result.upgrades)
    for held in result.held:
        yield (*about, *_finding(held, compared.state(result.repository.name, held), remedies.get(held)))
    if result.outcome == "failed" and not result.held:
        yield (*about, *[""] * len(FINDING))


def _fixed(change: Change) -> tuple[str, ...]:
    return (change.repository, *[""] * (len(REPOSITORY) - 1), *_finding(change.held, "fixed", None))


def _repository(result: Result) -> tuple[str, ...]:
    about, reason = result.repository, result.reason
    return (
        about.name,
        about.url,
        about.visibility,
        _yes(about.is_archived),
        _yes(about.is_fork),
        " ".join(about.topics),
        about.branch,
        about.head,
        result.outcome,
        result.audited,
        f"{reason.code}: {reason.message}" if reason else "",
    )


def _finding(held: Held, state: str, remedy: Upgrade | None) -> tuple[str, ...]:
    return (
        state,
        held.severity,
        held.status,
        held.advisory,
        held.title,
        held.kind,
        held.package_kind,
        held.package,
        held.version,
        held.lockfile,
        str(held.line or ""),
        _yes(held.is_suppressed),
        held.since,
        remedy.outcome if remedy else "",
        remedy.target if remedy and remedy.outcome != "no_fix" else "",
        " && ".join(remedy.commands) if remedy else "",
    )


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(map(_cell, cells))
    return text.getvalue()


def _yes(is_true: bool) -> str:  # noqa: FBT001 - it is the value that is spelled
    return "yes" if is_true else "no"
