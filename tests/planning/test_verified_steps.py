"""The upgrade of a gem as Bundler would make it, worked out from what gem servers offer."""

from collections.abc import Iterable

import pytest

from builders import (
    REMOTE,
    advisory,
    affected,
    linux,
    lockfile,
    offer,
    offers,
    on_engine,
    on_gem,
    package,
    planned,
    releases,
    shipped,
)
from gemaudit.model.advisory import Advisory
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document
from gemaudit.model.environment import Environment
from gemaudit.model.gem_index import GemFile, Listing, Wanted
from gemaudit.model.lockfile import Lockfile, Package
from gemaudit.model.plan import Blocker, Edit, Move, Plan, Step

Offer = tuple[str, GemFile] | str

A, B, C = "GMSA-2026-0001", "GMSA-2026-0002", "GMSA-2026-0003"


def plan_of(
    locked: Lockfile,
    *advisories: Advisory,
    files: Iterable[Offer],
    place: Environment | None = None,
    gemfile: str = "",
) -> Plan:
    documents = [Document("Gemfile", gemfile)] if gemfile else []
    return planned(locked, place or linux(), *advisories, documents=documents, offers=offers(*files))


def step_of(locked: Lockfile, *advisories: Advisory, files: Iterable[Offer], gemfile: str = "") -> Step:
    found = plan_of(locked, *advisories, files=files, gemfile=gemfile)
    assert not found.asks
    (step,) = found.steps
    assert step.verified
    return step


FFI = [f"ffi {version}" for version in ("1.16.3", "1.16.4", "1.17.0", "1.17.4", "2.0.0")]
LOCKED = lockfile("ffi 1.16.3", gemfile=["ffi"])


class TestSeries:
    """As near as possible: the series that is locked, the same major, anything."""

    @pytest.mark.parametrize(
        ("ranges", "command", "target"),
        [
            (["0...1.16.4"], "bundle update --conservative --patch ffi", "1.16.4"),
            (["0...1.17.0"], "bundle update --conservative --minor ffi", "1.17.4"),
            (["0...1.18"], "bundle update --conservative ffi", "2.0.0"),
            (["0...1.16.4", "1.17.4...1.18"], "bundle update --conservative --patch ffi", "1.16.4"),
            (["0...1.17.4"], "bundle update --conservative --minor ffi", "1.17.4"),
        ],
        ids=["patch", "minor", "major", "regression elsewhere", "last of the next"],
    )
    def test_levels(self, ranges: list[str], command: str, target: str) -> None:
        step = step_of(LOCKED, on_gem("ffi", *ranges), files=FFI)
        assert (step.outcome, step.commands, step.target, step.closes) == ("upgrade", (command,), target, (A,))
        assert step.moves == (Move(name="ffi", current="1.16.3", target=target),)

    def test_no_option_where_bundler_comes_to_the_same(self) -> None:
        step = step_of(LOCKED, on_gem("ffi", "0...1.17.0"), files=FFI[:4])
        assert step.commands == ("bundle update --conservative ffi",)

    def test_a_version_that_bundler_would_pass_over_is_named_in_the_gemfile(self) -> None:
        known = on_gem("ffi", "0...1.17.0", "1.17.1...1.99", "2.0.0...3")
        step = step_of(LOCKED, known, files=FFI, gemfile="gem 'ffi'\n")
        assert (step.outcome, step.target) == ("needs-gemfile", "1.17.0")
        assert step.edits == (Edit(path="Gemfile", line=1, before="gem 'ffi'", after="gem 'ffi', '1.17.0'"),)

    def test_a_gem_that_the_gemfile_does_not_name_is_added_to_it(self) -> None:
        locked = lockfile(package("app 1.0", needs=["ffi"]), "ffi 1.16.3", gemfile=["app"])
        known = on_gem("ffi", "0...1.17.0", "1.17.1...1.99", "2.0.0...3")
        step = step_of(locked, known, files=FFI)
        assert step.edits == (Edit(path="Gemfile", line=0, after='gem "ffi", "1.17.0"'),)

    def test_nobody_is_sent_to_a_prerelease(self) -> None:
        step = step_of(LOCKED, on_gem("ffi", "0...2.1.0.rc1"), files=[*FFI, "ffi 2.1.0.rc1"], gemfile="gem 'ffi'\n")
        assert (step.outcome, step.note) == ("no_fix", "the prerelease 2.1.0.rc1 has a fix")

    def test_who_is_at_a_prerelease_is_sent_to_the_next(self) -> None:
        locked = lockfile("ffi 2.1.0.rc1", gemfile=["ffi >= 2.1.0.rc1"])
        step = step_of(locked, on_gem("ffi", "0...2.1.0.rc2"), files=[*FFI, "ffi 2.1.0.rc1", "ffi 2.1.0.rc2"])
        assert (step.outcome, step.target) == ("upgrade", "2.1.0.rc2")

    def test_the_fewest_findings_come_first(self) -> None:
        known = [on_gem("ffi", "0...1.16.4"), on_gem("ffi", "0...2.0.0", id_=B)]
        assert step_of(LOCKED, *known, files=FFI).target == "2.0.0"

    def test_a_yanked_fix_is_none(self) -> None:
        step = step_of(LOCKED, on_gem("ffi", "0...1.16.4"), files=["ffi 1.16.3", "ffi 1.17.0"])
        assert step.target == "1.17.0"

    def test_nothing_helps(self) -> None:
        step = step_of(LOCKED, on_gem("ffi", "0..."), files=FFI)
        assert (step.outcome, step.commands, step.remains) == ("no_fix", (), (A,))


