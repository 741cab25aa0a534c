"""What would be said of another version, remembered for as long as nothing that decides it changes."""

from builders import database, linux, lockfile, on_engine, on_gem, releases
from gemaudit.matching.bundle import Bundle
from gemaudit.matching.recheck import Recheck
from gemaudit.model.advisory import Conditions
from gemaudit.model.finding import AuditedPackage

FFI = AuditedPackage(kind="gem", name="ffi", version="1.0")
A = "GMSA-2026-0001"


def test_the_bundle_counts_where_an_advisory_asks_about_it() -> None:
    recheck = Recheck(database(on_gem(when=Conditions(gem=("oj",)))), releases())
    with_oj, without = Bundle(lockfile("oj 1.0", path="a")), Bundle(lockfile(path="b"))
    assert recheck.statuses(FFI, [linux()], with_oj) == {A: "affected"}
    assert recheck.statuses(FFI, [linux()], without) == {A: "not_affected"}


def test_the_facts_count_and_their_places_do_not() -> None:
    recheck = Recheck(database(on_gem(when=Conditions(libc=("musl",)))), releases())
    bundle = Bundle(lockfile())
    assert recheck.statuses(FFI, [linux("a", libc="musl")], bundle) == {A: "affected"}
    assert recheck.statuses(FFI, [linux("b", libc="gnu")], bundle) == {A: "not_affected"}
    assert recheck.statuses(FFI, [linux("c", libc="gnu"), linux("d", libc="musl")], bundle) == {A: "affected"}
    assert recheck.statuses(FFI, [linux("e", libc="musl")], bundle) is recheck.statuses(
        FFI, [linux("f", libc="musl")], Bundle(lockfile(path="elsewhere"))
    )


def test_an_advisory_that_does_not_speak_of_the_version_is_left_out() -> None:
    recheck = Recheck(database(on_gem("ffi", "0...1.0"), on_gem("oj", id_="GMSA-2026-0002")), releases())
    assert recheck.statuses(FFI, [linux()], Bundle(lockfile())) == {}


def test_an_interpreter_is_judged_as_the_ruby_of_its_environments() -> None:
    recheck = Recheck(database(on_engine("ruby", "0...4", when=Conditions(ruby=">= 3.4.6"))), releases())
    ruby = AuditedPackage(kind="ruby", name="ruby", version="3.4.6")
    assert recheck.statuses(ruby, [linux(ruby="3.4.5")], Bundle(lockfile())) == {"GMSA-2026-0501": "affected"}
    assert recheck.statuses(ruby, [linux(ruby="~> 3.4.0")], Bundle(lockfile())) == {"GMSA-2026-0501": "affected"}
