"""The smallest allowed upgrade of a gem, or why there is none."""

import pytest
from msgspec.structs import replace

from builders import advisory, affected, findings, linux, lockfile, on_gem, package, planned, span, upgrade
from gemaudit.model.advisory import Advisory, Conditions
from gemaudit.model.document import Document
from gemaudit.model.environment import Environment
from gemaudit.model.finding import Suppression
from gemaudit.model.lockfile import Lockfile
from gemaudit.model.plan import Blocker, Edit, Need, Step

A, B, C = "GMSA-2026-0001", "GMSA-2026-0002", "GMSA-2026-0003"


def only_step(locked: Lockfile, *advisories: Advisory, place: Environment | None = None, gemfile: str = "") -> Step:
    documents = [Document("Gemfile", gemfile)] if gemfile else []
    (step,) = planned(locked, place or linux(), *advisories, documents=documents).steps
    return step


def test_a_step_whole() -> None:
    locked = lockfile(
        package("karafka-rdkafka 0.19.0", needs=["ffi ~> 1.15"], line=4),
        package("ffi 1.16.3"),
        gemfile=["karafka-rdkafka"],
    )
    assert only_step(locked, on_gem("ffi", "1.16.0...1.17.0")) == Step(
        kind="gem",
        name="ffi",
        current="1.16.3",
        outcome="upgrade",
        target="1.17.0",
        commands=("bundle update --conservative ffi",),
        allowed_by=(
            Blocker(name="karafka-rdkafka", version="0.19.0", requirement="~> 1.15", path="Gemfile.lock", line=4),
        ),
        closes=(A,),
        environments=("production",),
    )


@pytest.mark.parametrize(
    ("current", "advisories", "target", "closes", "remains"),
    [
        ("1.0", [on_gem("ffi", "0...1.5")], "1.5", [A], []),
        ("1.0", [on_gem("ffi", "0...1.5"), on_gem("ffi", "0...1.7", id_=B)], "1.7", [A, B], []),
        ("1.0", [on_gem("ffi", "0...1.5"), on_gem("ffi", "1.5...1.6", id_=B)], "1.6", [A], []),
        ("1.0", [on_gem("ffi", "0...1.5", "2.0.a...2.3")], "1.5", [A], []),
        ("2.0", [on_gem("ffi", "0...1.5", "2.0.a...2.3")], "2.3", [A], []),
        ("1.0", [on_gem("ffi", "0...2.0"), on_gem("ffi", "0...1.5", id_=B)], "2.0", [A, B], []),
        ("1.0", [on_gem("ffi", "0...1.5"), on_gem("ffi", "0...", id_=B)], "1.5", [A], [B]),
        ("1.0", [on_gem("ffi", "0...1.5"), on_gem("ffi", "1.5...", id_=B)], "1.5", [A], [B]),
        ("1.16.3", [on_gem("ffi", span("0...1.17.0.rc2", stable="1.17.0"))], "1.17.0", [A], []),
        ("1.17.0.rc1", [on_gem("ffi", span("0...1.17.0.rc2", stable="1.17.0"))], "1.17.0.rc2", [A], []),
        ("1.0", [on_gem("ffi", "0..1.4"), on_gem("ffi", "0...1.5", id_=B)], "1.5", [A, B], []),
        (
            "1.0",
            [on_gem("ffi", "0...1.5"), on_gem("ffi", "0...1.5", id_=B, when=Conditions(feature=("fork",)))],
            "1.5",
            [A, B],
            [],
        ),
        (
            "1.0",
            [on_gem("ffi", "0...1.5"), on_gem("ffi", "0...1.2", span("1.2...9", presumed=True), id_=B)],
            "9",
            [A, B],
            [],
        ),
        ("1.0", [on_gem("ffi", "0...1.0.0.1"), on_gem("ffi", "0...1.0.0.1.0", id_=B)], "1.0.0.1", [A, B], []),
    ],
    ids=[
        "one", "two", "not into another", "own branch", "later branch", "across a major", "one has no fix",
        "nothing better", "stable", "from a prerelease", "last affected", "the undecided too", "presumed",
        "two spellings of one version",
    ],
)  # fmt: skip
def test_targets(current: str, advisories: list[Advisory], target: str, closes: list[str], remains: list[str]) -> None:
    step = only_step(lockfile(f"ffi {current}"), *advisories)
    assert (step.outcome, step.target, list(step.closes), list(step.remains)) == ("upgrade", target, closes, remains)


