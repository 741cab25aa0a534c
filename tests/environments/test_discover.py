from pathlib import Path

import pytest

from gemaudit.environments import Discovery, Facts, Stated, discover, stated_facts
from gemaudit.environments.combine import MOST_ENVIRONMENTS
from gemaudit.model.document import Document
from gemaudit.model.lockfile import LockedRuby, Lockfile

FIXTURES = Path(__file__).parent / "fixtures"
CI = ".github/workflows/ci.yml"
LOCKED = Lockfile(
    path="Gemfile.lock",
    ruby=LockedRuby(version="3.4.5", text="   ruby 3.4.5p51", line=30),
    bundled_with="2.6.9",
    bundled_with_line=33,
)


def found(files: dict[str, str], lockfile: Lockfile | None = None, stated: Stated | None = None) -> Discovery:
    return discover([Document(path, text) for path, text in files.items()], lockfile, stated or Stated())


def spelled(discovery: Discovery) -> dict[str, str]:
    """The interpreter, the system and the tools of each environment in one line."""
    names = ("engine", "ruby", "engine_version", "build", "os", "cpu", "libc", "rubygems", "bundler")
    return {
        environment.id: " ".join(
            f"{name}{'=' if fact.exact else ' '}{fact.value}" for name in names if (fact := environment.fact(name))
        )
        for environment in discovery.environments
    }


def notices(discovery: Discovery) -> list[tuple[str, str, int, str]]:
    return [(item.code, item.path, item.line, item.message) for item in discovery.diagnostics]


def setup(version: str) -> str:
    inputs = f"\n        with: {{ ruby-version: {version} }}" if version else ""
    return f"jobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: ruby/setup-ruby@v1{inputs}\n"


def test_nothing_known_is_one_environment_without_facts() -> None:
    assert spelled(found({})) == {"unknown": ""}
    assert spelled(found({"README.md": "ruby 3.4.5"}, Lockfile(path="Gemfile.lock"))) == {"unknown": ""}


def test_files_about_the_whole_project_make_one_environment() -> None:
    assert spelled(found({".ruby-version": "3.4.5"})) == {"project": "engine=ruby ruby=3.4.5"}
    assert spelled(found({}, LOCKED)) == {"project": "engine=ruby ruby=3.4.5 bundler=2.6.9"}


def test_the_user_alone_makes_one_environment() -> None:
    stated = Stated(command_line=stated_facts(ruby="3.4.5"))
    assert spelled(found({}, None, stated)) == {"stated": "engine=ruby ruby=3.4.5"}


def test_an_application_has_a_production_and_its_jobs() -> None:
    files = {name: (FIXTURES / "rails" / name).read_text() for name in ("Dockerfile", ".ruby-version")}
    discovery = found({**files, CI: (FIXTURES / "rails/ci.yml").read_text()}, Lockfile(path="Gemfile.lock"))
    assert spelled(discovery) == {
        "ci/brakeman": "engine=ruby ruby=3.4.7 os=linux cpu=x86_64 libc=gnu",
        "production": "engine=ruby ruby=3.4.7 os=linux libc=gnu",
    }
    assert discovery.diagnostics == ()
    job, production = discovery.environments
    assert (ruby := job.fact("ruby"))
    assert (ruby.path, ruby.line, ruby.text) == (".ruby-version", 1, "3.4.7")
    assert (ruby := production.fact("ruby"))
    assert (ruby.path, ruby.line) == ("Dockerfile", 5)


