"""What a scan gives back to the repositories: alerts and an issue, each only where it says something new."""

import hashlib
from typing import Literal

from msgspec import Struct

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Forge
from gemaudit.adapters.scans.contract import Known
from gemaudit.adapters.scans.store import Scans
from gemaudit.model.gate import has_errors
from gemaudit.model.report import Report
from gemaudit.model.repository import Issue, Repository
from gemaudit.reporting import Style, render
from gemaudit.reporting.org.issue import issue

Kind = Literal["sarif", "issue"]


class _Message(Struct, frozen=True):
    """What shall stand in a repository: a SARIF log, or an issue."""

    text: str
    issue: Issue | None = None

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


class Publisher:
    """Publishes reports in the wanted ways, and remembers what was published for which files and advisories."""

    def __init__(self, scans: Scans, basis: str, kinds: tuple[Kind, ...]) -> None:
        self._scans = scans
        self._basis = basis
        self._kinds = kinds

    def is_done(self, known: Known) -> bool:
        """Whether all was published that a repository says with the files and the advisories of its last audit."""
        stamp = self._stamp(known.tree)
        return all(self._scans.published(known.repository.id, kind).startswith(stamp) for kind in self._kinds)

    async def publish(self, forge: Forge, repository: Repository, tree: str, report: Report) -> list[Fault]:
        """Publish a report as far as it says something new; return why some of it could not be.

        What the forge refuses for good is not tried again until the repository or the advisories change.
        """
        faults = []
        stamp = self._stamp(tree)
        for kind in self._kinds:
            before = self._scans.published(repository.id, kind)
            if before.startswith(stamp):
                continue
            sent = before.rpartition(" ")[2]
            message = _message(kind, report, is_known=bool(sent))
            try:
                if message is not None and message.digest != sent:
                    await _send(forge, repository, message)
                    sent = message.digest
            except Fault as fault:
                faults.append(fault)
                if fault.again or fault.is_final:
                    continue
            self._scans.mark_published(repository.id, kind, stamp + sent)
        return faults

    def _stamp(self, tree: str) -> str:
        return f"{tree} {self._basis} "


def _message(kind: Kind, report: Report, *, is_known: bool) -> _Message | None:
    """What to publish; None where what stands shall stay, or where nothing stands and there is nothing to say."""
    if kind == "issue":
        wanted = issue(report)
        return _Message("\n".join((wanted.title, wanted.state, wanted.body)), wanted) if wanted else None
    # An analysis closes every alert that it does not find, also those of a lockfile that could not be read.
    if has_errors(report) or not (report.audits or is_known):
        return None
    return _Message(render("sarif", report, Style()))


async def _send(forge: Forge, repository: Repository, message: _Message) -> None:
    if message.issue is None:
        await forge.upload(repository, message.text)
    else:
        await forge.settle(repository, message.issue)
