"""What holds for the hazards of every lockfile and every environment."""

from hazard_cases import locked, machine
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gemaudit.hazards import HAZARDS, Project, find, with_remedies
from gemaudit.model.advisory import Status
from gemaudit.model.environment import Environment
from gemaudit.model.lockfile import Lockfile
from gemaudit.model.plan import Plan

NOTICES = {hazard.ADVISORY.id for hazard in HAZARDS if hazard.ADVISORY.kind == "notice"}
SPECS = (
    "ffi 1.17.0",
    "google-protobuf 3.25.0",
    "grpc 1.80.0",
    "nokogiri 1.16.2",
    "pg 1.6.1",
    "sorbet-static 0.5.1",
    "unheard-of 1.0",
)
VARIANTS = (
    "ruby",
    "x86_64-linux",
    "x86_64-linux-gnu",
    "x86_64-linux-musl",
    "aarch64-linux",
    "aarch64-linux-gnu",
    "aarch64-linux-musl",
    "arm64-darwin",
    "java",
)


@st.composite
def lockfiles(draw: st.DrawFn) -> Lockfile:
    some = st.lists(st.sampled_from(VARIANTS), min_size=1, max_size=4, unique=True).map(tuple)
    gems = draw(st.dictionaries(st.sampled_from(SPECS), some, max_size=4))
    return locked(gems, draw(st.lists(st.sampled_from(VARIANTS), max_size=4, unique=True)))


@st.composite
def places(draw: st.DrawFn, id_: str = "here") -> Environment:
    system = draw(st.sampled_from(["", "linux", "linux", "linux", "darwin"]))
    return machine(
        id_,
        engine=draw(st.sampled_from(["", "ruby", "ruby", "ruby", "jruby"])),
        ruby="",
        os=system,
        libc=draw(st.sampled_from(["", "gnu", "musl", "musl"])) if system == "linux" else "",
        cpu=draw(st.sampled_from(["", "x86_64", "arm64"])),
        rubygems=draw(st.sampled_from(["", "3.3.7", "3.3.22", "3.6.9"])),
        bundler=draw(st.sampled_from(["", "2.3.7", "2.4.19", "2.6.9"])),
        sanitizer=draw(st.sampled_from(["", "none", "address"])),
    )


SEVERAL = st.integers(1, 3).flatmap(lambda number: st.tuples(*(places(f"place-{one}") for one in range(number))))


def statuses(lock: Lockfile, place: Environment) -> dict[tuple[str, str, str], Status]:
    return {
        (found.advisory.id, found.package.name, found.package.version): found.status
        for found in find(Project(lock, [place]))
    }


@given(lockfiles(), places())
def test_knowing_less_never_turns_a_verdict_into_its_opposite(lock: Lockfile, place: Environment) -> None:
    known = statuses(lock, place)
    for fact in place.facts:
        guessed = statuses(lock, replace(place, facts=tuple(other for other in place.facts if other is not fact)))
        for key in known.keys() | guessed.keys():
            before, after = known.get(key, "not_affected"), guessed.get(key, "not_affected")
            if key[0] in NOTICES and key not in guessed:
                continue  # a notice says nothing where it is not known what it is about
            assert after in {before, "under_investigation"}, (fact, key, before, after)


@given(lockfiles(), SEVERAL, st.data())
def test_order_plays_no_part(lock: Lockfile, several: tuple[Environment, ...], data: st.DataObject) -> None:
    other = replace(lock, packages=tuple(data.draw(st.permutations(lock.packages))))
    here, there = Project(lock, several), Project(other, data.draw(st.permutations(several)))
    assert find(here) == find(there)
    assert with_remedies(Plan(), find(here), here) == with_remedies(Plan(), find(there), there)


@given(lockfiles(), SEVERAL)
def test_a_finding_is_made_once_and_has_the_worst_of_its_verdicts(
    lock: Lockfile, several: tuple[Environment, ...]
) -> None:
    found = find(Project(lock, several))
    keys = [(one.advisory.id, one.package.kind, one.package.name, one.package.version) for one in found]
    assert len(set(keys)) == len(keys)
    order: tuple[Status, ...] = ("affected", "under_investigation", "not_affected")
    for one in found:
        assert one.status == min((verdict.status for verdict in one.verdicts), key=order.index)
        assert one.status != "not_affected"
        assert {verdict.environment for verdict in one.verdicts} <= {place.id for place in several}


@given(lockfiles(), SEVERAL)
def test_a_defect_that_applies_is_in_the_plan(lock: Lockfile, several: tuple[Environment, ...]) -> None:
    project = Project(lock, several)
    found = find(project)
    planned = {
        (id_, package.name)
        for step in with_remedies(Plan(), found, project).steps
        for id_ in (*step.closes, *step.remains)
        for package in step.packages
    }
    applying = {
        (one.advisory.id, one.package.name)
        for one in found
        if one.status == "affected" and one.advisory.kind != "notice"
    }
    assert applying <= planned


@given(lockfiles(), SEVERAL)
def test_no_command_stands_twice(lock: Lockfile, several: tuple[Environment, ...]) -> None:
    project = Project(lock, several)
    commands = [step.commands for step in with_remedies(Plan(), find(project), project).steps if step.commands]
    assert len(set(commands)) == len(commands)
