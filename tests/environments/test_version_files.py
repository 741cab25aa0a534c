from collections.abc import Iterable

import pytest

from gemaudit.environments import (
    Stated,
    devbox,
    discover,
    gemfile,
    gemfile_lock,
    mise,
    mise_lock,
    ruby_version,
    tool_versions,
)
from gemaudit.environments.observation import Observation
from gemaudit.model.document import Document
from gemaudit.model.environment import Fact
from gemaudit.model.lockfile import LockedRuby, Lockfile


def spelled(facts: Iterable[Fact]) -> str:
    return " ".join(f"{fact.name}{'=' if fact.exact else ' '}{fact.value}@{fact.line}" for fact in facts)


def codes(observation: Observation) -> list[tuple[str, int]]:
    return [(item.code, item.line) for item in observation.diagnostics]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.4.9\n", "engine=ruby@1 ruby=3.4.9@1"),
        ("ruby-3.4.6", "engine=ruby@1 ruby=3.4.6@1"),
        ("\ufeff3.4.6", "engine=ruby@1 ruby=3.4.6@1"),
        ("# pinned\n\n  3.4.9  # see wiki\n3.3.0\n", "engine=ruby@3 ruby=3.4.9@3"),
        ("3.3\r\n", "engine=ruby@1 ruby ~> 3.3.0@1"),
        ("jruby-10.0.3.0", "engine=jruby@1 engine_version=10.0.3.0@1"),
        ("ruby-3.4.2@shop", "engine=ruby@1 ruby=3.4.2@1"),
        ("", ""),
        ("# only a comment", ""),
    ],
)
def test_the_first_name_in_ruby_version_counts(text: str, expected: str) -> None:
    found = ruby_version.observe(Document(".ruby-version", text))
    assert spelled(found.facts) == expected
    assert found.diagnostics == ()


@pytest.mark.parametrize("text", ["system", "<<<<<<< HEAD", "~> 3.4"])
def test_a_ruby_version_that_names_no_release_is_a_notice(text: str) -> None:
    found = ruby_version.observe(Document(".ruby-version", f"\n{text}\n"))
    assert found.facts == ()
    assert codes(found) == [("unknown-ruby-name", 2)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nodejs 22.1.0\nruby 4.0.6\n", "engine=ruby@2 ruby=4.0.6@2"),
        ("ruby   3.4.5# comment", "engine=ruby@1 ruby=3.4.5@1"),
        ("ruby 3.4.5 3.3.1", "engine=ruby@1 ruby=3.4.5@1"),
        ("ruby\tjruby-9.4.7.0", "engine=jruby@1 engine_version=9.4.7.0@1"),
        ("ruby system", ""),
        ("ruby ref:v3_4_5", ""),
        ("# ruby 3.4.5", ""),
        ("rubygems 3.4.5", ""),
        ("ruby", ""),
    ],
)
def test_tool_versions_names_one_ruby(text: str, expected: str) -> None:
    assert spelled(tool_versions.observe(Document(".tool-versions", text)).facts) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[tools]\nnode = "22"\nruby = "3.4"\n', "engine=ruby@3 ruby ~> 3.4.0@3"),
        ("[tools]\nruby = '3.4.2' # comment", "engine=ruby@2 ruby=3.4.2@2"),
        ('[tools]\nruby = ["3.4.2", "3.3"]', "engine=ruby@2 ruby=3.4.2@2"),
        ('[tools]\nruby = [\n  "3.4.2",\n]', "engine=ruby@2 ruby=3.4.2@2"),
        ('[tools]\nruby = { version = "3.4.2" }', "engine=ruby@2 ruby=3.4.2@2"),
        ('[tools]\n"ruby" = [{ version = "3.4.2" }]', "engine=ruby@2 ruby=3.4.2@2"),
        ('[tools]\nruby.version = "3.4.2"', "engine=ruby@2 ruby=3.4.2@2"),
        ('[tools.ruby]\nversion = "3.4.2"', "engine=ruby@1 ruby=3.4.2@1"),
        ('tools.ruby = "3.4.2"', "engine=ruby@1 ruby=3.4.2@1"),
        ('tools = { ruby = "3.4.2" }', "engine=ruby@1 ruby=3.4.2@1"),
        ('[env]\nruby = "x"\n[tools]\nruby = "jruby-9.4"', "engine=jruby@4 engine_version ~> 9.4.0@4"),
        ('[tools]\nruby = "latest"', "engine=ruby@2 ruby >= 0@2"),
        ('[tools]\nruby = "system"', ""),
        ("[tools]\nruby = 3.4", ""),
        ("[tools]\nruby = []", ""),
        ("tools = 1", ""),
        ("", ""),
    ],
)
def test_mise_names_one_ruby(text: str, expected: str) -> None:
    found = mise.observe(Document("mise.toml", text))
    assert spelled(found.facts) == expected
    assert found.diagnostics == ()


