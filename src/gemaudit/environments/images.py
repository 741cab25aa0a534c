"""What the name of a container image says about the Ruby in it.

The tags of the official image are those of docker-library/official-images, library/ruby: `X.Y.Z-<variant>`,
`X.Y-<variant>`, `X-<variant>`, `<variant>`, and the same without a variant for the default one.
Only variants that begin with `alpine` have musl.
The other images keep to the same order of version and variant, or have the version in their name.
"""

import re
from collections.abc import Callable

from msgspec import Struct

from gemaudit.environments.names import RubyName, floating, parse_ruby_name
from gemaudit.environments.observation import Trait

#: Stands in a reference for what could not be resolved.
UNRESOLVED = "\N{REPLACEMENT CHARACTER}"

_LONGEST_REFERENCE = 512
_LINUX = Trait("os", "linux")
_GNU = Trait("libc", "gnu")
_MUSL = Trait("libc", "musl")
_PLAIN = Trait("sanitizer", "none")

# Docker's names for CPUs, in `--platform` and as owners of the old per-CPU images.
_CPUS = {
    "amd64": "x86_64",
    "x86_64": "x86_64",
    "x86-64": "x86_64",
    "386": "x86",
    "i386": "x86",
    "arm64": "arm64",
    "arm64v8": "arm64",
    "aarch64": "arm64",
    "arm": "arm",
    "arm32v5": "arm",
    "arm32v6": "arm",
    "arm32v7": "arm",
    "armhf": "arm",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}
_GLIBC_DISTRIBUTIONS = frozenset(
    {"almalinux", "amazonlinux", "archlinux", "buildpack-deps", "centos", "debian", "fedora"}
)
_GLIBC_DISTRIBUTIONS |= {"oraclelinux", "rockylinux", "ubi8", "ubi9", "ubi10", "ubuntu"}


class Image(Struct, frozen=True, kw_only=True):
    """What an image reference says.

    `has_ruby` is true of images that exist to run Ruby, false of those known to come without one, None otherwise.
    """

    traits: tuple[Trait, ...] = ()
    has_ruby: bool | None = None


class _Reference(Struct, frozen=True, kw_only=True):
    """A reference in its parts: `docker.io/library/ruby:3.4-slim@sha256:…`."""

    repository: tuple[str, ...]
    tag: str

    @property
    def name(self) -> str:
        return self.repository[-1]

    @property
    def owner(self) -> str:
        return self.repository[-2] if len(self.repository) > 1 else ""


def parse_image(reference: str) -> Image:
    """What `reference` says; a part that reads `UNRESOLVED` says nothing, and neither do unknown images."""
    parts = _parts(reference)
    if parts is None:
        return Image()
    reader = _reader(parts)
    if reader is None:
        return _base(parts)
    return Image(traits=(*reader(parts), *_cpu_of_owner(parts.owner)), has_ruby=True)


def platform_traits(platform: str) -> tuple[Trait, ...]:
    """What Docker's `linux/arm64/v8` says; a part that is a variable says nothing."""
    system, _, rest = platform.lower().partition("/")
    cpu = _CPUS.get(rest.partition("/")[0])
    traits = [Trait("os", system)] if system in {"linux", "windows"} else []
    return (*traits, Trait("cpu", cpu)) if cpu else tuple(traits)


def _parts(reference: str) -> _Reference | None:
    if not reference or len(reference) > _LONGEST_REFERENCE:
        return None
    path, _, _ = reference.partition("@")
    head, slash, last = path.rpartition("/")
    name, _, tag = last.partition(":")
    if not name:
        return None
    return _Reference(repository=(*(head.lower().split("/") if slash else ()), name.lower()), tag=tag.lower())


def _cpu_of_owner(owner: str) -> tuple[Trait, ...]:
    cpu = _CPUS.get(owner)
    return (Trait("cpu", cpu),) if cpu else ()


def _official(parts: _Reference) -> tuple[Trait, ...]:
    return (*_tagged("ruby", parts.tag or "latest"), _LINUX, *_official_libc(parts.tag), _PLAIN)


def _official_libc(tag: str) -> tuple[Trait, ...]:
    if "alpine" in tag or "musl" in tag:
        return (_MUSL,)
    return () if _ends_unresolved(tag) else (_GNU,)


