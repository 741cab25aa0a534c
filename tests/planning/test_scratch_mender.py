from test_verified_steps import *
from test_verified_steps import plan_of, step_of
KNOWN = on_gem("ffi", "0...1.17.0")
C, D = "GMSA-2026-0003", "GMSA-2026-0004"
def show(p):
    for s in p.steps:
        print(s.kind, s.name, s.current, "->", repr(s.target), s.outcome, s.commands, s.closes, s.remains, s.moves, s.verified)
    print("asks", p.asks)

def test_orphan():
    locked = lockfile("ffi 1.16.3", "orphan 1.0", gemfile=["ffi"])
    print("credited"); show(plan_of(locked, KNOWN, on_gem("orphan", "0...2.0", id_=B), files=[*FFI, "orphan 1.0", "orphan 2.0"]))
    print("no fix"); show(plan_of(locked, KNOWN, on_gem("orphan", "0...", id_=B), files=[*FFI, "orphan 1.0", "orphan 2.0"]))
    print("orphan first"); show(plan_of(locked, KNOWN, on_gem("orphan", "0...2.0", id_=B), on_gem("orphan", "0...2.0", id_=C), files=[*FFI, "orphan 1.0", "orphan 2.0"]))

def test_two_orphans():
    locked = lockfile("ffi 1.16.3", "orphan 1.0", "other 1.0", gemfile=["ffi"])
    show(plan_of(locked, on_gem("orphan", "0...2.0", id_=B), on_gem("other", "0...2.0", id_=C), files=[*FFI, "orphan 1.0", "orphan 2.0", "other 1.0", "other 2.0"]))

def test_two_orphans_nofix():
    locked = lockfile("ffi 1.16.3", "orphan 1.0", "other 1.0", gemfile=["ffi"])
    show(plan_of(locked, on_gem("orphan", "0...", id_=B), on_gem("other", "0...", id_=C), files=[*FFI, "orphan 1.0", "other 1.0"]))

def test_split_orphans():
    locked = lockfile("ffi 1.16.3", "orphan 1.0", package("orphan 1.1", platform="java"), gemfile=["ffi"])
    show(plan_of(locked, KNOWN, on_gem("ffi", "0...1.17.0", id_=C), on_gem("orphan", "0...2.0", id_=B), files=[*FFI, "orphan 1.0", "orphan 2.0"]))

def test_wish():
    locked = lockfile("ffi 1.16.3", gemfile=["ffi", "tzinfo-data"])
    show(plan_of(locked, KNOWN, files=FFI))
    show(plan_of(locked, KNOWN, files=[*FFI, "tzinfo-data 1.0"]))

def test_defaults():
    places = [linux("a", ruby="3.4.5"), linux("b", ruby="3.3.5"), linux("c", ruby="3.2.5")]
    p = planned(lockfile("rake 13.0", gemfile=["rake"]), places, on_gem("json", "0...2.10.2"),
      gems=shipped({"3.2.5": {"json": "2.6.3"}, "3.3.5": {"json": "2.7.2"}, "3.4.5": {"json": "2.9.1"}}), rubies=releases("3.2.5", "3.3.5", "3.4.5"),
      offers=offers("json 2.6.3", "json 2.7.2", "json 2.9.1", "json 2.10.2", "json 2.15.0"))
    show(p)

def test_chain():
    gems = [package("a 1.0", needs=["lib ~> 1.0.0"]), package("b 1.0", needs=["lib"]), "lib 1.0"]
    files = [offer("a 1.0", needs=["lib ~> 1.0.0"]), offer("a 2.0", needs=["lib ~> 1.5"]), offer("b 1.0", needs=["lib"]), offer("b 2.0", needs=["lib ~> 2.0"]), "lib 1.0", "lib 1.5", "lib 2.0"]
    files += [offer("a 3.0", needs=["lib"])]
    show(plan_of(lockfile(*gems, gemfile=["a", "b"]), on_gem("a", "0...2.0", "3...", id_=A), on_gem("a", "0...2.0", "3...", id_="GMSA-2026-0009"), on_gem("b", "0...2.0", id_=B), on_gem("lib", "0...2.0", id_=C), files=files))
