"""The compiled database holds what was compiled, and says so when it does not."""

import datetime
import hashlib
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import advisory, affected, database, on_engine, on_gem, upgrade
from gemaudit.adapters.database import SOURCES, advisory_documents
from gemaudit.advisories import Database, DatabaseError, compile_database, read
from gemaudit.model.advisory import Advisory

FFI = on_gem("ffi", id_="GMSA-2026-0001")
OJ = on_gem("oj", id_="GMSA-2026-0002")
BOTH = advisory(
    "GMSA-2026-0003", affected("ffi", "0...2"), affected("ruby", "0...", engine=True), aliases=("CVE-2026-1",)
)
MRUBY = on_engine("mruby", id_="GMSA-2026-0004")
WITHDRAWN = advisory(
    "GMSA-2026-0005", affected("ffi", "0..."), aliases=("CVE-2026-2",), withdrawn=datetime.date(2026, 2, 1)
)
ALL = (FFI, OJ, BOTH, MRUBY, WITHDRAWN)
BYTES = compile_database(ALL)


def test_nothing_is_lost() -> None:
    found = Database(BYTES)
    assert tuple(found) == ALL
    assert len(found) == len(ALL)
    assert found.gems == {"ffi", "oj"}
    assert found.for_gem("ffi") == (FFI, BOTH)
    assert found.for_gem("rails") == ()
    assert found.for_engine("ruby") == (BOTH,)
    assert found.for_engine("mruby") == (MRUBY,)


def test_the_real_advisories_survive() -> None:
    advisories = [one for document in advisory_documents([SOURCES]) if (one := read(document)[0])]
    assert list(Database(compile_database(advisories))) == sorted(advisories, key=lambda one: one.id)


@given(st.permutations(ALL))
def test_the_order_plays_no_part(advisories: list[Advisory]) -> None:
    assert compile_database(advisories) == BYTES


def test_a_withdrawn_advisory_is_found_by_name_only() -> None:
    found = Database(BYTES)
    assert WITHDRAWN not in found.for_gem("ffi")
    assert found.find("GMSA-2026-0005") == (WITHDRAWN,)
    assert database(WITHDRAWN).gems == frozenset()


@pytest.mark.parametrize("name", ["CVE-2026-1", "cve-2026-1", "GMSA-2026-0003", "gmsa-2026-0003"])
def test_any_name_in_any_case(name: str) -> None:
    assert Database(BYTES).find(name) == (BOTH,)


def test_an_alias_of_several_advisories_finds_them_all() -> None:
    one, other = replace(FFI, aliases=("CVE-1",)), replace(OJ, aliases=("cve-1",))
    assert database(one, other).find("CVE-1") == (one, other)
    assert database(one, other).find("CVE-3") == ()


def test_the_last_of_an_id_wins() -> None:
    newer = replace(FFI, title="Newer")
    assert tuple(database(FFI, OJ, newer)) == (newer, OJ)


def test_the_revision_is_that_of_the_content() -> None:
    assert database(FFI, OJ).revision == database(OJ, FFI).revision
    assert database(FFI).revision != database(replace(FFI, title="Other")).revision
    info = database(FFI, replace(OJ, modified=datetime.date(2026, 5, 1))).info
    assert (info.advisories, info.built) == (2, "2026-05-01")
    assert database().info.built == ""


def test_upgrades_are_those_of_the_subject() -> None:
    entry = upgrade(">= 1.5", "linux-musl", gem="ffi", rubygems=">= 3.3.22")
    other = upgrade(">= 1.5", gem="oj")
    found = database(replace(BOTH, upgrade=(entry, other)))
    assert found.upgrades(gem="ffi") == (entry,)
    assert found.upgrades(gem="oj") == ()
    assert found.upgrades(engine="ruby") == ()


def altered(change: Callable[[dict[str, object]], object]) -> bytes:
    """The compiled form with other values beside the same advisories."""
    raw: dict[str, object] = dict(msgspec.msgpack.decode(BYTES, type=dict[str, msgspec.Raw]))
    change(raw)
    return msgspec.msgpack.encode(raw)


def test_what_is_not_altered_is_no_damage() -> None:
    assert tuple(Database(altered(lambda _: None))) == ALL


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "truncated"),
        (BYTES[:-1], "truncated"),
        (BYTES + b"\x00", "trailing"),
        (b"<!DOCTYPE html>", "damaged"),
        (b"\x91" * 100_000, "damaged"),
        (b"\x82\xa1x" + b"\x91" * 100_000 + b"\x00\xa6schema\x01", "damaged"),
        (b"\x82\xa6schema\x01\xa4gems\x81\xa1\xff\x90", "damaged"),
        (BYTES.replace(b"It crashes.", b"It crushes."), "not what was compiled"),
        (altered(lambda raw: raw.update(schema=2)), "has schema 2, this gemaudit reads schema 1"),
        (msgspec.msgpack.encode({"schema": 3, "tables": []}), "has schema 3"),
        (altered(lambda raw: raw.update(gems={"ffi": [5]})), "not what was compiled"),
        (altered(lambda raw: raw.update(engines={"ruby": [-1]})), "not what was compiled"),
        (altered(lambda raw: raw.update(names={"x": ["1"]})), "Expected `int`"),
        (altered(lambda raw: raw.pop("names")), "missing required field `names`"),
    ],
    ids=[
        "empty", "cut", "more", "a page", "deep", "deep value", "not UTF-8", "another letter", "newer",
        "newer and other", "position", "negative", "type", "missing",
    ],
)  # fmt: skip
def test_what_is_no_database(data: bytes, message: str) -> None:
    with pytest.raises(DatabaseError, match=message):
        Database(data)


def test_an_advisory_of_another_shape_is_damage_when_it_is_read() -> None:
    content = msgspec.msgpack.encode({"id": "GMSA-2026-0001"})
    data = altered(
        lambda raw: raw.update(
            advisories=[{"id": "GMSA-2026-0001"}],
            revision=hashlib.sha256(content).hexdigest()[:12],
            gems={"ffi": [0]},
            engines={},
            names={},
        )
    )
    with pytest.raises(DatabaseError, match="missing required field"):
        Database(data).for_gem("ffi")


CUTS = st.integers(0, len(BYTES)).map(lambda position: BYTES[:position])


@given(st.binary() | st.builds(bytes.__add__, CUTS, st.binary(max_size=9)))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    try:
        found = Database(data)
    except DatabaseError:
        return
    assert list(found) == sorted(found, key=lambda one: one.id)


@given(st.integers(0, len(BYTES) - 1), st.integers(1, 255))
def test_no_damaged_byte_raises_anything_else(position: int, change: int) -> None:
    data = bytearray(BYTES)
    data[position] ^= change
    try:
        tuple(Database(bytes(data)))
    except DatabaseError:
        return
