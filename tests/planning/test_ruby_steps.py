"""Moving the interpreter, and the gems that come with it."""

import pytest
from msgspec.structs import replace

from builders import environment, fact, linux, lockfile, on_engine, on_gem, planned, releases, shipped
from gemaudit.model.advisory import Advisory, Conditions
from gemaudit.model.document import Document
from gemaudit.model.environment import Environment, Fact
from gemaudit.model.plan import Edit, Step

A, B = "GMSA-2026-0501", "GMSA-2026-0502"
RUBIES = releases("3.3.8", "3.3.9", "3.4.4", "3.4.5", "3.4.6", "3.4.7", "3.5.0.preview1", "4.0.0", "4.0.1")


def only_step(
    place: Environment, *advisories: Advisory, facts: tuple[Fact, ...] = (), documents: tuple[Document, ...] = ()
) -> Step:
    (step,) = planned(lockfile(), place, *advisories, facts=facts, documents=documents, rubies=RUBIES).steps
    return step


@pytest.mark.parametrize(
    ("advisories", "target", "closes", "remains", "note"),
    [
        ([on_engine("ruby", "3.4.0...3.4.6")], "3.4.6", [A], [], ""),
        ([on_engine("ruby", "3.4.0...3.4.6"), on_engine("ruby", "3.4.0...3.4.7", id_=B)], "3.4.7", [A, B], [], ""),
        ([on_engine("ruby", "3.4.0..3.4.5")], "3.4.6", [A], [], ""),
        ([on_engine("ruby", "3.4.0..3.4.99")], "4.0.0", [A], [], ""),
        ([on_engine("ruby", "3.3.0...4.0.1")], "4.0.1", [A], [], ""),
        (
            [on_engine("ruby", "3.4.0...3.4.6"), on_engine("ruby", "3.3.0...4.0.0", id_=B)],
            "3.4.6",
            [A],
            [B],
            f"4.0.1 closes {B} too",
        ),
        ([on_engine("ruby", "3.4.0...3.4.6"), on_engine("ruby", "3.4.6...3.4.7", id_=B)], "3.4.7", [A], [], ""),
        (
            [on_engine("ruby", "3.4.0...3.4.6", "4.0.0...4.0.1"), on_engine("ruby", "3.3.0...4.0.0", id_=B)],
            "3.4.6",
            [A],
            [B],
            f"4.0.1 closes {B} too",
        ),
        ([on_engine("ruby", "3.4.0...3.4.42")], "3.4.42", [A], [], ""),
    ],
    ids=[
        "own branch", "both", "last affected", "ended branch", "next branch", "own branch first",
        "not into another", "later branch that loses nothing", "a release that the table does not know",
    ],
)  # fmt: skip
def test_targets(advisories: list[Advisory], target: str, closes: list[str], remains: list[str], note: str) -> None:
    step = only_step(linux(), *advisories)
    assert (step.outcome, step.target) == ("upgrade", target)
    assert (list(step.closes), list(step.remains), step.note) == (closes, remains, note)


def test_another_engine_moves_to_what_its_advisories_name() -> None:
    place = environment("app", fact("engine_version", "3.2.0", path="Dockerfile", line=1), engine="mruby")
    step = only_step(place, on_engine("mruby", "0...3.3.0"))
    assert (step.name, step.current, step.target) == ("mruby", "3.2.0", "3.3.0")


def test_no_release_with_the_fix() -> None:
    step = only_step(linux(), replace(on_engine("ruby", "0..."), workaround="Do not."))
    assert (step.outcome, step.target, step.remains, step.workarounds) == ("no_fix", "", (A,), ((A, "Do not."),))


def test_a_condition_on_the_ruby_is_asked_of_the_new_one() -> None:
    known = [
        on_engine("ruby", "3.4.0...3.4.6"),
        on_engine("ruby", "3.4.6...4.0.0", id_=B, when=Conditions(ruby=">= 3.4.6")),
    ]
    step = only_step(linux(), *known)
    assert (step.target, step.closes, step.remains) == ("3.4.6", (A,), (B,))


