"""A gate in a pipeline: it holds every process that comes to it, says who they are, and opens once for all.

What is held can be killed, and is then in the middle of its work for sure.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path


def gate(folder: Path) -> Callable[[str], None]:
    """What a pipeline calls with the name of what it is working on; it returns when the gate is open.

    It is a closure, so that it is sent to other processes with all it is.
    """
    where = str(folder)

    def wait(name: str) -> None:
        Path(where, f"{name}.{os.getpid()}").touch()
        for _ in range(2_400):
            if Path(where, "open").exists():
                return
            time.sleep(0.05)
        raise AssertionError("the gate never opened")

    return wait


def open_gate(folder: Path) -> None:
    (folder / "open").touch()


def waiting(folder: Path, count: int) -> list[tuple[str, int]]:
    """Who waits, by name and process id, as soon as there are so many."""
    for _ in range(2_400):
        found = attempts(folder)
        if len(found) >= count:
            return found
        time.sleep(0.05)
    raise AssertionError(f"only {attempts(folder)} came to the gate")


def attempts(folder: Path) -> list[tuple[str, int]]:
    """Who has come to the gate so far."""
    names = (path.name.partition(".") for path in sorted(folder.iterdir()) if path.name != "open")
    return [(name, int(process)) for name, _, process in names]
