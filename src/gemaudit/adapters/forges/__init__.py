"""Forges: where an organisation's repositories lie."""
