"""Gem platforms, and which gem files RubyGems installs where.

The rules are those of `Gem::Platform` (rubygems/platform.rb), in the two generations that matter:

- Before RubyGems 3.3.22 the libc plays no part: parsing drops `-gnu`, and a missing version is a wildcard
  on both sides, so a musl gem installs on a glibc host and the other way round.
- From 3.3.22 on, `Gem::Platform#===` tells gnu and musl apart;
  a gem that names no libc is for every libc, and a host that names none has glibc.

The change is "Handle non-gnu libc on linux platforms in RubyGems" (commit 9eead86a) and its successors.
It began with 3.3.21, where `gem install` still compared in the wrong direction; 3.3.21 counts as before.
3.3.23 added the `eabi` forms of 32-bit arm, which 3.3.22 is taken to have.
Smaller changes have their own threshold: `universal-mingw` matches every MinGW since 3.3.18 (06835c80),
and the CPU `arm` stands for `armv*` alone, no longer for `arm64`, since 3.5.15 (14c4c16e).
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import ClassVar, Literal, NoReturn, final

from gemaudit.model.version import Version

_LIBC_COUNTS = Version.parse("3.3.22")
_UNIVERSAL_MINGW = Version.parse("3.3.18")
_ARM_IS_32_BIT = Version.parse("3.5.15")
_NEWEST = Version.parse("9999")

_ANY_CPU = (None, "universal")
_ABI = re.compile(r"eabi(?:hf)?\Z")


# The table of `Gem::Platform#initialize` as it reads since RubyGems 3.7, in its order, which decides.
# The first group is the version. Ruby's `\w` and `\d` are ASCII.
_SYSTEMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(source, re.ASCII), name)
    for source, name in (
        (r"aix-?(\d+)?", "aix"),
        (r"cygwin()", "cygwin"),
        (r"darwin-?(\d+)?", "darwin"),
        (r"^macruby-?(\d+(?:\.\d+)*)?", "macruby"),
        (r"freebsd-?(\d+)?", "freebsd"),
        (r"\Ajruby()\Z", "java"),
        (r"^java-?(\d+(?:\.\d+)*)?", "java"),
        (r"^dalvik-?(\d+)?$", "dalvik"),
        (r"^dotnet-?(\d+(?:\.\d+)*)?", "dotnet"),
        (r"linux-?(\w+)?", "linux"),
        (r"mingw32()", "mingw32"),
        (r"mingw-?(\w+)?", "mingw"),
        (r"(?P<name>mswin\d+)(?:[_-](?P<version>\d+))?", "mswin"),
        (r"netbsdelf()", "netbsdelf"),
        (r"openbsd-?(\d+\.\d+)?", "openbsd"),
        (r"solaris-?(\d+\.\d+)?", "solaris"),
        (r"wasi()", "wasi"),
    )
)
_INTEL_32_BIT = re.compile(r"i\d86", re.ASCII)


@final
class Platform:
    """An immutable platform: CPU, operating system and version; `ruby` is the one that fits everywhere.

    On linux the version names the libc (`musl`, `gnueabihf`), elsewhere a release of the system.
    """

    __slots__ = ("cpu", "os", "version")

    RUBY: ClassVar["Platform"]

    cpu: str | None
    os: str
    version: str | None

    def __init__(self, cpu: str | None, os: str, version: str | None = None) -> None:
        assign = object.__setattr__
        assign(self, "cpu", cpu)
        assign(self, "os", os)
        assign(self, "version", version)

    @staticmethod
    def parse(text: str) -> "Platform":
        """Return the platform that `text` names; the empty text names `ruby`, and nothing is refused.

        A system that RubyGems does not know is `unknown`. So is `current`,
        which in RubyGems means the machine it runs on and would mean ours here.
        """
        return _parse(text)

    @property
    def libc(self) -> Literal["gnu", "musl"] | None:
        """The libc that a linux platform names; None when it names none or another."""
        if self.os != "linux" or self.version is None:
            return None
        if self.version.startswith("musl"):
            return "musl"
        return "gnu" if self.version.startswith("gnu") else None

    def with_libc(self, libc: Literal["gnu", "musl"] | None) -> "Platform":
        """Return this platform with another libc, or without one; only a linux platform changes.

        The ABI of 32-bit arm stays: `gnueabihf` becomes `musleabihf`.
        """
        if self.os != "linux":
            return self
        abi = _ABI.search(self.version or "")
        return Platform(self.cpu, self.os, (libc or "") + (abi[0] if abi else "") or None)

    def installs_on(self, host: "Platform", *, rubygems: Version | None = None) -> bool:
        """Return whether a gem for this platform installs on `host` with that RubyGems.

        None stands for the newest rules.
        This is `Gem::Platform.match_gem?` on a machine whose local platform is `host`.
        """
        if self in {Platform.RUBY, host}:
            return True
        if host == Platform.RUBY:
            return False
        version = rubygems or _NEWEST
        if version < _LIBC_COUNTS:
            # The receiver of `===` was the host in this generation: only its `arm` is a wildcard.
            return _matches(_before_libc(host), _before_libc(self), version)
        return _matches(self, host, version)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Platform):
            return NotImplemented
        return (self.cpu, self.os, self.version) == (other.cpu, other.os, other.version)

    def __hash__(self) -> int:
        return hash((self.cpu, self.os, self.version))

    def __str__(self) -> str:
        parts = [part for part in (self.cpu, self.os, self.version) if part is not None]
        # `java11` has no CPU to set apart; with a hyphen, parsing would take `java` for one.
        return ("-" if self.cpu is not None else "").join(parts)

    def __repr__(self) -> str:
        return f"Platform({self.cpu!r}, {self.os!r}, {self.version!r})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        message = f"a platform never changes; cannot set `{name}`"
        raise AttributeError(message)

    def __reduce__(self) -> tuple[object, tuple[str | None, str, str | None]]:
        return Platform, (self.cpu, self.os, self.version)


Platform.RUBY = Platform(None, "ruby")


def best_variant(candidates: Iterable[Platform], host: Platform, *, rubygems: Version | None = None) -> Platform | None:
    """Return the variant of one gem version that Bundler installs on `host`, or None when none fits.

    The exact platform wins, then the nearest by `Gem::Platform.platform_specificity_match`
    (`Bundler::GemHelpers` before RubyGems 3.7), and `ruby` comes last.
    Where Bundler would take whichever the index lists first, the first by name is returned.
    """
    before_libc = rubygems is not None and rubygems < _LIBC_COUNTS
    wanted = _before_libc(host) if before_libc else host

    def distance(candidate: Platform) -> tuple[int, str]:
        return _distance(_before_libc(candidate) if before_libc else candidate, wanted), str(candidate)

    fitting = (candidate for candidate in candidates if candidate.installs_on(host, rubygems=rubygems))
    return min(fitting, key=distance, default=None)


def _distance(gem: Platform, host: Platform) -> int:
    if gem == host:
        return -1
    if Platform.RUBY in {gem, host}:
        return 1_000_000
    return (gem.os != host.os) + 10 * _cpu_distance(gem.cpu, host.cpu) + 100 * _version_distance(gem, host)


def _cpu_distance(gem: str | None, host: str | None) -> int:
    if gem == host or (gem == "arm" and (host or "").startswith("arm")):
        return 0
    return 1 if gem in _ANY_CPU else 2


def _version_distance(gem: Platform, host: Platform) -> int:
    if gem.version == host.version:
        return 0
    return 1 if gem.version is None else 2


def _before_libc(platform: Platform) -> Platform:
    # Before 3.3.21 a lookahead in `#initialize` refused a version that begins with `gnu`.
    return Platform(platform.cpu, platform.os) if platform.libc == "gnu" else platform


def _matches(receiver: Platform, other: Platform, rubygems: Version) -> bool:
    """Return what `receiver === other` is in that RubyGems; from 3.3.22 on the receiver is the gem."""
    if rubygems >= _UNIVERSAL_MINGW and _are_any_mingw(receiver, other):
        return True
    return (
        _cpu_matches(receiver.cpu, other.cpu, rubygems)
        and receiver.os == other.os
        and _version_matches(receiver, other, rubygems)
    )


def _are_any_mingw(receiver: Platform, other: Platform) -> bool:
    """Return whether both are MinGW and one is for every CPU: `universal-mingw32` fits `x64-mingw-ucrt`."""
    if "universal" not in {receiver.cpu, other.cpu}:
        return False
    return receiver.os.startswith("mingw") and other.os.startswith("mingw")


def _cpu_matches(receiver: str | None, other: str | None, rubygems: Version) -> bool:
    if receiver in _ANY_CPU or other in _ANY_CPU or receiver == other:
        return True
    family = "armv" if rubygems >= _ARM_IS_32_BIT else "arm"
    return receiver == "arm" and (other or "").startswith(family)


def _version_matches(receiver: Platform, other: Platform, rubygems: Version) -> bool:
    if receiver.version == other.version:
        return True
    if receiver.os != "linux" or rubygems < _LIBC_COUNTS:
        return receiver.version is None or other.version is None
    if _libc_name(receiver.version) == _libc_name(other.version):
        return True
    generic = receiver.version or ""
    return other.version in {f"musl{generic}", f"musleabi{generic}", f"musleabihf{generic}"}


def _libc_name(version: str | None) -> str:
    """Return a linux version without glibc and ABI markers (`Gem::Platform#normalized_linux_version`)."""
    return _ABI.sub("", (version or "").removeprefix("gnu"))


@lru_cache(maxsize=4096)
def _parse(text: str) -> Platform:
    if text in {"", "ruby"}:
        return Platform.RUBY
    cpu, hyphen, system = text.rstrip("-").partition("-")
    if not hyphen:
        return _on_system(None, cpu)
    return _on_system("x86" if _INTEL_32_BIT.search(cpu) else cpu, system)


def _on_system(cpu: str | None, system: str) -> Platform:
    for pattern, name in _SYSTEMS:
        if found := pattern.search(system):
            if name == "mswin":
                windows = found["name"]
                return Platform(cpu or ("x86" if windows.endswith("32") else None), windows, found["version"])
            return Platform(cpu, name, found[1] or None)
    return Platform(cpu, "unknown")