def test_the_same_major_comes_before_a_smaller_gap() -> None:
    known = [on_gem("ffi", "0...3.0"), on_gem("ffi", "0...2.5", "3.0.a...3.1", id_=B)]
    assert only_step(lockfile("ffi 2.0"), *known).target == "3.1"
    assert only_step(lockfile("ffi 2.0"), known[1]).target == "2.5"


class TestGemfile:
    """The project itself may stand in the way."""

    LOCKED = lockfile("ffi 1.16.3", gemfile=["ffi ~> 1.16.0"])
    KNOWN = on_gem("ffi", "0...1.17.0")

    def test_the_line_to_change(self) -> None:
        step = only_step(self.LOCKED, self.KNOWN, gemfile="source 'x'\ngem 'ffi', '~> 1.16.0'\n")
        assert (step.outcome, step.target, step.allowed_by) == ("needs-gemfile", "1.17.0", ())
        assert step.edits == (
            Edit(
                path="Gemfile",
                line=2,
                before="gem 'ffi', '~> 1.16.0'",
                after="gem 'ffi', '~> 1.17', '>= 1.17.0'",
            ),
        )

    def test_a_gemfile_that_cannot_be_read(self) -> None:
        locked = replace(self.LOCKED, path="web/Gemfile.lock")
        assert only_step(locked, self.KNOWN).edits == (Edit(path="web/Gemfile", line=0, before="ffi ~> 1.16.0"),)

    def test_no_edit_where_the_gemfile_admits_it(self) -> None:
        locked = lockfile("ffi 1.16.3", gemfile=["ffi ~> 1.0"])
        step = only_step(locked, self.KNOWN, gemfile="gem 'ffi', '~> 1.0'")
        assert (step.edits, step.allowed_by) == (
            (),
            (Blocker(name="Gemfile", requirement="~> 1.0", path="Gemfile.lock"),),
        )

    def test_a_version_that_needs_no_edit_is_preferred(self) -> None:
        known = [on_gem("ffi", "0...1.16.5", "1.17.0.a...1.17.2")]
        assert only_step(self.LOCKED, *known).target == "1.16.5"


class TestDependents:
    """Another gem may stand in the way, and no edit helps."""

    LOCKED = lockfile(
        package("old 1.0", needs=["ffi < 1.17"], line=3),
        package("old 1.0", platform="java", needs=["ffi < 1.17"], line=4),
        package("free 1.0", needs=["ffi"], line=5),
        "ffi 1.16.3",
    )

    def test_they_are_named(self) -> None:
        step = only_step(self.LOCKED, replace(on_gem("ffi", "0...1.17.0"), workaround=" Do not. "))
        assert step == Step(
            kind="gem",
            name="ffi",
            current="1.16.3",
            outcome="blocked",
            target="1.17.0",
            blocked_by=(Blocker(name="old", version="1.0", requirement="< 1.17", path="Gemfile.lock", line=3),),
            remains=(A,),
            workarounds=((A, "Do not."),),
            environments=("production",),
        )

    def test_the_second_best_is_taken_and_the_best_named(self) -> None:
        known = [on_gem("ffi", "0...1.16.5"), on_gem("ffi", "0...1.17.0", id_=B)]
        step = only_step(self.LOCKED, *known)
        assert (step.outcome, step.target, step.closes, step.remains) == ("upgrade", "1.16.5", (A,), (B,))
        assert step.note == f"1.17.0 closes {B} too, but old 1.0 (< 1.17) does not allow it"

    def test_every_dependent_counts(self) -> None:
        locked = replace(
            self.LOCKED, packages=(*self.LOCKED.packages, package("other 2", needs=["ffi = 1.16.3"], line=9))
        )
        step = only_step(locked, on_gem("ffi", "0...1.17.0"))
        assert [blocker.name for blocker in step.blocked_by] == ["old", "other"]


def test_no_fix_shows_the_workaround() -> None:
    known = replace(on_gem("ffi", "0..."), workaround="Do not.\n")
    step = only_step(lockfile("ffi 1.0"), known)
    assert step == Step(
        kind="gem",
        name="ffi",
        current="1.0",
        outcome="no_fix",
        remains=(A,),
        workarounds=((A, "Do not."),),
        environments=("production",),
    )


@pytest.mark.parametrize("kind", ["git", "path"])
@pytest.mark.parametrize("text", ["0...2.0", "0..."])
def test_a_gem_from_elsewhere_needs_the_fix_there(kind: str, text: str) -> None:
    item = package("ffi 1.0")
    locked = lockfile(replace(item, origin=replace(item.origin, kind=kind)))
    assert only_step(locked, on_gem("ffi", text)).note == f"ffi comes from {kind}: take the fix into that source"


