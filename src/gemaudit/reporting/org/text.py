"""A scan for people: how it stands, what is worst, and what helps most."""

from collections.abc import Iterable, Iterator

from gemaudit.model.survey import Lever, Result, Share, Spread, Survey
from gemaudit.reporting.diagnostics import render_diagnostic
from gemaudit.reporting.org.columns import most, rows, section
from gemaudit.reporting.org.compared import Compared
from gemaudit.reporting.org.failures import Failures
from gemaudit.reporting.org.tally import Tally, closing
from gemaudit.reporting.org.text_head import head, total
from gemaudit.reporting.org.words import by_severity, counted, day, life, number, origin, runtime, share_name
from gemaudit.reporting.page import Page
from gemaudit.reporting.sanitize import sanitized
from gemaudit.reporting.style import Style
from gemaudit.reporting.words import BULLET, literal, together, unique
from gemaudit.reporting.wrap import cells, shorten

NAME = "text"

_MOST = 10
_EXAMPLES = 3
_MOST_PLACES = 4
#: What the numbers before an advisory take, and the least of a title that says something.
_NUMBERS = 28
_SHORTEST = 20
_SEVERITIES = ("critical", "high", "medium", "low", "undecided")


def render(survey: Survey, results: Iterable[Result], style: Style) -> Iterator[str]:
    """The scan in lines of the style's width, in a memory that does not grow with the number of repositories."""
    page = Page.of(style)
    compared = Compared.of(survey)
    yield from paragraphs(_sections(sanitized(survey), results, compared, page))


def paragraphs(sections: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of the sections, an empty line between those that have any; one is read when its turn has come."""
    gap = ""
    for lines in sections:
        lead = gap
        for line in lines:
            yield f"{lead}{line}\n"
            lead, gap = "", "\n"


def failed(failures: Failures, page: Page) -> Iterator[str]:
    """Each reason for which repositories failed, with some of them."""
    for failure in failures.commonest():
        reason = f"{page.paint(failure.reason.code, 'strong')}: {failure.reason.message}"
        names = [*map(together, failure.names)]
        listed = ", ".join(names) + _and_more(failure.number - len(names))
        yield from page.lines(f"{reason}{BULLET}{listed}", lead=f"  {number(failure.number):>6}  ")
        if failure.reason.hint:
            yield from page.lines(f"hint: {failure.reason.hint}", lead=" " * 10)


def _sections(survey: Survey, results: Iterable[Result], compared: Compared, page: Page) -> Iterator[Iterable[str]]:
    failures = Failures(_EXAMPLES)
    title = "Repositories, worst first" if page.show_all else "Worst repositories"
    yield head(survey, page)
    for problem in survey.scan.problems:
        yield render_diagnostic(problem, color=page.color).split("\n")
    told = rows(_SEVERITIES, _repositories(results, compared, failures, page), page)
    yield section(title, told, page)
    yield section("Failed", failed(failures, page), page)
    yield section("Upgrades that close most", _upgrades(survey, page), page)
    yield section("Most common advisories", _advisories(survey, page), page)
    yield section("Rubies", _shares(survey.rubies, page), page)
    yield section("C libraries", _shares(survey.libcs, page), page)
    yield total(survey, page)


def _repositories(
    results: Iterable[Result], compared: Compared, failures: Failures, page: Page
) -> Iterator[tuple[tuple[int, ...], str]]:
    """The worst repositories, or all; those that failed are counted on the way."""
    shown = 0
    for result in results:
        failures.add(result)
        if shown < _MOST or page.show_all:
            tally = Tally.of(result.held)
            if page.show_all or any(tally.numbers):
                shown += 1
                yield tally.numbers, _described(result, compared, page)


def _described(result: Result, compared: Compared, page: Page) -> str:
    """The name, what is new, how it ended if not audited, where it runs, and what can be done."""
    name = result.repository.name
    new = sum(compared.state(name, held) == "new" for held in result.held)
    steps, closed = closing(result)
    rubies = (runtime(runs.engine, runs.ruby) for runs in result.runs)
    places = tuple(unique([*rubies, *(runs.libc for runs in result.runs)])[:_MOST_PLACES])
    details = [
        page.paint(f"{number(new)} new", "high") if new else "",
        sanitized(_ending(result)),
        " ".join(sanitized(places)),
        f"{counted(steps, 'step')} {'closes' if steps == 1 else 'close'} {number(closed)}" if closed else "",
    ]
    return BULLET.join([page.paint(together(sanitized(name)), "strong"), *map(together, filter(None, details))])


def _ending(result: Result) -> str:
    if result.outcome == "nothing":
        return "nothing to audit"
    if result.outcome == "audited":
        return ""
    code = result.reason.code if result.reason else "no reason"
    return f"failed ({code}), as of {day(result.audited)}" if result.audited else f"failed ({code}), never audited"


def _upgrades(survey: Survey, page: Page) -> Iterator[str]:
    levers = survey.levers if page.show_all else survey.levers[:_MOST]
    items = (((lever.closes, lever.repositories), _lever(lever, page)) for lever in levers)
    yield from rows(("closes", "repositories"), items, page)
    yield from _rest(len(survey.levers) - len(levers), "upgrade", page)


def _lever(lever: Lever, page: Page) -> str:
    """The upgrade and what it closes, with `show_all` also how."""
    moved = together(_moved(lever.package, lever.target))
    commands = f": {' && '.join(map(literal, lever.commands))}" if lever.commands and page.show_all else ""
    shipped = f", {origin(lever)}" if origin(lever) else ""
    return f"{page.paint(moved, 'strong')}{shipped} ({by_severity(lever.severities)}){commands}"


def _moved(package: str, target: str) -> str:
    return f"{package} -> {target}" if target else package


def _advisories(survey: Survey, page: Page) -> Iterator[str]:
    spreads = survey.advisories if page.show_all else survey.advisories[:_MOST]
    items = (((spread.repositories, spread.undecided), _told(spread, page)) for spread in spreads)
    yield from rows(("repositories", "undecided"), items, page)
    yield from _rest(len(survey.advisories) - len(spreads), "advisory", page)


def _told(spread: Spread, page: Page) -> str:
    """The advisory with its packages, in a short report on one line."""
    packages = most([*map(together, spread.packages)], _EXAMPLES, page)
    start = f"{spread.severity:<8} {spread.advisory} {packages}: "
    room = page.width - _NUMBERS - cells(start)
    title = spread.title if page.show_all or room < _SHORTEST else shorten(spread.title, room)
    return start.replace(spread.severity, page.paint(spread.severity, spread.severity), 1) + title


def _shares(shares: tuple[Share, ...], page: Page) -> Iterator[str]:
    shown = shares if page.show_all else shares[:_MOST]
    items = (((share.repositories,), _share(share, page)) for share in shown)
    yield from rows(("repositories",), items, page)
    yield from _rest(len(shares) - len(shown), "version", page)


def _share(share: Share, page: Page) -> str:
    ending = life(share)
    text = together(share_name(share))
    return f"{text}{BULLET}{page.paint(ending, 'high') if share.is_over else ending}" if ending else text


def _rest(left: int, word: str, page: Page) -> list[str]:
    hint = f"{counted(left, word)} more (`--all` shows {'it' if left == 1 else 'them'})"
    return page.lines(page.paint(hint, "faint"), lead="  ") if left > 0 else []


def _and_more(left: int) -> str:
    return f" and {number(left)} more" if left > 0 else ""
