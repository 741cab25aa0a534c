"""Writing changed files: all of them or none."""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from gemaudit.adapters.paths import project_root, read_regular, real
from gemaudit.planning.patch import FileChange

_LARGEST = 4 * 1024 * 1024


def read_texts(paths: Iterable[str], top: Path) -> dict[str, str]:
    """The files as they are, line ends included; one that is no text, too large or outside of the project is left out.

    The project is the repository that `top` lies in, or `top` itself.
    """
    here = real(top)
    root = project_root(here) or here
    texts = {}
    for path in paths:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if real(path).is_relative_to(root) and len(content := read_regular(path, _LARGEST + 1)) <= _LARGEST:
                texts[path] = content.decode("utf-8")
    return texts


def write_all(changes: Iterable[FileChange]) -> None:
    """Replace every file, or none.

    Each new text is complete on the disk before the first file is replaced, and a failure half-way puts back what was
    replaced. A file that has changed since it was read stops it all. Raise OSError, naming the file.
    """
    wanted = tuple(changes)
    for change in wanted:
        if read_regular(change.path, _LARGEST + 1).decode("utf-8", "replace") != change.before:
            raise OSError(f"`{change.path}` has changed since it was read")
    with contextlib.ExitStack() as stack:
        staged = [(change, stack.enter_context(_staged(change.path, change.after))) for change in wanted]
        replaced: list[FileChange] = []
        try:
            for change, new in staged:
                new.replace(real(change.path))
                replaced.append(change)
        except OSError:
            restore(replaced)
            raise


def restore(changes: Iterable[FileChange]) -> None:
    """Put the files back to what they were before."""
    for change in changes:
        with _staged(change.path, change.before) as old:
            old.replace(real(change.path))


@contextlib.contextmanager
def _staged(path: str, text: str) -> Iterator[Path]:
    """A finished file beside the one at `path`, with its permissions; gone at the end unless it has taken its place."""
    target = real(path)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - there is a descriptor and no path
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            Path(name).chmod(target.stat().st_mode)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