class TestNeeds:
    """What the fixed release asks of the place where it is installed."""

    KNOWN = replace(
        on_gem("ffi", "0...1.17.0"),
        upgrade=(
            upgrade(">= 1.17", "linux-gnu", "linux-musl", rubygems=">= 3.3.22", otherwise="it is compiled"),
            upgrade(">= 1.17", "linux-musl", bundler=">= 2.5.6"),
            upgrade(">= 2", ruby=">= 9"),
            upgrade(">= 1", ruby=">= 3.0", gem="oj"),
        ),
    )

    def needs(self, *places: Environment) -> list[tuple[str, str, bool | None, str]]:
        (step,) = planned(lockfile("ffi 1.0"), places, self.KNOWN).steps
        return [(need.name, need.actual, need.met, need.environment) for need in step.needs]

    def test_met_unmet_and_unknown(self) -> None:
        assert self.needs(linux(rubygems="3.6.9")) == [("rubygems", "3.6.9", True, "production")]
        assert self.needs(linux(rubygems="3.3.20")) == [("rubygems", "3.3.20", False, "production")]
        assert self.needs(linux()) == [("rubygems", "", None, "production")]
        assert self.needs(linux(rubygems="~> 3.6")) == [("rubygems", "", None, "production")]

    def test_per_platform(self) -> None:
        assert self.needs(linux(libc="musl", rubygems="3.6.9", bundler="2.5.5")) == [
            ("rubygems", "3.6.9", True, "production"),
            ("bundler", "2.5.5", False, "production"),
        ]
        assert self.needs(linux(os="darwin", libc=())) == []
        assert self.needs(linux(os=(), libc=())) == []

    def test_environments_with_the_same_answer_are_one_need(self) -> None:
        places = [linux("a", rubygems="3.6.9"), linux("b", rubygems="3.3.1"), linux("c", rubygems="3.6.9")]
        assert self.needs(*places) == [("rubygems", "3.6.9", True, "a, c"), ("rubygems", "3.3.1", False, "b")]

    def test_whole(self) -> None:
        (step,) = planned(lockfile("ffi 1.0"), linux(rubygems="3.3.20"), self.KNOWN).steps
        assert step.needs == (
            Need(
                name="rubygems",
                requirement=">= 3.3.22",
                actual="3.3.20",
                met=False,
                environment="production",
                otherwise="it is compiled",
            ),
        )


class TestWhatAsksForNothing:
    """Only what applies, and is not hidden, asks for a step."""

    def test_undecided_and_not_affected(self) -> None:
        known = [
            on_gem("ffi", when=Conditions(feature=("ractor",))),
            on_gem("oj", id_=B, when=Conditions(os=("windows",))),
            advisory(C, affected("pg", "2...", reported=">= 0")),
        ]
        locked = lockfile("ffi 1.0", "oj 1.0", "pg 1.0")
        assert len(findings(locked, linux(), *known)) == 3
        assert planned(locked, linux(), *known).steps == ()

    def test_suppressed(self) -> None:
        known = [on_gem("ffi", "0...1.5"), on_gem("ffi", "0...1.7", id_=B), on_gem("oj", id_=C)]
        locked = lockfile("ffi 1.0", "oj 1.0")
        hidden = [
            replace(one, suppression=Suppression(id=one.advisory.id, reason="x")) if one.advisory.id != A else one
            for one in findings(locked, linux(), *known)
        ]
        (step,) = planned(locked, linux(), *known, found=hidden).steps
        assert (step.name, step.closes) == ("ffi", (A,))


def test_what_can_be_done_comes_first_and_what_closes_most() -> None:
    known = [
        on_gem("a", id_="GMSA-1"),
        on_gem("b", id_="GMSA-2"),
        on_gem("b", id_="GMSA-3"),
        on_gem("blocked", id_="GMSA-4"),
        on_gem("nofix", "0...", id_="GMSA-5"),
        on_gem("c", id_="GMSA-6"),
    ]
    locked = lockfile(
        "nofix 1.0", "blocked 1.0", "c 1.0", "b 1.0", "a 1.0", package("in-the-way 1", needs=["blocked < 2"])
    )
    assert [step.name for step in planned(locked, linux(), *known).steps] == ["b", "a", "c", "blocked", "nofix"]
