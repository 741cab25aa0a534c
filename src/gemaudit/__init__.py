"""Audits Ruby bundles for memory-safety defects in native code, where they really run."""

__version__ = "0.1.0"
