"""How large a lockfile of a corpus may be: as large as any other, which is told before it is read."""

from gemaudit.lockfiles import MAX_BYTES


def refusal(content: bytes) -> str | None:
    """The code of the bound that the size of a text is beyond, or None; the reader knows the other bounds."""
    return "too-large" if len(content) > MAX_BYTES else None
