"""Gem platforms, and which gem files RubyGems installs where.

The rules are those of `Gem::Platform` (rubygems/platform.rb), in the two generations that matter:

- Before RubyGems 3.3.22 the libc plays no part: parsing drops `-gnu`, and a missing version is a wildcard
  on both sides, so a musl gem installs on a glibc host and the other way round.
- From 3.3.22 on, `Gem::Platform#===` tells gnu and musl apart;
  a gem that names no libc is for every libc, and a host that names none has glibc.

The change is "Handle non-gnu libc on linux platforms in RubyGems" (commit 9eead86a) and its successors.
It began with 3.3.21, but there `gem install` still compared in the wrong direction, so 3.3.21 counts as before.
3.3.23 added the `eabi` forms of 32-bit arm, which 3.3.22 is taken to have.
Smaller changes have their own threshold: `universal-mingw` matches every MinGW since 3.3.18 (06835c80),
and the CPU `arm` stands for `armv*` alone, no longer for `arm64`, since 3.5.15 (14c4c16e).
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import ClassVar, Literal, NoReturn

from gemaudit.model.version import Version

_LIBC_COUNTS = Version.parse("3.3.22")
_UNIVERSAL_MINGW = Version.parse("3.3.18")
_ARM_IS_32_BIT = Version.parse("3.5.15")
_NEWEST = Version.parse("9999")


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
        """Return this platform with another libc, or without one; only a linux platform changes."""
        if self.os != "linux":
            return self
        abi = (self.version or "").removeprefix(self.libc or "")
        return Platform(self.cpu, self.os, f"{libc or ''}{abi}" or None)

    def installs_on(self, host: "Platform", *, rubygems: Version | None = None) -> bool:
        """Return whether a gem for this platform installs on `host` with that RubyGems.

        None stands for the newest rules. This is `Gem::Platform.match_gem?` where `host` is the local platform.
        """
        if self == Platform.RUBY or self == host:
            return True
        if host == Platform.RUBY:
            return False
        version = rubygems or _NEWEST
        if version < _LIBC_COUNTS:
            # The receiver of `===` was the host in this generation: only its `arm` is a wildcard.
            return _matches(host._without_gnu(), self._without_gnu(), version)
        return _matches(self, host, version)

    def _without_gnu(self) -> "Platform":
        return self.with_libc(None) if self.libc == "gnu" else self
