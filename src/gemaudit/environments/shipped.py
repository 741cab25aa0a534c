"""The tools that come with a Ruby."""

from msgspec.structs import replace

from gemaudit.model.environment import Environment, Fact, FactName
from gemaudit.model.rubies import ShippedGems


def with_shipped(environment: Environment, shipped: ShippedGems) -> Environment:
    """The environment with the RubyGems and Bundler that its Ruby ships, where nothing else states them.

    The evidence is the line that states the Ruby. An engine other than CRuby ships versions of its own,
    and distributions package RubyGems and Bundler by themselves.
    """
    ruby = environment.fact("ruby")
    if environment.value("build") == "distribution":
        return environment
    if ruby is None or not ruby.exact or (environment.value("engine") or "ruby") != "ruby":
        return environment
    tools: tuple[tuple[FactName, str | None], ...] = (
        ("rubygems", shipped.rubygems(ruby.value)),
        ("bundler", shipped.bundler(ruby.value)),
    )
    added = tuple(
        Fact(name=name, value=version, path=ruby.path, line=ruby.line, text=ruby.text, source="shipped")
        for name, version in tools
        if version and environment.fact(name) is None
    )
    return replace(environment, facts=(*environment.facts, *added)) if added else environment
