"""What a lockfile states, section by section."""

import pytest

from gemaudit.lockfiles import is_lockfile_name, read, read_bytes
from gemaudit.model.lockfile import Checksum, Dependency, GemfileDependency, LockedRuby, Lockfile

RICH = """\
GIT
  remote: https://deploy:hunter2@git.example.org/acme/clockwork.git
  revision: 0f1e2d3c4b5a69788796a5b4c3d2e1f000112233
  branch: main
  submodules: true
  glob: gems/*/*.gemspec
  specs:
    clockwork (3.0.0.alpha)
      brass-gear (~> 1.2, >= 1.2.3)

PATH
  remote: engines/billing
  specs:
    billing (0.1.0)

PLUGIN SOURCE
  remote: s3://acme-gems
  type: s3-source
  region: eu-west-1
  specs:
    vaulted (2.0)

GEM
  remote: https://rubygems.org/
  remote: https://gems.example.org/?token=hunter2
  specs:
    brass-gear (1.2.10)
      spring.wire (= 0.9)
      tiny_cog
    brass-gear (1.2.10-aarch64-linux-musl)
      tiny_cog
    brass-gear (1.2.10-java)
      tiny_cog
    brass-gear (1.2.10-x86_64-linux-gnu)
      tiny_cog
    spring.wire (0.9)
    tiny_cog (5)

GEM
  remote: https://second.example.org/
  specs:
    2nd-source (1.0)

PLATFORMS
  aarch64-linux-musl
  java
  ruby
  x86_64-linux

DEPENDENCIES
  2nd-source!
  billing!
  brass-gear (~> 1.2)
  clockwork (>= 2, < 4)!
  vaulted!

CHECKSUMS
  brass-gear (1.2.10) sha256={a}
  brass-gear (1.2.10-java) sha256={b},sha512=00ff
  bundler (4.0.1) sha256={a}
  tiny_cog (5)

RUBY VERSION
   ruby 3.1.4p223 (jruby 9.4.5.0)

BUNDLED WITH
   2.7.0.rc1
""".format(a="a" * 64, b="b" * 64)


@pytest.fixture
def rich() -> Lockfile:
    return read("Gemfile.lock", RICH)


def test_rich_lockfile_draws_no_remark(rich: Lockfile) -> None:
    assert rich.diagnostics == ()
    assert rich.is_readable


def test_packages_are_in_file_order_with_their_lines(rich: Lockfile) -> None:
    assert [(package.name, package.version, package.platform, package.line) for package in rich.packages] == [
        ("clockwork", "3.0.0.alpha", "ruby", 8),
        ("billing", "0.1.0", "ruby", 14),
        ("vaulted", "2.0", "ruby", 21),
        ("brass-gear", "1.2.10", "ruby", 27),
        ("brass-gear", "1.2.10", "aarch64-linux-musl", 30),
        ("brass-gear", "1.2.10", "java", 32),
        ("brass-gear", "1.2.10", "x86_64-linux-gnu", 34),
        ("spring.wire", "0.9", "ruby", 36),
        ("tiny_cog", "5", "ruby", 37),
        ("2nd-source", "1.0", "ruby", 42),
    ]


def test_dependencies_of_packages(rich: Lockfile) -> None:
    assert rich.packages[0].dependencies == (Dependency("brass-gear", "~> 1.2, >= 1.2.3", 9),)
    assert rich.packages[3].dependencies == (Dependency("spring.wire", "= 0.9", 28), Dependency("tiny_cog", ">= 0", 29))
    assert rich.packages[1].dependencies == ()


def test_sources(rich: Lockfile) -> None:
    git, path, plugin, gem = (rich.packages[index].origin for index in range(4))
    assert (git.kind, path.kind, plugin.kind, gem.kind) == ("git", "path", "plugin", "gem")
    assert (git.line, path.line, plugin.line, gem.line) == (1, 11, 16, 23)
    assert git.options == (
        ("revision", "0f1e2d3c4b5a69788796a5b4c3d2e1f000112233"),
        ("branch", "main"),
        ("submodules", "true"),
        ("glob", "gems/*/*.gemspec"),
    )
    assert path.remotes == ("engines/billing",)
    assert plugin.option("type") == "s3-source"
    assert plugin.option("region") == "eu-west-1"
    assert rich.packages[-1].origin.remotes == ("https://second.example.org/",)


def test_credentials_are_not_in_the_model(rich: Lockfile) -> None:
    assert "hunter2" not in repr(rich)
    assert rich.packages[0].origin.remotes == ("https://git.example.org/acme/clockwork.git",)
    assert rich.packages[3].origin.remotes == ("https://rubygems.org/", "https://gems.example.org/?token=***")


