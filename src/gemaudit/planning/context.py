"""What the planner knows when it plans for one lockfile."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from gemaudit.model.advisory import Status
from gemaudit.model.document import Document
from gemaudit.model.environment import Environment, Fact
from gemaudit.model.finding import AuditedPackage
from gemaudit.model.gem_index import Listing, Wanted
from gemaudit.model.knowledge import Advisories
from gemaudit.model.lockfile import Lockfile
from gemaudit.model.rubies import RubyReleases, ShippedGems

#: The status of every advisory that speaks of a package, in the worst of the given environments.
Recheck = Callable[[AuditedPackage, tuple[Environment, ...]], Mapping[str, Status]]


class Context(Struct, frozen=True, kw_only=True):
    """The lockfile and its surroundings.

    `facts` are all places that state a Ruby, also those that others override.
    `text` is the lockfile's own. `listings` is what gem servers said so far; None where they shall not be asked.
    """

    lockfile: Lockfile
    environments: tuple[Environment, ...]
    documents: tuple[Document, ...]
    facts: tuple[Fact, ...]
    advisories: Advisories
    releases: RubyReleases
    shipped: ShippedGems
    recheck: Recheck
    listings: Mapping[Wanted, Listing] | None = None
    text: str = ""

    def environment(self, id_: str) -> Environment:
        """The environment with that id."""
        return next(environment for environment in self.environments if environment.id == id_)
