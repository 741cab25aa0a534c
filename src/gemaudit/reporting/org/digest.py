"""A scan in few lines, for a chat.

Slack, Teams and Mattermost read different Markdown. Three things mean much the same in all of them, and nothing else is
used: a line that begins with `- `, text between backticks, and `*a heading*`, which is bold in one and italic in the
others. Whatever a repository, a lockfile or an advisory has a say in stands between backticks.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field

from gemaudit.model.advisory import SEVERITIES, Severity
from gemaudit.model.survey import Change, Lever, News, Result, Survey
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
    """What the results say beside the survey: which repositories are worst, and which failed, by reason."""

    worst: list[Result] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    named: dict[str, list[str]] = field(default_factory=dict)


def render(survey: Survey, results: Iterable[Result], _style: Style) -> Iterator[str]:
    """The digest in one piece; `results` come with the worst first. Examples are left out until it keeps its limits."""
    seen = _seen(results)
    texts = ("\n".join(_lines(survey, seen, most)) for most in range(_MOST_SHOWN, -1, -1))
    yield next(text for text in texts if _fits(text)) + "\n"


def _fits(text: str) -> bool:
    return len(text) < MOST_CHARACTERS and text.count("\n") < MOST_LINES


def _seen(results: Iterable[Result]) -> _Seen:
    seen = _Seen()
    for result in results:
        if result.outcome == "failed":
            code = result.reason.code if result.reason else "unknown"
            seen.failed[code] += 1
            seen.named.setdefault(code, []).extend([result.repository.name] if seen.failed[code] <= _MOST_NAMED else [])
        elif len(seen.worst) < _MOST_SHOWN and _severities(result):
            seen.worst.append(result)
    return seen


def _severities(result: Result) -> Counter[Severity]:
    return Counter(one.severity for one in result.held if one.status == "affected" and not one.is_suppressed)


def _lines(survey: Survey, seen: _Seen, most: int) -> Iterator[str]:
    yield from _numbers(survey)
    yield from _news(survey, most)
    yield from _section("Worst repositories", map(_repository, seen.worst[:most]))
    yield from _section("Upgrades that help most", map(_lever, survey.levers[: min(most, _MOST_LEVERS)]))
    yield from _section("Failed", _failed(seen, most))
    problems = survey.scan.problems[: min(most, _MOST_NAMED)]
    yield from _section("Problems of the scan", (f"- {_literal(one.message, 2 * _LONGEST)}" for one in problems))


def _numbers(survey: Survey) -> Iterator[str]:
    counts, scan = survey.counts, survey.scan
    total = counts.audited + counts.nothing + counts.failed
    yield f"*gemaudit: {_by_severity(counts.affected) or 'nothing known applies'}*"
    yield (
        f"{_count(total, 'repository')}: {counts.audited:,} audited, {counts.clean:,} of them clean; "
        f"{counts.nothing:,} with nothing to audit; {counts.failed:,} failed"
    )
    others = {"undecided": counts.undecided, "suppressed": counts.suppressed, "problems": len(scan.problems)}
    if any(others.values()):
        yield f"Beside that: {', '.join(f'{number:,} {word}' for word, number in others.items() if number)}"
    sources = listing([_literal(one) for one in scan.sources], limit=_MOST_NAMED)
    unfinished = "" if scan.finished else "; it did not reach its end"
    yield _plain(f"Scan of {sources or 'no sources'}, begun {_literal(scan.started)}{unfinished}")


def _news(survey: Survey, most: int) -> Iterator[str]:
    """What came and went; nothing for a first scan, of which all is new."""
    if not survey.previous:
        return
    found = {news: [change for change in survey.changes if change.news == news] for news in _NEWS}
    lines = [_change_count(news, changes) for news, changes in found.items()]
    lines += [_change(change) for change in found["new"][:most]]
    yield from _section("Since the last scan", lines)


def _change_count(news: News, changes: list[Change]) -> str:
    severities = _by_severity(Counter(change.held.severity for change in changes))
    where = f" in {_count(len({change.repository for change in changes}), 'repository')}" if changes else ""
    return f"- {len(changes):,} {news}{where}{f': {severities}' if severities else ''}"


def _change(change: Change) -> str:
    held = change.held
    package = _literal(f"{held.package} {held.version}".strip())
    return f"- new in {_literal(change.repository)}: {package}, {held.severity}, {_literal(held.advisory)}"


def _repository(result: Result) -> str:
    return f"- {_literal(result.repository.name)}: {_by_severity(_severities(result))}"


def _lever(lever: Lever) -> str:
    where = _count(lever.repositories, "repository")
    to = f" to {_literal(lever.target)}" if lever.target else ""
    return f"- {_literal(lever.package)}{to} ends {_count(lever.closes, 'finding')} in {where}"


def _failed(seen: _Seen, most: int) -> Iterator[str]:
    reasons = seen.failed.most_common()
    for code, number in reasons[:most]:
        names = [_literal(name) for name in seen.named[code]]
        more = f" and {number - len(names):,} more" if number > len(names) else ""
        yield f"- {number:,} {_literal(code)}: {', '.join(names)}{more}"
    if rest := reasons[most:]:
        yield f"- {sum(number for _, number in rest):,} for other reasons"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    if listed := list(lines):
        yield from ("", f"*{title}*", *listed)


def _by_severity(numbers: Mapping[Severity, int]) -> str:
    return ", ".join(f"{numbers[severity]:,} {severity}" for severity in SEVERITIES if numbers.get(severity))


def _count(number: int, word: str) -> str:
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{number:,} {word if number == 1 else plural}"


def _literal(text: str, longest: int = _LONGEST) -> str:
    """The text as code, in which no chat finds anything but text; empty text is shown as such."""
    shown = visible(text[: longest + 1]).translate(_LOOKALIKES).strip() or "(empty)"
    return f"`{shown if len(shown) <= longest else f'{shown[: longest - 1]}…'}`"


def _plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")
