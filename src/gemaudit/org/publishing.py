"""What a scan gives back to the repositories: alerts and an issue, each only where it says something new."""

import hashlib
from collections.abc import Iterator
from typing import Literal

from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Forge
from gemaudit.adapters.scans.contract import Known
from gemaudit.adapters.scans.store import Scans
from gemaudit.model.report import Report
from gemaudit.model.repository import Issue, Repository
from gemaudit.reporting import Style, render
from gemaudit.reporting.org.issue import issue

Kind = Literal["sarif", "issue"]


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
        """Publish a report; return why some of it could not be.

        What the forge refuses for good is not tried again until the repository or the advisories change.
        """
        faults = []
        for kind, text, wanted in self._texts(report):
            before = self._scans.published(repository.id, kind)
            digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
            try:
                if not before.endswith(digest):
                    await self._send(forge, repository, kind, text, wanted)
            except Fault as fault:
                faults.append(fault)
                if fault.again or fault.is_final:
                    continue
                digest = fault.code
            self._scans.mark_published(repository.id, kind, self._stamp(tree) + digest)
        return faults

    def _texts(self, report: Report) -> Iterator[tuple[Kind, str, Issue | None]]:
        if "sarif" in self._kinds and report.audits:
            yield "sarif", render("sarif", report, Style()), None
        if "issue" in self._kinds:
            wanted = issue(report)
            if wanted is not None:
                yield "issue", "\n".join((wanted.title, wanted.state, wanted.body)), wanted

    async def _send(self, forge: Forge, repository: Repository, kind: Kind, text: str, wanted: Issue | None) -> None:
        if kind == "sarif":
            await forge.upload(repository, text)
        elif wanted is not None:
            await forge.settle(repository, wanted)

    def _stamp(self, tree: str) -> str:
        return f"{tree} {self._basis} "
