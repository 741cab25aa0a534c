"""The conversation on the command line: one file per command."""

import gc
import sys
from errno import ENOSPC

from gemaudit.cli.console import prepare, say
from gemaudit.cli.exit_codes import ExitCode

_BUG = """\
error[bug]: gemaudit failed, and that is its own fault: {kind}: {message}
hint: run the same command with `GEMAUDIT_TRACEBACK=1` and report what it prints at \
https://github.com/gemaudit/gemaudit/issues"""


def main() -> None:
    """Run the command line; a fault of gemaudit's own ends in exit code 70, never in a traceback."""
    prepare()
    try:
        # What is imported lives as long as the process, so looking through it for garbage is time lost.
        gc.disable()
        from gemaudit.cli.app import app  # noqa: PLC0415 - a fault at import time ends in exit code 70 too

        gc.freeze()
        gc.enable()
        app()
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        _leave_stdout()
        sys.exit(ExitCode.CLEAN)
    except Exception as error:  # noqa: BLE001 - the last line of defence
        sys.exit(_report(error))


def _leave_stdout() -> None:
    """Let go of a stdout that nobody reads or that is full, so that Python does not complain about it at its end."""
    import os  # noqa: PLC0415 - rarely needed

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report(error: Exception) -> ExitCode:
    """Say what happened; only what the database turns out to hold is not a fault of gemaudit's own."""
    from gemaudit.advisories.database import DatabaseError  # noqa: PLC0415 - rarely needed
    from gemaudit.reporting.sanitize import prose  # noqa: PLC0415 - rarely needed

    if isinstance(error, OSError) and error.errno == ENOSPC and error.filename is None:
        _leave_stdout()
        say("error[output]: stdout cannot be written: the disk is full\nhint: free some space, or write somewhere else")
        return ExitCode.UNUSABLE
    if isinstance(error, DatabaseError):
        say(f"error[database]: {prose(str(error))}\nhint: reinstall gemaudit, or give a database with `--db PATH`")
        return ExitCode.DATABASE
    _report_bug(error)
    return ExitCode.BUG


def _report_bug(error: Exception) -> None:
    import os  # noqa: PLC0415 - rarely needed

    from gemaudit.reporting.sanitize import prose  # noqa: PLC0415 - rarely needed

    say(_BUG.format(kind=type(error).__name__, message=prose(str(error))[:300]))
    if os.environ.get("GEMAUDIT_TRACEBACK"):
        import traceback  # noqa: PLC0415 - rarely needed

        say("".join(traceback.format_exception(error)))