class TestParents:
    """A gem that asks for an older one has to move with it, or stands in the way."""

    KNOWN = on_gem("ffi", "0...1.17.0")

    def locked(self, *requirements: str) -> Lockfile:
        gems: list[Package | str] = [
            package("rdkafka 0.1.0", needs=[f"ffi {one}" for one in requirements]),
            "ffi 1.16.3",
            "other 1.0",
        ]
        return lockfile(*gems, gemfile=["rdkafka", "other"])

    def test_it_moves_with_it(self) -> None:
        files: list[Offer] = [
            *FFI,
            offer("rdkafka 0.1.0", needs=["ffi ~> 1.16.0"]),
            offer("rdkafka 0.2.0", needs=["ffi ~> 1.16"]),
        ]
        step = step_of(self.locked("~> 1.16.0"), self.KNOWN, files=files)
        assert (step.outcome, step.target) == ("needs-parent", "1.17.4")
        assert step.commands == ("bundle update --conservative ffi rdkafka",)
        assert step.moves == (
            Move(name="ffi", current="1.16.3", target="1.17.4"),
            Move(name="rdkafka", current="0.1.0", target="0.2.0"),
        )

    def test_it_has_no_release_that_allows_it(self) -> None:
        step = step_of(
            self.locked("~> 1.16.0"), self.KNOWN, files=[*FFI, offer("rdkafka 0.1.0", needs=["ffi ~> 1.16.0"])]
        )
        assert (step.outcome, step.commands, step.target) == ("blocked", (), "1.17.0")
        (blocker,) = step.blocked_by
        assert (blocker.name, blocker.version, blocker.requirement) == ("rdkafka", "0.1.0", "~> 1.16.0")

    def test_it_stays_where_it_allows_it(self) -> None:
        step = step_of(self.locked("~> 1.15"), self.KNOWN, files=[*FFI, "rdkafka 0.2.0"])
        assert (step.outcome, step.target) == ("upgrade", "1.17.4")
        assert step.allowed_by == (
            Blocker(name="rdkafka", version="0.1.0", requirement="~> 1.15", path="Gemfile.lock"),
        )

    def test_its_next_release_does_without_the_gem(self) -> None:
        files: list[Offer] = [*FFI[:1], offer("rdkafka 0.1.0", needs=["ffi ~> 1.16.0"]), "rdkafka 0.2.0"]
        step = step_of(self.locked("~> 1.16.0"), self.KNOWN, files=files)
        assert (step.outcome, step.target, step.closes) == ("needs-parent", "", (A,))
        assert step.moves == (
            Move(name="ffi", current="1.16.3"),
            Move(name="rdkafka", current="0.1.0", target="0.2.0"),
        )

    def test_the_gem_itself_from_a_folder(self) -> None:
        locked = lockfile(package("ffi 1.16.3", kind="path"), gemfile=["ffi"])
        step = step_of(locked, self.KNOWN, files=FFI)
        assert (step.outcome, step.commands) == ("blocked", ())
        assert step.note == "ffi comes from path: take the fix into that source"

    def test_from_a_repository_it_cannot_move(self) -> None:
        gems: list[Package | str] = [package("rdkafka 0.1.0", needs=["ffi ~> 1.16.0"], kind="git"), "ffi 1.16.3"]
        step = step_of(lockfile(*gems, gemfile=["rdkafka"]), self.KNOWN, files=[*FFI, "rdkafka 0.2.0"])
        assert (step.outcome, step.blocked_by[0].name) == ("blocked", "rdkafka")

    def test_a_family_in_lockstep(self) -> None:
        def family(version: str) -> list[tuple[str, GemFile]]:
            return [
                offer(f"rails {version}", needs=[f"record = {version}", f"support = {version}"]),
                offer(f"record {version}", needs=[f"support = {version}"]),
                offer(f"support {version}"),
            ]

        gems: list[Package | str] = [
            package("rails 7.0.1", needs=["record = 7.0.1", "support = 7.0.1"]),
            package("record 7.0.1", needs=["support = 7.0.1"]),
            "support 7.0.1",
        ]
        step = step_of(
            lockfile(*gems, gemfile=["rails ~> 7.0"]),
            on_gem("record", "0...7.0.4"),
            files=[*family("7.0.1"), *family("7.0.4"), *family("7.1.0"), *family("8.0.0")],
        )
        assert step.outcome == "needs-parent"
        assert step.commands == ("bundle update --conservative --patch record rails support",)
        assert {move.target for move in step.moves} == {"7.0.4"}

    def test_a_child_has_to_move_too(self) -> None:
        gems: list[Package | str] = [package("app 1.0", needs=["ffi", "lib"]), "ffi 1.16.3", "lib 1.0"]
        files: list[Offer] = [*FFI[:2], offer("ffi 1.17.0", needs=["lib >= 2"]), "lib 1.0", "lib 2.0"]
        step = step_of(lockfile(*gems, gemfile=["app"]), self.KNOWN, files=files)
        assert (step.outcome, step.commands) == ("needs-parent", ("bundle update --conservative ffi lib",))

    def test_a_new_child_comes_in(self) -> None:
        step = step_of(LOCKED, self.KNOWN, files=[*FFI[:2], offer("ffi 1.17.0", needs=["lib >= 2"]), "lib 2.0"])
        assert step.outcome == "upgrade"
        assert Move(name="lib", target="2.0") in step.moves

    def test_what_a_moved_parent_brings_is_said(self) -> None:
        files: list[Offer] = [*FFI, offer("rdkafka 0.2.0", needs=["ffi ~> 1.16"])]
        step = step_of(self.locked("~> 1.16.0"), self.KNOWN, on_gem("rdkafka", "0.2.0...", id_=B), files=files)
        assert (step.closes, step.remains) == ((A,), (B,))

    def test_two_gems_that_must_move_together_are_one_step(self) -> None:
        gems: list[Package | str] = [package("ffi 1.16.3", needs=["lib = 1.0"]), "lib 1.0"]
        files: list[Offer] = [
            offer("ffi 1.16.3", needs=["lib = 1.0"]),
            offer("ffi 1.17.0", needs=["lib = 2.0"]),
            "lib 1.0",
            "lib 2.0",
        ]
        step = step_of(lockfile(*gems, gemfile=["ffi"]), self.KNOWN, on_gem("lib", "0...2.0", id_=B), files=files)
        assert (step.name, step.closes) == ("ffi", (A, B))


