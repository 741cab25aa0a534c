"""A file as the readers see it."""

from msgspec import Struct


class Document(Struct, frozen=True):
    """One file of the audited project.

    `path` is how reports name it: relative to where the audit was started, with forward slashes.
    `text` is the decoded content without a byte order mark.
    """

    path: str
    text: str
