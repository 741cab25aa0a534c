"""The versions of a gem that a bundle could be moved to."""

from collections.abc import Iterable
from functools import cached_property

from gemaudit.model.environment import Environment
from gemaudit.model.lockfile import Dependency
from gemaudit.model.plan import Need
from gemaudit.model.version import Version
from gemaudit.planning.resolution.catalogue import Catalogue, Release
from gemaudit.planning.resolution.fit import locked_files, obstacles
from gemaudit.planning.resolution.lock import Lock, Locked


class Offers:
    """The releases in the catalogue, as they would be locked; those that cannot be installed are left out.

    `silent` are the gems that were asked for and of which the servers have not said anything.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        environments: Iterable[Environment],
        platforms: tuple[str, ...],
        *,
        even_uninstallable: bool = False,
    ) -> None:
        self.catalogue = catalogue
        self.silent: set[str] = set()
        self._environments = tuple(environments)
        self._platforms = platforms
        self._even_uninstallable = even_uninstallable
        self._known: dict[tuple[str, tuple[str, ...]], tuple[Locked, ...]] = {}
        self._obstacles: dict[tuple[str, Version], tuple[Need, ...]] = {}

    @cached_property
    def anywhere(self) -> "Offers":
        """The same releases, those that cannot be installed among them."""
        wider = Offers(self.catalogue, self._environments, self._platforms, even_uninstallable=True)
        wider.silent = self.silent
        return wider

    def of(self, name: str, lock: Lock) -> tuple[Locked, ...]:
        """The versions of a gem, oldest first; only the locked one where the servers do not say."""
        remotes = lock.remotes_of(name)
        key = (name, remotes)
        if key not in self._known:
            self._known[key] = self._find(name, remotes)
        if self.catalogue.releases(name, remotes) is None:
            self.silent.add(name)
        if not self._known[key] and name in lock.gems:
            return (lock.gems[name],)
        return self._known[key]

    def obstacles(self, name: str, version: Version, lock: Lock) -> tuple[Need, ...]:
        """What a release asks of the places where the bundle runs, and does not find."""
        release = self.catalogue.release(name, lock.remotes_of(name), version)
        return self._obstacles_of(name, release) if release else ()

    def _find(self, name: str, remotes: tuple[str, ...]) -> tuple[Locked, ...]:
        releases = self.catalogue.releases(name, remotes) or ()
        return tuple(
            self._locked(name, release, remotes)
            for release in releases
            if self._even_uninstallable or not self._obstacles_of(name, release)
        )

    def _obstacles_of(self, name: str, release: Release) -> tuple[Need, ...]:
        key = (name, release.version)
        if key not in self._obstacles:
            self._obstacles[key] = obstacles(release, self._environments, self._platforms)
        return self._obstacles[key]

    def _locked(self, name: str, release: Release, remotes: tuple[str, ...]) -> Locked:
        files = locked_files(release, self._environments, self._platforms) or release.files
        asked = dict.fromkeys((one.name, one.requirement) for file in files for one in file.dependencies)
        return Locked(
            name=name,
            version=release.version,
            dependencies=tuple(Dependency(gem, requirement) for gem, requirement in asked),
            remotes=remotes,
        )
