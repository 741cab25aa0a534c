"""Situations about where a bundle runs and where its gems come from."""

from situation import Situation, at, defect, plain, release

_LINUX = "x86_64-linux"
_LINUX_AND_MAC = ("x86_64-linux", "arm64-darwin")
_GLIBC_AND_MUSL = ("x86_64-linux", "x86_64-linux-musl")

RUBIES = (
    Situation(
        name="every fix needs a later Ruby",
        gemfile='gem "ffi"',
        releases=(
            *plain("ffi", "1.15.0"),
            release("ffi 1.15.1", ruby=">= 99.0"),
            release("ffi 1.16.0", ruby=">= 99.0"),
        ),
        defects=(defect("ffi 0...1.15.1"),),
        reach=(at("ffi", "ruby", "1.15.1"),),
    ),
    Situation(
        name="the newest fix needs a later Ruby",
        gemfile='gem "ffi"',
        releases=(*plain("ffi", "1.15.0", "1.15.1"), release("ffi 1.15.2", ruby=">= 99.0")),
        defects=(defect("ffi 0...1.15.1"),),
        reach=(at("ffi", "alone", "1.15.1"),),
    ),
    Situation(
        name="the smallest fix is for earlier Rubies only",
        gemfile='gem "ffi"',
        releases=(*plain("ffi", "1.15.0"), release("ffi 1.15.1", ruby=">= 2.0, < 2.7"), *plain("ffi", "1.15.2")),
        defects=(defect("ffi 0...1.15.1"),),
        reach=(at("ffi", "alone", "1.15.2"),),
    ),
    Situation(
        name="the dependent that allows the fix needs a later Ruby",
        gemfile='gem "rdkafka"',
        releases=(
            release("rdkafka 0.12.0", "ffi ~> 1.15.0"),
            release("rdkafka 0.13.0", "ffi ~> 1.15", ruby=">= 99.0"),
            *plain("ffi", "1.15.0", "1.16.0"),
        ),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "ruby", "1.16.0"),),
    ),
    Situation(
        name="what the fix depends on needs a later Ruby",
        gemfile='gem "nokogiri"',
        releases=(
            *plain("nokogiri", "1.15.0"),
            release("nokogiri 1.15.1", "crass"),
            release("crass 1.6.0", ruby=">= 99.0"),
        ),
        defects=(defect("nokogiri 0...1.15.1"),),
        reach=(at("nokogiri", "ruby", "1.15.1"),),
    ),
    Situation(
        name="every fix needs a later RubyGems",
        gemfile='gem "ffi"',
        releases=(*plain("ffi", "1.15.0"), release("ffi 1.15.1", rubygems=">= 99.0")),
        defects=(defect("ffi 0...1.15.1"),),
        reach=(at("ffi", "rubygems", "1.15.1"),),
    ),
    Situation(
        name="the newest fix needs a later RubyGems",
        gemfile='gem "ffi"',
        releases=(*plain("ffi", "1.15.0", "1.15.1"), release("ffi 1.15.2", rubygems=">= 99.0")),
        defects=(defect("ffi 0...1.15.1"),),
        reach=(at("ffi", "alone", "1.15.1"),),
    ),
)

