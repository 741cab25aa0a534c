"""What the linter demands of an advisory: one file per concern, listed in `RULES`.

Each module has `check(entry) -> Iterator[Diagnostic]`.
"""

from gemaudit.advisories.rules import conditions, evidence, examples, identity, prose, ranges, signatures, upgrades

RULES = (identity, prose, ranges, conditions, upgrades, signatures, evidence, examples)
