"""The advisories of one audit, found by gem, by engine and by any of their names.

The compiled form is MessagePack: an index, and every advisory as bytes of its own, so that an audit decodes
only the advisories whose gems it meets.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from gemaudit.model.advisory import Advisory, Upgrade
from gemaudit.model.report import DatabaseInfo

SCHEMA = 1

T = TypeVar("T")


class DatabaseError(ValueError):
    """The bytes are not a database that this version of gemaudit reads."""


class _Compiled(msgspec.Struct, frozen=True):
    """The compiled form; the numbers are positions in `advisories`."""

    schema: int
    revision: str
    built: str
    gems: dict[str, tuple[int, ...]]
    engines: dict[str, tuple[int, ...]]
    names: dict[str, tuple[int, ...]]
    advisories: tuple[msgspec.Raw, ...]


class _Header(msgspec.Struct, frozen=True):
    """What every schema begins with."""

    schema: int


_HEADER = msgspec.msgpack.Decoder(_Header)
_DECODER = msgspec.msgpack.Decoder(_Compiled)
_ADVISORY = msgspec.msgpack.Decoder(Advisory)


def _decode(decoder: msgspec.msgpack.Decoder[T], data: bytes | msgspec.Raw) -> T:
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DatabaseError(f"the advisory database is damaged: {error}") from error


def _digest(advisories: Iterable[bytes | msgspec.Raw]) -> str:
    return hashlib.sha256(b"".join(map(bytes, advisories))).hexdigest()[:12]


class Database:
    """An immutable collection of advisories; withdrawn ones are found by name only."""

    def __init__(self, compiled: bytes) -> None:
        """Read the compiled form.

        Raises DatabaseError for bytes that are damaged or of another schema.
        """
        if (schema := _decode(_HEADER, compiled).schema) != SCHEMA:
            raise DatabaseError(f"the advisory database has schema {schema}, this gemaudit reads schema {SCHEMA}")
        self._compiled = _decode(_DECODER, compiled)
        if _digest(self._compiled.advisories) != self.revision or not self._is_consistent():
            raise DatabaseError("the advisory database is damaged: its content is not what was compiled")
        self._decoded: dict[int, Advisory] = {}
        self._lists: dict[tuple[int, ...], tuple[Advisory, ...]] = {}

    def _is_consistent(self) -> bool:
        """Whether every position that the index names is there."""
        tables = (self._compiled.gems, self._compiled.engines, self._compiled.names)
        named = {position for table in tables for positions in table.values() for position in positions}
        return named <= set(range(len(self)))

    def __len__(self) -> int:
        return len(self._compiled.advisories)

    def __iter__(self) -> Iterator[Advisory]:
        """Every advisory in the order of ids, withdrawn ones included."""
        return (self._advisory(index) for index in range(len(self)))

    @property
    def revision(self) -> str:
        """A digest of the content: equal for equal advisories, whatever built the database."""
        return self._compiled.revision

    @property
    def info(self) -> DatabaseInfo:
        """What a report says about the database."""
        return DatabaseInfo(revision=self.revision, advisories=len(self), built=self._compiled.built)

    @property
    def gems(self) -> frozenset[str]:
        """The names of all gems that an advisory speaks of."""
        return frozenset(self._compiled.gems)

    def for_gem(self, name: str) -> tuple[Advisory, ...]:
        """The advisories that speak of a gem, in the order of ids."""
        return self._listed(self._compiled.gems.get(name, ()))

    def for_engine(self, name: str) -> tuple[Advisory, ...]:
        """The advisories that speak of an interpreter, in the order of ids."""
        return self._listed(self._compiled.engines.get(name, ()))

    def find(self, name: str) -> tuple[Advisory, ...]:
        """The advisories with that id or alias, whatever the case of its letters."""
        return self._listed(self._compiled.names.get(name.casefold(), ()))

    def upgrades(self, *, gem: str = "", engine: str = "") -> tuple[Upgrade, ...]:
        """What fixed releases of a gem or an engine need, as its advisories say."""
        advisories = self.for_gem(gem) if gem else self.for_engine(engine)
        return tuple(
            upgrade
            for advisory in advisories
            for upgrade in advisory.upgrade
            if (upgrade.gem, upgrade.engine) == (gem, engine)
        )

    def _listed(self, indexes: tuple[int, ...]) -> tuple[Advisory, ...]:
        listed = self._lists.get(indexes)
        if listed is None:
            listed = self._lists[indexes] = tuple(map(self._advisory, indexes))
        return listed

    def _advisory(self, index: int) -> Advisory:
        advisory = self._decoded.get(index)
        if advisory is None:
            advisory = self._decoded[index] = _decode(_ADVISORY, self._compiled.advisories[index])
        return advisory


def compile_database(advisories: Iterable[Advisory]) -> bytes:
    """Return the compiled form: the same bytes for the same advisories in any order; the last of an id wins."""
    ordered = [advisory for _, advisory in sorted({advisory.id: advisory for advisory in advisories}.items())]
    encoder = msgspec.msgpack.Encoder(order="deterministic")
    encoded = [encoder.encode(advisory) for advisory in ordered]
    gems: dict[str, list[int]] = {}
    engines: dict[str, list[int]] = {}
    names: dict[str, list[int]] = {}
    for index, advisory in enumerate(ordered):
        for name in sorted({name.casefold() for name in advisory.names()}):
            names.setdefault(name, []).append(index)
        if advisory.withdrawn:
            continue
        for table, attribute in ((gems, "gem"), (engines, "engine")):
            for name in sorted({getattr(affected, attribute) for affected in advisory.affected} - {""}):
                table.setdefault(name, []).append(index)
    return encoder.encode(
        {
            "schema": SCHEMA,
            "revision": _digest(encoded),
            "built": max((str(advisory.modified) for advisory in ordered), default=""),
            "gems": gems,
            "engines": engines,
            "names": names,
            "advisories": [msgspec.Raw(data) for data in encoded],
        }
    )
