"""What is known about plain `-linux` files of gems on musl.

A plain file was built on a glibc system. Some were made to load on musl as well, some carry a build for each,
many do not load or crash. Nothing is concluded from a similar gem or from another version.
"""

from msgspec import Struct

from gemaudit.hazards.installed import cpu_of
from gemaudit.model.advisory import Confidence
from gemaudit.model.platform import Platform
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

_GITHUB = "https://github.com"
_NOKOGIRI = f"{_GITHUB}/sparklemotion/nokogiri"
_SQLITE = f"{_GITHUB}/sparklemotion/sqlite3-ruby"


class MuslFile(Struct, frozen=True, kw_only=True):
    """How the plain files of some versions fare on musl, and who says so.

    `cpus` is empty where it holds for all. `has_source` is false for a gem that cannot be compiled at installation.
    """

    gem: str
    requirement: str
    works: bool
    url: str
    cpus: tuple[str, ...] = ()
    confidence: Confidence = "high"
    has_source: bool = True
    note: str = ""


MUSL_FILES: tuple[MuslFile, ...] = (
    MuslFile(
        gem="google-protobuf",
        requirement="< 4.31.0.rc.1",
        works=False,
        confidence="medium",
        url=f"{_GITHUB}/protocolbuffers/protobuf/issues/16853",
        note="some versions happen to load; crashes since 3.22.2 on arm64 and 4.29.3 on x86_64",
    ),
    MuslFile(
        gem="grpc",
        requirement="< 1.74.0.pre2",
        works=False,
        url=f"{_GITHUB}/grpc/grpc/issues/39443",
        note="does not load; with gcompat it crashes",
    ),
    MuslFile(
        gem="nokogiri",
        requirement=">= 1.11.0.rc2, < 1.18.0.rc1",
        works=True,
        cpus=("x86_64", "x86"),
        url=f"{_NOKOGIRI}/releases/tag/v1.18.0",
        note="one file for glibc and musl, by patches to its C code",
    ),
    MuslFile(
        gem="nokogiri",
        requirement=">= 1.11.0.rc2, < 1.18.0.rc1",
        works=False,
        cpus=("arm64",),
        confidence="medium",
        url=f"{_SQLITE}/issues/372",
        note="needs the package gcompat",
    ),
    MuslFile(
        gem="sqlite3",
        requirement=">= 1.5.0, < 2.0.0",
        works=False,
        cpus=("arm64",),
        url=f"{_SQLITE}/issues/372",
        note="`fcntl64` is missing",
    ),
    MuslFile(
        gem="sqlite3",
        requirement=">= 1.5.0, < 2.0.0",
        works=False,
        cpus=("x86_64",),
        confidence="medium",
        url=f"{_SQLITE}/issues/434",
        note="loads up to Alpine 3.18 and no longer from 3.19 on",
    ),
    MuslFile(
        gem="pg",
        requirement=">= 1.6.0",
        works=False,
        url=f"{_GITHUB}/ged/ruby-pg/issues/648",
        note="`libresolv.so.2` is missing without gcompat",
    ),
    MuslFile(
        gem="rubydex",
        requirement="<= 0.2.3",
        works=False,
        url=f"{_GITHUB}/Shopify/rubydex/issues/806",
        note="`__vsnprintf_chk` is missing, with gcompat too",
    ),
    MuslFile(
        gem="sassc",
        requirement="= 2.1.0",
        works=False,
        url=f"{_GITHUB}/sass/sassc-ruby/issues/141",
        note="`ld-linux-x86-64.so.2` is missing",
    ),
    MuslFile(
        gem="sorbet-static",
        requirement=">= 0",
        works=False,
        has_source=False,
        url=f"{_GITHUB}/sorbet/sorbet/issues/948",
        note="a program that is linked against glibc, and there is no source gem",
    ),
    MuslFile(
        gem="tailwindcss-rails",
        requirement="< 3",
        works=False,
        confidence="medium",
        has_source=False,
        url=f"{_GITHUB}/rails/tailwindcss-rails/pull/192",
        note="its program needs the package gcompat",
    ),
    MuslFile(
        gem="thruster",
        requirement="= 0.1.9",
        works=False,
        url=f"{_GITHUB}/basecamp/thruster/issues/54",
        has_source=False,
        note="its program is linked against glibc in this version only",
    ),
    MuslFile(
        gem="thruster",
        requirement="< 0.1.9",
        works=True,
        url=f"{_GITHUB}/basecamp/thruster/issues/54",
        note="worked on Alpine until 0.1.9",
    ),
    MuslFile(
        gem="tiktoken_ruby",
        requirement="<= 0.0.9",
        works=False,
        url=f"{_GITHUB}/IAPark/tiktoken_ruby/issues/38",
        note="`ld-linux-x86-64.so.2` is missing",
    ),
    MuslFile(
        gem="libdatadog",
        requirement="> 0.7.0.1.0",
        works=True,
        url=f"{_GITHUB}/DataDog/libdatadog/pull/40",
        note="carries a library for each and loads the right one",
    ),
    MuslFile(
        gem="libddwaf",
        requirement=">= 1.3.0.2.0",
        works=True,
        url=f"{_GITHUB}/DataDog/dd-trace-rb/pull/2036",
        note="carries a library for each and loads the right one",
    ),
)

#: From which version on the gem publishes files for musl.
MUSL_SINCE: dict[str, str] = {
    "google-protobuf": "4.31.0.rc.1",
    "grpc": "1.74.0.pre2",
    "nokogiri": "1.18.0.rc1",
    "pg": "1.6.1",
    "sqlite3": "2.0.0",
}

_BY_GEM: dict[str, tuple[MuslFile, ...]] = {
    entry.gem: tuple(other for other in MUSL_FILES if other.gem == entry.gem) for entry in MUSL_FILES
}


def known(gem: str, version: str, file: Platform) -> MuslFile | None:
    """What is known about a plain file on musl, or None where nothing is."""
    entries = _BY_GEM.get(gem)
    if not entries:
        return None
    cpu, parsed = cpu_of(file), Version.parse(version)
    fitting = (entry for entry in entries if not entry.cpus or cpu in entry.cpus)
    return next((entry for entry in fitting if Requirement.parse(entry.requirement).admits(parsed)), None)


def has_musl_file(gem: str, version: str) -> bool:
    """Whether that release is known to have a file for musl."""
    since = MUSL_SINCE.get(gem)
    return since is not None and Version.parse(version) >= Version.parse(since)


def has_source(gem: str) -> bool:
    """Whether the gem can be compiled where it is installed, as far as is known."""
    return all(entry.has_source for entry in _BY_GEM.get(gem, ()))