PLATFORMS = (
    Situation(
        name="precompiled files only",
        gemfile='gem "ffi"',
        releases=(release("ffi 1.15.0", platforms=_LINUX), release("ffi 1.15.1", platforms=_LINUX)),
        defects=(defect("ffi 0...1.15.1"),),
        reach=(at("ffi", "alone", "1.15.1"),),
    ),
    Situation(
        name="precompiled files for two platforms",
        gemfile='gem "ffi"',
        platforms=_LINUX_AND_MAC,
        releases=(
            release("ffi 1.15.0", platforms="x86_64-linux arm64-darwin"),
            release("ffi 1.15.1", platforms="ruby x86_64-linux arm64-darwin"),
        ),
        defects=(defect("ffi 0...1.15.1"),),
        reach=(at("ffi", "alone", "1.15.1"),),
    ),
    Situation(
        name="the fix lacks the file of a platform",
        gemfile='gem "ffi"',
        platforms=_LINUX_AND_MAC,
        releases=(
            release("ffi 1.15.0", platforms="x86_64-linux arm64-darwin"),
            release("ffi 1.15.1", platforms="x86_64-linux"),
        ),
        defects=(defect("ffi 0...1.15.1"),),
        reach=(at("ffi", "platform", "1.15.1"),),
    ),
    Situation(
        name="the smallest fix lacks the file of a platform",
        gemfile='gem "ffi"',
        platforms=_LINUX_AND_MAC,
        releases=(
            release("ffi 1.15.0", platforms="x86_64-linux arm64-darwin"),
            release("ffi 1.15.1", platforms="x86_64-linux"),
            release("ffi 1.15.2", platforms="x86_64-linux arm64-darwin"),
        ),
        defects=(defect("ffi 0...1.15.1"),),
        reach=(at("ffi", "alone", "1.15.2"),),
    ),
    Situation(
        name="the fix is compiled where its file is missing",
        gemfile='gem "ffi"',
        platforms=_LINUX_AND_MAC,
        releases=(
            release("ffi 1.15.0", platforms="x86_64-linux arm64-darwin"),
            release("ffi 1.15.1", platforms="ruby x86_64-linux"),
        ),
        defects=(defect("ffi 0...1.15.1"),),
        reach=(at("ffi", "alone", "1.15.1"),),
    ),
    Situation(
        name="the fix has no file of its own for musl",
        gemfile='gem "ffi"',
        platforms=_GLIBC_AND_MUSL,
        releases=(
            release("ffi 1.15.0", platforms="x86_64-linux x86_64-linux-musl"),
            release("ffi 1.15.1", platforms="ruby x86_64-linux"),
        ),
        defects=(defect("ffi 0...1.15.1"),),
        reach=(at("ffi", "alone", "1.15.1"),),
    ),
    Situation(
        name="the precompiled file needs a later Ruby than the source",
        gemfile='gem "ffi"',
        platforms=("ruby", "x86_64-linux"),
        releases=(
            *plain("ffi", "1.15.0", "1.15.1"),
            release("ffi 1.15.1", platforms=_LINUX, ruby=">= 99.0"),
        ),
        defects=(defect("ffi 0...1.15.1"),),
        reach=(at("ffi", "alone", "1.15.1"),),
    ),
    Situation(
        name="the dependent that allows the fix lacks the file of a platform",
        gemfile='gem "rdkafka"',
        platforms=_LINUX_AND_MAC,
        releases=(
            release("rdkafka 0.12.0", "ffi ~> 1.15.0", platforms="x86_64-linux arm64-darwin"),
            release("rdkafka 0.13.0", "ffi ~> 1.15", platforms="x86_64-linux"),
            *plain("ffi", "1.15.0", "1.16.0"),
        ),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "platform", "1.16.0"),),
    ),
)

SOURCES = (
    Situation(
        name="the gem is on the second server only",
        gemfile='source "one"\n\ngem "oj"\n\nsource "two" do\n  gem "ours"\nend',
        releases=(
            *plain("oj", "3.0.0", "3.1.0"),
            release("ours 1.0.0", server="two"),
            release("ours 1.0.1", server="two"),
        ),
        defects=(defect("ours 0...1.0.1"),),
        reach=(at("ours", "alone", "1.0.1"),),
    ),
    Situation(
        name="both servers have the gem and the Gemfile names the one without the fix",
        gemfile='source "one"\n\ngem "oj"\n\nsource "two" do\n  gem "ours"\nend',
        releases=(
            *plain("oj", "3.0.0", "3.1.0"),
            *plain("ours", "1.0.0", "1.0.1"),
            release("ours 1.0.0", server="two"),
        ),
        defects=(defect("ours 0...1.0.1"),),
        reach=(at("ours", "no release"),),
    ),
    Situation(
        name="both servers have the gem and the Gemfile names the one with the fix",
        gemfile='source "one"\n\ngem "oj"\n\nsource "two" do\n  gem "ours", "~> 1.0.0"\nend',
        releases=(
            *plain("oj", "3.0.0", "3.1.0"),
            *plain("ours", "1.0.0", "1.1.0"),
            release("ours 1.0.0", server="two"),
            release("ours 1.0.2", server="two"),
        ),
        defects=(defect("ours 0...1.0.1"),),
        reach=(at("ours", "alone", "1.0.2"),),
    ),
    Situation(
        name="the dependent is on one server and the gem on the other",
        gemfile='source "one"\n\ngem "ffi"\n\nsource "two" do\n  gem "ours"\nend',
        releases=(
            *plain("ffi", "1.15.0", "1.16.0"),
            release("ours 1.0.0", "ffi ~> 1.15.0", server="two"),
            release("ours 1.0.1", "ffi ~> 1.15", server="two"),
        ),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "parents", "1.16.0"),),
        moves=(("ours", "1.0.1"),),
    ),
    Situation(
        name="a line of the Gemfile names the server and the version",
        gemfile='source "one"\n\ngem "oj"\ngem "ours", "1.0.0", source: "two"',
        releases=(
            *plain("oj", "3.0.0", "3.1.0"),
            release("ours 1.0.0", server="two"),
            release("ours 1.0.1", server="two"),
        ),
        defects=(defect("ours 0...1.0.1"),),
        reach=(at("ours", "gemfile", "1.0.1"),),
    ),
)
