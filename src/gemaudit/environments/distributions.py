"""The Ruby that a distribution packages.

Distributions backport fixes into the release they ship, so what advisories say of that release is not what is there:
`build=distribution` says so, and the version beside it is only where the distribution began.
"""

import re

from gemaudit.environments.images import UNRESOLVED
from gemaudit.environments.names import floating, parse_ruby_name
from gemaudit.environments.observation import Trait

#: The release behind the package `ruby`: Debian and Ubuntu keep it for as long as a release lives,
#: Alpine moves on within a series. Only what has been read in the package indexes or on installed systems is here.
_EXACT = {
    ("debian", "12"): "3.1.2",
    ("debian", "bookworm"): "3.1.2",
    ("ubuntu", "22.04"): "3.0.2",
    ("ubuntu", "jammy"): "3.0.2",
    ("ubuntu", "24.04"): "3.2.3",
    ("ubuntu", "noble"): "3.2.3",
}
_SERIES = {("alpine", "3.21"): "3.3"}

_PACKAGE = r"ruby(?P<series>[0-9]+(?:\.[0-9]+)?)?(?:-full)?(?:=(?:[0-9]+:)?(?P<version>[0-9]+(?:\.[0-9]+)+))?.*"
_WHOLE_VERSION = 2  # dots


def packaged_traits(base: str, package: str) -> tuple[Trait, ...]:
    """What a package such as `ruby`, `ruby3.3` or `ruby=3.3.8-r0` says on the image `base`."""
    return (Trait("engine", "ruby"), *_version(base, package), Trait("build", "distribution"))


def _version(base: str, package: str) -> tuple[Trait, ...]:
    found = re.fullmatch(_PACKAGE, package)
    pinned, series = (found["version"] or "", found["series"] or "") if found else ("", "")
    system = _system(base)
    release = _EXACT.get(system, "")
    if pinned.count(".") >= _WHOLE_VERSION:
        name = parse_ruby_name(pinned)
        return (Trait("ruby", name.version),) if name else ()
    if "." in series or pinned:
        numbers = series if "." in series else pinned
        # Debian's `ruby3.1` is the very package that `ruby` brings in.
        return (Trait("ruby", release),) if release.startswith(f"{numbers}.") else _floating(numbers)
    if release:
        return (Trait("ruby", release),)
    return _floating(_SERIES[system]) if system in _SERIES else ()


def _floating(numbers: str) -> tuple[Trait, ...]:
    return (Trait("ruby", floating(numbers), exact=False),)


def _system(base: str) -> tuple[str, str]:
    """The name and the release of a distribution's own image: `debian:bookworm-slim`, `alpine:3.21.3`."""
    name, _, tag = base.partition("@")[0].rpartition("/")[2].lower().partition(":")
    if UNRESOLVED in tag:
        return (name, "")
    release = tag.partition("-")[0]
    if name == "alpine":
        release = ".".join(release.split(".")[:2])
    elif name == "debian":
        release = release.partition(".")[0]
    return (name, release)
