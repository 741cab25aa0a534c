"""What to do about the findings."""

from typing import Literal, get_args

from msgspec import Struct

from gemaudit.model.finding import AuditedPackage, PackageKind
from gemaudit.model.gem_index import Wanted

Outcome = Literal[
    "upgrade",
    "needs-parent",
    "needs-gemfile",
    "configure",
    "needs-ruby",
    "needs-rubygems",
    "needs-platform",
    "blocked",
    "no_fix",
]

#: In the order in which a plan lists them: what can be done at once, what waits for something else, what nobody can do.
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
#: What can be done at once.
FEASIBLE: frozenset[Outcome] = frozenset({"upgrade", "needs-parent", "needs-gemfile", "configure"})
#: What waits until the project, or somebody else, has moved something.
WAITING: frozenset[Outcome] = frozenset({"needs-ruby", "needs-rubygems", "needs-platform", "blocked"})


#: The name under which the project itself stands in the way.
GEMFILE = "Gemfile"


class Need(Struct, frozen=True, kw_only=True):
    """Something that the planned release asks of the place where it is installed.

    `met` is None where the actual version is not known.
    """

    name: Literal["ruby", "rubygems", "bundler", "platform"]
    requirement: str
    actual: str = ""
    met: bool | None = None
    environment: str = ""
    path: str = ""
    line: int = 0
    otherwise: str = ""


class Blocker(Struct, frozen=True, kw_only=True):
    """Who does not allow the planned version; `name` is `GEMFILE` where the project itself is in the way."""

    name: str
    version: str = ""
    requirement: str
    path: str = ""
    line: int = 0


class Edit(Struct, frozen=True, kw_only=True):
    """A line of the project that has to change; `after` is empty where the new text cannot be known."""

    path: str
    line: int
    before: str = ""
    after: str = ""


class Move(Struct, frozen=True, kw_only=True):
    """A gem that a step takes to another version.

    `current` is empty for one that comes in, `target` for one that goes.
    """

    name: str
    kind: PackageKind = "gem"
    current: str = ""
    target: str = ""


class Step(Struct, frozen=True, kw_only=True):
    """One package to move, or the reason why it cannot move.

    `closes` are the advisories that no longer apply at `target`, `remains` those that still do.
    A step that is `verified` was worked out from what the gem servers offer; others rest on the lockfile and on the
    versions that advisories name. `moves` names every gem that moves, as far as that is known:
    those that Bundler moves, or the default gems that come with another Ruby.
    `target` is empty where the gem leaves the bundle.
    A step that moves no package changes how packages are installed (`configure`); its kind is
    `bundle`, and `packages` are those it is about.
    """

    kind: PackageKind
    name: str
    current: str
    outcome: Outcome
    target: str = ""
    commands: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    needs: tuple[Need, ...] = ()
    allowed_by: tuple[Blocker, ...] = ()
    blocked_by: tuple[Blocker, ...] = ()
    closes: tuple[str, ...] = ()
    remains: tuple[str, ...] = ()
    workarounds: tuple[tuple[str, str], ...] = ()
    environments: tuple[str, ...] = ()
    packages: tuple[AuditedPackage, ...] = ()
    moves: tuple[Move, ...] = ()
    verified: bool = False
    note: str = ""


class Plan(Struct, frozen=True, kw_only=True):
    """The steps for one lockfile, those that close most first; their commands work in this order.

    `asks` is what gem servers would have to be asked for a better plan.
    `relocked` is the text of the lockfile that Bundler writes in all these steps, empty where it cannot be known.
    """

    steps: tuple[Step, ...] = ()
    asks: frozenset[Wanted] = frozenset()
    relocked: str = ""


def in_order(step: Step) -> tuple[bool, int]:
    """The key that sorts steps: upgrades first, then settings, then what waits, then what nobody can do."""
    feasible = step.outcome in FEASIBLE and step.outcome != "configure"
    return not feasible, 0 if feasible else OUTCOMES.index(step.outcome)
