"""What gemaudit plans is what Bundler does: every command is run, every refusal is tried."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from generated import situations
from hypothesis import Phase, given, settings
from laws import Court
from msgspec.structs import replace
from oracle import reach
from planned import FEASIBLE, apply_diff, audit, carry_out, fix_for_real, installing
from real_bundler import RUBY
from situation import Reach, Situation, defect, plain
from situations import SITUATIONS
from typer.testing import CliRunner
from workshop import Project, Workshop

from gemaudit.cli.app import app

pytestmark = pytest.mark.skipif(
    RUBY is None and not os.environ.get("CI"), reason="no `ruby` on PATH to carry plans out with (required in CI)"
)

BY_NAME = {situation.name: situation for situation in SITUATIONS}
#: More make the search for differences longer and are the same ones each time.
EXAMPLES = int(os.environ.get("GEMAUDIT_PROOF_EXAMPLES", "15"))
INSTALLED = (
    "a free upgrade",
    "the Gemfile pins the version",
    "a lockstep family and an engine that holds it back",
    "precompiled files for two platforms",
    "the fix needs a later release of a locked gem",
)


class Bench:
    """A workshop that makes the project of a situation once."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self._projects: dict[str, Project] = {}

    def project(self, name: str) -> Project:
        """The project as it is today; nobody changes it."""
        if name not in self._projects:
            self._projects[name] = self.workshop.project(BY_NAME[name])
        return self._projects[name]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Workshop(tmp_path_factory.mktemp("proof") / "workshop") as workshop:
        yield Bench(workshop)


@pytest.fixture(scope="module", params=BY_NAME)
def name(request: pytest.FixtureRequest) -> str:
    """Each situation; tests of the same one follow each other, so that one process makes its project."""
    return str(request.param)


def stated(situation: Situation, gem: str) -> Reach:
    """What the situation says of a gem; Bundler confirms it in `test_bundler_sees_it_so`."""
    return next(reach for reach in situation.reach if reach.gem == gem)


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(SITUATIONS) >= 40


def test_bundler_sees_it_so(bench: Bench, name: str) -> None:
    project = bench.project(name)
    gems = sorted({defect.gem for defect in BY_NAME[name].defects})

    assert [reach(bench.workshop, project, gem) for gem in gems] == [stated(BY_NAME[name], gem) for gem in gems]


def test_the_plan_is_what_bundler_does(bench: Bench, name: str, tmp_path: Path) -> None:
    project = bench.project(name).copy(tmp_path)
    court = Court(bench.workshop, project, lambda now, gem: stated(now.situation, gem))

    # `gemaudit fix --diff` foresees the lockfile to the letter.
    foreseen = bench.project(name).copy(tmp_path / "foreseen")
    apply_diff(foreseen)

    assert court.complaints(audit(project, "--online")) == []
    assert BY_NAME[name].moves == tuple((gem, project.versions[gem]) for gem, _ in BY_NAME[name].moves)
    for file in (project.situation.lockfile, project.situation.manifest):
        assert (foreseen.folder / file).read_text() == (project.folder / file).read_text()


@settings(derandomize=True, max_examples=EXAMPLES, phases=(Phase.explicit, Phase.generate))
@given(situation=situations())
def test_generated_plans_are_what_bundler_does(bench: Bench, situation: Situation) -> None:
    project = bench.workshop.project(situation)
    court = Court(bench.workshop, project, lambda now, gem: reach(bench.workshop, now, gem))

    assert court.complaints(audit(project, "--online")) == []


