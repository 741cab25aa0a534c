"""Buckets of requests and points: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api."""

from collections import deque
from dataclasses import dataclass, field

HOUR = 3600


@dataclass
class Bucket:
    """A primary limit: what may be used until `reset`, in seconds since 1970, and what has been."""

    resource: str
    limit: int
    reset: int = 0
    used: int = 0

    def renew(self, now: float) -> None:
        if now >= self.reset:
            self.reset, self.used = int(now) + HOUR, 0

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    def headers(self) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-reset": str(self.reset),
            "x-ratelimit-resource": self.resource,
        }


@dataclass
class Minute:
    """A secondary limit: the points of the last sixty seconds, and the most that they were."""

    limit: int | None = None
    most: int = 0
    _charges: deque[tuple[float, int]] = field(default_factory=deque)
    _sum: int = 0

    def charge(self, now: float, points: int) -> bool:
        """Whether the limit still holds with `points` more."""
        while self._charges and self._charges[0][0] <= now - 60:
            self._sum -= self._charges.popleft()[1]
        self._charges.append((now, points))
        self._sum += points
        self.most = max(self.most, self._sum)
        return self.limit is None or self._sum <= self.limit
