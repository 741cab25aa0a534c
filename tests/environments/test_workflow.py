from pathlib import Path

import pytest

from gemaudit.environments import workflow
from gemaudit.environments.observation import Observation, Place
from gemaudit.environments.runners import runner_traits
from gemaudit.model.document import Document

FIXTURES = Path(__file__).parent / "fixtures"
PATH = ".github/workflows/ci.yml"


def observe(text: str, path: str = PATH) -> Observation:
    return workflow.observe(Document(path, text))


def job(step: str = "", *, head: str = "runs-on: ubuntu-24.04", strategy: str = "", top: str = "") -> str:
    """A workflow with one job `test` that sets up a Ruby with these inputs."""
    inputs = f"\n        with: {{ {step} }}" if step else ""
    matrix = f"\n    strategy: {{ matrix: {strategy} }}" if strategy else ""
    return f"{top}\njobs:\n  test:\n    {head}{matrix}\n    steps:\n      - uses: ruby/setup-ruby@v1{inputs}\n"


def values(place: Place) -> dict[str, str]:
    return {fact.name: fact.value for fact in place.facts}


def only(text: str) -> Place:
    (place,) = observe(text).places
    return place


def test_a_rails_workflow_reads_the_version_file() -> None:
    found = observe((FIXTURES / "rails/ci.yml").read_text())
    (place,) = found.places
    assert place.id == "ci/brakeman"
    assert place.reads == ("ruby-version",)
    assert values(place) == {"os": "linux", "cpu": "x86_64", "libc": "gnu", "sanitizer": "none"}
    assert found.diagnostics == ()


def test_a_gem_workflow_has_one_place_for_each_ruby_and_system() -> None:
    found = observe((FIXTURES / "gem/test.yaml").read_text(), ".github/workflows/test.yaml")
    places = {place.id.removeprefix("test/"): values(place) for place in found.places}
    assert list(places) == [
        "spec (ubuntu-24.04, 3.3)",
        "spec (ubuntu-24.04, 3.4.5)",
        "spec (ubuntu-24.04, jruby-10.0.3.0)",
        "spec (ubuntu-24.04, truffleruby)",
        "spec (macos-15, 3.3)",
        "spec (macos-15, 3.4.5)",
        "spec (macos-15, jruby-10.0.3.0)",
        "spec (windows-2022, ucrt)",
        "memory (asan)",
        "memory (asan-release)",
        "memory (debug)",
        "musl",
    ]
    linux = {"os": "linux", "cpu": "x86_64", "libc": "gnu", "jit": "yjit"}
    assert places["spec (ubuntu-24.04, 3.4.5)"] == {
        **linux, "engine": "ruby", "ruby": "3.4.5", "rubygems": "3.6.9", "sanitizer": "none"
    }  # fmt: skip
    assert places["spec (macos-15, jruby-10.0.3.0)"] == {
        "engine": "jruby", "engine_version": "10.0.3.0", "os": "darwin", "cpu": "arm64", "rubygems": "3.6.9",
        "sanitizer": "none", "jit": "yjit",
    }  # fmt: skip
    assert places["memory (asan)"] == {**linux, "engine": "ruby", "build": "asan", "sanitizer": "address"}
    assert places["memory (asan-release)"]["ruby"] == ">= 0"
    assert places["memory (debug)"] == {**linux, "engine": "ruby", "build": "debug"}
    assert places["musl"] == {
        "engine": "ruby", "ruby": "~> 3.4.0", "os": "linux", "cpu": "arm64", "libc": "musl", "sanitizer": "none",
        "jit": "yjit",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("'3.4'", {"engine": "ruby", "ruby": "~> 3.4.0"}),
        ("3.4", {"engine": "ruby", "ruby": "~> 3.4.0"}),
        ("3.4.10", {"engine": "ruby", "ruby": "3.4.10"}),
        ("3", {"engine": "ruby", "ruby": "~> 3.0"}),
        ("ruby-3.4.10", {"engine": "ruby", "ruby": "3.4.10"}),
        ("ruby", {"engine": "ruby", "ruby": ">= 0"}),
        ("head", {"engine": "ruby", "build": "head"}),
        ("ruby-head", {"engine": "ruby", "build": "head"}),
        ("mswin", {"engine": "ruby", "build": "head"}),
        ("jruby", {"engine": "jruby", "engine_version": ">= 0"}),
        ("jruby-head", {"engine": "jruby", "build": "head"}),
        ("truffleruby+graalvm-34.0.1", {"engine": "truffleruby", "engine_version": "34.0.1"}),
    ],
)
def test_a_literal_version_is_what_the_job_runs(written: str, expected: dict[str, str]) -> None:
    place = only(job(f"ruby-version: {written}"))
    found = values(place)
    assert {name: found[name] for name in found if name in {"engine", "ruby", "engine_version", "build"}} == expected
    assert (place.reads, place.is_settled) == ((), False)
    assert {fact.line for fact in place.facts if fact.name == "engine"} == {7}


