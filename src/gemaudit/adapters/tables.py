"""The tables about CRuby that come with the package."""

from functools import cache
from pathlib import Path

from gemaudit.model.rubies import RubyReleases, ShippedGems

_DATA = Path(__file__).parent.parent / "data"


@cache
def ruby_releases() -> RubyReleases:
    """Every release of CRuby that is known, read once."""
    return RubyReleases.decode((_DATA / "ruby-releases.json").read_bytes())


@cache
def shipped_gems() -> ShippedGems:
    """Which gems each release of CRuby ships, read once."""
    return ShippedGems.decode((_DATA / "shipped-gems.json").read_bytes())
