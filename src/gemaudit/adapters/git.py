"""Files of an earlier revision, read from git's object store: nothing is checked out, no hook and no filter runs."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

_GIT = ("git", "--no-optional-locks")
_SECONDS = 120
_REGULAR = frozenset({"100644", "100755"})
#: A hostile history must not fill the disk.
_MOST_FILES = 20_000
_LARGEST = 64 * 1024 * 1024
_LARGEST_OF_ALL = 256 * 1024 * 1024


class GitError(Exception):
    """A revision that cannot be read; the message is ours, or the last line of git's."""


def repository_of(folder: Path) -> Path:
    """The top of the repository that a folder lies in. Raise GitError where there is none, or no git."""
    return Path(_run(folder, "rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape").rstrip("\n"))


def commit_of(repository: Path, revision: str) -> str:
    """The full name of the commit that a revision means. Raise GitError where there is no such commit."""
    name = _run(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return name.decode("ascii").strip()


def extract(repository: Path, commit: str, wanted: Callable[[str], bool], folder: Path) -> None:
    """Write the regular files of a commit whose path is `wanted` below a folder, byte by byte as they were committed.

    Raise GitError where git fails, and where it would be more than a project has.
    """
    entries = [entry for entry in _tree(repository, commit) if wanted(entry[0]) and entry[2] <= _LARGEST]
    if len(entries) > _MOST_FILES or sum(size for _, _, size in entries) > _LARGEST_OF_ALL:
        raise GitError(f"the revision has more than {_MOST_FILES} files, or 256 MiB of them, that could matter")
    for (path, _, _), content in zip(entries, _blobs(repository, [blob for _, blob, _ in entries]), strict=True):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _tree(repository: Path, commit: str) -> Iterator[tuple[str, str, int]]:
    """Path, object and size of every regular file."""
    for entry in _run(repository, "ls-tree", "-r", "-l", "-z", "--full-tree", commit).split(b"\0"):
        head, _, path = entry.partition(b"\t")
        fields = head.split()
        if fields[0:1] and fields[0].decode() in _REGULAR and fields[-1].isdigit():
            name = path.decode("utf-8", "surrogateescape")
            if not any(part in {"", ".", ".."} for part in PurePosixPath(name).parts) and not name.startswith("/"):
                yield name, fields[2].decode("ascii"), int(fields[3])


def _blobs(repository: Path, names: list[str]) -> Iterator[bytes]:
    output = _run(repository, "cat-file", "--batch", given="".join(f"{name}\n" for name in names).encode("ascii"))
    position = 0
    for _ in names:
        end = output.index(b"\n", position)
        fields = output[position:end].split()
        if fields[-1] == b"missing":
            raise GitError("an object of the revision is not there; the clone may be shallow or partial")
        size = int(fields[2])
        yield output[end + 1 : end + 1 + size]
        position = end + size + 2


def _run(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the revision cannot be taken for an option
            [*_GIT, "-C", str(folder), *arguments],
            input=given,
            capture_output=True,
            timeout=_SECONDS,
            env={**os.environ, "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
            check=False,
        )
    except FileNotFoundError as error:
        raise GitError("there is no `git` on this machine") from error
    except subprocess.TimeoutExpired as error:
        raise GitError(f"git did not answer within {_SECONDS} seconds") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(said[-1] if said else "there is no such revision")
    return done.stdout
