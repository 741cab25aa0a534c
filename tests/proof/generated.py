"""Situations at random: gems that ask for each other, in ways that fit together on the first day."""

from hypothesis import strategies as st
from situation import Defect, Release, Situation

from gemaudit.model.version import Version

_NAMES = ("ant", "bee", "cow", "dog", "elk")
_VERSIONS = ("1.0.0", "1.0.1", "1.1.0", "1.1.1", "2.0.0", "2.0.0.1", "2.1.0")
_ELSEWHERE = (">= 99.0",)
_TWO_PLATFORMS = ("x86_64-linux", "arm64-darwin")
_FILES = (("ruby",), ("ruby",), ("ruby", "x86_64-linux"), ("x86_64-linux", "arm64-darwin"), ("x86_64-linux",))


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """A situation with one or two defects of gems that are locked."""
    offered = {name: _offered(draw) for name in _NAMES[: draw(st.integers(2, len(_NAMES)))]}
    releases = tuple(
        _release(draw, name, version, offered) for name, versions in offered.items() for version in versions
    )
    roots = draw(st.lists(st.sampled_from([*offered]), min_size=1, max_size=3, unique=True))
    gemfile = "\n".join(_line(draw, name, offered[name][0]) for name in roots)
    reachable = _reachable(roots, releases, offered)
    spoiled = draw(st.lists(st.sampled_from(reachable), min_size=1, max_size=2))
    return Situation(
        name="generated",
        gemfile=gemfile,
        releases=releases,
        defects=tuple(_defect(draw, name, offered[name][0]) for name in spoiled),
        platforms=draw(st.sampled_from((("x86_64-linux",), _TWO_PLATFORMS))),
    )


def _offered(draw: st.DrawFn) -> list[str]:
    """The versions of a gem, the locked one first; most often it is the oldest."""
    versions = sorted(
        draw(st.lists(st.sampled_from(_VERSIONS), min_size=1, max_size=4, unique=True)), key=Version.parse
    )
    locked = draw(st.sampled_from((0, 0, 0, len(versions) - 1)))
    return [versions[locked], *versions[:locked], *versions[locked + 1 :]]


def _release(draw: st.DrawFn, name: str, version: str, offered: dict[str, list[str]]) -> Release:
    """A release whose dependencies come later in the alphabet, so that there is no circle."""
    first = version == offered[name][0]
    needed = [other for other in offered if other > name and draw(st.sampled_from((True, False, False)))]
    return Release(
        gem=name,
        version=version,
        needs=tuple(_need(draw, other, offered[other][:1] if first else offered[other]) for other in needed),
        platforms=("ruby",) if first else draw(st.sampled_from(_FILES)),
        ruby="" if first else draw(st.sampled_from(("",) * 9 + _ELSEWHERE)),
        rubygems="" if first else draw(st.sampled_from(("",) * 19 + _ELSEWHERE)),
        yanked=not first and draw(st.sampled_from((False,) * 9 + (True,))),
    )


def _need(draw: st.DrawFn, name: str, versions: list[str]) -> str:
    return f"{name} {_requirement(draw, draw(st.sampled_from(versions)))}"


def _requirement(draw: st.DrawFn, version: str) -> str:
    """A requirement that admits the version."""
    known = Version.parse(version)
    series = ".".join(version.split(".")[:2])
    forms = (
        ">= 0",
        f"~> {version}",
        f"~> {series}",
        f"= {version}",
        f">= {version}",
        f"< {known.bump}",
        f"<= {version}",
    )
    return draw(st.sampled_from(forms))


def _line(draw: st.DrawFn, name: str, locked: str) -> str:
    plain = draw(st.booleans())
    return f'gem "{name}"' if plain else f'gem "{name}", "{_requirement(draw, locked)}"'


def _reachable(roots: list[str], releases: tuple[Release, ...], offered: dict[str, list[str]]) -> list[str]:
    """The gems that are locked."""
    asks = {
        release.gem: [need.partition(" ")[0] for need in release.needs]
        for release in releases
        if release.version == offered[release.gem][0]
    }
    found: dict[str, None] = {}
    ahead = list(roots)
    while ahead:
        name = ahead.pop()
        found[name] = None
        ahead += asks[name]
    return sorted(found)


def _defect(draw: st.DrawFn, name: str, locked: str) -> Defect:
    """A defect of the locked version."""
    later = [version for version in (*_VERSIONS, "9.0.0") if Version.parse(version) > Version.parse(locked)]
    return Defect(gem=name, spans=(("0", draw(st.sampled_from(later))),))
