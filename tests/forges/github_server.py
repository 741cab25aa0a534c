"""GitHub on loopback: GraphQL and REST over one world, with its limits, its refusals and its faults."""

import json
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache

from forges import graphql_api
from forges.exchange import Reply, Request, as_json, not_found, refusal
from forges.faults import Fault, Faults, secondary
from forges.graphql_api import Answer
from forges.graphql_nodes import Graph, Node, moment
from forges.http_listener import listening
from forges.query_cost import Price
from forges.rate_limits import Bucket, Minute
from forges.rest import Rest, route_of
from forges.world import World

#: What GitHub documents; a server for thousands of repositories is given more.
LIMITS = {"core": 5000, "graphql": 5000, "code_scanning_upload": 1000}
#: Requests at once before GitHub speaks of a secondary limit.
MOST_AT_ONCE = 100
#: Entries of a recursive tree.
MOST_ENTRIES = 100_000
#: https://docs.github.com/rest/about-the-rest-api/api-versions
_VERSIONS = frozenset({"2022-11-28", "2026-03-10"})
_ENTERPRISE = re.compile(r"/api/(?:v3|(?=graphql$))")
_NO_AGENT = (
    b"Request forbidden by administrative rules. Please make sure your request has a User-Agent header"
    b" (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required)."
    b" Check https://developer.github.com for other possible causes.\n"
)


