"""Which step a finding is told to wait for."""

from msgspec.structs import replace
from report_sample import affected

from gemaudit.model.finding import Finding, PackageKind
from gemaudit.model.plan import Move, Plan, Step
from gemaudit.reporting.remedy import Remedies

ID = affected()[0].advisory.id


def finding(name: str, version: str, kind: PackageKind = "gem") -> Finding:
    package = replace(affected()[0].package, kind=kind, name=name, version=version)
    return replace(affected()[0], package=package)


def step(name: str, *moves: Move, kind: PackageKind = "gem", closes: tuple[str, ...] = (ID,)) -> Step:
    return Step(kind=kind, name=name, current="1.0", target="2.0", outcome="upgrade", closes=closes, moves=moves)


def number_of(one: Finding, *steps: Step) -> int:
    found = Remedies.of(Plan(steps=steps)).get(one)
    return found.number if found else 0


def test_a_gem_that_moves_or_goes_on_the_way() -> None:
    taken = step("ffi", Move(name="lib", current="1.0", target="2.0"), Move(name="orphan", current="0.1"))
    assert [number_of(finding(*one), taken) for one in (("lib", "1.0"), ("orphan", "0.1"), ("lib", "0.9"))] == [1, 1, 0]


def test_every_version_of_a_default_gem_that_is_added() -> None:
    moves = [Move(kind="default-gem", name="json", current=version, target="2.0") for version in ("0.8", "0.9", "1.0")]
    taken = step("json", *moves, kind="default-gem")
    assert [number_of(finding("json", one.current, "default-gem"), taken) for one in moves] == [1, 1, 1]


def test_a_gem_that_moves_twice_is_meant_as_the_lockfile_holds_it() -> None:
    first = step("a", Move(name="lib", current="1.0", target="1.5"), closes=())
    second = step("b", Move(name="lib", current="1.5", target="2.0"))
    assert number_of(finding("lib", "1.0"), first, second) == 2
