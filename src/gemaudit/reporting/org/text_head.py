"""How a scan begins and ends in text: what was scanned, what came of it, what judged."""

from collections.abc import Iterator

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.survey import Point, Survey
from gemaudit.reporting.org.words import counted, moment, number, subject
from gemaudit.reporting.page import Page
from gemaudit.reporting.words import BULLET, together

#: Said of a scan that was stopped.
UNFINISHED = "the scan did not reach its end: repositories that it has not come to are missing or as they were"


def head(survey: Survey, page: Page) -> Iterator[str]:
    """What was scanned and when, how the repositories ended, what they hold, and what has changed."""
    scan = survey.scan
    yield from page.lines(
        f"{page.paint(subject(scan), 'strong')}: {counted(repositories(survey), 'repository')}, {moment(scan.started)}"
    )
    if not scan.finished:
        yield from page.lines(page.paint(UNFINISHED, "high"), lead="  ")
    yield from _endings(survey, page)
    yield from _findings(survey, page)
    yield from news(survey, page, hint=" (`--changed` lists them)")


def repositories(survey: Survey) -> int:
    """How many repositories there are, whatever came of them."""
    counts = survey.counts
    return counts.audited + counts.nothing + counts.failed


def news(survey: Survey, page: Page, *, hint: str = "") -> Iterator[str]:
    """How many findings are new and how many fixed since the scan before."""
    if not survey.previous:
        yield from page.lines("the first scan, compared with nothing", lead="  ")
        return
    new = sum(change.news == "new" for change in survey.changes)
    fixed = len(survey.changes) - new
    told = f"{page.paint(f'{number(new)} new', 'high' if new else 'faint')}, {number(fixed)} fixed"
    since = f"since {moment(survey.previous)}: {told}{hint if survey.changes else ''}"
    yield from page.lines(since, lead="  ", indent=4)


def total(survey: Survey, page: Page) -> Iterator[str]:
    """The last line: what was read, what judged, and what it cost."""
    scan, counts = survey.scan, survey.counts
    parts = [
        f"{counted(counts.lockfiles, 'lockfile')}, {counted(counts.packages, 'package')}",
        f"database {scan.revision[:12]}" if scan.revision else "",
        f"gemaudit {scan.version}" if scan.version else "",
        counted(scan.requests, "request"),
        f"finished {moment(scan.finished)}" if scan.finished else "not finished",
    ]
    yield from page.lines(BULLET.join(together(part) for part in parts if part))


def _endings(survey: Survey, page: Page) -> Iterator[str]:
    counts = survey.counts
    failed = f"{number(counts.failed)} failed"
    parts = [
        f"{number(counts.audited)} audited ({number(counts.clean)} clean)",
        f"{number(counts.nothing)} nothing to audit",
        page.paint(failed, "high") if counts.failed else failed,
    ]
    yield from page.lines(BULLET.join(map(together, parts)), lead="  ", indent=4)


def _findings(survey: Survey, page: Page) -> Iterator[str]:
    """How many findings of each severity, each with how that differs from the scan before."""
    counts, before = survey.counts, _before(survey)
    affected = [
        page.paint(f"{number(counts.affected.get(severity, 0))} {severity}", severity)
        + _difference(counts.affected.get(severity, 0), before.affected.get(severity, 0) if before else None)
        for severity in SEVERITIES
    ]
    undecided = f"{number(counts.undecided)} undecided" + _difference(
        counts.undecided, before.undecided if before else None
    )
    parts = [", ".join(map(together, affected)), together(undecided)]
    if counts.suppressed:
        parts.append(together(f"{number(counts.suppressed)} suppressed"))
    yield from page.lines(f"findings: {BULLET.join(parts)}", lead="  ", indent=4)


def _before(survey: Survey) -> Point | None:
    return survey.trend[-2] if survey.previous and len(survey.trend) > 1 else None


def _difference(now: int, before: int | None) -> str:
    return "" if before is None or now == before else f" ({now - before:+,})"
