"""Scans, repositories and findings for the tests of the file of scans."""

from gemaudit.adapters.scans.contract import File, Settled
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.repository import Repository
from gemaudit.model.survey import Held, Outcome, Result, Runs, Scan, Upgrade

HOST = "github.com"
SOURCE = "org:acme"


def no_end(engine: str, ruby: str) -> tuple[str, bool]:
    """The lives of Rubies that these tests know."""
    return ("2027-03-31", False) if engine == "ruby" and ruby.startswith("3.3") else ("", False)


def scan(
    day: int = 1, *, name: str = "", scope: str = "all", shard: str = "", sources: tuple[str, ...] = (SOURCE,)
) -> Scan:
    """A scan that begins in the night to a day of December 2026, at two."""
    return Scan(
        name=name,
        started=f"2026-12-{day:02}T02:00:00Z",
        forge="github",
        host=HOST,
        sources=sources,
        shard=shard,
        scope=scope,
        version="1.0",
        revision="r1",
    )


def repository(name: str = "web", **changes: object) -> Repository:
    """A repository of acme."""
    fields = {"id": f"{HOST}/{name}", "name": f"acme/{name}", "head": "h", "tree": "t", **changes}
    return Repository(**fields)  # type: ignore[arg-type]


def held(advisory: str = "GMSA-1", **changes: object) -> Held:
    """A finding that applies."""
    fields = {
        "lockfile": "Gemfile.lock",
        "advisory": advisory,
        "package_kind": "gem",
        "package": "ffi",
        "version": "1.16.3",
        "title": f"Title of {advisory}",
        "severity": "high",
        "kind": "unsound",
        "status": "affected",
        "line": 7,
        **changes,
    }
    return Held(**fields)  # type: ignore[arg-type]


def upgrade(*closes: str, **changes: object) -> Upgrade:
    """A step that closes findings."""
    fields = {
        "lockfile": "Gemfile.lock",
        "package_kind": "gem",
        "package": "ffi",
        "current": "1.16.3",
        "target": "1.17.0",
        "outcome": "upgrade",
        "closes": closes,
        "commands": ("bundle update --conservative ffi",),
        **changes,
    }
    return Upgrade(**fields)  # type: ignore[arg-type]


def settled(
    one: Repository | str,
    *found: Held,
    outcome: Outcome = "audited",
    upgrades: tuple[Upgrade, ...] = (),
    runs: tuple[Runs, ...] = (),
    **changes: object,
) -> Settled:
    """What a scan learned about a repository."""
    about = repository(one) if isinstance(one, str) else one
    reason = Diagnostic(code="gone-away", message="the forge does not answer", path="") if outcome == "failed" else None
    result = Result(
        repository=about,
        outcome=outcome,
        reason=reason,
        lockfiles=int(outcome == "audited"),
        packages=10 * int(outcome == "audited"),
        held=found,
        upgrades=upgrades,
        runs=runs,
    )
    fields = {"source": SOURCE, "tree": about.tree, "basis": "b", **changes}
    return Settled(result=result, **fields)  # type: ignore[arg-type]


def files(*paths: str) -> tuple[File, ...]:
    """Files whose contents are called as they are."""
    return tuple(File(path=path, oid=f"oid-{path}") for path in paths)
