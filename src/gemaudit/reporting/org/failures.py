"""Why repositories could not be audited, those alike together."""

from msgspec import Struct

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.survey import Result
from gemaudit.reporting.sanitize import sanitized

_UNSAID = Diagnostic(code="no-reason", message="the scan did not say why", path="")


class Failure(Struct, kw_only=True):
    """A reason, how many repositories it is given for, and the first of them."""

    reason: Diagnostic
    number: int
    names: list[str]


class Failures:
    """The failures of a scan by the code of their reason, of which there are few, in a memory that does not grow."""

    def __init__(self, most: int) -> None:
        """Keep the names of `most` repositories for each reason."""
        self._most = most
        self._by_code: dict[str, Failure] = {}

    def add(self, result: Result) -> None:
        """Count the repository if it failed."""
        if result.outcome != "failed":
            return
        reason = result.reason or _UNSAID
        failure = self._by_code.setdefault(reason.code, Failure(reason=reason, number=0, names=[]))
        failure.number += 1
        if len(failure.names) < self._most:
            failure.names.append(result.repository.name)

    def commonest(self) -> list[Failure]:
        """The reasons, the most frequent first, in harmless text."""
        ordered = sorted(self._by_code.values(), key=lambda failure: (-failure.number, failure.reason.code))
        return [
            Failure(
                reason=sanitized(failure.reason),
                number=failure.number,
                names=[sanitized(name) for name in failure.names],
            )
            for failure in ordered
        ]