class TestEdits:
    """Every line that states the version has to change."""

    KNOWN = on_engine("ruby", "3.4.0...3.4.6")

    def edits(self, *facts: Fact, documents: tuple[Document, ...] = ()) -> tuple[Edit, ...]:
        return only_step(linux(), self.KNOWN, facts=facts, documents=documents).edits

    @pytest.mark.parametrize(
        ("path", "source", "before", "after"),
        [
            ("Dockerfile", "dockerfile", "FROM ruby:3.4.5-alpine AS base", "FROM ruby:3.4.6-alpine AS base"),
            ("Dockerfile", "dockerfile", "ARG RUBY_VERSION=3.4.5", "ARG RUBY_VERSION=3.4.6"),
            (".ruby-version", "ruby-version", "3.4.5", "3.4.6"),
            (".ruby-version", "ruby-version", "ruby-3.4.5", "ruby-3.4.6"),
            (".tool-versions", "tool-versions", "ruby 3.4.5", "ruby 3.4.6"),
            (".github/workflows/ci.yml", "workflow", "ruby: ['3.3', '3.4.5']", "ruby: ['3.3', '3.4.6']"),
            (
                ".github/workflows/ci.yml",
                "workflow",
                "ruby: [3.4.5.1, 3.4.55, 3.4.5]",
                "ruby: [3.4.5.1, 3.4.55, 3.4.6]",
            ),
            ("Gemfile", "gemfile", 'ruby "3.4.5"', 'ruby "3.4.6"'),
            ("Gemfile", "gemfile", "ruby RUBY", ""),
            ("Dockerfile", "dockerfile", "FROM ruby:3.4.5@sha256:0a3d453", ""),
        ],
    )
    def test_a_line(self, path: str, source: str, before: str, after: str) -> None:
        stated = fact("ruby", "3.4.5", path=path, line=3, text=before, source=source)
        assert self.edits(stated) == (Edit(path=path, line=3, before=before, after=after),)

    def test_the_lockfile_is_changed_by_a_command(self) -> None:
        stated = fact("ruby", "3.4.5", path="Gemfile.lock", line=9, text="ruby 3.4.5p51", source="gemfile-lock")
        step = only_step(linux(), self.KNOWN, facts=(stated,))
        assert (step.edits, step.commands) == ((), ("bundle update --ruby",))

    def test_nothing_else_changes(self) -> None:
        assert (
            self.edits(
                fact("ruby", "3.4.5", path="<command line>", text="--ruby 3.4.5", source="command-line"),
                fact("ruby", "3.3.9", path=".ruby-version", line=1, text="3.3.9", source="ruby-version"),
                fact("bundler", "3.4.5", path="x", line=1, text="3.4.5", source="mise"),
            )
            == ()
        )

    def test_every_stage_of_a_dockerfile(self) -> None:
        text = "FROM ruby:3.4.5 AS build\nRUN echo 3.4.5\nFROM node:22\nFROM ruby:3.4.5-slim\n"
        stated = fact("ruby", "3.4.5", path="Dockerfile", line=4, text="FROM ruby:3.4.5-slim", source="dockerfile")
        assert [(edit.line, edit.after) for edit in self.edits(stated, documents=(Document("Dockerfile", text),))] == [
            (1, "FROM ruby:3.4.6 AS build"),
            (4, "FROM ruby:3.4.6-slim"),
        ]

    @pytest.mark.parametrize(("requirement", "count"), [("~> 3.4.0", 0), ("< 3.4.6", 1)])
    def test_a_requirement_that_does_not_admit_the_target(self, requirement: str, count: int) -> None:
        text = f'ruby "{requirement}"'
        stated = fact("ruby", requirement, exact=False, path="Gemfile", line=2, text=text, source="gemfile")
        assert self.edits(stated) == (Edit(path="Gemfile", line=2, before=text),) * count

    def test_each_line_once(self) -> None:
        stated = fact("ruby", "3.4.5", path="ci.yml", line=3, text="ruby: 3.4.5", source="workflow")
        assert len(self.edits(stated, stated)) == 1


