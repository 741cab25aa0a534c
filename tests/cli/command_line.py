"""`gemaudit` as a shell starts it, without the start of a process: arguments, environment, folder, three streams."""

import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from gemaudit import cli


class Done(NamedTuple):
    """How a command has ended."""

    returncode: int
    stdout: str
    stderr: str


def gemaudit(
    arguments: Sequence[str], folder: Path, *, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> Done:
    """Run it in a folder, with nothing of the environment of the tests but PATH, to its exit code."""
    variables = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder), **(environment or {})}
    out, err = io.BytesIO(), io.BytesIO()
    with (
        chdir(folder),
        mock.patch.dict(os.environ, variables, clear=True),
        mock.patch.object(sys, "argv", ["gemaudit", *arguments]),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
        mock.patch.object(sys, "stdout", io.TextIOWrapper(out, write_through=True)),
        mock.patch.object(sys, "stderr", io.TextIOWrapper(err, write_through=True)),
    ):
        # The streams close what they write to when they go.
        return Done(_main(), out.getvalue().decode(), err.getvalue().decode())


def _main() -> int:
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0
