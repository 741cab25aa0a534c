"""Git's names of contents."""

import hashlib
import re

#: Git names an object by a digest of it: of SHA-1, or of SHA-256 in a repository of that format.
_ALGORITHMS = {40: "sha1", 64: "sha256"}
_NAME = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def is_name(text: str) -> bool:
    """Whether a text can be git's name of an object."""
    return _NAME.fullmatch(text) is not None


def is_content(oid: str, content: bytes) -> bool:
    """Whether git's name of this content is `oid` (gitformat-loose: the digest is of a header and the content)."""
    if not is_name(oid):
        return False
    digest = hashlib.new(_ALGORITHMS[len(oid)], b"blob %d\0" % len(content), usedforsecurity=False)
    digest.update(content)
    return digest.hexdigest() == oid
