"""The lockfile itself: RUBY VERSION and BUNDLED WITH.

Bundler writes RUBY VERSION when the Gemfile has a `ruby` line, and refuses to start under a Ruby
that this line does not admit (bundler/lib/bundler/ruby_version.rb, `Definition#validate_runtime!`).
"""

import re

from gemaudit.environments.names import parse_ruby_name
from gemaudit.environments.observation import Observation, Trait, excerpt
from gemaudit.model.environment import Fact
from gemaudit.model.lockfile import LockedRuby, Lockfile

NAME = "gemfile-lock"

#: The lockfile is read before, so nothing is asked of the gatherer.
PATTERNS: tuple[str, ...] = ()

_VERSION = re.compile(r"[0-9]+(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z.-]+)?")
_LONGEST_VERSION = 64


def observe(lockfile: Lockfile) -> Observation:
    """The Ruby and the Bundler that the lockfile states, for the whole project."""
    facts = []
    if lockfile.ruby:
        ruby = lockfile.ruby
        facts += [_fact(lockfile, trait, ruby.line, ruby.text or f"ruby {ruby.version}") for trait in _traits(ruby)]
    if lockfile.bundled_with and lockfile.bundled_with_line and _is_version(lockfile.bundled_with):
        trait = Trait("bundler", lockfile.bundled_with)
        facts.append(_fact(lockfile, trait, lockfile.bundled_with_line, lockfile.bundled_with))
    return Observation(facts=tuple(facts))


def _traits(ruby: LockedRuby) -> tuple[Trait, ...]:
    name = parse_ruby_name(ruby.version)
    if ruby.engine == "ruby":
        return name.traits if name else (Trait("engine", "ruby"),)
    engine = [Trait("engine", ruby.engine)]
    if _is_version(ruby.engine_version):
        engine.append(Trait("engine_version", ruby.engine_version.replace("-", ".")))
    level = [Trait("ruby", name.version, name.exact)] if name and name.version else []
    return (*engine, *level)


def _is_version(text: str) -> bool:
    return len(text) <= _LONGEST_VERSION and _VERSION.fullmatch(text) is not None


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
