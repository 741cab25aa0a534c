"""Situations in which other gems have a say in the version."""

from situation import Release, Situation, at, defect, plain, release

_PATH_GEM = """\
Gem::Specification.new do |spec|
  spec.name, spec.version, spec.summary, spec.authors = "{name}", "1.0.0", "A stub", ["Nobody"]
{needs}end
"""


def _gemspec(name: str, *needs: str) -> str:
    lines = (need.partition(" ") for need in needs)
    return _PATH_GEM.format(
        name=name, needs="".join(f'  spec.add_dependency "{gem}", "{asked}"\n' for gem, _, asked in lines)
    )


def _rails(*versions: str, ruby: str = "") -> tuple[Release, ...]:
    """A family whose members ask for each other's very version."""
    return tuple(
        member
        for version in versions
        for member in (
            release(f"rails {version}", f"actionpack = {version}", f"activesupport = {version}", ruby=ruby),
            release(f"actionpack {version}", f"activesupport = {version}", ruby=ruby),
            release(f"activesupport {version}", ruby=ruby),
        )
    )


DEPENDENTS = (
    Situation(
        name="a dependent forbids the fix and its next release allows it",
        gemfile='gem "rdkafka"',
        releases=(
            release("rdkafka 0.12.0", "ffi ~> 1.15.0"),
            release("rdkafka 0.13.0", "ffi ~> 1.15"),
            *plain("ffi", "1.15.0", "1.16.0"),
        ),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "parents", "1.16.0"),),
        moves=(("rdkafka", "0.13.0"),),
    ),
    Situation(
        name="several releases of a dependent allow the fix",
        gemfile='gem "rdkafka"',
        releases=(
            release("rdkafka 0.12.0", "ffi ~> 1.15.0"),
            release("rdkafka 0.12.1", "ffi ~> 1.15"),
            release("rdkafka 0.13.0", "ffi ~> 1.15"),
            release("rdkafka 1.0.0", "ffi ~> 1.15"),
            *plain("ffi", "1.15.0", "1.16.0"),
        ),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "parents", "1.16.0"),),
        # `--patch` would leave ffi where it is, because rdkafka 0.12.1 admits that, too.
        moves=(("rdkafka", "0.13.0"),),
    ),
    Situation(
        name="a dependent forbids the fix for good",
        gemfile='gem "rdkafka"',
        releases=(
            release("rdkafka 0.12.0", "ffi ~> 1.15.0"),
            release("rdkafka 0.13.0", "ffi ~> 1.15.0"),
            *plain("ffi", "1.15.0", "1.16.0"),
        ),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "nothing"),),
    ),
    Situation(
        name="an earlier release of the dependent is no way out",
        gemfile='gem "rdkafka"',
        releases=(
            release("rdkafka 0.12.0", "ffi ~> 1.15.0"),
            release("rdkafka 0.11.0", "ffi"),
            *plain("ffi", "1.15.0", "1.16.0"),
        ),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "nothing"),),
    ),
    Situation(
        name="only a prerelease of the dependent allows the fix",
        gemfile='gem "rdkafka"',
        releases=(
            release("rdkafka 0.12.0", "ffi ~> 1.15.0"),
            release("rdkafka 0.13.0.beta1", "ffi ~> 1.15"),
            *plain("ffi", "1.15.0", "1.16.0"),
        ),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "nothing"),),
    ),
    Situation(
        name="a dependent forbids the next series and the fix is in both",
        gemfile='gem "rdkafka"\ngem "ffi"',
        releases=(release("rdkafka 0.12.0", "ffi ~> 1.15.0"), *plain("ffi", "1.15.0", "1.15.1", "1.16.0")),
        defects=(defect("ffi 0...1.15.1"),),
        reach=(at("ffi", "alone", "1.15.1"),),
    ),
    Situation(
        name="a chain of two dependents",
        gemfile='gem "karafka"',
        releases=(
            release("karafka 2.0.0", "rdkafka ~> 0.12.0"),
            release("karafka 2.1.0", "rdkafka ~> 0.13.0"),
            release("rdkafka 0.12.0", "ffi ~> 1.15.0"),
            release("rdkafka 0.13.0", "ffi ~> 1.15"),
            *plain("ffi", "1.15.0", "1.16.0"),
        ),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "parents", "1.16.0"),),
        moves=(("karafka", "2.1.0"), ("rdkafka", "0.13.0")),
    ),
    Situation(
        name="a chain whose top the Gemfile pins",
        gemfile='gem "karafka", "~> 2.0.0"',
        releases=(
            release("karafka 2.0.0", "rdkafka ~> 0.12.0"),
            release("karafka 2.1.0", "rdkafka ~> 0.13.0"),
            release("rdkafka 0.12.0", "ffi ~> 1.15.0"),
            release("rdkafka 0.13.0", "ffi ~> 1.15"),
            *plain("ffi", "1.15.0", "1.16.0"),
        ),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "gemfile", "1.16.0"),),
    ),
    Situation(
        name="the Gemfile pins the dependent",
        gemfile='gem "rdkafka", "0.12.0"',
        releases=(
            release("rdkafka 0.12.0", "ffi ~> 1.15.0"),
            release("rdkafka 0.13.0", "ffi ~> 1.15"),
            *plain("ffi", "1.15.0", "1.16.0"),
        ),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "gemfile", "1.16.0"),),
        moves=(("rdkafka", "0.13.0"),),
    ),
    Situation(
        name="the Gemfile and a dependent both forbid the fix",
        gemfile='gem "rdkafka"\ngem "ffi", "~> 1.15.0"',
        releases=(
            release("rdkafka 0.12.0", "ffi ~> 1.15.0"),
            release("rdkafka 0.13.0", "ffi ~> 1.15"),
            *plain("ffi", "1.15.0", "1.16.0"),
        ),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "gemfile", "1.16.0"),),
    ),
    Situation(
        name="the next release of the dependent does without the gem",
        gemfile='gem "rdkafka"',
        releases=(release("rdkafka 0.12.0", "ffi"), release("rdkafka 0.13.0"), *plain("ffi", "1.15.0")),
        defects=(defect("ffi 1.0.0..."),),
        reach=(at("ffi", "parents"),),
    ),
    Situation(
        name="the next release of a pinned dependent does without the gem",
        gemfile='gem "rdkafka", "0.12.0"',
        releases=(
            release("rdkafka 0.12.0", "ffi = 1.15.0"),
            release("rdkafka 0.13.0"),
            *plain("ffi", "1.15.0", "1.16.0"),
        ),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "gemfile"),),
    ),
    Situation(
        name="a lockstep family",
        gemfile='gem "rails"',
        releases=_rails("7.0.1", "7.0.2", "7.1.0"),
        defects=(defect("activesupport 0...7.0.2"),),
        reach=(at("activesupport", "parents", "7.0.2"),),
        moves=(("rails", "7.0.2"), ("actionpack", "7.0.2")),
    ),
    Situation(
        name="a lockstep family with two defective members",
        gemfile='gem "rails", "~> 7.0.1"',
        releases=_rails("7.0.1", "7.0.2", "7.0.3", "7.1.0"),
        defects=(defect("activesupport 0...7.0.2"), defect("actionpack 0...7.0.3")),
        reach=(at("activesupport", "parents", "7.0.2"), at("actionpack", "parents", "7.0.3")),
    ),
    Situation(
        name="a lockstep family that the Gemfile pins",
        gemfile='gem "rails", "7.0.1"',
        releases=_rails("7.0.1", "7.0.2", "7.1.0"),
        defects=(defect("activesupport 0...7.0.2"),),
        reach=(at("activesupport", "gemfile", "7.0.2"),),
    ),
    Situation(
        name="a lockstep family and an engine that holds it back",
        gemfile='gem "rails"\ngem "devise"',
        releases=(
            *_rails("7.0.1", "7.1.0"),
            release("devise 4.8.0", "actionpack < 7.1"),
            release("devise 4.9.0", "actionpack < 8"),
        ),
        defects=(defect("activesupport 0...7.1.0"),),
        reach=(at("activesupport", "parents", "7.1.0"),),
        moves=(("rails", "7.1.0"), ("devise", "4.9.0")),
    ),
    Situation(
        name="a lockstep family and an engine that holds it back for good",
        gemfile='gem "rails"\ngem "devise"',
        releases=(*_rails("7.0.1", "7.1.0"), release("devise 4.8.0", "actionpack < 7.1")),
        defects=(defect("activesupport 0...7.1.0"),),
        reach=(at("activesupport", "nothing"),),
    ),
    Situation(
        name="a diamond",
        gemfile='gem "karafka"\ngem "sassc"',
        releases=(
            release("karafka 2.0.0", "ffi ~> 1.15"),
            release("sassc 2.4.0", "ffi < 1.16"),
            release("sassc 2.4.1", "ffi < 2"),
            *plain("ffi", "1.15.0", "1.16.0"),
        ),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "parents", "1.16.0"),),
        moves=(("karafka", "2.0.0"), ("sassc", "2.4.1")),
    ),
    Situation(
        name="a diamond with a dead arm",
        gemfile='gem "karafka"\ngem "sassc"',
        releases=(
            release("karafka 2.0.0", "ffi ~> 1.15"),
            release("karafka 2.1.0", "ffi ~> 1.16"),
            release("sassc 2.4.0", "ffi < 1.16"),
            *plain("ffi", "1.15.0", "1.16.0"),
        ),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "nothing"),),
    ),
    Situation(
        name="a dependent from a folder forbids the fix",
        gemfile='gem "engine", path: "engine"',
        files=(("engine/engine.gemspec", _gemspec("engine", "ffi ~> 1.15.0")),),
        releases=plain("ffi", "1.15.0", "1.16.0"),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "nothing"),),
    ),
    Situation(
        name="a dependent from a folder allows the fix",
        gemfile='gem "engine", path: "engine"',
        files=(("engine/engine.gemspec", _gemspec("engine", "ffi ~> 1.15")),),
        releases=plain("ffi", "1.15.0", "1.16.0"),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "alone", "1.16.0"),),
    ),
    Situation(
        name="a dependent from Git forbids the fix",
        gemfile='gem "engine", git: "FOLDER/engine"',
        files=(("engine/engine.gemspec", _gemspec("engine", "ffi ~> 1.15.0")),),
        repositories=("engine",),
        releases=plain("ffi", "1.15.0", "1.16.0"),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(at("ffi", "nothing"),),
    ),
    Situation(
        name="the gem itself comes from a folder",
        gemfile='gem "ffi", path: "ffi"\ngem "oj"',
        files=(("ffi/ffi.gemspec", _gemspec("ffi")),),
        releases=(*plain("ffi", "1.15.0"), *plain("oj", "3.0.0")),
        defects=(defect("ffi 0...1.15.0"),),
        reach=(at("ffi", "no release"),),
    ),
)