@pytest.mark.parametrize(
    ("files", "ruby"),
    [
        ({".ruby-version": "3.4.1", ".tool-versions": "ruby 3.4.2"}, "3.4.1"),
        ({".tool-versions": "ruby 3.4.2", "mise.toml": "[tools]\nruby='3.4.3'"}, "3.4.2"),
        ({"mise.toml": "[tools]\nruby='3.4.3'", "Gemfile": "ruby '3.4.4'"}, "3.4.3"),
        ({"Gemfile": "ruby '3.4.4'"}, "3.4.4"),
        ({"Gemfile": "ruby '~> 3.4.0'", ".tool-versions": "ruby 3.4.2"}, "3.4.2"),
        ({".ruby-version": "3.4", ".tool-versions": "ruby 3.4.2"}, "3.4.2"),
        ({".ruby-version": "3.4", ".tool-versions": "ruby 3.3.2"}, "~> 3.4.0"),
        ({".ruby-version": "3.4", ".tool-versions": "ruby 3.3.2", "Gemfile": "ruby '3.4.9'"}, "3.4.9"),
        ({".ruby-version": "3.4", "Gemfile": "ruby '~> 3.4.6'"}, "~> 3.4.0"),
    ],
)
def test_the_strongest_file_counts_and_an_exact_version_settles_a_floating_one(
    files: dict[str, str], ruby: str
) -> None:
    (environment,) = found(files).environments
    assert (fact := environment.fact("ruby"))
    assert fact.value == ruby


def test_the_lockfile_comes_before_the_version_files() -> None:
    discovery = found({".ruby-version": "3.4.7"}, LOCKED)
    assert spelled(discovery)["project"] == "engine=ruby ruby=3.4.5 bundler=2.6.9"
    assert notices(discovery) == [
        (
            *("ruby-versions-differ", ".ruby-version", 1),
            "`ruby 3.4.7` here, but Gemfile.lock:30 counts: `ruby 3.4.5`",
        )
    ]
    assert discovery.diagnostics[0].level == "notice"


def test_a_tag_stays_floating_whatever_a_version_file_says() -> None:
    discovery = found({"Dockerfile": "FROM ruby:3.4", ".ruby-version": "3.4.5"})
    assert spelled(discovery)["production"] == "engine=ruby ruby ~> 3.4.0 os=linux libc=gnu"
    assert discovery.diagnostics == ()


def test_an_image_and_a_version_file_that_differ_are_a_notice_with_both_lines() -> None:
    discovery = found(
        {"Dockerfile": "\nFROM ruby:3.4.7", ".ruby-version": "3.4.5", "Gemfile": "ruby '~> 3.4.0'"}, LOCKED
    )
    assert notices(discovery) == [
        (
            *("ruby-versions-differ", ".ruby-version", 1),
            "`ruby 3.4.5` here, but Dockerfile:2 counts for `production`: `ruby 3.4.7`",
        ),
        (
            *("ruby-versions-differ", "Gemfile.lock", 30),
            "`ruby 3.4.5` here, but Dockerfile:2 counts for `production`: `ruby 3.4.7`",
        ),
    ]


def test_another_engine_is_a_contradiction_and_fills_no_gap() -> None:
    discovery = found({"Dockerfile": "FROM jruby:10.0.2.0", ".ruby-version": "3.4.5"})
    assert spelled(discovery)["production"] == "engine=jruby engine_version=10.0.2.0 os=linux libc=gnu"
    assert notices(discovery)[0][3] == ("`ruby 3.4.5` here, but Dockerfile:1 counts for `production`: `jruby 10.0.2.0`")


def test_a_job_is_no_contradiction() -> None:
    assert found({CI: setup("3.3.1"), ".ruby-version": "3.4.5", "Dockerfile": "FROM ruby:3.4.5"}).diagnostics == ()


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("", "3.4.1"),
        ("default", "3.4.1"),
        (".tool-versions", "3.4.2"),
        ("mise.toml", "3.4.3"),
        ("'3.3'", "~> 3.3.0"),
    ],
)
def test_a_job_reads_the_files_that_it_asks_for(version: str, expected: str) -> None:
    files = {".ruby-version": "3.4.1", ".tool-versions": "ruby 3.4.2", "mise.toml": "[tools]\nruby='3.4.3'"}
    environment = found({CI: setup(version), **files}, LOCKED).environments[0]
    assert environment.id == "ci/test"
    assert (fact := environment.fact("ruby"))
    assert fact.value == expected


