"""What holds for every lockfile, every environment and every advisory."""

from itertools import chain

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import NO_GEMS, affected, advisory, database, environment, lockfile, package, planned, releases, shipped, span
from gemaudit.matching import match
from gemaudit.model.advisory import Advisory, Affected, Conditions, Range, Status
from gemaudit.model.environment import IMPLIED_FEATURES, Environment, Fact
from gemaudit.model.finding import Finding, Matches
from gemaudit.model.lockfile import Lockfile, Package
from gemaudit.model.version import Version