class TestGemfile:
    """The project itself may stand in the way."""

    KNOWN = on_gem("ffi", "0...1.17.0")

    def test_a_pin_is_widened(self) -> None:
        locked = lockfile("ffi 1.16.3", gemfile=["ffi ~> 1.16.0"])
        step = step_of(locked, self.KNOWN, files=FFI, gemfile="gem 'ffi', '~> 1.16.0'\n")
        assert (step.outcome, step.target) == ("needs-gemfile", "1.17.4")
        assert step.commands == ("bundle update --conservative ffi",)
        assert step.edits == (
            Edit(
                path="Gemfile",
                line=1,
                before="gem 'ffi', '~> 1.16.0'",
                after="gem 'ffi', '~> 1.17', '>= 1.17.4'",
            ),
        )

    def test_a_pin_on_a_parent(self) -> None:
        gems: list[Package | str] = [package("rdkafka 0.1.0", needs=["ffi ~> 1.16.0"]), "ffi 1.16.3"]
        files: list[Offer] = [
            *FFI,
            offer("rdkafka 0.1.0", needs=["ffi ~> 1.16.0"]),
            offer("rdkafka 0.2.0", needs=["ffi"]),
        ]
        step = step_of(
            lockfile(*gems, gemfile=["rdkafka = 0.1.0"]), self.KNOWN, files=files, gemfile="gem 'rdkafka', '0.1.0'\n"
        )
        assert (step.outcome, step.edits[0].before) == ("needs-gemfile", "gem 'rdkafka', '0.1.0'")
        assert step.commands == ("bundle update --conservative --minor ffi rdkafka",)

    @pytest.mark.parametrize("offered", [[], ["tzinfo-data 1.2026.1"]], ids=["not asked for", "known anyway"])
    def test_a_wish_for_another_platform_stays_a_wish(self, offered: list[str]) -> None:
        """On Linux, the lockfile of a Rails project has `tzinfo-data` in DEPENDENCIES and nowhere else."""
        locked = lockfile("ffi 1.16.3", gemfile=["ffi", "tzinfo-data"])
        step = step_of(locked, self.KNOWN, files=[*FFI[:4], *offered])
        assert step.moves == (Move(name="ffi", current="1.16.3", target="1.17.4"),)


