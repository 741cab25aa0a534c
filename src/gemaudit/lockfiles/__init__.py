"""Text to `Lockfile`: everything a lockfile states, and everything that is wrong with it."""

from gemaudit.lockfiles import encoding, gemfile_lock, refusals
from gemaudit.lockfiles.refusals import MAX_BYTES, MAX_GEMS, MAX_LINE, MAX_PLATFORMS, MAX_VERSIONS
from gemaudit.lockfiles.remarks import Remarks
from gemaudit.model.lockfile import Lockfile

__all__ = [
    "MAX_BYTES",
    "MAX_GEMS",
    "MAX_LINE",
    "MAX_PLATFORMS",
    "MAX_VERSIONS",
    "is_lockfile_name",
    "read",
    "read_bytes",
]

_NAMES = frozenset({"Gemfile.lock", "gems.locked", "Gemfile.next.lock"})


def read(path: str, text: str) -> Lockfile:
    """The lockfile that `text` states; `path` is how its diagnostics call it.

    No text makes this raise: what is wrong is in the diagnostics.
    """
    return gemfile_lock.read(text, Remarks(path))


def read_bytes(path: str, data: bytes) -> Lockfile:
    """The lockfile that the content of a file states; see `read`."""
    remarks = Remarks(path)
    if refusals.too_large(len(data), remarks) or (text := encoding.decode(data, remarks)) is None:
        return Lockfile(path=path, diagnostics=remarks.all())
    return gemfile_lock.read(text, remarks)


def is_lockfile_name(name: str) -> bool:
    """Whether a file of this name is a lockfile to Bundler, to appraisal or to next_rails."""
    return name in _NAMES or name.endswith(".gemfile.lock")