class TestFloatingRuby:
    """A tag that floats moves by itself; what is pinned says how far."""

    STATED = fact("ruby", "~> 3.4.0", exact=False, path="Dockerfile", line=1, text="FROM ruby:3.4", source="dockerfile")
    PLACE = environment("app", STATED, engine="ruby", os="linux")

    def test_the_smallest_release_that_closes_all(self) -> None:
        known = [on_engine("ruby", "3.4.0...3.4.6"), on_engine("ruby", "3.4.0...3.4.7", id_=B)]
        step = only_step(self.PLACE, *known, facts=(self.STATED,))
        assert step == Step(
            kind="ruby",
            name="ruby",
            current="~> 3.4.0",
            outcome="upgrade",
            target="3.4.7",
            edits=(Edit(path="Dockerfile", line=1, before="FROM ruby:3.4"),),
            closes=(A, B),
            environments=("app",),
            note="~> 3.4.0 floats: pin 3.4.7 or later",
        )

    def test_a_series_without_a_fix_gives_way_to_the_next(self) -> None:
        step = only_step(self.PLACE, on_engine("ruby", "3.3.0...4.0.1"))
        assert (step.target, step.note) == ("4.0.1", "no release of ~> 3.4.0 is enough: move to 4.0.1 or later")

    def test_no_fix_at_all(self) -> None:
        assert only_step(self.PLACE, on_engine("ruby", "0...")).outcome == "no_fix"

    def test_what_depends_on_more_than_the_release_asks_for_nothing(self) -> None:
        known = on_engine("ruby", "3.4.0...3.4.6", when=Conditions(feature=("ractor",)))
        assert planned(lockfile(), self.PLACE, known, rubies=RUBIES).steps == ()


class TestDefaultGems:
    """There are two ways out: list the gem, or move the Ruby."""

    GEMS = shipped(
        {
            "3.4.4": {"json": "2.9.1"},
            "3.4.5": {"json": "2.9.1"},
            "3.4.6": {"json": "2.9.1"},
            "3.4.7": {"json": "2.10.2"},
            "4.0.0": {"json": "2.16.0"},
            "4.0.1": {"json": "2.18.1"},
        }
    )

    def step(self, *advisories: Advisory) -> Step:
        (step,) = planned(lockfile(), linux(), *advisories, rubies=RUBIES, gems=self.GEMS).steps
        return step

    def test_both_ways(self) -> None:
        assert self.step(on_gem("json", "2.0...2.10.2")) == Step(
            kind="default-gem",
            name="json",
            current="2.9.1",
            outcome="upgrade",
            target="2.10.2",
            commands=('bundle add json --version ">= 2.10.2"',),
            closes=("GMSA-2026-0001",),
            environments=("production",),
            note="or move to ruby 3.4.7, which ships json 2.10.2",
        )

    def test_a_later_version_may_be_affected_again(self) -> None:
        step = self.step(on_gem("json", "2.0...2.15.2.1", "2.16.0...2.17.1.2"))
        assert (step.target, step.note) == ("2.15.2.1", "or move to ruby 4.0.1, which ships json 2.18.1")

    def test_a_ruby_must_close_all_that_the_release_closes(self) -> None:
        step = self.step(on_gem("json", "2.0...2.10.2"), on_gem("json", "2.0...2.17", id_="GMSA-2026-0002"))
        assert (step.target, step.note) == ("2.17", "or move to ruby 4.0.1, which ships json 2.18.1")

    def test_no_ruby_ships_it(self) -> None:
        step = self.step(on_gem("json", "2.0...2.19"))
        assert (step.target, step.note) == ("2.19", "")

    def test_no_release_is_named_and_a_ruby_helps(self) -> None:
        step = self.step(on_gem("json", "2.0..2.9.9"))
        assert (step.outcome, step.note) == ("no_fix", "move to ruby 3.4.7, which ships json 2.10.2")
