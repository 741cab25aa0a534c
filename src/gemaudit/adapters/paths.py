"""What adapters ask about single paths."""

import errno
import os
import stat
from pathlib import Path


def read_regular(path: str | Path, most: int) -> bytes:
    """Return the content of a file, and at most `most` bytes of it.

    Raise OSError where it cannot be read or is no regular file; a pipe or a device never makes this wait.
    """
    # Opening a pipe that nobody writes to would wait for a writer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - there is a descriptor and no path
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        return file.read(most)


def real(path: str | Path) -> Path:
    """The absolute path without links; unlike `Path.resolve`, it never fails on a loop of links."""
    return Path(os.path.realpath(path))


def project_root(folder: Path) -> Path | None:
    """The nearest folder, from the real path `folder` upwards, that has a `.git`, or None where none has."""
    return next((here for here in (folder, *folder.parents) if os.path.lexists(here / ".git")), None)
