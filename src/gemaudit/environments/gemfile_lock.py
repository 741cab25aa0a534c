"""The lockfile itself: RUBY VERSION and BUNDLED WITH, and the servers among the gems that the Gemfile asks for.

Bundler writes RUBY VERSION when the Gemfile has a `ruby` line, and refuses to start under a Ruby
that this line does not admit (bundler/lib/bundler/ruby_version.rb, `Definition#validate_runtime!`).
"""

from gemaudit.environments.observation import Observation, Trait, Usage, excerpt
from gemaudit.model.environment import Fact
from gemaudit.model.lockfile import LockedRuby, Lockfile

NAME = "gemfile-lock"

_LONGEST_VERSION = 64

#: What an application that names one of these gems in its Gemfile does. A gem that only comes along proves nothing,
#: and neither does one that Rails puts into every new Gemfile without need, such as `solid_queue`.
USED: dict[str, tuple[str, ...]] = {
    "falcon": ("fiber-scheduler",),
    "good_job": ("threads",),
    "karafka": ("threads",),
    "nakayoshi_fork": ("fork",),
    "pitchfork": ("fork",),
    "puma": ("threads",),
    "resque": ("fork",),
    "shoryuken": ("threads",),
    "sidekiq": ("threads",),
    "unicorn": ("fork",),
}
#: Servers beside which Puma is there for the browser tests, whose default it is.
_RIVALS = frozenset({"agoo", "falcon", "iodine", "passenger", "pitchfork", "thin", "unicorn"})


def observe(lockfile: Lockfile) -> Observation:
    """The Ruby and the Bundler that the lockfile states, for the whole project, and what its gems are used for."""
    facts = []
    if lockfile.ruby:
        ruby = lockfile.ruby
        facts += [_fact(lockfile, trait, ruby.line, ruby.text or f"ruby {ruby.version}") for trait in _traits(ruby)]
    if lockfile.bundled_with and lockfile.bundled_with_line and _is_version(lockfile.bundled_with):
        trait = Trait("bundler", lockfile.bundled_with)
        facts.append(_fact(lockfile, trait, lockfile.bundled_with_line, lockfile.bundled_with))
    return Observation(facts=tuple(facts), usages=_usages(lockfile))


def _usages(lockfile: Lockfile) -> tuple[Usage, ...]:
    """What the gems in the Gemfile are used for; those of a gem's own lockfile are for its tests."""
    is_library = any(
        package.origin.kind == "path" and package.origin.remotes == (".",) for package in lockfile.packages
    )
    named = set() if is_library else {dependency.name for dependency in lockfile.dependencies}
    named -= {"puma"} if named & _RIVALS else set()
    first = {package.name: package for package in reversed(lockfile.packages) if package.name in named & USED.keys()}
    return tuple(
        Usage(facts=(_fact(lockfile, Trait("feature", word), package.line, f"{name} ({package.version})"),))
        for name, package in sorted(first.items())
        for word in USED[name]
    )


def _traits(ruby: LockedRuby) -> tuple[Trait, ...]:
    from gemaudit.environments.names import parse_ruby_name  # noqa: PLC0415 - many lockfiles name no Ruby

    name = parse_ruby_name(ruby.version)
    if ruby.engine == "ruby":
        return name.traits if name else (Trait("engine", "ruby"),)
    engine = [Trait("engine", ruby.engine)]
    if _is_version(ruby.engine_version):
        engine.append(Trait("engine_version", ruby.engine_version.replace("-", ".")))
    level = [Trait("ruby", name.version, name.exact)] if name and name.version else []
    return (*engine, *level)


def _is_version(text: str) -> bool:
    """Whether the text is numbers and words between dots, the first of them a number, with dashes at the end."""
    release, dash, rest = text.partition("-")
    parts = release.split(".")
    is_plain = text.isascii() and parts[0].isdecimal() and all(part.isalnum() for part in parts)
    has_rest = not dash or (rest != "" and rest.replace(".", "").replace("-", "").isalnum())
    return len(text) <= _LONGEST_VERSION and is_plain and has_rest


def _fact(lockfile: Lockfile, trait: Trait, line: int, text: str) -> Fact:
    return Fact(
        name=trait.name,
        value=trait.value,
        exact=trait.exact,
        path=lockfile.path,
        line=line,
        text=excerpt(text),
        source=NAME,
    )