@pytest.mark.parametrize("version", ["head", "'${{ inputs.ruby }}'"])
def test_a_job_whose_ruby_is_no_release_takes_none_from_the_project(version: str) -> None:
    environment = found({CI: setup(version), ".ruby-version": "3.4.1"}, LOCKED).environments[0]
    assert environment.fact("ruby") is None
    assert environment.value("bundler") == "2.6.9"


def test_the_gap_of_an_image_is_filled_by_the_project() -> None:
    discovery = found({"Dockerfile": "ARG V\nFROM ruby:$V-alpine", ".ruby-version": "3.4.5"})
    assert spelled(discovery)["production"] == "engine=ruby ruby=3.4.5 os=linux libc=musl"
    assert [item.code for item in discovery.diagnostics] == ["unresolved-image"]


def test_the_language_level_comes_from_a_file_about_the_same_jruby() -> None:
    jruby = LockedRuby(version="3.4.0", engine="jruby", engine_version="10.0.2.0", line=3)
    same = found(
        {".ruby-version": "jruby-10.0.2.0", "Dockerfile": "FROM jruby:10.0.2.0"}, Lockfile(path="x", ruby=jruby)
    )
    assert spelled(same)["production"].startswith("engine=jruby ruby=3.4.0 engine_version=10.0.2.0")
    other = found({"Dockerfile": "FROM jruby:9.4.7.0"}, Lockfile(path="x", ruby=jruby))
    assert other.environments[0].fact("ruby") is None


def test_the_nearest_file_of_a_kind_counts_and_other_folders_do_not() -> None:
    files = {".ruby-version": "3.3.1", "app/.ruby-version": "3.4.5", "other/.ruby-version": "3.2.0"}
    discovery = found(files, Lockfile(path="app/Gemfile.lock"))
    assert spelled(discovery) == {"project": "engine=ruby ruby=3.4.5"}


def test_places_of_another_folder_run_another_bundle() -> None:
    elsewhere = setup("").rstrip() + "\n        with: { working-directory: other }\n"
    files = {"other/Dockerfile": "FROM ruby:3.4", CI: elsewhere}
    assert spelled(found(files, Lockfile(path="app/Gemfile.lock"))) == {"unknown": ""}
    assert len(found(files).environments) == 2


def test_the_command_line_comes_first_and_fills_every_environment() -> None:
    stated = Stated(
        command_line=stated_facts(ruby="3.4.9", features=["no-ractor"]),
        config=stated_facts(ruby="3.4.8", features=["ractor", "fork"], path=".gemaudit.toml"),
    )
    discovery = found({"Dockerfile": "FROM ruby:3.4.7-alpine", CI: setup("jruby")}, None, stated)
    for environment in discovery.environments:
        assert environment.value("ruby") == "3.4.9"
        assert [fact.value for fact in environment.all("feature")] == ["fork", "no-ractor"]
        assert environment.fact("engine_version") is None


def test_a_stated_platform_takes_the_libc_of_the_image_along() -> None:
    stated = Stated(command_line=stated_facts(platforms=["arm64-darwin"]))
    discovery = found({"Dockerfile": "FROM ruby:3.4-alpine"}, None, stated)
    assert spelled(discovery) == {"production": "engine=ruby ruby ~> 3.4.0 os=darwin cpu=arm64"}


def test_several_platforms_are_several_environments() -> None:
    stated = Stated(command_line=stated_facts(platforms=["x86_64-linux-musl", "x86_64-linux"]))
    discovery = found({"Dockerfile": "FROM ruby:3.4"}, None, stated)
    assert spelled(discovery) == {
        "production [x86_64-linux-musl]": "engine=ruby ruby ~> 3.4.0 os=linux cpu=x86_64 libc=musl",
        "production [x86_64-linux]": "engine=ruby ruby ~> 3.4.0 os=linux cpu=x86_64 libc=gnu",
    }