@pytest.mark.parametrize("text", ["[tools]\nruby = \n", "[tools]\nruby = '3.4'\nruby = '3.3'", "x = " + "[" * 5000])
def test_a_mise_file_that_is_no_toml_is_a_warning(text: str) -> None:
    found = mise.observe(Document("mise.toml", text))
    assert [(item.code, item.level) for item in found.diagnostics] == [("invalid-toml", "warning")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('ruby "3.4.2"', "engine=ruby@1 ruby=3.4.2@1"),
        ("source 'https://rubygems.org'\n\nruby '4.0.6'\n", "engine=ruby@3 ruby=4.0.6@3"),
        ('ruby("3.4.2")', "engine=ruby@1 ruby=3.4.2@1"),
        ('  ruby "3.4.2" # as in production', "engine=ruby@1 ruby=3.4.2@1"),
        ('ruby "= 3.4.2"', "engine=ruby@1 ruby = 3.4.2@1"),
        ('ruby "3.4"', "engine=ruby@1 ruby ~> 3.4.0@1"),
        ('ruby "~> 3.4.6"', "engine=ruby@1 ruby ~> 3.4.6@1"),
        ("ruby '>=3.4.0'", "engine=ruby@1 ruby >= 3.4.0@1"),
        ("ruby '>= 3.2.0', '< 4.1.0'", "engine=ruby@1 ruby >= 3.2.0, < 4.1.0@1"),
        ("ruby ['>= 3.2.0', '< 4.1.0']", "engine=ruby@1 ruby >= 3.2.0, < 4.1.0@1"),
        ("ruby '>= 3.2.0',\n     '< 4.1.0'", "engine=ruby@1 ruby >= 3.2.0, < 4.1.0@1"),
        ("ruby [\n  '>= 3.2.0', # a\n  '< 4.1.0'\n]", "engine=ruby@1 ruby >= 3.2.0, < 4.1.0@1"),
        ("ruby '3.5.0.preview1'", "engine=ruby@1 ruby=3.5.0.preview1@1"),
        ("ruby '3.4.2', patchlevel: '100'", "engine=ruby@1 ruby=3.4.2@1"),
        (
            "ruby '3.1.4', engine: 'jruby', engine_version: '9.4.7.0'",
            "engine=jruby@1 engine_version=9.4.7.0@1 ruby=3.1.4@1",
        ),
        (
            "ruby '3.1.4', :engine => 'jruby', :engine_version => '9.4.7.0'",
            "engine=jruby@1 engine_version=9.4.7.0@1 ruby=3.1.4@1",
        ),
        ("ruby '3.4.2', engine: :ruby, engine_version: '3.4.2'", "engine=ruby@1 ruby=3.4.2@1"),
        ("ruby '3.4.2', engine: 'opal'", ""),
        ('ruby file: ".ruby-version"', ""),
        ('ruby(file: ".tool-versions")', ""),
        ("ruby 'nonsense'", "engine=ruby@1"),
        ("gem 'ruby'", ""),
        ("# ruby '3.4.2'", ""),
        ("ruby = '3.4.2'", ""),
        ("gem 'rails'\n__END__\nruby '3.4.2'", ""),
        ("if ENV['NEXT']\n  ruby '3.4.2'\nelse\n  ruby '3.4.2'\nend", "engine=ruby@2 ruby=3.4.2@2"),
    ],
)
def test_literal_ruby_lines_of_a_gemfile_are_read(text: str, expected: str) -> None:
    found = gemfile.observe(Document("Gemfile", text))
    assert spelled(found.facts) == expected
    assert found.diagnostics == ()


@pytest.mark.parametrize(
    "text",
    [
        "ruby \"~> #{File.read('.ruby-version').strip}\"",
        "ruby ruby_version",
        "ruby RUBY_VERSION",
        'ruby "4.0.0" unless ENV["CI"]',
        "ruby ENV.fetch('RUBY', '3.4.2')",
        "ruby '3.4.2'.freeze",
        "ruby file: File.join(__dir__, '.ruby-version')",
        "ruby '3.4.2', unknown: 'x'",
        "ruby '3.4.2' if true",
        "ruby '3.4.2',",
        "ruby [",
    ],
)
def test_computed_ruby_lines_are_unknown_and_said_so(text: str) -> None:
    found = gemfile.observe(Document("Gemfile", f"\n{text}"))
    assert found.facts == ()
    assert codes(found) == [("computed-ruby-version", 2)]


