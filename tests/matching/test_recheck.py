"""What would be said of another version, remembered for as long as nothing that decides it changes."""

from unittest.mock import Mock

import pytest

from builders import database, linux, lockfile, on_engine, on_gem, releases
from gemaudit.matching import recheck
from gemaudit.matching.bundle import Bundle
from gemaudit.matching.conditions import Place
from gemaudit.matching.recheck import Recheck
from gemaudit.model.advisory import Conditions
from gemaudit.model.finding import AuditedPackage

FFI = AuditedPackage(kind="gem", name="ffi", version="1.0")
A = "GMSA-2026-0001"


def test_the_bundle_counts_where_an_advisory_asks_about_it() -> None:
    asked = Recheck(database(on_gem(when=Conditions(gem=("oj",)))), releases())
    with_oj, without = Bundle(lockfile("oj 1.0", path="a")), Bundle(lockfile(path="b"))
    assert asked.statuses(FFI, [linux()], with_oj) == {A: "affected"}
    assert asked.statuses(FFI, [linux()], without) == {A: "not_affected"}


def test_the_facts_count_and_their_places_do_not() -> None:
    asked = Recheck(database(on_gem(when=Conditions(libc=("musl",)))), releases())
    bundle = Bundle(lockfile())
    assert asked.statuses(FFI, [linux("a", libc="musl")], bundle) == {A: "affected"}
    assert asked.statuses(FFI, [linux("b", libc="gnu")], bundle) == {A: "not_affected"}
    assert asked.statuses(FFI, [linux("c", libc="gnu"), linux("d", libc="musl")], bundle) == {A: "affected"}
    assert asked.statuses(FFI, [linux("e", libc="musl")], bundle) is asked.statuses(
        FFI, [linux("f", libc="musl")], Bundle(lockfile(path="elsewhere"))
    )


def test_an_advisory_that_does_not_speak_of_the_version_is_left_out() -> None:
    asked = Recheck(database(on_gem("ffi", "0...1.0"), on_gem("oj", id_="GMSA-2026-0002")), releases())
    assert asked.statuses(FFI, [linux()], Bundle(lockfile())) == {}


def test_an_interpreter_is_judged_as_the_ruby_of_its_environments() -> None:
    asked = Recheck(database(on_engine("ruby", "0...4", when=Conditions(ruby=">= 3.4.6"))), releases())
    ruby = AuditedPackage(kind="ruby", name="ruby", version="3.4.6")
    assert asked.statuses(ruby, [linux(ruby="3.4.5")], Bundle(lockfile())) == {"GMSA-2026-0501": "affected"}
    assert asked.statuses(ruby, [linux(ruby="~> 3.4.0")], Bundle(lockfile())) == {"GMSA-2026-0501": "affected"}


def test_environments_that_differ_in_their_ruby_alone_are_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Mock(wraps=Place)
    monkeypatch.setattr(recheck, "Place", place)
    ruby = AuditedPackage(kind="ruby", name="ruby", version="3.4.6")
    places = [linux(f"job {number}", ruby=f"3.4.{number}") for number in range(100)]
    asked = Recheck(database(on_engine("ruby", "0...4")), releases())
    assert asked.statuses(ruby, places, Bundle(lockfile())) == {"GMSA-2026-0501": "affected"}
    place.assert_called_once()


def test_what_rests_on_many_different_environments_is_not_remembered() -> None:
    asked = Recheck(database(on_gem()), releases())
    places = [linux(f"job {number}", ruby=f"3.4.{number}") for number in range(100)]
    bundle = Bundle(lockfile())
    assert asked.statuses(FFI, places[:9], bundle) is asked.statuses(FFI, places[:9], bundle)
    assert asked.statuses(FFI, places, bundle) == {A: "affected"}
    assert asked.statuses(FFI, places, bundle) is not asked.statuses(FFI, places, bundle)