class GitHub:
    """A forge with one owner, and what it was asked.

    It is reached as github.com's API (`/graphql`, `/repos/...`) and as that of GitHub Enterprise Server
    (`/api/graphql`, `/api/v3/repos/...`), where rate limits are off as they are by default. `tokens` are those that
    are good; a server without any lets everybody in. `recorded` holds the last requests, `counts` all by the name of
    their route.
    """

    def __init__(
        self,
        world: World,
        *,
        tokens: tuple[str, ...] = ("ghp_good",),
        limits: dict[str, int] | None = None,
        per_minute: dict[str, int] | None = None,
        enterprise_has_limits: bool = False,
        tree_limit: int = MOST_ENTRIES,
        keep: int = 50_000,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.world = world
        self.tokens = set(tokens)
        self.expires_after: int | None = None
        self.faults = Faults()
        self.recorded: deque[Request] = deque(maxlen=keep)
        self.counts: Counter[str] = Counter()
        self.most_at_once = 0
        self.url = ""
        self._at_once = 0
        self._clock = clock
        self._enterprise_has_limits = enterprise_has_limits
        self._tree_limit = tree_limit
        self._lock = threading.RLock()
        self._buckets = {name: Bucket(name, limit) for name, limit in {**LIMITS, **(limits or {})}.items()}
        self.minutes = {name: Minute((per_minute or {}).get(name)) for name in ("core", "graphql")}
        self._answered = lru_cache(maxsize=512)(self._query)

    @contextmanager
    def running(self, port: int = 0) -> Iterator["GitHub"]:
        with listening(self.answer, port, self._counted, self._clock) as self.url:
            self._graph = Graph(self.world, self.url)
            self._rest = {
                prefix: Rest(self.world, self.url + prefix, self.url, self._tree_limit) for prefix in ("", "/api/v3")
            }
            yield self

    @property
    def rest(self) -> Rest:
        """REST as on github.com; `rest.issues` and `rest.uploads` hold what was written."""
        return self._rest[""]

    @property
    def enterprise(self) -> Rest:
        """The same on GitHub Enterprise Server."""
        return self._rest["/api/v3"]

    def forget(self) -> None:
        """Count and record from here on."""
        with self._lock:
            self.recorded.clear()
            self.counts.clear()
            self.most_at_once = 0

    def bucket(self, name: str) -> Bucket:
        self._buckets[name].renew(self._clock())
        return self._buckets[name]

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """As long as a request is under way, from its head to the last byte of its answer."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1

    def answer(self, request: Request) -> Reply:
        """The answer to one request; called by a thread for each connection."""
        prefix = found[0] if (found := _ENTERPRISE.match(request.path)) else ""
        inner = request._replace(path="/" + request.path[len(prefix) :].lstrip("/"))
        resource = "graphql" if inner.place == "/graphql" else "core"
        with self._lock:
            self.recorded.append(request)
            if refused := self._refused(request):
                return refused
            route = route_of(inner.place)
            self.counts[route] += 1
            fault = self.faults.next(route, request)
            if fault is not None and fault.before is not None:
                fault.before()
            if fault is not None and fault.reply is not None:
                return fault.reply
            reply = self._limited(inner, resource, is_enterprise=bool(prefix))
            return _damaged(reply, fault)

    def _refused(self, request: Request) -> Reply | None:
        """What is said to somebody who may not ask at all."""
        if not request.headers.get("user-agent"):
            return Reply(403, _NO_AGENT, {"Content-Type": "text/plain"})
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if self.expires_after is not None:
            self.expires_after -= 1
            if self.expires_after < 0:
                self.tokens = {""}
        if self.tokens and (scheme.casefold() not in {"bearer", "token"} or token not in self.tokens or not token):
            return as_json(
                {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401"},
                401,
            )
        if request.headers.get("x-github-api-version", "2022-11-28") not in _VERSIONS:
            return refusal(400, "This is not a supported version of the API.", "/about-the-rest-api/api-versions")
        return secondary(retry_after=60).reply if self._at_once > MOST_AT_ONCE else None

    def _limited(self, request: Request, resource: str, *, is_enterprise: bool) -> Reply:
        """The answer of one who has points left, with what is left after it."""
        is_unlimited = is_enterprise and not self._enterprise_has_limits
        if request.place == "/rate_limit":
            return self._rate_limit(is_unlimited=is_unlimited)
        prefix = "/api/v3" if is_enterprise else ""
        if is_unlimited:
            return self._served(request, resource, prefix)[0]
        is_upload = request.method == "POST" and request.place.endswith("/code-scanning/sarifs")
        bucket = self.bucket("code_scanning_upload" if is_upload else resource)
        if bucket.remaining == 0:
            return _exhausted(bucket)
        if not self.minutes[resource].charge(
            self._clock(), 1 if request.method == "GET" or resource == "graphql" else 5
        ):
            return secondary(retry_after=60).reply or Reply()
        reply, points = self._served(request, resource, prefix)
        bucket.used += points if reply.status != 304 else 0
        reply.headers |= bucket.headers()
        return reply

    def _served(self, request: Request, resource: str, prefix: str) -> tuple[Reply, int]:
        if resource == "graphql":
            return self._graphql(request)
        reply = self._rest[prefix].answer(request)
        etag = reply.headers.get("ETag")
        if request.method == "GET" and etag and _same(etag, request.headers.get("if-none-match", "")):
            return Reply(304, b"", {"ETag": etag}), 1
        return reply, 1

    def _graphql(self, request: Request) -> tuple[Reply, int]:
        if request.method != "POST":
            return not_found(), 1
        try:
            asked = json.loads(request.body)
            query, variables = asked["query"], asked.get("variables") or {}
        except (ValueError, KeyError, TypeError, AttributeError):
            return refusal(400, "Problems parsing JSON", "/graphql"), 1
        given = (query, json.dumps(variables, sort_keys=True), asked.get("operationName"), self.world.revision)
        answer = self._query(*given) if "rateLimit" in query else self._answered(*given)
        reply = as_json(answer.body)
        del reply.headers["ETag"]
        return reply, answer.points

    def _query(self, query: str, variables: str, operation_name: str | None, _revision: int) -> Answer:
        return graphql_api.answer(self._graph, query, json.loads(variables), operation_name, self._charged)

    def _charged(self, price: Price) -> Node:
        bucket = self.bucket("graphql")
        used = bucket.used + price.points
        state = {"limit": bucket.limit, "used": used, "remaining": max(0, bucket.limit - used)}
        return {**state, "cost": price.points, "nodeCount": price.nodes, "resetAt": moment(bucket.reset)}

    def _rate_limit(self, *, is_unlimited: bool) -> Reply:
        if is_unlimited:
            return refusal(404, "Rate limiting is not enabled.", "/rate-limit/rate-limit")
        shown = {
            name: {"limit": one.limit, "used": one.used, "remaining": one.remaining, "reset": one.reset}
            for name, one in ((name, self.bucket(name)) for name in self._buckets)
        }
        return as_json({"resources": shown, "rate": shown["core"]})


def _exhausted(bucket: Bucket) -> Reply:
    """GraphQL says it with status 200, REST with 403."""
    if bucket.resource == "graphql":
        return Reply(200, graphql_api.rate_limited(), {"Content-Type": "application/json", **bucket.headers()})
    reply = refusal(403, "API rate limit exceeded for user ID 1.", "/overview/rate-limits-for-the-rest-api")
    reply.headers |= bucket.headers()
    return reply


def _same(etag: str, given: str) -> bool:
    """Whether one of the tags that were given is this one; `W/` makes no difference (RFC 9110, 13.1.2)."""
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return etag.removeprefix("W/") in tags or "*" in tags


def _damaged(reply: Reply, fault: Fault | None) -> Reply:
    if fault is not None:
        reply.damage = fault.damage
    return reply