def _ends_unresolved(tag: str) -> bool:
    """Whether the variant itself may hide in what could not be resolved: it is the last part of a tag."""
    return UNRESOLVED in tag.rpartition("-")[2]


_TAG = re.compile(r"(?P<version>[0-9]+(?:\.[0-9]+){0,2})(?P<pre>-?(?:preview|rc)[0-9]*)?(?:-.*)?")


def _tagged(engine: str, tag: str) -> tuple[Trait, ...]:
    """The interpreter that a tag of version and variant says, where a tag without a version is the newest."""
    if UNRESOLVED in tag.partition("-")[0]:
        return (Trait("engine", engine),)
    found = _TAG.fullmatch(tag)
    if found is None:
        name = RubyName(engine=engine, version=">= 0", exact=False)
        return name.traits if tag.partition("-")[0] in _NEWEST_TAGS or _is_variant(tag) else (Trait("engine", engine),)
    return _numbered(engine, found["version"], found["pre"] or "").traits


_NEWEST_TAGS = frozenset({"latest", "slim", "rc"})
_VARIANT = re.compile(
    r"(?:slim-)?(?:alpine[0-9.]*|trixie|bookworm|bullseye|buster|stretch|jessie|noble|jammy|focal|resolute)"
)


def _is_variant(tag: str) -> bool:
    return _VARIANT.fullmatch(tag) is not None


def _numbered(engine: str, numbers: str, pre: str) -> RubyName:
    if pre == "-rc":
        # `3.5-rc` is the newest prerelease of a series, which `~> 3.5.0` would not admit.
        return RubyName(engine=engine, version=f"~> {numbers}.0.a", exact=False)
    prefix = "" if engine == "ruby" else f"{engine}-"
    name = parse_ruby_name(f"{prefix}{numbers}{pre}")
    return name or RubyName(engine=engine)


def _rubylang(parts: _Reference) -> tuple[Trait, ...]:
    """Tags of ruby/docker-images: `3.4.5-noble`, `master-debug-noble`, and `3.4-dev-noble` with build tools."""
    tag = parts.tag or "latest"
    first, _, rest = tag.partition("-")
    if first in {"master", "nightly"}:
        build = "debug" if rest.startswith("debug") else "head"
        return (Trait("engine", "ruby"), Trait("build", build), _LINUX, _GNU, *(() if build == "debug" else (_PLAIN,)))
    return (*_tagged("ruby", tag), _LINUX, _GNU, _PLAIN)


def _on_glibc(parts: _Reference) -> tuple[Trait, ...]:
    """Images that put CRuby on Debian or Ubuntu: cimg/ruby, circleci/ruby, bitnami/ruby, Rails' devcontainers."""
    return (*_tagged("ruby", parts.tag or "latest"), _LINUX, _GNU, _PLAIN)


_DEVCONTAINER_TAG = re.compile(r"(?:dev-|[0-9][0-9.]*-)?(?P<version>[0-9]+(?:\.[0-9]+){0,2})(?P<rest>-[a-z].*)?")


def _devcontainer(parts: _Reference) -> tuple[Trait, ...]:
    """Tags of devcontainers/images: `3.4-bookworm`, `dev-3.4`, and `1-3.4`, where `1` is the image's own version."""
    found = _DEVCONTAINER_TAG.fullmatch(parts.tag)
    return (*_tagged("ruby", found["version"] if found else parts.tag or "latest"), _LINUX, _GNU, _PLAIN)


def _jruby(parts: _Reference) -> tuple[Trait, ...]:
    """Tags of the official jruby image: `10.0.2.0-jdk21`, `9.4-jre17-alpine`, `latest`."""
    version = re.match(r"[0-9]+(?:\.[0-9]+){0,3}(?=-|\Z)", parts.tag)
    name = parse_ruby_name(f"jruby-{version[0]}") if version else None
    traits = name.traits if name else (Trait("engine", "jruby"),)
    return (*traits, _LINUX, *_official_libc(parts.tag))


def _truffleruby(parts: _Reference) -> tuple[Trait, ...]:
    version = re.match(r"[0-9]+(?:\.[0-9]+){0,3}(?=-|\Z)", parts.tag)
    name = parse_ruby_name(f"truffleruby-{version[0]}") if version else None
    return (*(name.traits if name else (Trait("engine", "truffleruby"),)), _LINUX, *_official_libc(parts.tag))


