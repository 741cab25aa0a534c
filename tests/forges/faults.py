"""What goes wrong at a forge: scripted by route, or drawn from a number."""

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from forges.exchange import Damage, Reply, Request, as_json, refusal

#: A page of a proxy before the forge; no client may take it for an answer or show it raw.
HTML = b"<html><head><title>502 Bad Gateway</title></head><body><script>alert(1)</script></body></html>\n"
_SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
_ABOUT_LIMITS = "/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
_TIMEOUT = (
    "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug."
    " Please include `9C2E:3FA1:1A2B3C` when reporting this issue."
)


@dataclass(frozen=True)
class Fault:
    """Something that happens to one request.

    `reply` comes in place of the regular answer; without it the regular answer is sent with `damage`. `before` runs
    first, and is how the world changes between two requests of a client.
    """

    name: str
    reply: Reply | None = None
    damage: Damage = ""
    before: Callable[[], None] | None = None


def bad_gateway() -> Fault:
    return Fault("bad-gateway", Reply(502, HTML, {"Content-Type": "text/html"}))


def server_error() -> Fault:
    return Fault("server-error", as_json({"message": "Server Error"}, 500))


def timed_out() -> Fault:
    """A query that took GitHub too long: status 200, no data and an error without a type."""
    return Fault("timed-out", as_json({"data": None, "errors": [{"message": _TIMEOUT}]}))


def secondary(status: int = 403, retry_after: int | None = 1) -> Fault:
    reply = refusal(status, _SECONDARY, _ABOUT_LIMITS)
    if retry_after is not None:
        reply.headers["Retry-After"] = str(retry_after)
    return Fault("secondary-limit", reply)


def exhausted(reset: int, status: int = 403) -> Fault:
    """A primary limit that is used up until `reset`, in seconds since 1970."""
    reply = refusal(status, "API rate limit exceeded for user ID 1.", "/overview/rate-limits-for-the-rest-api")
    reply.headers |= {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-used": "5000"}
    reply.headers |= {"x-ratelimit-reset": str(reset), "x-ratelimit-resource": "core"}
    return Fault("exhausted", reply)


def cut_short() -> Fault:
    return Fault("cut-short", damage="cut")


def reset() -> Fault:
    return Fault("reset", damage="reset")


def slow() -> Fault:
    return Fault("slow", damage="slow")


def wrong_json() -> Fault:
    return Fault("wrong-json", Reply(200, b'{"data": {"organization": {"reposit', {"Content-Type": "application/json"}))


def wrong_shape() -> Fault:
    """A document that is JSON and nothing that was asked for."""
    return Fault("wrong-shape", as_json([{"sha": 7, "tree": "all of it"}]))


def lost_cursor() -> Fault:
    error = {"type": "INVALID_CURSOR_ARGUMENTS", "path": ["organization", "repositories"]}
    error["message"] = "`Y3Vyc29yOnYyOpHOAAAAAA==` does not appear to be a valid cursor."
    return Fault("lost-cursor", as_json({"data": {"organization": None}, "errors": [error]}))


def moved_to(url: str, status: int = 302) -> Fault:
    """A redirect to an address that is none of GitHub's."""
    return Fault("moved-to", as_json({"message": "Found", "url": url}, status, {"Location": url}))


def happening(name: str, before: Callable[[], None]) -> Fault:
    """Something that is done to the world before the regular answer is given."""
    return Fault(name, before=before)


#: Faults that pass: whoever asks again gets the answer.
PASSING: Mapping[str, Callable[[], Fault]] = {
    "bad-gateway": bad_gateway,
    "server-error": server_error,
    "timed-out": timed_out,
    "secondary-limit": secondary,
    "cut-short": cut_short,
    "reset": reset,
    "slow": slow,
    "wrong-json": wrong_json,
}


@dataclass
class Drawn:
    """Faults for a share of all requests, drawn from `seed`.

    What happens to a request depends on what it asks and on how often that was asked, not on the order in which
    requests come in. No request fails more often than `most` times in a row.
    """

    seed: int
    share: float = 0.05
    most: int = 2
    kinds: tuple[str, ...] = tuple(PASSING)
    _asked: Counter[bytes] = field(default_factory=Counter)

    def draw(self, route: str, request: Request) -> Fault | None:
        asked = hashlib.sha256(repr((self.seed, request.method, request.path)).encode() + request.body).digest()
        self._asked[asked] += 1
        time = self._asked[asked]
        number = int.from_bytes(hashlib.sha256(asked + bytes([time % 256])).digest()[:8])
        if time % (self.most + 1) == 0 or number / 2**64 >= self.share:
            return None
        kinds = [kind for kind in self.kinds if route == "graphql" or kind != "timed-out"]
        return PASSING[kinds[number % len(kinds)]]()


class Faults:
    """What is to go wrong: the scripts of a route first, each once, and then what is drawn."""

    def __init__(self) -> None:
        self.drawn: Drawn | None = None
        self.happened: Counter[str] = Counter()
        self._scripts: defaultdict[str, deque[Fault | None]] = defaultdict(deque)
        self._places: list[tuple[str, Fault, bool]] = []

    def script(self, route: str, *faults: Fault | None, after: int = 0) -> None:
        """Let the next requests of a route meet `faults` in turn; None and the first `after` are answered as ever."""
        self._scripts[route].extend([None] * after)
        self._scripts[route].extend(faults)

    def always(self, place: str, fault: Fault) -> None:
        """Let every request whose path or body holds `place` meet a fault."""
        self._places.append((place, fault, True))

    def once(self, place: str, fault: Fault) -> None:
        """Let the next request whose path or body holds `place` meet a fault."""
        self._places.append((place, fault, False))

    def next(self, route: str, request: Request) -> Fault | None:
        fault = self._of_place(request)
        if fault is None and self._scripts[route]:
            fault = self._scripts[route].popleft()
        elif fault is None and self.drawn is not None:
            fault = self.drawn.draw(route, request)
        if fault is not None:
            self.happened[fault.name] += 1
        return fault

    def _of_place(self, request: Request) -> Fault | None:
        found = next((one for one in self._places if one[0] in request.path or one[0].encode() in request.body), None)
        if found is None:
            return None
        _, fault, is_lasting = found
        if not is_lasting:
            self._places.remove(found)
        return fault
