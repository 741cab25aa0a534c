"""Forges on loopback: what GitHub answers, told from its public documentation and never from our client."""