class TestPlaces:
    """A release has to be installable wherever the bundle runs."""

    KNOWN = on_gem("ffi", "0...1.17.0")

    def test_a_release_that_needs_a_newer_ruby_is_passed_over(self) -> None:
        files: list[Offer] = ["ffi 1.16.3", "ffi 1.17.0", offer("ffi 1.17.4", ruby=">= 3.5")]
        assert step_of(LOCKED, self.KNOWN, files=files).target == "1.17.0"

    def test_all_need_a_newer_ruby(self) -> None:
        step = step_of(LOCKED, self.KNOWN, files=["ffi 1.16.3", offer("ffi 1.17.0", ruby=">= 3.5")])
        assert (step.outcome, step.target, step.commands) == ("needs-ruby", "1.17.0", ())
        (need,) = step.needs
        assert (need.name, need.requirement, need.actual, need.met) == ("ruby", ">= 3.5", "3.4.5", False)

    def test_a_newer_rubygems(self) -> None:
        files: list[Offer] = ["ffi 1.16.3", offer("ffi 1.17.0", rubygems=">= 3.3.22")]
        found = plan_of(LOCKED, self.KNOWN, files=files, place=linux(rubygems="3.3.5"))
        assert [step.outcome for step in found.steps] == ["needs-rubygems"]

    def test_an_unknown_ruby_is_no_obstacle(self) -> None:
        found = plan_of(
            LOCKED, self.KNOWN, files=["ffi 1.16.3", offer("ffi 1.17.0", ruby=">= 3.5")], place=linux(ruby="~> 3.4.0")
        )
        assert [step.outcome for step in found.steps] == ["upgrade"]

    def test_no_file_for_musl(self) -> None:
        files: list[Offer] = ["ffi 1.16.3", offer("ffi 1.17.0", platform="x86_64-linux-gnu")]
        found = plan_of(LOCKED, self.KNOWN, files=files, place=linux(libc="musl", rubygems="3.6.9"))
        assert [(step.outcome, step.target) for step in found.steps] == [("needs-platform", "1.17.0")]

    def test_held_back_by_the_ruby_it_says_so(self) -> None:
        known = [on_gem("ffi", "0...1.17.0"), on_gem("ffi", "0...2.0.0", id_=B)]
        step = step_of(LOCKED, *known, files=[*FFI[:4], offer("ffi 2.0.0", ruby=">= 3.5")])
        assert (step.target, step.closes, step.remains) == ("1.17.4", (A,), (B,))
        assert step.note == f"2.0.0 closes {B} too, but needs ruby >= 3.5"