@pytest.mark.parametrize(
    ("inputs", "reads"),
    [
        ("", ("ruby-version", "tool-versions", "mise")),
        ("bundler-cache: true", ("ruby-version", "tool-versions", "mise")),
        ("ruby-version: ''", ("ruby-version", "tool-versions", "mise")),
        ("ruby-version: '${{ matrix.ruby }}'", ("ruby-version", "tool-versions", "mise")),
        ("ruby-version: default", ("ruby-version", "tool-versions", "mise")),
        ("ruby-version: .ruby-version", ("ruby-version",)),
        ("ruby-version: .tool-versions", ("tool-versions",)),
        ("ruby-version: mise.toml", ("mise",)),
    ],
)
def test_a_version_file_is_left_to_the_files(inputs: str, reads: tuple[str, ...]) -> None:
    place = only(job(inputs))
    assert place.reads == reads
    assert "ruby" not in values(place)


@pytest.mark.parametrize(
    "written",
    [
        "'${{ inputs.ruby }}'",
        "'${{ env.RUBY }}'",
        "'${{ !endsWith(matrix.os, \"arm\") && 3.1 || 3.4 }}'",
        "'${{ matrix.ruby'",
        "none",
        "system",
        "my-own-ruby",
        "[3.4]",
    ],
)
def test_what_cannot_be_read_is_unknown_and_nobody_may_guess(written: str) -> None:
    place = only(job(f"ruby-version: {written}"))
    assert place.is_settled
    assert not values(place).keys() & {"engine", "ruby", "sanitizer"}


def test_variables_and_defaults_are_resolved() -> None:
    assert values(only(job("ruby-version: '${{ env.RUBY }}'", top="env: {RUBY: '3.4.5'}")))["ruby"] == "3.4.5"
    assert values(only(job("ruby-version: \"${{ matrix.ruby || '3.4.5' }}\"")))["ruby"] == "3.4.5"
    prefixed = only(job("ruby-version: 'jruby-${{ matrix.v }}'", strategy="{v: ['9.4.7.0']}"))
    assert values(prefixed)["engine_version"] == "9.4.7.0"
    nested = only(job("ruby-version: '${{ matrix.ruby.version }}'", strategy="{ruby: [{version: '3.4.5'}]}"))
    assert values(nested)["ruby"] == "3.4.5"


@pytest.mark.parametrize(("written", "meant"), [("3.0", "~> 3.0"), ("4.0", "~> 4.0"), ("3.10", "~> 3.1.0")])
def test_an_unquoted_number_loses_its_zero(written: str, meant: str) -> None:
    for text in (
        job(f"ruby-version: {written}"),
        job("ruby-version: '${{ matrix.ruby }}'", strategy=f"{{ruby: [{written}]}}"),
    ):
        found = observe(text)
        assert values(found.places[0])["ruby"] == meant
        assert [item.code for item in found.diagnostics] == ["unquoted-version"]
    assert observe(job(f"ruby-version: '{written}'")).diagnostics == ()


def test_two_setups_that_differ_leave_the_ruby_open() -> None:
    step = "      - uses: ruby/setup-ruby@v1\n        with: { ruby-version: '3.3' }\n"
    assert only(job("ruby-version: '3.4'") + step).is_settled
    assert values(only(job("ruby-version: '3.3'") + step))["ruby"] == "~> 3.3.0"


