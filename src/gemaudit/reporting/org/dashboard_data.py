"""The repositories as the dashboard's script reads them: every text once, and numbers that point to it.

Two thousand repositories with fifteen findings each take about a megabyte. `templates/org/model.js` is the other side.
"""

from collections.abc import Callable, Hashable
from typing import Any, get_args

import msgspec
from msgspec import Struct, field

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.survey import Held, Result, Runs, Scan, Survey, Upgrade
from gemaudit.reporting.html_shell import is_link, plain
from gemaudit.reporting.org.compared import Compared
from gemaudit.reporting.org.tally import Standing, Tally, closing, standing
from gemaudit.reporting.org.words import moment, runtime
from gemaudit.reporting.sanitize import prose, sanitized, visible

STANDINGS: tuple[Standing, ...] = get_args(Standing)

Row = list[Any]

# What could end the element that holds the data, or begin another, or is a line's end to some readers.
_UNSAFE = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
#: Where a forge shows a file of a commit.
_BLOBS = {"github": "/blob/", "gitlab": "/-/blob/"}


class Table(Struct):
    """Rows, each once, in the order in which they were first asked for."""

    rows: list[Any] = field(default_factory=list)
    places: dict[Hashable, int] = field(default_factory=dict)

    def place(self, key: Hashable, make: Callable[[], Any]) -> int:
        """Where the row of that key is; it is made if there is none yet."""
        at = self.places.get(key)
        if at is None:
            row = make()
            at = self.places[key] = len(self.rows)
            self.rows.append(row)
        return at


class Encoder:
    """The rows of repositories, and the tables that they point into."""

    def __init__(self, survey: Survey) -> None:
        """Nothing is in it yet; what the survey says is new or fixed will be marked."""
        self._compared = Compared.of(survey)
        self._base = f"https://{sanitized(survey.scan.host)}/"
        self._strings, self._findings, self._steps, self._runs, self._notes = (Table() for _ in range(5))
        self._known: dict[tuple[Callable[[str], str], str], int] = {}
        self._rows: list[str] = []

    def add(self, result: Result, tally: Tally) -> None:
        """Put the repository after those that are there."""
        about = result.repository
        steps, closed = closing(result)
        row = [
            sanitized(about.name),
            self._url(about.url, about.name),
            STANDINGS.index(standing(result, tally)),
            self._text(about.visibility),
            about.is_archived + 2 * about.is_fork,
            [self._text(topic) for topic in about.topics],
            result.lockfiles,
            result.packages,
            self._text(result.audited, _when),
            sanitized(about.head),
            self._note(result.reason) if result.reason else -1,
            steps,
            closed,
            [number for held in result.held for number in self._held(about.name, held)],
            [number for step in result.upgrades for number in (self._text(step.lockfile), self._step(step))],
            [number for runs in result.runs for number in (self._text(runs.lockfile), self._environment(runs))],
            [number for problem in result.problems for number in self._problem(problem)],
            [number for held in self._compared.fixed.get(about.name, ()) for number in self._fixed(held)],
        ]
        self._rows.append(_encoded(row))

    def text(self, scan: Scan) -> str:
        """All of it as JSON, which holds nothing that means something to a reader of HTML."""
        tables = {
            "base": self._base,
            "blob": _BLOBS.get(scan.forge, ""),
            "severities": SEVERITIES,
            "standings": STANDINGS,
            "strings": self._strings.rows,
            "findings": self._findings.rows,
            "steps": self._steps.rows,
            "runs": self._runs.rows,
            "notes": self._notes.rows,
        }
        rows = ",\n".join(self._rows)
        return f'{_encoded(tables).removesuffix("}")},"repositories":[\n{rows}\n]}}'

    def _text(self, text: str, harmless: Callable[[str], str] = sanitized) -> int:
        at = self._known.get((harmless, text))
        if at is None:
            clean = harmless(text)
            at = self._known[harmless, text] = self._strings.place(clean, lambda: clean)
        return at

    def _url(self, url: str, name: str) -> str | int:
        """The address if a browser may be sent there, 1 where it follows from the name, else nothing."""
        return 1 if (link := address(url)) and link == self._base + name else link

    def _held(self, repository: str, held: Held) -> tuple[int, ...]:
        is_new = self._compared.state(repository, held) == "new"
        flags = (held.status != "affected") + 2 * held.is_suppressed + 4 * is_new
        return self._text(held.lockfile), self._finding(held), flags, held.line, self._text(held.since, _when)

    def _fixed(self, held: Held) -> tuple[int, int]:
        return self._text(held.lockfile), self._finding(held)

    def _finding(self, held: Held) -> int:
        key = (held.advisory, held.title, held.severity, held.kind, held.package_kind, held.package, held.version)
        return self._findings.place(
            key,
            lambda: [
                self._text(held.advisory),
                self._text(held.title, prose),
                SEVERITIES.index(held.severity),
                self._text(held.kind),
                self._text(held.package_kind),
                self._text(held.package),
                self._text(held.version),
            ],
        )

    def _step(self, step: Upgrade) -> int:
        key = (step.package_kind, step.package, step.current, step.target, step.outcome, step.closes, step.commands)
        return self._steps.place(
            key,
            lambda: [
                self._text(step.package_kind),
                self._text(step.package),
                self._text(step.current),
                self._text(step.target),
                self._text(step.outcome),
                [self._text(advisory) for advisory in step.closes],
                [self._text(command, visible) for command in step.commands],
            ],
        )

    def _environment(self, runs: Runs) -> int:
        return self._runs.place(
            (runs.environment, runs.engine, runs.ruby, runs.libc, runs.platform),
            lambda: [
                self._text(runs.environment),
                self._text(runtime(runs.engine, runs.ruby)),
                self._text(runs.libc),
                self._text(runs.platform),
            ],
        )

    def _note(self, diagnostic: Diagnostic) -> int:
        return self._notes.place(
            (diagnostic.level, diagnostic.code, diagnostic.message, diagnostic.hint),
            lambda: [
                self._text(diagnostic.level),
                self._text(diagnostic.code),
                self._text(diagnostic.message, prose),
                self._text(diagnostic.hint, prose),
            ],
        )

    def _problem(self, diagnostic: Diagnostic) -> tuple[int, int, int]:
        return self._note(diagnostic), self._text(diagnostic.path), diagnostic.line


def address(url: str) -> str:
    """The address if a browser may be sent there and nothing is hidden in it, else nothing."""
    return url if is_link(url) and sanitized(url) == url else ""


def _when(text: str) -> str:
    return plain(moment(sanitized(text)))


def _encoded(value: Any) -> str:
    return msgspec.json.encode(value).decode().translate(_UNSAFE)
