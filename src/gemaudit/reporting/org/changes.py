"""What is new and what is fixed since the scan before, and nothing else, for people."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.survey import Change, News, Result, Survey
from gemaudit.reporting.org.failures import Failures
from gemaudit.reporting.org.text import failed, paragraphs
from gemaudit.reporting.org.text_head import UNFINISHED, news, total
from gemaudit.reporting.org.words import counted, moment, subject
from gemaudit.reporting.page import Page
from gemaudit.reporting.sanitize import sanitized
from gemaudit.reporting.style import Style
from gemaudit.reporting.words import place, together

NAME = "changed"

_EXAMPLES = 3


def render(survey: Survey, results: Iterable[Result], style: Style) -> Iterator[str]:
    """Every finding that came or went, those of one advisory together; then the failures, which may hide some."""
    page = Page.of(style)
    yield from paragraphs(_sections(sanitized(survey), results, page))


def _sections(survey: Survey, results: Iterable[Result], page: Page) -> Iterator[Iterable[str]]:
    failures = Failures(_EXAMPLES)
    for result in results:
        failures.add(result)
    yield _head(survey, page)
    yield from _listed("new", survey.changes, page)
    yield from _listed("fixed", survey.changes, page)
    yield _failed(survey, failures, page)
    yield total(survey, page)


def _head(survey: Survey, page: Page) -> Iterator[str]:
    yield from page.lines(f"{page.paint(subject(survey.scan), 'strong')}: {moment(survey.scan.started)}")
    if not survey.scan.finished:
        yield from page.lines(page.paint(UNFINISHED, "high"), lead="  ")
    yield from news(survey, page)


def _listed(news_: News, changes: tuple[Change, ...], page: Page) -> Iterator[Iterable[str]]:
    """A section for each advisory, worst first, with the repositories that it came to or went from."""
    chosen = sorted((change for change in changes if change.news == news_), key=_rank)
    for _, group in groupby(chosen, key=lambda change: _rank(change)[:2]):
        yield _advisory(news_, list(group), page)


def _advisory(news_: News, changes: list[Change], page: Page) -> Iterator[str]:
    held = changes[0].held
    tone = held.severity if news_ == "new" else "good"
    lead = f"{page.paint(news_, tone)}  {held.severity} {held.advisory}"
    yield from page.lines(f"{lead}  {held.title}", indent=4)
    for change in changes:
        package = together(f"{change.held.package} {change.held.version}".strip())
        undecided = "" if change.held.status == "affected" else ", undecided"
        where = place(change.held.lockfile, change.held.line)
        yield from page.lines(f"{together(change.repository)}  {package} ({where}){undecided}", lead="  ", indent=4)


def _failed(survey: Survey, failures: Failures, page: Page) -> Iterator[str]:
    number = survey.counts.failed
    if not number:
        return
    text = f"{counted(number, 'repository')} failed, so what is new in {'it' if number == 1 else 'them'} is not known"
    yield from page.lines(page.paint(text, "high"))
    yield from failed(failures, page)


def _rank(change: Change) -> tuple[int, str, str, str, str, str]:
    held = change.held
    return (
        SEVERITIES.index(held.severity),
        held.advisory,
        change.repository,
        held.lockfile,
        held.package,
        held.version,
    )