def test_the_working_directory_is_the_folder_of_the_project() -> None:
    assert only(job("working-directory: ./services/shop/")).folder == "services/shop"
    assert only(job("working-directory: ../other")).folder == ""
    assert only(job()).folder == ""
    assert observe(job(), "sub/.github/workflows/ci.yml").places[0].folder == "sub"


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("rubygems: 3.6.9", ("rubygems", "3.6.9", True)),
        ("rubygems: '3.6'", ("rubygems", "~> 3.6.0", False)),
        ("bundler: 2.6.9", ("bundler", "2.6.9", True)),
        ("bundler: '2'", ("bundler", "~> 2.0", False)),
        ("rubygems: latest", None),
        ("bundler: Gemfile.lock", None),
    ],
)
def test_tools_are_facts_when_they_are_versions(inputs: str, expected: tuple[str, str, bool] | None) -> None:
    found = [(f.name, f.value, f.exact) for f in only(job(inputs)).facts if f.name in {"rubygems", "bundler"}]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ("ruby:3.4.5-alpine", {"libc": "musl", "ruby": "3.4.5", "engine": "ruby", "sanitizer": "none"}),
        ("{image: 'ruby:3.4.5'}", {"libc": "gnu", "ruby": "3.4.5", "engine": "ruby", "sanitizer": "none"}),
        ("alpine:3.22", {"libc": "musl"}),
        ("example/image:1", {}),
    ],
)
def test_a_container_brings_system_and_ruby(container: str, expected: dict[str, str]) -> None:
    head = f"jobs:\n  a:\n    runs-on: ubuntu-latest\n    container: {container}\n"
    text = f"{head}    steps:\n    - run: bundle exec rake\n"
    assert values(only(text)) == {"os": "linux", "cpu": "x86_64", **expected}


def test_a_setup_in_a_container_keeps_the_libc_of_the_container() -> None:
    head = "runs-on: ubuntu-latest\n    container: ruby:3.3-alpine"
    found = values(only(job("ruby-version: 3.4.5", head=head)))
    assert (found["libc"], found["ruby"]) == ("musl", "3.4.5")


def test_jobs_without_ruby_are_no_places() -> None:
    text = "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n    - run: make\n  b:\n    uses: ./x.yml\n  c: 1\n"
    assert observe(text) == Observation()


def test_version_managers_count_where_the_job_runs_ruby() -> None:
    text = "jobs:\n  a:\n    steps:\n    - uses: jdx/mise-action@v2\n    - run: {}\n"
    assert only(text.format("bundle exec rspec")).reads == ("mise", "tool-versions", "ruby-version")
    assert observe(text.format("npm test")).places == ()


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["ubuntu-latest"], "os=linux cpu=x86_64 libc=gnu"),
        (["ubuntu-24.04-arm"], "os=linux cpu=arm64 libc=gnu"),
        (["macos-latest"], "os=darwin cpu=arm64"),
        (["macos-15-intel"], "os=darwin cpu=x86_64"),
        (["macos-13"], "os=darwin cpu=x86_64"),
        (["macos-13-xlarge"], "os=darwin cpu=arm64"),
        (["macos-14-large"], "os=darwin cpu=x86_64"),
        (["windows-2022"], "os=windows cpu=x86_64"),
        (["windows-11-arm"], "os=windows cpu=arm64"),
        (["self-hosted", "Linux", "ARM64"], "os=linux cpu=arm64"),
        (["self-hosted"], ""),
        (["my-runner"], ""),
        ([], ""),
    ],
)
def test_runner_labels_tell_the_system(labels: list[str], expected: str) -> None:
    assert " ".join(f"{trait.name}={trait.value}" for trait in runner_traits(labels)) == expected


def test_matrix_values_that_no_ruby_depends_on_do_not_multiply_places() -> None:
    text = job("ruby-version: '${{ matrix.ruby }}'", strategy="{ruby: ['3.4'], db: [pg, mysql], cache: [a, b, c]}")
    assert [place.id for place in observe(text).places] == ["ci/test (3.4)"]