def test_ruby_lines_that_differ_are_a_choice_made_at_run_time() -> None:
    found = gemfile.observe(Document("Gemfile", "if x\n  ruby '3.4.2'\nelse\n  ruby '3.3.1'\nend"))
    assert (found.facts, codes(found)) == ((), [("computed-ruby-version", 2)])


@pytest.mark.parametrize(
    ("ruby", "expected"),
    [
        (LockedRuby(version="3.4.9", patchlevel=82, line=4), "engine=ruby@4 ruby=3.4.9@4"),
        (LockedRuby(version="3.3.0.preview2", line=4), "engine=ruby@4 ruby=3.3.0.preview2@4"),
        (LockedRuby(version="4.1.0.dev", line=4), "engine=ruby@4 build=head@4"),
        (
            LockedRuby(version="3.1.4", engine="jruby", engine_version="9.4.7.0", line=4),
            "engine=jruby@4 engine_version=9.4.7.0@4 ruby=3.1.4@4",
        ),
        (
            LockedRuby(version="2.5.1", engine="truffleruby", engine_version="1.0.0-rc6", line=4),
            "engine=truffleruby@4 engine_version=1.0.0.rc6@4 ruby=2.5.1@4",
        ),
        (
            LockedRuby(version="2.4.4", engine="truffleruby", engine_version="0.0-c3a45cc6", line=4),
            "engine=truffleruby@4 engine_version=0.0.c3a45cc6@4 ruby=2.4.4@4",
        ),
        (LockedRuby(version="???", line=4), "engine=ruby@4"),
    ],
)
def test_ruby_version_of_the_lockfile_is_about_the_project(ruby: LockedRuby, expected: str) -> None:
    found = gemfile_lock.observe(Lockfile(path="Gemfile.lock", ruby=ruby))
    assert spelled(found.facts) == expected
    assert {fact.source for fact in found.facts} == {"gemfile-lock"}


def test_bundled_with_is_the_bundler() -> None:
    found = gemfile_lock.observe(Lockfile(path="Gemfile.lock", bundled_with="2.6.9", bundled_with_line=9))
    assert spelled(found.facts) == "bundler=2.6.9@9"
    assert gemfile_lock.observe(Lockfile(path="Gemfile.lock", bundled_with="?", bundled_with_line=9)).facts == ()
    assert gemfile_lock.observe(Lockfile(path="Gemfile.lock")).facts == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[[tools.ruby]]\nversion = "3.3.11"\nbackend = "core:ruby"\n', "engine=ruby@2 ruby=3.3.11@2"),
        ('[tools.node]\nversion = "22"\n\n[tools.ruby]\nversion = "3.3.11" # x\n', "engine=ruby@5 ruby=3.3.11@5"),
        ('[[tools.ruby]]\nversion = "3.3.11"\n[tools.ruby.checksums]\nversion = "1"\n', "engine=ruby@2 ruby=3.3.11@2"),
        ('[[tools.ruby]]\nversion = "3.3.11"\n[[tools.ruby]]\nversion = "3.4.5"\n', ""),
        ('[[tools.node]]\nversion = "22"\n', ""),
        ("[[tools.ruby]]\nversion = 3\n", ""),
        ("", ""),
    ],
)
def test_mise_lock_pins_one_ruby(text: str, expected: str) -> None:
    assert spelled(mise_lock.observe(Document("mise.lock", text)).facts) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{\n  "packages": ["nodejs@22", "ruby@3.4.2"]\n}', "engine=ruby@2 ruby=3.4.2@2 build=distribution@2"),
        ('{"packages": {"ruby": "3.4"}}', "engine=ruby@1 ruby ~> 3.4.0@1 build=distribution@1"),
        ('{"packages": {\n"ruby": {\n"version": "3.4.2"}}}', "engine=ruby@3 ruby=3.4.2@3 build=distribution@3"),
        ('{"packages": ["rubyfmt@1"]}', ""),
        ('{"packages": ["ruby"]}', ""),
        ("[]", ""),
        ("", ""),
    ],
)
def test_devbox_names_a_ruby_of_nixpkgs(text: str, expected: str) -> None:
    found = devbox.observe(Document("devbox.json", text))
    assert spelled(found.facts) == expected
    assert found.diagnostics == ()


def test_a_lock_comes_before_the_file_it_locks() -> None:
    documents = [
        Document("mise.toml", '[tools]\nruby = "3.4"\n'),
        Document("mise.lock", '[[tools.ruby]]\nversion = "3.4.5"'),
    ]
    discovery = discover(documents, None, Stated())
    assert discovery.environments[0].value("ruby") == "3.4.5"
    assert discovery.diagnostics == ()
