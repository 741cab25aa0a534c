"""The smallest upgrades that close the findings and are allowed."""

from gemaudit.planning.plan import plan

__all__ = ["plan"]
