"""What a reader has to say about the lockfile, collected while it reads."""

from gemaudit.lockfiles.redaction import redact
from gemaudit.model.diagnostic import Diagnostic, Level

SHOWN = 120  # characters of a line that a diagnostic quotes
MOST = 200  # a file that draws more remarks is described well enough by the first ones

REWRITE = "run `bundle lock` to rewrite it"


class Remarks:
    """The diagnostics about one file, in the order of their lines.

    There are at most `MOST` of them and one that counts the others, which is an error when one of those was.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._kept: list[Diagnostic] = []
        self._dropped = 0
        self._level: Level = "warning"

    def add(
        self,
        code: str,
        message: str,
        *,
        hint: str,
        level: Level = "error",
        line: int = 0,
        text: str = "",
        about: str = "",
    ) -> None:
        """Keep a remark about the part `about` of the line `text`; about all of it but the indentation by default."""
        if len(self._kept) >= MOST:
            self._dropped += 1
            self._level = "error" if level == "error" else self._level
            return
        about = about or text.strip()
        quoted = quote(text)
        column = max(text.find(about), 0) + 1 if text else 0
        self._kept.append(
            Diagnostic(
                code=code,
                message=message,
                path=self.path,
                level=level,
                line=line,
                column=column,
                length=max(min(len(about), len(quoted) - column + 1), 0),
                text=quoted,
                hint=hint,
            )
        )

    def warn(self, code: str, message: str, *, hint: str, line: int = 0, text: str = "", about: str = "") -> None:
        """Keep a remark that leaves the rest of the file usable."""
        self.add(code, message, hint=hint, level="warning", line=line, text=text, about=about)

    def all(self) -> tuple[Diagnostic, ...]:
        """Return the remarks by line, those about the whole file first."""
        kept = sorted(self._kept, key=lambda remark: remark.line)
        if self._dropped:
            more = Diagnostic(
                code="too-many-problems",
                message=f"{self._dropped} more lines of this file could not be read",
                path=self.path,
                level=self._level,
                hint=f"the first {MOST} are listed; {REWRITE}",
            )
            kept.append(more)
        return tuple(kept)


def quote(line: str) -> str:
    """Return the line as it can be shown: without credentials, control characters or more than `SHOWN` characters."""
    shown = redact(line[: 2 * SHOWN])[:SHOWN].rstrip()
    if shown.isprintable():
        return shown
    return "".join(character if character.isprintable() else _visible(character) for character in shown)


def _visible(character: str) -> str:
    return " " if character.isspace() else "\ufffd"
