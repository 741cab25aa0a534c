"""What the dashboard says without a script: all numbers and tables, and the worst repositories."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from gemaudit.model.advisory import SEVERITIES, Severity
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.repository import Repository
from gemaudit.model.survey import Change, Held, News, Point, Result, Share, Survey
from gemaudit.reporting.org.compared import Compared
from gemaudit.reporting.org.dashboard_data import STANDINGS, Encoder, address
from gemaudit.reporting.org.failures import Failure, Failures
from gemaudit.reporting.org.tally import Standing, Tally, closing, standing
from gemaudit.reporting.org.words import number, runtime, share_name
from gemaudit.reporting.sanitize import sanitized
from gemaudit.reporting.words import plural, unique

#: How many repositories can be read without a script, and how many lines any other list has.
MOST_REPOSITORIES = 50
MOST = 50
#: How many lines of a list are not folded away.
FEW = 10
FEW_NEWS = 5
_EXAMPLES = 5
#: The size of a drawing of one course, and how many scans it tells.
WIDTH, HEIGHT = 240, 48
MOST_SCANS = 90


class Shown(Struct, frozen=True, kw_only=True):
    """A repository of the table; `link` is empty where its address is none of the web."""

    repository: Repository
    outcome: str
    reason: Diagnostic | None
    audited: str
    numbers: tuple[int, ...]
    new: int
    closed: int
    rubies: tuple[str, ...]
    libcs: tuple[str, ...]
    link: str


class Course(Struct, frozen=True, kw_only=True):
    """The findings of one severity, or those undecided, over the scans; empty paths where there is but one.

    `difference` is to the scan before, None where there is none.
    """

    name: str
    number: int
    difference: int | None
    line: str
    area: str
    told: str


class Turn(Struct, frozen=True, kw_only=True):
    """A finding that came to, or went from, repositories."""

    held: Held
    repositories: tuple[str, ...]
    number: int


class Overview(Struct, frozen=True, kw_only=True):
    """The whole page, in which every text is harmless for a terminal."""

    survey: Survey
    standings: dict[Standing, int]
    worst: tuple[Shown, ...]
    failures: tuple[Failure, ...]
    courses: tuple[Course, ...]
    new: tuple[Turn, ...]
    fixed: tuple[Turn, ...]
    data: str

    @property
    def repositories(self) -> int:
        """How many there are."""
        return sum(self.standings.values())

    @property
    def affected(self) -> int:
        """In how many something applies."""
        return sum(self.standings[severity] for severity in SEVERITIES)

    @property
    def is_clean(self) -> bool:
        """Whether every repository was looked at, and none holds anything that applies or may."""
        looked = bool(self.survey.scan.finished) and not self.standings["failed"] and not self.survey.scan.problems
        return looked and not self.affected and not self.standings["undecided"] and bool(self.standings["clean"])

    @property
    def verdict(self) -> str:
        """The page in a sentence."""
        audited = self.repositories - self.standings["nothing"] - self.standings["failed"]
        of = f"{number(audited)} audited {plural(audited, 'repository')}"
        if self.affected:
            return f"{number(self.affected)} of {of} {plural(self.affected, 'is')} affected"
        if audited:
            return f"Nothing known applies to {of}"
        return "No repository was audited"

    def changes(self, news: News) -> int:
        """How many findings came, or went."""
        return sum(change.news == news for change in self.survey.changes)


def overview(survey: Survey, results: Iterable[Result]) -> Overview:
    """What the page says; `results` are read once."""
    encoder, failures = Encoder(survey), Failures(MOST)
    compared = Compared.of(survey)
    standings: Counter[Standing] = Counter()
    worst: list[Shown] = []
    for result in results:
        tally = Tally.of(result.held)
        standings[standing(result, tally)] += 1
        encoder.add(result, tally)
        failures.add(result)
        if len(worst) < MOST_REPOSITORIES:
            worst.append(sanitized(_shown(result, tally, compared)))
    clean = sanitized(survey)
    return Overview(
        survey=clean,
        standings={name: standings[name] for name in STANDINGS},
        worst=tuple(worst),
        failures=tuple(failures.commonest()),
        courses=tuple(courses(clean)),
        new=_turns(clean, "new"),
        fixed=_turns(clean, "fixed"),
        data=encoder.text(survey.scan),
    )


def widths(shares: Sequence[Share]) -> list[tuple[Share, str, float]]:
    """The shares with their names, and how many percent of the greatest they are."""
    top = max((share.repositories for share in shares), default=0)
    return [(share, share_name(share), round(100 * share.repositories / top, 1) if top else 0) for share in shares]


def courses(survey: Survey) -> Iterable[Course]:
    """How each severity went over the last scans."""
    counts, points = survey.counts, survey.trend[-MOST_SCANS:]
    for severity in SEVERITIES:
        yield _course(
            severity, counts.affected.get(severity, 0), [at.affected.get(severity, 0) for at in points], points
        )
    yield _course("undecided", counts.undecided, [at.undecided for at in points], points)


def _shown(result: Result, tally: Tally, compared: Compared) -> Shown:
    about = result.repository
    return Shown(
        repository=about,
        outcome=result.outcome,
        reason=result.reason,
        audited=result.audited,
        numbers=tally.numbers,
        new=sum(compared.state(about.name, held) == "new" for held in result.held),
        closed=closing(result)[1],
        rubies=tuple(unique(runtime(runs.engine, runs.ruby) for runs in result.runs)),
        libcs=tuple(unique(runs.libc for runs in result.runs)),
        link=address(about.url),
    )


def _course(name: str, value: int, values: list[int], points: tuple[Point, ...]) -> Course:
    if len(values) < 2:  # noqa: PLR2004 - one point is no line
        return Course(name=name, number=value, difference=None, line="", area="", told="")
    top = max(values) or 1
    spots = [f"{x:.1f},{HEIGHT - 1 - (HEIGHT - 3) * y / top:.1f}" for x, y in zip(_places(points), values, strict=True)]
    told = (
        f"{number(len(values))} scans, from {number(values[0])} to {number(values[-1])}, at most {number(max(values))}"
    )
    return Course(
        name=name,
        number=value,
        difference=values[-1] - values[-2],
        line=f"M{' '.join(spots)}",
        area=f"M0,{HEIGHT} {' '.join(spots)} {WIDTH},{HEIGHT}Z",
        told=told,
    )


def _places(points: tuple[Point, ...]) -> list[float]:
    """Where the scans are from left to right, by time; evenly where a time cannot be read."""
    try:
        times = [datetime.fromisoformat(point.started).timestamp() for point in points]
    except (ValueError, OverflowError, OSError):
        times = []
    length = times[-1] - times[0] if times else 0
    if length <= 0 or sorted(times) != times:
        return [WIDTH * index / (len(points) - 1) for index in range(len(points))]
    return [WIDTH * (time - times[0]) / length for time in times]


def _turns(survey: Survey, news: News) -> tuple[Turn, ...]:
    """The changes of one kind by advisory and package, worst first, then the most frequent."""
    groups: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in survey.changes:
        if change.news == news:
            groups[change.held.advisory, change.held.package].append(change)
    turns = [_turn(group) for group in groups.values()]
    turns.sort(key=lambda turn: (_rank(turn.held.severity), -turn.number, turn.held.advisory, turn.held.package))
    return tuple(turns)


def _turn(changes: list[Change]) -> Turn:
    names = unique(change.repository for change in changes)
    return Turn(held=changes[0].held, repositories=tuple(names[:_EXAMPLES]), number=len(names))


def _rank(severity: Severity) -> int:
    return SEVERITIES.index(severity)
