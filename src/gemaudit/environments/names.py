"""The names that version managers, images and CI give to a Ruby.

The grammar is that of the definitions in rbenv/ruby-build (share/ruby-build), widened by what ruby/setup-ruby,
asdf-ruby and mise accept: short versions, `head`, `debug`, `asan`, `latest`.
"""

import re

from msgspec import Struct

from gemaudit.environments.observation import Trait

#: Names are short; whatever is longer is no name.
_LONGEST_NAME = 128

# `truffleruby+graalvm` is TruffleRuby on the JVM: the same engine with the same versions.
_ENGINE = re.compile(
    r"(?P<engine>jruby|truffleruby|mruby|picoruby|artichoke|rbx|ree|ruby)(?:\+graalvm)?(?:-(?P<rest>.+))?"
)
_VERSION = re.compile(
    r"(?P<numbers>[0-9]+(?:\.[0-9]+){0,4})"
    r"(?:[.-]?(?P<word>preview|rc|alpha|beta|pre|dev)(?:[.-]?(?P<count>[0-9]+))?|-?p(?P<patchlevel>[0-9]+)"
    r"|-(?P<date>[0-9]{4}\.[0-9]{2}))?"
)
# setup-ruby's README, "Supported Versions"; `mingw`, `mswin` and `ucrt` are head builds for Windows.
_BUILDS = {
    "head": "head",
    "dev": "head",
    "master": "head",
    "nightly": "head",
    "mingw": "head",
    "mswin": "head",
    "ucrt": "head",
    "debug": "debug",
    "asan": "asan",
    "asan-release": "asan",
}
_NEWEST = frozenset({"latest", "asan-release"})


class RubyName(Struct, frozen=True, kw_only=True):
    """A Ruby by name.

    `version` belongs to the engine; it is a requirement where `exact` is false and empty where the name has none.
    `build` is `head`, `debug` or `asan` for what is no release; such a name has no version that advisories speak of,
    so a `X.Y-dev` branch keeps no version either.
    `level` is the language version where the engine is not CRuby and the name says it.
    """

    engine: str
    version: str = ""
    exact: bool = True
    build: str = ""
    level: str = ""

    @property
    def traits(self) -> tuple[Trait, ...]:
        """The name as facts without evidence, `engine` first."""
        found = [Trait("engine", self.engine)]
        if self.version:
            found.append(Trait("ruby" if self.engine == "ruby" else "engine_version", self.version, self.exact))
        if self.level:
            found.append(Trait("ruby", self.level))
        if self.build:
            found.append(Trait("build", self.build))
        if self.build == "asan":
            found.append(Trait("sanitizer", "address"))
        return tuple(found)


def parse_ruby_name(text: str) -> RubyName | None:
    """The Ruby that a name such as `3.4.5`, `ruby-3.4`, `jruby-9.4.7.0`, `4.1-dev` or `head` stands for.

    None where the text is no such name, as with `system`, `ref:v3_4_5` or `path:/opt/ruby`.
    What follows `@` is an RVM gemset and plays no part.
    """
    name = text.strip().partition("@")[0].strip()
    if not name or len(name) > _LONGEST_NAME:
        return None
    found = _ENGINE.fullmatch(name)
    if found is None:
        return _named("ruby", name)
    return _named(found["engine"], found["rest"] or "latest")


def _named(engine: str, rest: str) -> RubyName | None:
    if build := _BUILDS.get(rest):
        # `asan-release` is the newest release, built with AddressSanitizer; the other builds have no version.
        if rest in _NEWEST:
            return RubyName(engine=engine, version=">= 0", exact=False, build=build)
        return RubyName(engine=engine, build=build)
    if rest in _NEWEST:
        return RubyName(engine=engine, version=">= 0", exact=False)
    found = _VERSION.fullmatch(rest)
    if found is None:
        return None
    if found["word"] == "dev":
        return RubyName(engine=engine, build="head")
    return _released(engine, found)


def _released(engine: str, found: re.Match[str]) -> RubyName:
    numbers = found["numbers"]
    if found["word"]:
        # RubyGems spells a prerelease with dots: `Gem.ruby_version` of 3.5.0-preview1 is `3.5.0.preview1`.
        word = "pre" if found["word"] == "pre" else found["word"]
        return RubyName(engine=engine, version=f"{numbers}.{word}{found['count'] or ''}")
    if found["date"]:
        return RubyName(engine=engine, version=f"{numbers}.{found['date']}")
    if found["patchlevel"] or numbers.count(".") >= 2 or engine in {"mruby", "picoruby", "rbx", "ree"}:  # noqa: PLR2004
        return RubyName(engine=engine, version=numbers)
    return RubyName(engine=engine, version=floating(numbers), exact=False)


def floating(numbers: str) -> str:
    """The requirement that a short version stands for: `3` is `~> 3.0`, and `3.4` is `~> 3.4.0`."""
    return f"~> {numbers}.0"


# version.c of CRuby: `"ruby " RUBY_VERSION RUBY_PATCHLEVEL_STR " (" … ") " options "[" RUBY_PLATFORM "]"`.
# The patterns of banners are compiled when a user gives one.
_BANNER = (
    r"(?P<engine>ruby|jruby|truffleruby|mruby|picoruby)[ ]+(?P<version>[0-9][0-9A-Za-z.-]{0,40})"
    r"(?P<rest>(?:[ ,(].*)?)"
)
_DEBUGGED = r"\+(?P<jit>YJIT|ZJIT|RJIT|MJIT)\b"
_LEVEL = r"(?:like ruby |\()(?P<level>[0-9]+\.[0-9]+\.[0-9]+)\b"
_PLATFORM = r"\[(?P<platform>[^\]\[]{1,64})\][^\]\[]*"


class Banner(Struct, frozen=True, kw_only=True):
    """What `ruby -v` prints: a name, the compilers that are switched on, and the platform it was built for."""

    name: RubyName
    jit: tuple[str, ...] = ()
    platform: str = ""


def parse_banner(text: str) -> Banner | None:
    """What a text like `ruby 3.4.5 (2025-07-16 revision 20cda200d3) +YJIT +PRISM [x86_64-linux-musl]` says.

    None where the text is no banner.
    JRuby prints the language version in parentheses after its own, TruffleRuby after `like ruby`.
    """
    found = re.fullmatch(_BANNER, text.strip()[:1000])
    if found is None:
        return None
    name = _named(found["engine"], found["version"])
    if name is None:
        return None
    rest = found["rest"]
    level = re.search(_LEVEL, rest) if found["engine"] != "ruby" else None
    if level:
        name = RubyName(
            engine=name.engine, version=name.version, exact=name.exact, build=name.build, level=level["level"]
        )
    platform = re.search(_PLATFORM, rest)
    return Banner(
        name=name,
        jit=tuple(match["jit"].lower() for match in re.finditer(_DEBUGGED, rest)),
        platform=platform["platform"] if platform else "",
    )
