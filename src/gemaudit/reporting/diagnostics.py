"""A diagnostic as compilers draw it."""

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.reporting.sanitize import prose, visible
from gemaudit.reporting.wrap import RESET, cells

_CODES = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "notice": "\x1b[1;36m"}
_BEFORE = 60
_WINDOW = 160


def render_diagnostic(diagnostic: Diagnostic, *, color: bool) -> str:
    """The message, its place, the line with what is meant underlined, and the hint, without a final newline."""
    head = f"{diagnostic.level}[{visible(diagnostic.code)}]" if diagnostic.code else diagnostic.level
    if color:
        head = f"{_CODES[diagnostic.level]}{head}{RESET}"
    lines = [f"{head}: {prose(diagnostic.message)}"]
    if diagnostic.path:
        lines.append(f"  --> {_place(diagnostic)}")
    if diagnostic.text and diagnostic.line:
        lines += _quoted(diagnostic)
    if diagnostic.hint:
        lines.append(f"hint: {prose(diagnostic.hint)}")
    return "\n".join(lines)


def diagnostic_line(diagnostic: Diagnostic) -> str:
    """The level, the message and the place in one line, for what is worth little more."""
    text = f"{diagnostic.level}: {prose(diagnostic.message)}"
    return f"{text} ({_place(diagnostic)})" if diagnostic.path else text


def _place(diagnostic: Diagnostic) -> str:
    path = visible(diagnostic.path)
    if path.startswith("<") and path.endswith(">"):
        path = path.strip("<>")
    return ":".join([path, *(str(number) for number in (diagnostic.line, diagnostic.column) if number)])


def _quoted(diagnostic: Diagnostic) -> list[str]:
    """The line of the file and carets below what is meant; of an endless line, what surrounds it."""
    column = max(diagnostic.column - 1, 0)
    start = column - _BEFORE if len(diagnostic.text) > _WINDOW and column > _BEFORE else 0
    text = diagnostic.text.rstrip("\r\n").replace("\t", " ")[start : start + _WINDOW]
    column -= start
    lead = f"{diagnostic.line} | "
    lines = [lead + visible(text)]
    if diagnostic.column:
        meant = visible(text[column : column + diagnostic.length])
        margin = " " * (len(lead) - 2) + "| " + " " * cells(visible(text[:column]))
        lines.append(margin + "^" * max(cells(meant), 1))
    return lines
