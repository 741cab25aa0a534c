"""Audits Ruby bundles for memory-safety defects in native code, where they really run."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gemaudit.api import audit

__all__ = ["__version__", "audit"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import `audit` when it is first asked for, so that the command line does not pay for it."""
    if name == "audit":
        from gemaudit.api import audit  # noqa: PLC0415 - lazily on purpose

        return audit
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
