"""Why a gem server could not be asked."""

from gemaudit.model.diagnostic import Diagnostic

LATER = "run it again later; `--offline` uses what was fetched before"


class Fault(Exception):  # noqa: N818 - it is a server's, not an error of this program
    """The question stays without an answer.

    Neither the message nor the hint holds anything that a server or a setting says, so no secret can be in them.
    `again` says whether a further attempt may help; a number is how many seconds the server asks to wait.
    `is_lasting` is whether every other question to the same server would end alike.
    """

    def __init__(
        self, code: str, message: str, hint: str = LATER, *, again: bool | float = False, is_lasting: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.again = again
        self.is_lasting = is_lasting

    def diagnostic(self, place: str) -> Diagnostic:
        """The fault as what to tell the user about `place`."""
        return Diagnostic(code=self.code, message=self.message, path=place, level="warning", hint=self.hint)
