"""Why a forge could not be asked, or what it refuses."""

from gemaudit.model.diagnostic import Diagnostic


class Fault(Exception):  # noqa: N818 - it is a forge's, not an error of this program
    """The question stays without an answer.

    Neither the message nor the hint holds anything that a server says, so no secret can be in them.
    `again` says whether a further attempt may help; a number is how many seconds the forge asks to wait.
    `is_final` says that nothing else can be asked in this run either: the token is refused, the budget is spent.
    """

    def __init__(
        self, code: str, message: str, hint: str = "", *, again: bool | float = False, is_final: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.again = again
        self.is_final = is_final

    def diagnostic(self, path: str = "") -> Diagnostic:
        """The fault as what to tell the user."""
        return Diagnostic(code=self.code, message=self.message, path=path, hint=self.hint)
