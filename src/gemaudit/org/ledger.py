"""What a scan writes down: how each repository ends, and what goes wrong beside them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gemaudit import __version__
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.scans.contract import File, Known, Settled
from gemaudit.adapters.scans.store import Scans
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.repository import Repository, Source
from gemaudit.model.survey import Outcome, Result, Scan
from gemaudit.org.candidates import Candidates
from gemaudit.org.fetching import Fetched
from gemaudit.org.judging import Audited

#: So many repositories, and such a part of all, do not leave an organisation in one night.
_SUSPICIOUS = 5
_SUSPICIOUS_SHARE = 0.1
_MOST_NAMES = 3


class Watch(Protocol):
    """Who is told how a scan goes."""

    def listed(self, number: int) -> None:
        """So many more repositories are known."""

    def settled(self, outcome: Outcome, number: int = 1) -> None:
        """So many more have ended in that way."""


class _Recipe(Struct, frozen=True):
    """What has to be known beside the contents to judge a repository again; another release may read other files."""

    release: str
    found: Candidates
    unread: tuple[Diagnostic, ...]


class Ledger:
    """The file of scans as one scan writes it."""

    def __init__(self, scans: Scans, scan: Scan, basis: str, watch: Watch) -> None:
        self._scans = scans
        self._scan = scan
        self._basis = basis
        self._watch = watch
        self._problems: list[Diagnostic] = []
        self._ended: Fault | None = None
        self._unread = 0
        self._unpublished: dict[tuple[str, str, str], list[str]] = {}

    @property
    def is_complete(self) -> bool:
        """Whether nothing has made the scan end early; one that did can be taken up again."""
        return self._ended is None

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """What went wrong beside single repositories, and what could not be published."""
        ended = self._ended if self._ended and self._ended.code not in {one.code for one in self._problems} else None
        return (
            *self._problems,
            *([ended.diagnostic()] if ended else []),
            *([_unread(self._unread)] if self._unread else []),
            *(_unpublished(*fault, names) for fault, names in self._unpublished.items()),
        )

    def known(self, repositories: Sequence[Repository]) -> Mapping[str, Known]:
        """What is remembered of repositories, by id."""
        return self._scans.known(one.id for one in repositories)

    def is_current(self, known: Known, today: str) -> bool:
        """Whether an answer about the same files still rests on what answers rest on now."""
        return known.basis == self._basis and not (known.until and known.until < today)

    def confirm(self, repositories: Sequence[Repository], known: Mapping[str, Known], source: str) -> None:
        """Let repositories end as they did in the scan before."""
        self._scans.confirm(self._scan, repositories, source)
        for one in repositories:
            self._watch.settled(known[one.id].outcome)

    def listed(self, number: int) -> None:
        """Tell that so many more repositories are known."""
        self._watch.listed(number)

    def stored(self, repository: Repository) -> Fetched | None:
        """What the last audit of a repository has read, None unless all of it is kept."""
        try:
            recipe = msgspec.json.decode(self._scans.recipe(repository.id), type=_Recipe)
        except msgspec.MsgspecError:
            return None
        if recipe.release != __version__:
            return None
        fetched = Fetched(repository=repository, found=recipe.found, unread=recipe.unread)
        return None if self._scans.absent(_oids(fetched).values()) else fetched

    def contents(self, fetched: Fetched) -> dict[str, bytes]:
        """The contents of the files of a repository, by path."""
        oids = _oids(fetched)
        kept = self._scans.contents(set(oids.values()))
        return {path: kept[oid] for path, oid in oids.items()}

    def keep(self, fetched: Fetched, audited: Audited, source: str) -> None:
        """Settle a repository that was judged."""
        found = replace(fetched.found, files={path: fetched.found.files[path] for path in fetched.found.paths})
        self._scans.settle(
            self._scan,
            Settled(
                result=audited.result,
                source=source,
                tree=tree_of(fetched.repository),
                basis=self._basis,
                until=audited.until,
                files=tuple(File(path=path, oid=oid) for path, oid in _oids(fetched).items()),
                recipe=msgspec.json.encode(_Recipe(__version__, found, fetched.unread)),
            ),
        )
        self._watch.settled(audited.result.outcome)

    def fail(self, repository: Repository, fault: Fault, source: str) -> None:
        """Settle a repository that could not be read; without a basis, the next scan judges it again."""
        result = Result(repository=repository, outcome="failed", reason=fault.diagnostic())
        self._scans.settle(self._scan, Settled(result=result, source=source))
        self._watch.settled("failed")
        self._unread += 1
        self.note(fault)

    def note(self, fault: Fault) -> None:
        """See whether a fault ends the scan."""
        if fault.is_final:
            self._ended = self._ended or fault

    def tell(self, problem: Diagnostic) -> None:
        """Write down what went wrong beside single repositories."""
        self._problems.append(problem)

    def unpublished(self, repository: Repository, fault: Fault) -> None:
        """Write down that something could not be published."""
        self.note(fault)
        self._unpublished.setdefault((fault.code, fault.message, fault.hint), []).append(repository.name)

    def named(self, host: str, name: str) -> Repository | None:
        """The repository that was known by that name, None if there is none."""
        return self._scans.named(host, name)

    def unseen(self, source: Source, listed: set[str]) -> tuple[Repository, ...]:
        """The known repositories of a source that are not among the ids of `listed`."""
        return self._scans.unseen(self._scan, str(source), listed)

    def drop(self, source: str, listed: set[str]) -> None:
        """Let go of the repositories of a source that are not among the ids of `listed`, and say nothing of it."""
        self._scans.gone(self._scan, source, listed)

    def leave(self, source: Source, listed: set[str]) -> None:
        """Let go of the repositories that a whole listing does not name any more; many at once may be hidden."""
        gone = self._scans.gone(self._scan, str(source), listed)
        if gone:
            is_suspicious = len(gone) >= max(_SUSPICIOUS, len(listed) * _SUSPICIOUS_SHARE)
            self.tell(
                Diagnostic(
                    code="vanished",
                    message=f"repositories that are not listed any more: {len(gone)}, next to {len(listed)} that are",
                    path=str(source),
                    level="warning" if is_suspicious else "notice",
                    hint="see whether the token may still see them: they are out of the report, with their findings",
                )
            )


def tree_of(repository: Repository) -> str:
    """What the answer about a repository rests on; that of one without commits is known, too."""
    return repository.tree or repository.head or "empty"


def _oids(fetched: Fetched) -> dict[str, str]:
    """Git's name of each file that was read, by path."""
    unread = {problem.path for problem in fetched.unread}
    return {path: fetched.found.files[path].oid for path in fetched.found.paths if path not in unread}


def _unread(number: int) -> Diagnostic:
    message = f"repositories that could not be read: {number}"
    hint = "the report has the reasons; the next scan tries again"
    return Diagnostic(code="unread-repositories", message=message, path="", hint=hint)


def _unpublished(code: str, message: str, hint: str, names: list[str]) -> Diagnostic:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    shown = ", ".join(names[:_MOST_NAMES]) + more
    return Diagnostic(code=code, message=f"not published: {message} ({shown})", path="", level="warning", hint=hint)
