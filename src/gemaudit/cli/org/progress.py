"""How a scan goes, on stderr: a bar on a terminal, now and then a line elsewhere."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import anyio

from gemaudit.adapters.forges.forge import Budget
from gemaudit.cli.console import say, style_of
from gemaudit.model.survey import Outcome

_SECONDS_BETWEEN_LINES = 30.0
_SECONDS_BETWEEN_BEATS = 5.0


class Lines:
    """Tells a line every half minute, so that a log of a night stays short."""

    def __init__(self, budget: Callable[[], Budget | None]) -> None:
        self._budget = budget
        self._began = self._told = time.monotonic()
        self._listed = 0
        self._settled: Counter[Outcome] = Counter()

    def listed(self, number: int) -> None:
        """So many more repositories are known."""
        self._listed += number

    def settled(self, outcome: Outcome, number: int = 1) -> None:
        """So many more have ended in that way."""
        self._settled[outcome] += number
        self.beat()

    def beat(self) -> None:
        """Tell where the scan stands, if the last time is long enough ago; called also while nothing happens."""
        now = time.monotonic()
        if now - self._told >= _SECONDS_BETWEEN_LINES:
            self._told = now
            say(self.state())

    def state(self) -> str:
        """Where the scan stands."""
        return f"{self._settled.total()} of {self._listed} repositories · {self.speed()}"

    def speed(self) -> str:
        """How fast it is, how much failed, and what is left of the forge's limit."""
        rate = self._settled.total() / max(time.monotonic() - self._began, 0.001)
        parts = [f"{rate:.0f}/s" if rate >= 1 else f"{rate * 60:.0f}/min"]
        if self._settled["failed"]:
            parts.append(f"{self._settled['failed']} failed")
        budget = self._budget()
        if budget is not None:
            parts.append(f"{budget.remaining} of {budget.limit} requests left")
            if not budget.remaining:
                parts.append(f"more at {datetime.fromtimestamp(budget.reset, tz=UTC):%H:%M} UTC")
        return " · ".join(parts)


class _Bar(Lines):
    """Draws a bar; what it is drawn with is told by `update`."""

    def __init__(self, budget: Callable[[], Budget | None], update: Callable[[int, int, str], None]) -> None:
        super().__init__(budget)
        self._update = update

    def listed(self, number: int) -> None:
        super().listed(number)
        self._draw()

    def beat(self) -> None:
        self._draw()

    def _draw(self) -> None:
        self._update(self._settled.total(), self._listed, self.speed())


async def beating(lines: Lines) -> None:
    """Let what tells of a scan tell that it waits, for as long as this is not cancelled."""
    while True:
        await anyio.sleep(_SECONDS_BETWEEN_BEATS)
        lines.beat()


@contextmanager
def watching(budget: Callable[[], Budget | None], *, quiet: bool, no_color: bool) -> Iterator[Lines]:
    """Something that is told how a scan goes, and tells the user."""
    if quiet or not sys.stderr.isatty():
        yield _Silent(budget) if quiet else Lines(budget)
        return
    from rich.console import Console  # noqa: PLC0415 - only where something is drawn
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    console = Console(stderr=True, no_color=not style_of(sys.stderr, no_color=no_color).color)
    columns = (TextColumn("scanning"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("scanning", total=None, speed="")
        yield _Bar(budget, lambda done, total, speed: progress.update(task, completed=done, total=total, speed=speed))


class _Silent(Lines):
    """Tells nothing."""

    def beat(self) -> None:
        pass