def test_tables(rich: Lockfile) -> None:
    assert rich.platforms == ("aarch64-linux-musl", "java", "ruby", "x86_64-linux")
    assert rich.platform_lines == (45, 46, 47, 48)
    assert rich.dependencies == (
        GemfileDependency(name="2nd-source", pinned=True, line=51),
        GemfileDependency(name="billing", pinned=True, line=52),
        GemfileDependency(name="brass-gear", requirement="~> 1.2", line=53),
        GemfileDependency(name="clockwork", requirement=">= 2, < 4", pinned=True, line=54),
        GemfileDependency(name="vaulted", pinned=True, line=55),
    )
    assert rich.checksums == (
        Checksum(name="brass-gear", version="1.2.10", digests=(("sha256", "a" * 64),), line=58),
        Checksum(
            name="brass-gear",
            version="1.2.10",
            platform="java",
            digests=(("sha256", "b" * 64), ("sha512", "00ff")),
            line=59,
        ),
        Checksum(name="bundler", version="4.0.1", digests=(("sha256", "a" * 64),), line=60),
        Checksum(name="tiny_cog", version="5", line=61),
    )


def test_ruby_and_bundler(rich: Lockfile) -> None:
    assert rich.ruby == LockedRuby(
        version="3.1.4",
        patchlevel=223,
        engine="jruby",
        engine_version="9.4.5.0",
        text="ruby 3.1.4p223 (jruby 9.4.5.0)",
        line=64,
    )
    assert (rich.bundled_with, rich.bundled_with_line) == ("2.7.0.rc1", 67)


@pytest.mark.parametrize(
    ("text", "version", "patchlevel", "engine", "engine_version"),
    [
        ("ruby 3.4.5", "3.4.5", None, "ruby", ""),
        ("ruby 3.1.2p20", "3.1.2", 20, "ruby", ""),
        ("ruby 4.0.0.preview2", "4.0.0.preview2", None, "ruby", ""),
        ("ruby 4.0.0-preview2", "4.0.0.preview2", None, "ruby", ""),
        ("ruby 4.0.0.dev", "4.0.0.dev", None, "ruby", ""),
        ("ruby 3.5.0.devp-1", "3.5.0.dev", -1, "ruby", ""),
        ("ruby 2.5.3p0 (truffleruby 1.0.0-rc6)", "2.5.3", 0, "truffleruby", "1.0.0-rc6"),
        ("ruby 1.9.3 (jruby 1.7.4)", "1.9.3", None, "jruby", "1.7.4"),
    ],
)
def test_ruby_versions(text: str, version: str, patchlevel: int | None, engine: str, engine_version: str) -> None:
    lockfile = read("Gemfile.lock", f"RUBY VERSION\n   {text}\n")
    assert lockfile.diagnostics == ()
    assert lockfile.ruby == LockedRuby(
        version=version, patchlevel=patchlevel, engine=engine, engine_version=engine_version, text=text, line=2
    )


@pytest.mark.parametrize("line", ["  1.16.1", "   4.1.0.dev", "\t2.5.22", "   2.5.22  "])
def test_bundled_with(line: str) -> None:
    lockfile = read("Gemfile.lock", f"BUNDLED WITH\n{line}\n   ")
    assert lockfile.diagnostics == ()
    assert (lockfile.bundled_with, lockfile.bundled_with_line) == (line.strip(), 2)


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_endings_change_nothing(rich: Lockfile, ending: str) -> None:
    assert read("Gemfile.lock", RICH.replace("\n", ending)) == rich


def test_byte_order_mark_and_last_newline_change_nothing(rich: Lockfile) -> None:
    assert read("Gemfile.lock", "\ufeff" + RICH.rstrip("\n")) == rich
    assert read_bytes("Gemfile.lock", b"\xef\xbb\xbf" + RICH.encode()) == rich


def test_space_at_line_ends_changes_nothing(rich: Lockfile) -> None:
    assert read("Gemfile.lock", RICH.replace("\n", "  \n")) == rich


def test_repeated_specification_is_kept_once_and_the_last_counts() -> None:
    block = "GEM\n  remote: https://{}/\n  specs:\n    one (1.0)\n      two{}\n"
    lockfile = read("Gemfile.lock", block.format("a", "") + "\n" + block.format("b", " (= 2)"))
    assert lockfile.diagnostics == ()
    (package,) = lockfile.packages
    assert package.origin.remotes == ("https://b/",)
    assert package.dependencies == (Dependency("two", "= 2", 11),)


def test_digests_in_base64_are_read_as_bundler_does() -> None:
    lockfile = read("Gemfile.lock", "CHECKSUMS\n  one (1.0) sha256=qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\n")
    assert lockfile.diagnostics == ()
    assert lockfile.checksums[0].digests == (("sha256", "aa" * 32),)


def test_word_after_a_specification_is_passed_over_as_in_bundler() -> None:
    lockfile = read("Gemfile.lock", "GEM\n  specs:\n    one (1.0)! sha256=00\n    two (1.0-java) main\n")
    assert lockfile.diagnostics == ()
    assert [(package.name, package.platform) for package in lockfile.packages] == [("one", "ruby"), ("two", "java")]


@pytest.mark.parametrize(
    "name", ["Gemfile.lock", "gems.locked", "Gemfile.next.lock", "rails_8.gemfile.lock", "a b.gemfile.lock"]
)
def test_lockfile_names(name: str) -> None:
    assert is_lockfile_name(name)


@pytest.mark.parametrize("name", ["Gemfile", "package-lock.json", "Gemfile.lock.erb", "gems.rb", "gemfile.lock", ""])
def test_other_names(name: str) -> None:
    assert not is_lockfile_name(name)
