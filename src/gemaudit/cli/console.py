"""The terminal: reports go to stdout, everything else to stderr."""

import os
import shutil
import sys
from typing import NoReturn, TextIO

from gemaudit.cli.exit_codes import ExitCode
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.reporting.diagnostics import render_diagnostic
from gemaudit.reporting.style import Style

_NARROWEST = 40
_WIDTH_OF_A_FILE = 100


def style_of(stream: TextIO, *, no_color: bool = False, show_all: bool = False) -> Style:
    """How to draw for a stream.

    `NO_COLOR` (any value, https://no-color.org) and `--no-color` win over `FORCE_COLOR`,
    which wins over what the stream is.
    `COLUMNS` sets the width; what is no terminal gets 100 columns.
    """
    is_terminal = stream.isatty()
    width = shutil.get_terminal_size((_WIDTH_OF_A_FILE, 24)).columns if is_terminal or "COLUMNS" in os.environ else 0
    color = is_terminal and os.environ.get("TERM") != "dumb"
    if os.environ.get("FORCE_COLOR"):
        color = True
    if no_color or os.environ.get("NO_COLOR"):
        color = False
    return Style(width=max(width or _WIDTH_OF_A_FILE, _NARROWEST), color=color, show_all=show_all)


def write(text: str) -> None:
    """Print a report to stdout."""
    sys.stdout.write(text)
    sys.stdout.flush()


def say(text: str) -> None:
    """Print a message to stderr."""
    sys.stderr.write(text.rstrip("\n") + "\n")


def tell(diagnostic: Diagnostic, *, no_color: bool = False) -> None:
    """Print a diagnostic to stderr."""
    say(render_diagnostic(diagnostic, color=style_of(sys.stderr, no_color=no_color).color))


def fail(code: ExitCode, diagnostic: Diagnostic) -> NoReturn:
    """Print a diagnostic to stderr and leave."""
    tell(diagnostic)
    sys.exit(code)


def refuse(message: str, hint: str) -> NoReturn:
    """Leave because of what the user has asked for."""
    fail(ExitCode.UNUSABLE, Diagnostic(code="usage", message=message, path="", hint=hint))


def prepare() -> None:
    """Make stdout and stderr take any text, whatever the locale."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
