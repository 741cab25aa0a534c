"""What the plan says about hazards."""

import pytest
from hazard_cases import locked, machine

from builders import advisory, affected, planned
from gemaudit.hazards import Project, find, with_remedies
from gemaudit.hazards.gemfile import compiled
from gemaudit.model.document import Document
from gemaudit.model.environment import Environment
from gemaudit.model.lockfile import Lockfile
from gemaudit.model.plan import Plan, Step

PROTOBUF = "google-protobuf 3.25.0"
ALPINE = "x86_64-linux-musl"
NOTHING = Plan()


def steps(
    lock: Lockfile, *places: Environment, documents: tuple[Document, ...] = (), plan: Plan = NOTHING
) -> list[Step]:
    project = Project(lock, places, documents=documents)
    return list(with_remedies(plan, find(project), project).steps)


def test_a_gem_without_a_file_for_musl_is_compiled() -> None:
    [step] = steps(locked({PROTOBUF: ("x86_64-linux",)}, ["x86_64-linux"]), machine())
    assert step.outcome == "configure"
    assert [edit.after for edit in step.edits] == ['gem "google-protobuf", force_ruby_platform: true']
    assert step.commands == ("bundle lock --add-platform x86_64-linux-musl",)
    assert step.closes == ("GMSH-0001", "GMSH-0004")
    assert [(one.kind, one.name) for one in step.packages] == [("gem", "google-protobuf"), ("bundle", "PLATFORMS")]


def test_on_glibc_there_is_nothing_to_do() -> None:
    assert steps(locked({PROTOBUF: ("x86_64-linux",)}, ["x86_64-linux"]), machine(libc="gnu")) == []


def test_where_the_processor_is_not_known_it_is_the_one_that_is_locked() -> None:
    [step] = steps(locked({PROTOBUF: ("x86_64-linux",)}, ["x86_64-linux"]), machine(cpu=""))
    assert step.commands == ("bundle lock --add-platform x86_64-linux-musl",)
    [step] = steps(locked({PROTOBUF: ("arm64-darwin", "x86_64-linux")}, ["arm64-darwin"]), machine(cpu=""))
    assert step.commands == ("bundle lock --add-platform x86_64-linux-musl aarch64-linux-musl",)


def test_a_release_with_a_file_for_musl_needs_no_compiler() -> None:
    [step] = steps(
        locked({"sqlite3 2.1.0": ("x86_64-linux",), "pg 1.6.1": ("x86_64-linux",)}, ["x86_64-linux"]), machine()
    )
    assert step.edits == ()
    assert step.commands == ("bundle lock --add-platform x86_64-linux-musl",)


def test_many_gems_share_one_command() -> None:
    gems = {PROTOBUF: ("x86_64-linux",), "grpc 1.62.0": ("x86_64-linux",), "pg 1.6.1": ("x86_64-linux",)}
    [step] = steps(locked(gems, ["x86_64-linux"]), machine())
    assert [edit.after.split('"')[1] for edit in step.edits] == ["google-protobuf", "grpc"]
    assert len(step.packages) == 4


def test_where_the_platform_is_locked_already_the_gems_are_resolved_again() -> None:
    [step] = steps(locked({PROTOBUF: ("x86_64-linux",)}, [ALPINE]), machine())
    assert step.commands == ("bundle update --conservative google-protobuf",)


def test_a_gem_without_source_cannot_be_compiled() -> None:
    [lock, step] = steps(locked({"sorbet-static 0.5.1": ("x86_64-linux",)}, ["x86_64-linux"]), machine())
    assert lock.closes == ("GMSH-0004",)
    assert (step.outcome, step.remains) == ("no_fix", ("GMSH-0001",))
    assert step.workarounds


def test_an_upgrade_to_a_release_with_files_for_musl_is_enough() -> None:
    lock = locked({"google-protobuf 4.30.2": ("x86_64-linux",)}, ["x86_64-linux", "ruby"])
    crash = advisory("GMSA-2026-0001", affected("google-protobuf", "0...4.31.0"))
    plan = planned(lock, machine(), crash)
    [step] = steps(lock, machine(), plan=plan)
    assert (step.outcome, step.name, step.target) == ("upgrade", "google-protobuf", "4.31.0")
    assert step.closes == ("GMSA-2026-0001", "GMSH-0001")
    assert step.commands == (
        "bundle update --conservative google-protobuf",
        "bundle lock --add-platform x86_64-linux-musl",
    )


def test_an_upgrade_to_a_release_without_one_is_not() -> None:
    lock = locked({"google-protobuf 4.29.3": ("x86_64-linux",)}, ["x86_64-linux"])
    plan = planned(lock, machine(), advisory("GMSA-2026-0001", affected("google-protobuf", "0...4.30.0")))
    upgrade, configure = steps(lock, machine(), plan=plan)
    assert upgrade.closes == ("GMSA-2026-0001",)
    assert configure.closes == ("GMSH-0001", "GMSH-0004")


def test_a_sanitizer_needs_source_gems_that_platforms_allow() -> None:
    gems = {"ffi 1.17.0": ("x86_64-linux-gnu",), "pg 1.6.1": ("x86_64-linux",)}
    place = machine("ci", libc="gnu", sanitizer="address")
    [step] = steps(locked(gems, ["x86_64-linux"]), place)
    assert step.commands == ("bundle lock --add-platform ruby", "BUNDLE_FORCE_RUBY_PLATFORM=true bundle install")
    [step] = steps(locked(gems, ["ruby", "x86_64-linux"]), place)
    assert step.commands == ("BUNDLE_FORCE_RUBY_PLATFORM=true bundle install",)
    assert step.closes == ("GMSH-0006",)


def test_old_tools_need_a_newer_bundler() -> None:
    [step] = steps(locked({"ffi 1.17.0": ("ruby", ALPINE)}), machine(bundler="2.4.19"))
    assert step.commands == ("bundle update --bundler",)


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ('gem "pg"', 'gem "pg", force_ruby_platform: true'),
        ("gem 'pg', '~> 1.6' # why", "gem 'pg', '~> 1.6', force_ruby_platform: true # why"),
        ('  gem("pg", require: false)', 'gem("pg", require: false, force_ruby_platform: true)'),
        ('gem "pg", platforms: [:ruby]', 'gem "pg", platforms: [:ruby], force_ruby_platform: true'),
        ('gem "pg",', ""),
        ('gem "pg", force_ruby_platform: RUBY_PLATFORM.end_with?("musl")', ""),
    ],
)
def test_a_line_of_the_gemfile_that_compiles(line: str, after: str) -> None:
    edit = compiled([Document("app/Gemfile", f"source 'x'\n{line}\n")], "app/Gemfile.lock", "pg")
    assert (edit.path, edit.line, edit.before, edit.after) == ("app/Gemfile", 2, line.strip(), after)


def test_a_gem_that_the_gemfile_does_not_name_gets_a_line() -> None:
    edit = compiled([Document("gems.rb", 'gem "pg-x"\n# gem "pg"\n')], "gems.locked", "pg")
    assert (edit.path, edit.line, edit.after) == ("gems.rb", 0, 'gem "pg", force_ruby_platform: true')
