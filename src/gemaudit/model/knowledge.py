"""What the stages need to know of the world, as they ask for it."""

from typing import Protocol

from gemaudit.model.advisory import Advisory, Upgrade


class Advisories(Protocol):
    """A collection of advisories, such as `gemaudit.advisories.Database`."""

    @property
    def gems(self) -> frozenset[str]:
        """The names of all gems that an advisory speaks of."""

    def for_gem(self, name: str, version: str | None = None) -> tuple[Advisory, ...]:
        """The advisories that speak of a gem, or of that version of it, in the order of ids."""

    def for_engine(self, name: str, version: str | None = None) -> tuple[Advisory, ...]:
        """The advisories that speak of an interpreter, or of that version of it, in the order of ids."""

    def upgrades(self, *, gem: str = "", engine: str = "") -> tuple[Upgrade, ...]:
        """What fixed releases of a gem or an engine need."""
