"""A lockfile as a state that steps change one after the other."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.model.lockfile import Dependency, GemfileDependency, Lockfile, Package
from gemaudit.model.version import Version
from gemaudit.planning.gemfile import PLAIN_NAME


class Locked(Struct, frozen=True, kw_only=True):
    """A gem at the version that the lockfile holds it at.

    `remotes` are the gem servers it comes from; without one it comes from a repository or a folder and cannot move.
    """

    name: str
    version: Version
    dependencies: tuple[Dependency, ...] = ()
    remotes: tuple[str, ...] = ()


class Lock(Struct, frozen=True, kw_only=True, dict=True):
    """The gems by name, what the Gemfile asks for, and the servers that new gems come from.

    `split` are gems that platforms hold at different versions; they are left alone.
    """

    gems: Mapping[str, Locked]
    wishes: tuple[GemfileDependency, ...]
    platforms: tuple[str, ...]
    remotes: tuple[str, ...]
    split: frozenset[str] = frozenset()

    @staticmethod
    def of(lockfile: Lockfile) -> "Lock":
        """The state that a lockfile holds."""
        variants: dict[str, list[Package]] = {}
        for package in lockfile.packages:
            variants.setdefault(package.name, []).append(package)
        split = frozenset(name for name, found in variants.items() if len({one.version for one in found}) > 1)
        servers = (remote for package in lockfile.packages for remote in _remotes(package))
        return Lock(
            gems={name: _locked(found) for name, found in sorted(variants.items())},
            # A gem of another platform alone is wished for and not locked, and no move of others locks it.
            wishes=tuple(wish for wish in lockfile.dependencies if wish.name in variants),
            platforms=lockfile.platforms,
            remotes=tuple(dict.fromkeys(servers)),
            split=split,
        )

    @cached_property
    def wished(self) -> Mapping[str, tuple[GemfileDependency, ...]]:
        """What the Gemfile asks for, by gem."""
        found: dict[str, list[GemfileDependency]] = {}
        for wish in self.wishes:
            found.setdefault(wish.name, []).append(wish)
        return {name: tuple(wishes) for name, wishes in found.items()}

    def can_move(self, name: str) -> bool:
        """Whether a gem comes from a server, is held at one version, and can be named in a command."""
        locked = self.gems.get(name)
        return (
            locked is not None
            and bool(locked.remotes)
            and name not in self.split
            and PLAIN_NAME.fullmatch(name) is not None
        )

    def remotes_of(self, name: str) -> tuple[str, ...]:
        """The servers to ask for a gem."""
        locked = self.gems.get(name)
        return locked.remotes if locked is not None else self.remotes

    def held(self, free: frozenset[str]) -> frozenset[str]:
        """The gems that stay in the bundle and at their version whatever happens to those that are free to move."""
        held: set[str] = set()
        waiting = [wish.name for wish in self.wishes]
        while waiting:
            name = waiting.pop()
            if name in held or name in free or name not in self.gems:
                continue
            held.add(name)
            waiting += (dependency.name for dependency in self.gems[name].dependencies)
        return frozenset(held)

    def wishing(self, name: str, requirement: str) -> "Lock":
        """The state after an edit of the Gemfile: it asks for `requirement` of a gem, whether or not it did before."""
        kept = tuple(wish for wish in self.wishes if wish.name != name)
        return replace(self, wishes=(*kept, GemfileDependency(name=name, requirement=requirement)))

    def without_wishes(self, names: frozenset[str]) -> "Lock":
        """The state in which the Gemfile takes those gems in any version."""
        wishes = (
            GemfileDependency(name=wish.name, line=wish.line) if wish.name in names else wish for wish in self.wishes
        )
        return replace(self, wishes=tuple(wishes))

    def after(self, held: Iterable[str], moved: Iterable[Locked]) -> "Lock":
        """The state that Bundler writes: the gems that were held, and those that it chose."""
        kept = {name: self.gems[name] for name in held}
        return replace(self, gems=kept | {gem.name: gem for gem in moved})


def _locked(variants: list[Package]) -> Locked:
    dependencies = dict.fromkeys((one.name, one.requirement) for variant in variants for one in variant.dependencies)
    return Locked(
        name=variants[0].name,
        version=max(Version.parse(variant.version) for variant in variants),
        dependencies=tuple(Dependency(name, requirement) for name, requirement in dependencies),
        remotes=_remotes(variants[0]),
    )


def _remotes(package: Package) -> tuple[str, ...]:
    return package.origin.remotes if package.origin.kind == "gem" else ()
