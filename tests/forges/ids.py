"""Global ids of nodes: opaque to clients, and different from database ids as GitHub's are."""

import base64
import binascii

_LETTERS = frozenset("RBTCFOU")  # repository, blob, tree, commit, ref, organisation, user


def global_id(letter: str, *parts: object) -> str:
    """The id of a node, as in `R_MTI`."""
    text = ":".join(map(str, parts)).encode()
    return f"{letter}_{base64.urlsafe_b64encode(text).decode().rstrip('=')}"


def parts_of(node_id: str) -> tuple[str, list[str]] | None:
    """The kind and the parts of a node's id, or None where it is none."""
    letter, _, encoded = node_id.partition("_")
    try:
        text = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (letter, text.split(":")) if letter in _LETTERS else None
