"""A scan in few lines, for a chat.

Slack, Teams and Mattermost read different Markdown. Three things mean much the same in all of them, and nothing else is
used: a line that begins with `- `, text between backticks, and `*a heading*`, which is bold in one and italic in the
others. Whatever a repository, a lockfile or an advisory has a say in stands between backticks.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.survey import Change, Lever, News, Result, Survey
from gemaudit.reporting.entries import plain
from gemaudit.reporting.org.failures import Failure, Failures
from gemaudit.reporting.org.tally import Tally
from gemaudit.reporting.org.words import by_severity, counted, moment, number, origin
from gemaudit.reporting.sanitize import visible
from gemaudit.reporting.style import Style
from gemaudit.reporting.words import listing

NAME = "digest"

#: What a message takes in any of the chats without being cut or folded.
MOST_LINES = 40
MOST_CHARACTERS = 3_500

_NEWS: tuple[News, ...] = ("new", "fixed")
# Slack reads `&`, `<` and `>` as markup even in code, and its entities are no entities elsewhere:
# https://docs.slack.dev/messaging/formatting-message-text
_LOOKALIKES = str.maketrans(
    {
        "`": "'",
        "&": "\N{FULLWIDTH AMPERSAND}",
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
        "@": "\N{FULLWIDTH COMMERCIAL AT}",
    }
)
_LONGEST = 60
_MOST_SHOWN = 5
_MOST_LEVERS = 3
_MOST_NAMED = 2


class _Seen(Struct):
    """What the results say beside the survey: which repositories are worst, and why others failed."""

    worst: list[tuple[str, Tally]] = field(default_factory=list)
    failures: Failures = field(default_factory=lambda: Failures(_MOST_NAMED))

    def add(self, result: Result) -> None:
        """Note a result; they come with the worst first."""
        self.failures.add(result)
        if len(self.worst) < _MOST_SHOWN and any((tally := Tally.of(result.held)).affected.values()):
            self.worst.append((result.repository.name, tally))


def render(survey: Survey, results: Iterable[Result], _style: Style) -> Iterator[str]:
    """The digest in one piece; examples are left out until it keeps its limits."""
    seen = _Seen()
    for result in results:
        seen.add(result)
    texts = (plain("\n".join(_lines(survey, seen, most))) for most in range(_MOST_SHOWN, -1, -1))
    yield next(text for text in texts if _fits(text)) + "\n"


def _fits(text: str) -> bool:
    return len(text) < MOST_CHARACTERS and text.count("\n") < MOST_LINES


def _lines(survey: Survey, seen: _Seen, most: int) -> Iterator[str]:
    yield from _numbers(survey)
    yield from _news(survey, most)
    yield from _section("Worst repositories", (_repository(*one) for one in seen.worst[:most]))
    yield from _section("Upgrades that help most", map(_lever, survey.levers[: min(most, _MOST_LEVERS)]))
    yield from _section("Failed", _failures(seen.failures.commonest(), most))
    problems = [one for one in survey.scan.problems if one.level != "notice"][: min(most, _MOST_NAMED)]
    yield from _section("Problems of the scan", (f"- {_literal(one.message, 2 * _LONGEST)}" for one in problems))


def _numbers(survey: Survey) -> Iterator[str]:
    """What was found, how the repositories ended, and what was scanned."""
    counts, scan = survey.counts, survey.scan
    yield f"*gemaudit: {by_severity(counts.affected) or 'nothing known applies'}*"
    yield (
        f"{counted(counts.audited + counts.nothing + counts.failed, 'repository')}: "
        f"{number(counts.audited)} audited ({number(counts.clean)} clean), "
        f"{number(counts.nothing)} nothing to audit, {number(counts.failed)} failed"
    )
    others = {"undecided": counts.undecided, "suppressed": counts.suppressed}
    if any(others.values()):
        yield f"Beside that: {', '.join(f'{number(value)} {word}' for word, value in others.items() if value)}"
    sources = listing([_literal(one) for one in scan.sources], limit=_MOST_NAMED) or "no source"
    yield f"Scan of {sources}, {_literal(plain(moment(scan.started)))}"
    if not scan.finished:
        yield "It did not reach its end: some repositories are missing, or as they were"


def _news(survey: Survey, most: int) -> Iterator[str]:
    """What came and went; nothing for a first scan, of which all is new."""
    if not survey.previous:
        return
    changes = sorted(survey.changes, key=lambda change: SEVERITIES.index(change.held.severity))
    found = {news: [change for change in changes if change.news == news] for news in _NEWS}
    lines = [_changes(news, some) for news, some in found.items()]
    yield from _section("Since the scan before", [*lines, *map(_change, found["new"][:most])])


def _changes(news: News, changes: list[Change]) -> str:
    if not changes:
        return f"- nothing {news}"
    severities = by_severity(Counter(change.held.severity for change in changes))
    where = counted(len({change.repository for change in changes}), "repository")
    return f"- {number(len(changes))} {news} in {where}: {severities}"


def _change(change: Change) -> str:
    held = change.held
    package = _literal(f"{held.package} {held.version}".strip())
    return f"- new in {_literal(change.repository)}: {package}, {held.severity}, {_literal(held.advisory)}"


def _repository(name: str, tally: Tally) -> str:
    return f"- {_literal(name)}: {by_severity(tally.affected)}"


def _lever(lever: Lever) -> str:
    to = f" to {_literal(lever.target)}" if lever.target else ""
    where = counted(lever.repositories, "repository")
    shipped = f", {origin(lever)}," if origin(lever) else ""
    return f"- {_literal(lever.package)}{to}{shipped} ends {counted(lever.closes, 'finding')} in {where}"


def _failures(failures: list[Failure], most: int) -> Iterator[str]:
    for failure in failures[:most]:
        names = [_literal(name) for name in failure.names]
        more = f" and {number(failure.number - len(names))} more" if failure.number > len(names) else ""
        yield f"- {number(failure.number)} {_literal(failure.reason.code)}: {', '.join(names)}{more}"
    if rest := failures[most:]:
        yield f"- {number(sum(failure.number for failure in rest))} for other reasons"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    if listed := list(lines):
        yield from ("", f"*{title}*", *listed)


def _literal(text: str, longest: int = _LONGEST) -> str:
    """The text as code, in which no chat finds anything but text; a long one is cut."""
    shown = visible(text[: longest + 1]).translate(_LOOKALIKES).strip() or "(empty)"
    return f"`{shown if len(shown) <= longest else f'{shown[: longest - 1]}…'}`"