class TestAsking:
    """What is not known yet is asked for; what cannot be known makes the plan rest on the lockfile."""

    KNOWN = on_gem("ffi", "0...1.17.0")

    def test_the_gem_itself(self) -> None:
        found = plan_of(LOCKED, self.KNOWN, files=[])
        assert found.asks == {Wanted(REMOTE, "ffi")}
        assert [step.verified for step in found.steps] == [False]

    def test_a_parent_in_the_way(self) -> None:
        locked = lockfile(package("rdkafka 0.1.0", needs=["ffi ~> 1.16.0"]), "ffi 1.16.3", gemfile=["rdkafka"])
        assert plan_of(locked, self.KNOWN, files=FFI).asks == {Wanted(REMOTE, "rdkafka")}

    def test_nothing_where_nothing_is_found(self) -> None:
        assert plan_of(lockfile("ffi 2.0.0", gemfile=["ffi"]), self.KNOWN, files=[]).asks == frozenset()

    def test_a_server_that_does_not_answer(self) -> None:
        problem = Diagnostic(code="gem-server", message="it is down", path="")
        found = planned(LOCKED, linux(), self.KNOWN, offers={Wanted(REMOTE, "ffi"): Listing(problem=problem)})
        assert (found.asks, [(step.outcome, step.verified) for step in found.steps]) == (
            frozenset(),
            [("upgrade", False)],
        )

    def test_a_parent_whose_server_does_not_answer(self) -> None:
        locked = lockfile(package("rdkafka 0.1.0", needs=["ffi ~> 1.16.0"]), "ffi 1.16.3", gemfile=["rdkafka"])
        down = {Wanted(REMOTE, "rdkafka"): Listing(problem=Diagnostic(code="gem-server", message="down", path=""))}
        (step,) = planned(locked, linux(), self.KNOWN, offers=offers(*FFI) | down).steps
        assert (step.outcome, step.verified) == ("blocked", False)


