"""The advisories of one audit, found by gem, by engine and by any of their names.

The compiled form is MessagePack: every advisory as bytes of its own, and an index that says which of them speak
of which versions of a package, so that an audit decodes only the advisories that speak of a version it meets.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache, reduce
from operator import or_
from typing import TypeVar

import msgspec

from gemaudit.model.advisory import Advisory, Upgrade
from gemaudit.model.claims import spoken_of
from gemaudit.model.ranges import Cut, VersionRanges
from gemaudit.model.report import DatabaseInfo
from gemaudit.model.version import Version

SCHEMA = 2

T = TypeVar("T")


class DatabaseError(ValueError):
    """The bytes are not a database that this version of gemaudit reads."""


class _Header(msgspec.Struct, frozen=True):
    """What every schema begins with."""

    schema: int


class _Compiled(msgspec.Struct, frozen=True):
    """The compiled form; `digest` is the SHA-256 of `content`."""

    schema: int
    digest: bytes
    content: bytes


class _Content(msgspec.Struct, frozen=True):
    """What the compiled form holds; the numbers in its tables are positions in `advisories`.

    A package leads to pairs of a position and the cuts of the `VersionRanges` that the advisory speaks of.
    """

    revision: str
    built: str
    gems: dict[str, msgspec.Raw]
    engines: dict[str, msgspec.Raw]
    names: msgspec.Raw
    advisories: tuple[msgspec.Raw, ...]


_HEADER = msgspec.msgpack.Decoder(_Header)
_COMPILED = msgspec.msgpack.Decoder(_Compiled)
_CONTENT = msgspec.msgpack.Decoder(_Content)
_NAMES = msgspec.msgpack.Decoder(dict[str, tuple[int, ...]])
_CLAIMS = msgspec.msgpack.Decoder(tuple[tuple[int, tuple[Cut, ...]], ...])
_ADVISORY = msgspec.msgpack.Decoder(Advisory)


def _decode(decoder: msgspec.msgpack.Decoder[T], data: bytes | msgspec.Raw) -> T:
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DatabaseError(f"the advisory database is damaged: {error}") from error


def _damaged() -> DatabaseError:
    return DatabaseError("the advisory database is damaged: its content is not what was compiled")


class _Index:
    """Which advisories speak of which versions of each package of a kind."""

    def __init__(self, encoded: Mapping[str, msgspec.Raw]) -> None:
        self._encoded = encoded
        self._decoded: dict[str, tuple[tuple[int, VersionRanges], ...]] = {}
        #: The advisories that speak of a package, or of one version of it; lockfiles ask the same again and again.
        self.positions = lru_cache(maxsize=65_536)(self._positions)

    def _positions(self, name: str, version: str | None) -> tuple[int, ...]:
        claims = self._claims(name)
        if version is None or not claims:
            return tuple(position for position, _ in claims)
        parsed = Version.parse(version)
        try:
            return tuple(position for position, versions in claims if versions.contains(parsed))
        except TypeError as error:
            raise _damaged() from error

    def _claims(self, name: str) -> tuple[tuple[int, VersionRanges], ...]:
        if name not in self._encoded:
            return ()
        if name not in self._decoded:
            stored = _decode(_CLAIMS, self._encoded[name])
            try:
                self._decoded[name] = tuple((position, VersionRanges(cuts)) for position, cuts in stored)
            except (ValueError, TypeError) as error:
                raise _damaged() from error
        return self._decoded[name]


class Database:
    """An immutable collection of advisories; withdrawn ones are found by name only."""

    def __init__(self, compiled: bytes) -> None:
        """Read the compiled form.

        Raises DatabaseError for bytes that are damaged or of another schema.
        So does any method where the bytes were made by something else than `compile_database`.
        """
        if (schema := _decode(_HEADER, compiled).schema) != SCHEMA:
            raise DatabaseError(f"the advisory database has schema {schema}, this gemaudit reads schema {SCHEMA}")
        outer = _decode(_COMPILED, compiled)
        if hashlib.sha256(outer.content).digest() != outer.digest:
            raise _damaged()
        self._content = _decode(_CONTENT, outer.content)
        self._gems = _Index(self._content.gems)
        self._engines = _Index(self._content.engines)
        self._decoded: dict[int, Advisory] = {}
        self._lists: dict[tuple[int, ...], tuple[Advisory, ...]] = {}

    def __len__(self) -> int:
        return len(self._content.advisories)

    def __iter__(self) -> Iterator[Advisory]:
        """Every advisory in the order of ids, withdrawn ones included."""
        return (self._advisory(position) for position in range(len(self)))

    @property
    def revision(self) -> str:
        """A digest of the advisories: equal for equal ones, whatever built the database."""
        return self._content.revision

    @property
    def info(self) -> DatabaseInfo:
        """What a report says about the database."""
        return DatabaseInfo(revision=self.revision, advisories=len(self), built=self._content.built)

    @cached_property
    def gems(self) -> frozenset[str]:
        """The names of all gems that an advisory speaks of."""
        return frozenset(self._content.gems)

    def for_gem(self, name: str, version: str | None = None) -> tuple[Advisory, ...]:
        """The advisories that speak of a gem, or of that version of it, in the order of ids.

        Raises ValueError for a version that is none.
        """
        return self._listed(self._gems.positions(name, version))

    def for_engine(self, name: str, version: str | None = None) -> tuple[Advisory, ...]:
        """The advisories that speak of an interpreter, or of that version of it, in the order of ids.

        Raises ValueError for a version that is none.
        """
        return self._listed(self._engines.positions(name, version))

    def find(self, name: str) -> tuple[Advisory, ...]:
        """The advisories with that id or alias, whatever the case of its letters."""
        return self._listed(self._names.get(name.casefold(), ()))

    def upgrades(self, *, gem: str = "", engine: str = "") -> tuple[Upgrade, ...]:
        """What fixed releases of a gem or an engine need, as its advisories say."""
        advisories = self.for_gem(gem) if gem else self.for_engine(engine)
        return tuple(
            upgrade
            for advisory in advisories
            for upgrade in advisory.upgrade
            if (upgrade.gem, upgrade.engine) == (gem, engine)
        )

    @cached_property
    def _names(self) -> dict[str, tuple[int, ...]]:
        return _decode(_NAMES, self._content.names)

    def _listed(self, positions: tuple[int, ...]) -> tuple[Advisory, ...]:
        listed = self._lists.get(positions)
        if listed is None:
            listed = self._lists[positions] = tuple(map(self._advisory, positions))
        return listed

    def _advisory(self, position: int) -> Advisory:
        advisory = self._decoded.get(position)
        if advisory is None:
            if not 0 <= position < len(self):
                raise _damaged()
            advisory = self._decoded[position] = _decode(_ADVISORY, self._content.advisories[position])
        return advisory


def compile_database(advisories: Iterable[Advisory]) -> bytes:
    """Return the compiled form: the same bytes for the same advisories in any order; the last of an id wins."""
    ordered = [advisory for _, advisory in sorted({advisory.id: advisory for advisory in advisories}.items())]
    encoder = msgspec.msgpack.Encoder(order="deterministic")
    encoded = [encoder.encode(advisory) for advisory in ordered]
    content = encoder.encode(
        {
            "revision": hashlib.sha256(b"".join(encoded)).hexdigest()[:12],
            "built": max((str(advisory.modified) for advisory in ordered), default=""),
            "gems": _claims_by(ordered, "gem"),
            "engines": _claims_by(ordered, "engine"),
            "names": _positions_by_name(ordered),
            "advisories": [msgspec.Raw(data) for data in encoded],
        }
    )
    return encoder.encode({"schema": SCHEMA, "digest": hashlib.sha256(content).digest(), "content": content})


def _claims_by(advisories: Iterable[Advisory], attribute: str) -> dict[str, list[tuple[int, tuple[Cut, ...]]]]:
    """For each package of a kind, the advisories that speak of it, and of which of its versions."""
    claims: dict[str, list[tuple[int, tuple[Cut, ...]]]] = {}
    for position, advisory in enumerate(advisories):
        if advisory.withdrawn:
            continue
        for name in sorted({getattr(affected, attribute) for affected in advisory.affected} - {""}):
            about = (spoken_of(affected) for affected in advisory.affected if getattr(affected, attribute) == name)
            claims.setdefault(name, []).append((position, reduce(or_, about).cuts))
    return claims


def _positions_by_name(advisories: Iterable[Advisory]) -> dict[str, list[int]]:
    names: dict[str, list[int]] = {}
    for position, advisory in enumerate(advisories):
        for name in sorted({name.casefold() for name in advisory.names()}):
            names.setdefault(name, []).append(position)
    return names
