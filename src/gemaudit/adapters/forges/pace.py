"""When the next request to a forge may be sent."""

import datetime
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping

import httpx

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Budget
from gemaudit.adapters.forges.limits import Limits
from gemaudit.adapters.web import moment_of, waiting_time

RATE_LIMITED = "rate-limited"
#: What requests that change something are bounded by beside the resource that they are charged to.
CHANGE = "change"

_MINUTE = 60.0
_POINTS_OF_A_CHANGE = 5
_LONGEST_DOUBLING = 10
_LONGEST_NUMBER = 15
_MOST_BUDGETS = 20
# GitHub's `x-ratelimit-reset` differs by a second from one machine to the next.
_SAME_RESET = 5.0
_SCARCE = 0.1


class Pace:
    """What a forge's limits ask for, shared by all requests: when one of them is told to wait, all of them wait.

    The rules are those of GitHub (docs.github.com, "Rate limits for the REST API", "Exceeding the rate limit"), which
    GitLab's are a part of: `retry-after` first, then the reset of a budget that is spent, else a minute that doubles.
    When less than a tenth of a budget remains, its requests are spread evenly until its reset.
    `points` bounds what is sent within any minute, for resources whose forge has such a limit, and for "change".
    Times are Unix times of `clock`; a forge's own clock may differ.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        points: Mapping[str, int],
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._sent = {resource: deque[float](maxlen=most) for resource, most in points.items()}
        self._budgets: dict[str, Budget] = {}
        self._slots: dict[str, float] = {}
        self._held_until = 0.0
        self._held_for = 0.0
        self._strikes = 0

    @property
    def budget(self) -> Budget | None:
        """The budget of which the smallest part is left."""
        return min(self._budgets.values(), key=_left, default=None)

    async def turn(self, resource: str, *, is_change: bool = False) -> float:
        """Wait until a request may be sent, and return the time. Raise Fault where that takes too long."""
        await self._wait_until(self._renewal(resource))
        await self._pause_until(self._slot(resource))
        await self._pause_until(self._place(resource, _POINTS_OF_A_CHANGE if is_change else 1))
        if is_change:
            await self._pause_until(self._place(CHANGE, 1))
        while (until := self._held_until) > self._clock():
            await self._wait_until(until)
        return self._clock()

    def learn(self, resource: str, headers: httpx.Headers) -> None:
        """Note what an answer tells about the budget of a resource, or of the other one that it names."""
        resource = headers.get("X-RateLimit-Resource", resource)
        numbers = [_number(headers, name) for name in ("limit", "remaining", "reset")]
        if None in numbers or (len(self._budgets) >= _MOST_BUDGETS and resource not in self._budgets):
            return
        limit, remaining, reset = (number or 0 for number in numbers)
        told = Budget(limit=limit, remaining=remaining, reset=reset + self._skew(headers))
        known = self._budgets.get(resource)
        if known is None or told.reset > known.reset + _SAME_RESET or _is_less(told, known):
            self._budgets[resource] = told

    def passed(self, sent: float) -> None:
        """Note that a request was not refused for the limit."""
        if sent >= self._held_until:
            self._strikes = 0
            self._held_for = 0.0

    def refused(self, headers: httpx.Headers, sent: float, *, is_budget: bool = False) -> None:
        """Note that a request was refused for the limit, or for what remains of the budget that the headers tell.

        Raise Fault where waiting for it takes too long.
        """
        now = self._clock()
        is_repeated = sent >= self._held_until
        is_spent = is_budget or _number(headers, "remaining") == 0
        wait = self._asked_wait(headers, is_repeated=is_repeated, is_spent=is_spent)
        wait += random.uniform(0, self._limits.jitter)  # noqa: S311 - it spreads load and hides nothing
        if is_repeated:
            self._held_for += wait
        if max(wait, self._held_for) > self._limits.longest_wait + self._limits.jitter:
            raise self._too_long(now + wait)
        self._held_until = max(self._held_until, now + wait)

    def _asked_wait(self, headers: httpx.Headers, *, is_repeated: bool, is_spent: bool) -> float:
        asked = waiting_time(headers)
        if asked is not None:
            return max(1.0, asked)
        reset = _number(headers, "reset")
        if is_spent and reset is not None:
            return max(1.0, reset + self._skew(headers) - self._clock())
        # Several requests that were under way at once are refused for one and the same reason.
        if is_repeated:
            self._strikes = min(self._strikes + 1, _LONGEST_DOUBLING)
        return _MINUTE * 2.0 ** (max(self._strikes, 1) - 1)

    def _renewal(self, resource: str) -> float:
        """When a budget that is spent is whole again."""
        budget, now = self._budgets.get(resource), self._clock()
        return budget.reset if budget is not None and budget.remaining == 0 else now

    def _slot(self, resource: str) -> float:
        """When the next request may be sent so that what is left of the budget lasts until its reset."""
        budget, now = self._budgets.get(resource), self._clock()
        if budget is None or now >= budget.reset or not 0 < budget.remaining <= budget.limit * _SCARCE:
            return now
        slot = min(max(now, self._slots.get(resource, now)), budget.reset)
        self._slots[resource] = slot + min((budget.reset - now) / budget.remaining, self._limits.longest_wait)
        return slot

    def _place(self, resource: str, points: int) -> float:
        """When the points of a request fit into what may be sent in a minute."""
        sent, now = self._sent.get(resource), self._clock()
        if sent is None:
            return now
        place = now
        for _ in range(points):
            place = max(place, sent[0] + _MINUTE) if len(sent) == sent.maxlen else place
            sent.append(place)
        return place

    async def _wait_until(self, moment: float) -> None:
        """Wait for the forge. Raise Fault where that takes too long."""
        if moment - self._clock() > self._limits.longest_wait + self._limits.jitter:
            raise self._too_long(moment)
        await self._pause_until(moment)

    async def _pause_until(self, moment: float) -> None:
        seconds = moment - self._clock()
        if seconds > 0:
            await self._sleep(seconds)

    def _skew(self, headers: httpx.Headers) -> float:
        """How far our clock is ahead of the server's."""
        theirs = moment_of(headers.get("Date", ""))
        return 0.0 if theirs is None else self._clock() - theirs

    def _too_long(self, moment: float) -> Fault:
        until = datetime.datetime.fromtimestamp(min(moment, 2.0**36), tz=datetime.UTC)
        return Fault(
            RATE_LIMITED,
            f"the forge's limit is spent until {until:%Y-%m-%d %H:%M} UTC",
            "run it again then: it goes on where it stopped; or let it wait for longer with `--max-wait`",
            is_final=True,
        )


def _number(headers: httpx.Headers, name: str) -> int | None:
    """One of GitHub's `x-ratelimit-*`, or of GitLab's `ratelimit-*`."""
    value = headers.get(f"X-RateLimit-{name}") or headers.get(f"RateLimit-{name}") or ""
    return int(value) if value.isascii() and value.isdigit() and len(value) < _LONGEST_NUMBER else None


def _left(budget: Budget) -> float:
    return budget.remaining / max(budget.limit, 1)


def _is_less(told: Budget, known: Budget) -> bool:
    """Whether more is spent of the same budget; answers overtake each other."""
    return abs(told.reset - known.reset) <= _SAME_RESET and told.remaining < known.remaining