@pytest.mark.parametrize(
    ("matrix", "labels"),
    [
        ("{ruby: ['3.3', '3.4'], include: [{ruby: '3.5'}]}", ["3.3", "3.4", "3.5"]),
        ("{include: [{ruby: '3.3'}, {ruby: '3.4'}]}", ["3.3", "3.4"]),
        ("{ruby: ['3.3', '3.4'], exclude: [{ruby: 3.3}]}", ["3.4"]),
        ("{ruby: ['3.3', '3.4'], os: [a, b], exclude: [{ruby: '3.3', os: a}]}", ["3.3", "3.4"]),
        ("{ruby: ['3.3'], include: [{ruby: '3.3', extra: 1}, {extra: 2}]}", ["3.3"]),
    ],
)
def test_include_and_exclude_follow_github(matrix: str, labels: list[str]) -> None:
    places = observe(job("ruby-version: '${{ matrix.ruby }}'", strategy=matrix)).places
    assert sorted(place.id for place in places) == [f"ci/test ({label})" for label in labels]


def test_one_ruby_that_several_entries_name_is_one_place() -> None:
    entries = "".join(f"\n      - {{ruby: '{ruby}', gemfile: g}}" for ruby in ("3.4", "3.4", "3.3"))
    strategy = f"    strategy:\n     matrix:\n      include:{entries}\n    steps"
    places = observe(job("ruby-version: '${{ matrix.ruby }}'").replace("    steps", strategy)).places
    assert [place.id for place in places] == ["ci/test (3.4)", "ci/test (3.3)"]
    assert {fact.line for fact in places[0].facts if fact.name == "ruby"} == {8}


def test_the_action_that_installs_packages_too_sets_up_a_ruby() -> None:
    text = job("ruby-version: '3.4'").replace("setup-ruby@", "setup-ruby-pkgs@")
    assert values(only(text))["ruby"] == "~> 3.4.0"


def test_an_include_extends_the_combinations_it_agrees_with() -> None:
    matrix = "{os: [a, b], include: [{os: a, ruby: '3.3'}, {ruby: '3.4'}, {os: c, ruby: '3.2'}]}"
    head = "runs-on: '${{ matrix.os }}'"
    places = observe(job("ruby-version: '${{ matrix.ruby }}'", strategy=matrix, head=head)).places
    # The second entry overwrites what the first one added, as in GitHub's own example.
    assert [place.id for place in places] == ["ci/test (a, 3.4)", "ci/test (b, 3.4)", "ci/test (c, 3.2)"]


def test_a_computed_matrix_is_unknown() -> None:
    place = only(job("ruby-version: '${{ matrix.ruby }}'", strategy="'${{ fromJSON(needs.list.outputs.rubies) }}'"))
    assert (place.id, place.is_settled) == ("ci/test", True)


def test_a_large_matrix_is_cut_and_said_so() -> None:
    rubies = ", ".join(f"'3.4.{number}'" for number in range(100))
    found = observe(job("ruby-version: '${{ matrix.ruby }}'", strategy=f"{{ruby: [{rubies}]}}"))
    assert len(found.places) == 64
    assert [(item.code, item.level) for item in found.diagnostics] == [("large-matrix", "notice")]


@pytest.mark.parametrize(
    ("text", "line"),
    [("jobs:\n  a: [\n", 3), ("a: b\n c: d", 2), ("jobs:\n  a: *nothing\n", None), ("\tx: 1", 1), ("[" * 100, 1)],
)
def test_what_is_no_yaml_is_a_warning_with_its_line(text: str, line: int | None) -> None:
    found = observe(text)
    if line is None:
        assert found.places == ()
        return
    assert [(item.code, item.level, item.line) for item in found.diagnostics] == [("invalid-yaml", "warning", line)]


def test_anchors_are_read_and_bombs_are_not_expanded() -> None:
    text = "x: &s\n  - uses: ruby/setup-ruby@v1\n    with: {ruby-version: 3.4.5}\njobs:\n  a: {steps: *s}\n"
    assert values(only(text))["ruby"] == "3.4.5"
    bomb = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40))
    assert observe(f"a0: &a0 x\n{bomb}\njobs:\n  a:\n    steps: *a39\n") == Observation()


def test_deep_nesting_is_refused_and_not_followed() -> None:
    for opening in ("[", "- ", "{a: ", "? "):
        assert [item.code for item in observe(opening * 20_000).diagnostics] == ["invalid-yaml"]


def test_a_text_that_is_too_long_is_refused() -> None:
    assert [item.code for item in observe("# x\n" * 100_000).diagnostics] == ["invalid-yaml"]
