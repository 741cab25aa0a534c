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
from gemaudit.adapters.database import SOURCES, advisory_documents, load_database
from gemaudit.advisories import Database, DatabaseError, compile_database, read
from gemaudit.model.advisory import Advisory, Affected
from gemaudit.model.claims import basis

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


def bounds(claimed: Affected) -> list[str]:
    """Where what the claims say changes."""
    ends = (end for one in claimed.ranges for end in (one.introduced, one.fixed, one.last_affected))
    return [end for end in ends if end and end != "unknown"]


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


def packed(content: dict[str, object]) -> bytes:
    """A database of this content, with the digest that belongs to it."""
    encoded = msgspec.msgpack.encode(content)
    return msgspec.msgpack.encode(
        {"schema": 2, "digest": hashlib.sha256(encoded).digest(), "content": encoded},
    )


def altered(change: Callable[[dict[str, object]], object]) -> bytes:
    """The compiled form with other content, and the digest that belongs to it."""
    outer = msgspec.msgpack.decode(BYTES)
    content: dict[str, object] = dict(msgspec.msgpack.decode(outer["content"], type=dict[str, msgspec.Raw]))
    change(content)
    return packed(content)


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
        (b"\x82\xa1x" + b"\x91" * 100_000 + b"\x00\xa6schema\x02", "damaged"),
        (b"\x82\xa6schema\x02\xa6digest\xa1\xff\x90", "damaged"),
        (BYTES.replace(b"It crashes.", b"It crushes."), "not what was compiled"),
        (BYTES.replace(b"\xa3ffi", b"\xa3ffj", 1), "not what was compiled"),
        (msgspec.msgpack.encode({"schema": 1, "revision": ""}), "has schema 1, this gemaudit reads schema 2"),
        (msgspec.msgpack.encode({"schema": 3, "tables": []}), "has schema 3"),
        (msgspec.msgpack.encode({"schema": 2, "digest": b""}), "missing required field `content`"),
        (packed({"gems": {}}), "missing required field `revision`"),
        (altered(lambda content: content.pop("names")), "missing required field `names`"),
        (altered(lambda content: content.update(gems=["ffi"])), "Expected `object`"),
    ],
    ids=[
        "empty", "cut", "more", "a page", "deep", "deep value", "not UTF-8", "another letter", "another name",
        "older", "newer", "no content", "little content", "missing", "type",
    ],
)  # fmt: skip
def test_what_is_no_database(data: bytes, message: str) -> None:
    with pytest.raises(DatabaseError, match=message):
        Database(data)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"gems": {"ffi": [[5, [[]]]]}}, "not what was compiled"),
        ({"gems": {"ffi": [[-1, [[]]]]}}, "not what was compiled"),
        ({"gems": {"ffi": [[0, [[2, 0, 1, 1], []]]]}}, "not what was compiled"),
        ({"gems": {"ffi": [[0, [["x"], [1]]]]}}, "not what was compiled"),
        ({"gems": {"ffi": [[0, [["x"]]]]}}, "not what was compiled"),
        ({"gems": {"ffi": [0]}}, "Expected `array`"),
        ({"names": {"gmsa-2026-0001": [5]}}, "not what was compiled"),
        ({"names": {"gmsa-2026-0001": ["0"]}}, "Expected `int`"),
        ({"advisories": [{"id": "GMSA-2026-0001"}]}, "missing required field"),
    ],
    ids=[
        "position", "negative", "falling", "mixed", "incomparable", "no pair", "position of a name", "type",
        "advisory of another shape",
    ],
)  # fmt: skip
def test_a_forged_database_is_damage_when_it_is_read(table: dict[str, object], message: str) -> None:
    found = Database(altered(lambda content: content.update(table)))
    with pytest.raises(DatabaseError, match=message):
        _ = found.for_gem("ffi", "1.0"), found.find("GMSA-2026-0001")


def test_a_version_of_a_package_has_the_advisories_that_speak_of_it() -> None:
    old = advisory("GMSA-2026-0001", affected("ffi", "1.0...2.0"), affected("oj", "0...9"))
    both = advisory("GMSA-2026-0002", affected("ffi", "1.5...3.0"), affected("ffi", "4...5", reported="= 6"))
    found = database(old, both)
    reached = {"0.9": (), "1.0": (old,), "1.5.a": (old,), "1.5": (old, both), "2.0": (both,), "3.0": (), "6.0": (both,)}
    assert {version: found.for_gem("ffi", version) for version in reached} == reached
    assert found.for_gem("rails", "1.0") == ()
    assert found.for_engine("ffi", "1.5") == ()
    with pytest.raises(ValueError, match="malformed version"):
        found.for_gem("ffi", "1.x-")


REAL = load_database(SOURCES)
CLAIMS = [(affected, bound) for advisory in REAL for affected in advisory.affected for bound in bounds(affected)]


@given(st.sampled_from(CLAIMS), st.sampled_from(["{}", "{}.a", "{}.1"]))
def test_the_index_says_what_the_claims_say(claim: tuple[Affected, str], spelling: str) -> None:
    affected, version = claim[0], spelling.format(claim[1])
    find = REAL.for_gem if affected.gem else REAL.for_engine
    name = affected.gem or affected.engine
    speaking = [
        one
        for one in find(name)
        if any((item.gem or item.engine) == name and basis(item, version) for item in one.affected)
    ]
    assert list(find(name, version)) == speaking


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
