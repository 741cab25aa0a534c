"""Which files of a gem Bundler would install on a machine with a given libc."""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from gemaudit.hazards.hazard import LockedGem
from gemaudit.model.environment import CPUS, Environment
from gemaudit.model.finding import Answer, Truth
from gemaudit.model.hosts import BUNDLER_TELLS_LIBCS, LIKELY_CPUS, RUBYGEMS_TELLS_LIBCS, generations, native_platform
from gemaudit.model.platform import Platform, best_variant
from gemaudit.model.version import Version

Libc = Literal["gnu", "musl"]


class Choice(Struct, frozen=True):
    """The files that may be installed for one processor under the rules of one RubyGems.

    It is one file, or, where none fits the processor, the files of all processors that facts name: then the bundle
    cannot be installed here at all, and what matters is what the lockfile has to offer. There may be none.
    """

    cpu: str
    rubygems: str
    files: tuple[Platform, ...]


@lru_cache(maxsize=8192)
def _best(variants: tuple[str, ...], cpu: str, libc: Libc, rubygems: str) -> Platform | None:
    host = native_platform(cpu, "linux", libc)
    return best_variant(map(Platform.parse, variants), host, rubygems=Version.parse(rubygems))


def _choice(variants: tuple[str, ...], cpu: str, libc: Libc, rubygems: str) -> Choice:
    best = _best(variants, cpu, libc, rubygems)
    if best is not None:
        return Choice(cpu, rubygems, (best,))
    others = {_best(variants, other, libc, rubygems) for other in _offered_cpus(variants)}
    return Choice(cpu, rubygems, tuple(sorted((one for one in others if one is not None), key=str)))


@lru_cache(maxsize=1024)
def _offered_cpus(variants: tuple[str, ...]) -> tuple[str, ...]:
    """The processors of the variants, as few as there are words for them however many names a lockfile makes up."""
    platforms = map(Platform.parse, variants)
    offered = {cpu_of(platform) for platform in platforms if platform.os == "linux"}
    return tuple(cpu for cpu in CPUS if cpu in offered)


def cpu_of(platform: Platform) -> str:
    """The processor of a platform in the word that facts use; empty where it names none."""
    return {"aarch64": "arm64", None: ""}.get(platform.cpu, platform.cpu or "")


def choices(gem: LockedGem, environment: Environment, libc: Libc) -> tuple[Choice, ...]:
    """What may be installed, one choice for each processor and RubyGems that the environment may have."""
    return _choices(gem.variants, environment.value("cpu"), libc, generations(environment))


@lru_cache(maxsize=8192)
def _choices(variants: tuple[str, ...], cpu: str | None, libc: Libc, rubygems: tuple[str, ...]) -> tuple[Choice, ...]:
    cpus = (cpu,) if cpu else LIKELY_CPUS
    return tuple(_choice(variants, one_cpu, libc, version) for one_cpu in cpus for version in rubygems)


def file_answer(
    gem: LockedGem, environment: Environment, libc: Libc, expected: str, is_meant: Callable[[Platform], bool]
) -> tuple[Answer, tuple[Platform, ...]]:
    """Whether the files that are installed are those that are meant, and which are where they may be.

    Where it depends on a fact that nobody states, the answer is unknown and names that fact and what would have to be.
    """
    found = choices(gem, environment, libc)
    meant = tuple(choice for choice in found if choice.files and all(map(is_meant, choice.files)))
    files = tuple(sorted({file for choice in meant for file in choice.files}, key=str))
    if meant and len(meant) < len(found):
        return _open(meant, found, environment), files
    truth: Truth = "true" if meant else "false"
    actual = files or tuple(sorted({file for choice in found for file in choice.files}, key=str))
    return (
        Answer(
            name="file",
            expected=expected,
            actual=" or ".join(map(str, actual)) or "none that fits",
            answer=truth,
        ),
        files,
    )


def _open(meant: tuple[Choice, ...], found: tuple[Choice, ...], environment: Environment) -> Answer:
    cpus = sorted({choice.cpu for choice in meant})
    if len(cpus) < len({choice.cpu for choice in found}):
        return Answer(name="cpu", expected=" or ".join(cpus), answer="unknown")
    if environment.value("rubygems") is None:
        return Answer(name="rubygems", expected=f"< {RUBYGEMS_TELLS_LIBCS}", answer="unknown")
    return Answer(name="bundler", expected=f"< {BUNDLER_TELLS_LIBCS}", answer="unknown")
