"""`gemaudit org` as its user runs it, against a forge on loopback, and the truth to compare it with."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from forges.github_server import GitHub
from forges.kinds import DEEP, Expected
from forges.world import World
from gemaudit.adapters.forges.forge import Forge
from gemaudit.adapters.forges.github import GitHub as Client
from gemaudit.adapters.forges.limits import Limits
from gemaudit.adapters.forges.tokens import github_token
from gemaudit.adapters.forges.transport import Remembered
from gemaudit.cli.app import app

#: A text that is nowhere by accident.
TOKEN = "ghp_5e0c11dTheSecretOfThisProof94f2"  # noqa: S105 - of nothing
ENVIRONMENT = {"GH_ENTERPRISE_TOKEN": TOKEN, "COLUMNS": "200", "NO_COLOR": "1"}
ADVISORIES = Path(__file__).parents[2] / "advisories" / "gems"
#: Real advisories about some of the gems; the whole database takes ten times as long to judge by.
FEW = tuple(part for gem in ("ffi", "google-protobuf") for part in ("--db", str(ADVISORIES / gem)))


class Clock:
    """Time that passes only while somebody sleeps, and then at once; shared by a server and its client."""

    def __init__(self) -> None:
        self.now = time.time()
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds
        await anyio.sleep(0)


class Told(NamedTuple):
    """What a run ended with and wrote; `report` is its JSON."""

    code: int
    report: dict[str, Any]
    messages: str

    @property
    def by_name(self) -> dict[str, Any]:
        """The repositories by their names, without that of the owner."""
        return {one["name"].partition("/")[2]: one for one in self.report["repositories"]}


class Truth(NamedTuple):
    """How a repository ends, how many of its lockfiles are judged, and the code of what is wrong with it."""

    outcome: str
    lockfiles: int
    why: str


class Scanner:
    """Runs `gemaudit org` in this process, where no retry waits in earnest."""

    def __init__(self, github: GitHub, state: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        self.github = github
        self.state = state
        self.clock = clock
        monkeypatch.setattr("gemaudit.cli.org.scan.forge_of", self._forge)

    def run(self, *arguments: str, source: str = "acme", database: tuple[str, ...] = FEW) -> Told:
        line = ["org", source, "--archived", "--api-url", self.github.url, "--state", str(self.state), *database]
        done = CliRunner().invoke(app, [*line, "--format", "json", *arguments], env=ENVIRONMENT)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Told(done.exit_code, json.loads(done.stdout) if done.stdout else {}, done.stderr)

    def _forge(
        self,
        _name: str,
        *,
        api_url: str,
        environment: Mapping[str, str],
        limits: Limits,
        remembered: Remembered,
        ask_gh: bool,
    ) -> Forge:
        assert not ask_gh
        quick = replace(limits, first_wait=0.0, longest_backoff=0.0, jitter=0.0, silence=5.0)
        token = github_token(environment, api_url.removeprefix("http://"))
        return Client(
            api_url, token=token, limits=quick, remembered=remembered, clock=self.clock, sleep=self.clock.sleep
        )


@contextmanager
def forge_of(world: World, *, clock: Clock | None = None, **options: Any) -> Iterator[GitHub]:
    """A forge that lets in who has the token, and lists no more than `DEEP` files of a tree at once."""
    limits = {"core": 10**6, "graphql": 10**6}
    server = GitHub(world, tokens=(TOKEN,), limits=limits, tree_limit=DEEP, clock=clock or time.time, **options)
    with server.running() as github:
        yield github


def truth_of(world: World) -> dict[str, Truth]:
    """What is true of each repository at this moment, by its name."""
    return {one.name: _truth(world.expected(one)) for one in world}


def _truth(expected: Expected) -> Truth:
    return Truth(expected.outcome, len(expected.lockfiles), "" if expected.outcome == "nothing" else expected.why)


def differences(truth: Mapping[str, Truth], told: Told) -> dict[str, tuple[Truth | None, Truth | None]]:
    """The repositories of which a report does not say what is true: the truth and what it says."""
    assert len(told.by_name) == len(told.report["repositories"]), "two repositories have one name"
    said = {name: _said(one) for name, one in told.by_name.items()}
    both = {name: (truth.get(name), said.get(name)) for name in truth.keys() | said.keys()}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}


def _said(one: Mapping[str, Any]) -> Truth:
    """The same as a report has it: why a repository failed, or what is wrong beside an audit."""
    if one["outcome"] == "audited":
        errors = sorted({problem["code"] for problem in one["problems"] if problem["level"] == "error"})
        return Truth("audited", one["lockfiles"], " ".join(errors))
    assert one["reason"]["message"], "nobody is told why"
    return Truth(one["outcome"], one["lockfiles"], one["reason"]["code"] if one["outcome"] == "failed" else "")


def lasting(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report without what differs from one scan to the next of the same repositories."""
    kept = {key: value for key, value in report.items() if key not in {"scan", "previous", "trend", "changes"}}
    kept["repositories"] = [
        {**one, "audited": bool(one["audited"]), "findings": [_timeless(found) for found in one["findings"]]}
        for one in sorted(report["repositories"], key=lambda one: str(one["id"]))
    ]
    return kept


def _timeless(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in finding.items() if key != "since"}
