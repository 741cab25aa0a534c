"""The conversation with the runner: workflow commands on stdout, outputs and the summary in files.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

import os
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

#: A runner refuses a step's summary of more bytes.
MOST_BYTES = 1024 * 1024
_MOST_TEXT = 2000


class UsageError(Exception):
    """An input or a surrounding that the action cannot work with; `hint` says what to change."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def say(level: Literal["error", "warning", "notice"], message: str, hint: str = "") -> None:
    """Annotate the run; the texts may hold anything."""
    text = "\n".join(filter(None, (message[:_MOST_TEXT], hint and f"hint: {hint}")))
    _write(f"::{level} title=gemaudit::{_escaped(text)}")


def mask(secret: str) -> None:
    """Keep the secret out of the log, whoever prints it from now on."""
    if secret:
        _write(f"::add-mask::{_escaped(secret)}")


def set_outputs(values: Mapping[str, str]) -> None:
    """Set outputs of the step."""
    # A value cannot end early, because nobody can guess where it ends.
    end = f"end-{uuid.uuid4().hex}"
    text = "".join(f"{name}<<{end}\n{value}\n{end}\n" for name, value in values.items())
    _append(os.environ.get("GITHUB_OUTPUT", ""), text)


def add_summary(text: str) -> bool:
    """Add Markdown to the summary of the step; False where the runner would refuse it."""
    if len(text.encode()) >= MOST_BYTES:
        return False
    _append(os.environ.get("GITHUB_STEP_SUMMARY", ""), f"{text}\n")
    return True


def _append(file: str, text: str) -> None:
    if file:
        with Path(file).open("a", encoding="utf-8", newline="") as target:
            target.write(text)


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
