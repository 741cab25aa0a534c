"""Gem servers, asked for the releases of single gems in the compact index format.

`/versions`, which Bundler fetches first, is deliberately never downloaded: it lists every gem of the server (23 MB on
rubygems.org) to say which `/info/GEM` changed, which pays for a whole resolution and not for the few gems of a plan;
their ETags say the same one by one.
"""

from gemaudit.adapters.rubygems.client import GemServers
from gemaudit.adapters.rubygems.limits import Limits

__all__ = ["GemServers", "Limits"]