@pytest.mark.parametrize(
    ("name", "wrong", "complaint"),
    [
        ("a free upgrade", {"outcome": "blocked", "commands": (), "closes": frozenset()}, "leaves 1 where"),
        ("a free upgrade", {"outcome": "no_fix", "commands": (), "closes": frozenset()}, "leaves 1 where"),
        ("a free upgrade", {"outcome": "needs-parent"}, "is Reach"),
        ("a free upgrade", {"commands": ("bundle update --conservative nokogiri",)}, "Bundler refuses"),
        ("a free upgrade", {"remains": frozenset({"GMSA-2026-0002"})}, "closes ['GMSA-2026-0002'] as well"),
        ("a free upgrade", {"verified": False}, "unverified"),
        ("the same series before the next", {"commands": ("bundle update ffi",), "to": "2.0.0"}, "--patch ffi` gets"),
        ("the same series before the next", {"commands": ("bundle update ffi",)}, "goes to 2.0.0"),
        ("the Gemfile pins the version", {"edits": ()}, "does not close"),
        ("the Gemfile pins the version", {"outcome": "upgrade"}, "is Reach"),
        ("several releases of a dependent allow the fix", {"moves": ()}, "moves {"),
        ("a dependent forbids the fix for good", {"outcome": "needs-ruby"}, "is Reach"),
        ("every fix needs a later Ruby", {"outcome": "needs-platform"}, "is Reach"),
        ("every fix needs a later Ruby", {"outcome": "blocked"}, "is Reach"),
        ("no release has the fix", {"outcome": "blocked"}, "is Reach"),
    ],
)
def test_a_wrong_plan_is_noticed(
    bench: Bench, name: str, wrong: dict[str, Any], complaint: str, tmp_path: Path
) -> None:
    project = bench.project(name).copy(tmp_path)
    court = Court(bench.workshop, project, lambda now, gem: stated(now.situation, gem))
    plan = audit(project, "--online")
    (step,) = plan.steps

    found = court.complaints(replace(plan, plan=(replace(step, **wrong),)))

    assert any(complaint in text for text in found), found


def test_a_plan_without_a_step_is_noticed(bench: Bench, tmp_path: Path) -> None:
    project = bench.project("a free upgrade").copy(tmp_path)
    court = Court(bench.workshop, project, lambda now, gem: stated(now.situation, gem))

    (complaint,) = court.complaints(replace(audit(project), plan=()))

    assert complaint.startswith("no step for Reach(gem='ffi'")


@pytest.mark.parametrize("wanted", [True, False], ids=["beside a gem that moves", "alone"])
def test_gems_that_nobody_asks_for_leave(bench: Bench, wanted: bool) -> None:
    """A merge may leave gems in a lockfile that no Gemfile asks for; Bundler itself never locks one."""
    gems = ("ffi", "orphan", "stray")
    project = bench.workshop.project(
        Situation(
            name="gems that nobody asks for",
            gemfile="\n".join(f'gem "{gem}"' for gem in gems),
            releases=tuple(release for gem in gems for release in plain(gem, "1.0.0", "1.1.0")),
            defects=tuple(defect(f"{gem} 0...1.1.0") for gem in gems[0 if wanted else 1 :]),
        )
    )
    for file, lines in (
        (project.folder / "Gemfile", r'gem "(orphan|stray)"\n'),
        (project.lockfile, r"  (orphan|stray)\n"),
    ):
        file.write_text(re.sub(rf"(?m)^{lines}", "", file.read_text()))

    plan = audit(project, "--online")
    (step,) = plan.steps

    assert step.closes == plan.affecting != frozenset()
    assert carry_out(bench.workshop, project, step) == ""
    assert project.versions == {"ffi": "1.1.0" if wanted else "1.0.0"}
    assert audit(project).affecting == frozenset()


def test_advisories_are_sound(bench: Bench, name: str) -> None:
    result = CliRunner().invoke(app, ["db", "lint", str(bench.project(name).advisories)])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("name", INSTALLED)
def test_locking_is_installing_without_gems(bench: Bench, name: str, tmp_path: Path) -> None:
    """The other tests run `bundle lock` where a user runs `bundle update`."""
    locked, installed = (bench.project(name).copy(tmp_path / kind) for kind in ("locked", "installed"))
    (first,) = bench.workshop.bundle([installing(installed, "bundle install")])
    assert first.status == 0, first.output
    steps = audit(locked, "--online").steps
    assert steps

    for step, other in zip(steps, audit(installed, "--online").steps, strict=True):
        assert carry_out(bench.workshop, locked, step) == ""
        assert carry_out(bench.workshop, installed, other, install=True) == ""

    assert locked.lockfile.read_text() == installed.lockfile.read_text()
    assert locked.lockfile.read_text() != bench.project(name).lockfile.read_text()


@pytest.mark.parametrize("name", ["a free upgrade", "the Gemfile pins the version", "every fix needs a later Ruby"])
def test_a_fix_that_is_carried_out(bench: Bench, name: str, tmp_path: Path) -> None:
    """The whole way: gem server, plan, edits, real Bundler, audit."""
    project = bench.project(name).copy(tmp_path)
    before = audit(project, "--online")
    closes = frozenset[str]().union(*(step.closes for step in before.steps if step.outcome in FEASIBLE))

    done = fix_for_real(project)

    assert "Traceback" not in done.stderr
    assert f"{len(closes)} finding" in done.stdout
    assert audit(project).affecting == before.affecting - closes
    assert done.returncode == (1 if before.affecting - closes else 0), done.stderr