def test_named_environments_stand_in_for_the_discovered_ones() -> None:
    path = ".gemaudit.toml"
    stated = Stated(
        config=stated_facts(features=["fork"], libc="gnu", path=path, line=2),
        named=(
            ("worker", stated_facts(ruby="3.3.1", libc="musl", path=path, line=5)),
            ("web", Facts()),
        ),
    )
    discovery = found({"Dockerfile": "FROM ruby:3.4-alpine"}, LOCKED, stated)
    assert spelled(discovery) == {
        "web": "engine=ruby ruby=3.4.5 os=linux libc=gnu bundler=2.6.9",
        "worker": "engine=ruby ruby=3.3.1 os=linux libc=musl bundler=2.6.9",
    }


def test_a_sanitizer_of_the_user_replaces_the_none_of_the_image() -> None:
    stated = Stated(command_line=stated_facts(sanitizers=["address"]))
    (environment,) = found({"Dockerfile": "FROM ruby:3.4"}, None, stated).environments
    assert [fact.value for fact in environment.all("sanitizer")] == ["address"]


def test_features_bring_those_they_imply() -> None:
    stated = Stated(command_line=stated_facts(features=["auto-compaction", "mn-threads", "no-threads"]))
    (environment,) = found({}, None, stated).environments
    assert [fact.value for fact in environment.all("feature")] == [
        *("auto-compaction", "compaction", "mn-threads", "no-threads"),
    ]


def test_ids_are_unique() -> None:
    files = {"Dockerfile": "FROM ruby:3.4", "docker/Dockerfile": "FROM ruby:3.3", "Containerfile": "FROM ruby:3.2"}
    ids = [environment.id for environment in found(files).environments]
    assert ids == ["production", "production (Dockerfile)", "production (docker/Dockerfile)"]


def test_a_contradicted_file_contradicts_nothing_itself() -> None:
    files = {"Dockerfile": "FROM ruby:3.4.7", ".ruby-version": "3.3.1", "Gemfile": "ruby '~> 3.4.0'"}
    assert [path for _, path, _, _ in notices(found(files))] == [".ruby-version"]


def test_more_environments_than_are_audited_are_told() -> None:
    files = {CI: setup("3.4.5"), "Dockerfile": "FROM ruby:3.4.5\n"}
    files |= {f"Dockerfile.x{number:03}": "FROM ruby:3.4.5\n" for number in range(MOST_ENVIRONMENTS)}
    discovery = found(files, LOCKED)
    assert len(discovery.environments) == MOST_ENVIRONMENTS
    assert "production" in {environment.id for environment in discovery.environments}
    [told] = [item for item in discovery.diagnostics if item.code == "too-many-environments"]
    assert (told.level, told.path, told.line) == ("warning", f"Dockerfile.x{MOST_ENVIRONMENTS - 2:03}", 1)
    assert found(dict(reversed(files.items())), LOCKED) == discovery


def test_as_many_environments_as_are_audited_are_no_matter() -> None:
    names = tuple((f"e{number}", Facts()) for number in range(MOST_ENVIRONMENTS))
    discovery = found({}, LOCKED, Stated(named=names))
    assert (len(discovery.environments), discovery.diagnostics) == (MOST_ENVIRONMENTS, ())


def test_platforms_of_many_environments_are_not_multiplied() -> None:
    many = stated_facts(platforms=[f"{cpu}-linux-{libc}" for cpu in ("x86_64", "aarch64") for libc in ("gnu", "musl")])
    names = tuple((f"e{number}", many) for number in range(10_000))
    discovery = found({}, LOCKED, Stated(named=names))
    assert len(discovery.environments) == MOST_ENVIRONMENTS
    assert [item.code for item in discovery.diagnostics] == ["too-many-environments"]


def test_the_pages_name_how_many_environments_are_audited() -> None:
    for page in ("environments", "messages"):
        assert f"{MOST_ENVIRONMENTS} environments of a project" in Path(f"docs/{page}.md").read_text(encoding="utf-8")