_PASSENGER = re.compile(r"passenger-(?P<engine>ruby|jruby)(?P<digits>[0-9]{2,3})?")


def _passenger(parts: _Reference) -> tuple[Trait, ...]:
    """phusion/passenger-ruby34 has Ruby 3.4 in its name; its tag counts the image's own releases."""
    found = _PASSENGER.fullmatch(parts.name)
    if found is None:
        return ()
    digits = found["digits"]
    if found["engine"] == "ruby" and digits:
        version = Trait("ruby", floating(f"{digits[0]}.{digits[1:]}"), exact=False)
        return (Trait("engine", "ruby"), version, _LINUX, _GNU, _PLAIN)
    return (Trait("engine", found["engine"]), _LINUX, _GNU)


_SOFTWARE_COLLECTION = re.compile(r"(?:s2i-)?ruby-(?P<digits>[0-9]{2})(?:-[a-z0-9]+)?")
_COLLECTION_OWNERS = frozenset(
    {"ubi7", "ubi8", "ubi9", "ubi10", "rhscl", "rhel7", "rhel8", "rhel9", "rhel10", "sclorg"}
)
_COLLECTION_OWNERS |= {"centos", "centos7", "fedora"}


def _collection(parts: _Reference) -> tuple[Trait, ...]:
    """Images of sclorg/s2i-ruby-container, `ubi9/ruby-33`: the Ruby that Red Hat packages, by the name of the image."""
    found = _SOFTWARE_COLLECTION.fullmatch(parts.name)
    digits = found["digits"] if found else ""
    version = Trait("ruby", floating(f"{digits[0]}.{digits[1:]}"), exact=False)
    return (Trait("engine", "ruby"), version, Trait("build", "distribution"), _LINUX, _GNU, _PLAIN)


def _wolfi(parts: _Reference) -> tuple[Trait, ...]:
    """Chainguard's image has the Ruby that Wolfi packages, on glibc."""
    return (*_tagged("ruby", parts.tag or "latest"), Trait("build", "distribution"), _LINUX, _GNU, _PLAIN)


def _reader(parts: _Reference) -> Callable[[_Reference], tuple[Trait, ...]] | None:
    """The reader of the family that an image belongs to, or None for an image that is not known to run Ruby."""
    owned = f"{parts.owner}/{parts.name}"
    if reader := _BY_OWNER.get(owned):
        return reader
    if reader := _BY_NAME.get(parts.name):
        return reader
    if _PASSENGER.fullmatch(parts.name):
        return _passenger
    if parts.owner in _COLLECTION_OWNERS and _SOFTWARE_COLLECTION.fullmatch(parts.name):
        return _collection
    return None


#: Families by name alone; graalvm publishes `truffleruby-community`.
_BY_NAME: dict[str, Callable[[_Reference], tuple[Trait, ...]]] = {
    "ruby": _official,
    "jruby": _jruby,
    "truffleruby": _truffleruby,
    "truffleruby-community": _truffleruby,
}
#: Families by the last two parts of the name; any other name that ends in `/ruby` is a copy of the official image.
_BY_OWNER: dict[str, Callable[[_Reference], tuple[Trait, ...]]] = {
    "rubylang/ruby": _rubylang,
    "ruby/ruby": _rubylang,
    "cimg/ruby": _on_glibc,
    "circleci/ruby": _on_glibc,
    "bitnami/ruby": _on_glibc,
    "bitnamilegacy/ruby": _on_glibc,
    "images/ruby": _on_glibc,
    "devcontainers/ruby": _devcontainer,
    "chainguard/ruby": _wolfi,
}


def _base(parts: _Reference) -> Image:
    """A base image without Ruby, or one that nobody knows: a distribution says which libc it has."""
    if UNRESOLVED in parts.name:
        return Image()
    if parts.name == "alpine" or "alpine" in parts.tag:
        return Image(traits=(_LINUX, _MUSL, *_cpu_of_owner(parts.owner)), has_ruby=False)
    if parts.name in _GLIBC_DISTRIBUTIONS:
        return Image(traits=(_LINUX, _GNU, *_cpu_of_owner(parts.owner)), has_ruby=False)
    return Image()
