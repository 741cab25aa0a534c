"""Texts, versions and requirements for the property tests, drawn from the corners of the grammar."""

from hypothesis import strategies as st

from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

NUMBERS = st.one_of(st.sampled_from(["0", "0", "00", "1", "01", "2", "10"]), st.integers(0, 10**40).map(str))
WORDS = st.sampled_from(["a", "b", "A", "Z", "pre", "rc", "rc1", "rc10", "0a", "a0", "1a2b", "beta"])
TEXTS = st.tuples(NUMBERS, st.lists(NUMBERS | WORDS, max_size=5)).map(lambda parts: ".".join([parts[0], *parts[1]]))
VERSIONS = TEXTS.map(Version.parse)

OPERATORS = ("=", "!=", ">", "<", ">=", "<=", "~>")
PARTS = st.tuples(st.sampled_from([*OPERATORS, "~>", ""]), TEXTS).map(" ".join)
REQUIREMENTS = st.lists(PARTS, min_size=1, max_size=3).map(Requirement.parse)
