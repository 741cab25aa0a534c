"""Which advisories reach which packages, in which environments."""

from gemaudit.matching.examples import evaluate_example
from gemaudit.matching.match import match
from gemaudit.matching.policy import apply_policy

__all__ = ["apply_policy", "evaluate_example", "match"]