class TestDefaultGems:
    """A gem that Ruby ships moves by being listed, or with Ruby."""

    PLACE = linux(ruby="3.4.5")
    GEMS = shipped({"3.4.5": {"json": "2.9.1"}, "3.4.6": {"json": "2.9.1"}, "3.4.7": {"json": "2.10.2"}})
    RUBIES = releases("3.4.5", "3.4.6", "3.4.7")

    def test_it_is_added(self) -> None:
        (step,) = planned(
            lockfile("rake 13.0", gemfile=["rake"]),
            self.PLACE,
            on_gem("json", "0...2.10.2"),
            gems=shipped({"3.4.5": {"json": "2.9.1"}}),
            rubies=self.RUBIES,
            offers=offers("json 2.9.1", "json 2.10.2", "json 2.15.0"),
        ).steps
        assert (step.commands, step.target, step.verified) == (
            ('bundle add json --version ">= 2.10.2"',),
            "2.15.0",
            True,
        )

    def test_a_server_that_does_not_answer_changes_nothing(self) -> None:
        """What the lockfile alone says stays true, and is not verified."""
        down = {Wanted(REMOTE, "json"): Listing(problem=Diagnostic(code="gem-server", message="down", path=""))}
        found = [
            planned(
                lockfile("rake 13.0", gemfile=["rake"]),
                self.PLACE,
                on_gem("json", "0...2.10.2"),
                gems=shipped({"3.4.5": {"json": "2.9.1"}}),
                rubies=self.RUBIES,
                offers=answers,
            ).steps
            for answers in (None, {}, down)
        ]
        assert found[0] == found[1] == found[2]
        assert (found[0][0].outcome, found[0][0].target, found[0][0].verified) == ("upgrade", "2.10.2", False)

    def test_it_comes_with_the_planned_ruby(self) -> None:
        (step,) = planned(
            lockfile("rake 13.0", gemfile=["rake"]),
            self.PLACE,
            on_gem("json", "0...2.10.2"),
            on_engine("ruby", "3.4.0...3.4.6", id_=B),
            gems=self.GEMS,
            rubies=self.RUBIES,
        ).steps
        assert (step.kind, step.target, step.closes) == ("ruby", "3.4.7", (A, B))
        assert step.moves == (Move(kind="default-gem", name="json", current="2.9.1", target="2.10.2"),)


def test_steps_build_on_each_other() -> None:
    """The second command runs on what the first has locked."""
    gems: list[Package | str] = [
        package("a 1.0", needs=["lib ~> 1.0"]),
        package("b 1.0", needs=["lib ~> 1.0"]),
        "lib 1.0",
    ]
    files: list[Offer] = [
        offer("a 1.0", needs=["lib ~> 1.0"]),
        offer("a 2.0", needs=["lib ~> 2.0"]),
        offer("b 1.0", needs=["lib ~> 1.0"]),
        offer("b 2.0", needs=["lib >= 1.0"]),
        "lib 1.0",
        "lib 2.0",
    ]
    known = [advisory(A, affected("a", "0...2.0")), advisory(B, affected("b", "0...2.0"))]
    steps = plan_of(lockfile(*gems, gemfile=["a", "b"]), *known, files=files).steps
    assert [(step.name, step.closes) for step in steps] == [("a", (A, B))]
    assert steps[0].commands == ("bundle update --conservative a b lib",)


def test_gems_that_do_not_allow_the_next_branch_of_ruby() -> None:
    gems: list[Package | str] = ["nokogiri 1.18.0", package("ffi 1.17.0", line=7), "rake 13.0"]
    files = offers(
        offer("nokogiri 1.18.0", ruby=">= 3.1"),
        offer("nokogiri 1.18.0", platform="x86_64-linux", ruby=">= 3.1, < 3.5.dev"),
        offer("ffi 1.17.0", platform="x86_64-linux", ruby=">= 2.5, < 3.5.dev"),
        "rake 13.0",
    )
    known, place = on_engine("ruby", "3.3.0...4.0.1"), linux(ruby="3.4.5")
    rubies = releases("3.4.5", "3.4.6", "4.0.1")
    locked = lockfile(*gems, gemfile=["nokogiri", "ffi", "rake"])
    first = planned(locked, place, known, rubies=rubies, offers={})
    (step,) = planned(locked, place, known, rubies=rubies, offers=files).steps
    assert first.asks == {Wanted(REMOTE, name) for name in ("nokogiri", "ffi", "rake")}
    assert (step.target, [(one.name, one.requirement, one.line) for one in step.blocked_by]) == (
        "4.0.1",
        [("ffi", "ruby >= 2.5, < 3.5.dev", 7)],
    )


def test_a_ruby_of_the_same_branch_asks_nobody() -> None:
    known = on_engine("ruby", "3.4.0...3.4.6")
    found = planned(
        lockfile("ffi 1.17.0", gemfile=["ffi"]), linux(), known, rubies=releases("3.4.5", "3.4.6"), offers={}
    )
    assert (found.asks, found.steps[0].target) == (frozenset(), "3.4.6")
