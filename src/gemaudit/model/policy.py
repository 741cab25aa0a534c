"""What the project decided about findings."""

import datetime

from msgspec import Struct

from gemaudit.model.advisory import Severity


class Ignore(Struct, frozen=True, kw_only=True):
    """A decision to hide a finding.

    `id` is an advisory id or any of its aliases; `version` is a requirement;
    `lockfile` is a glob over the reported path.
    From the day after `until` on, the finding is back.
    """

    id: str
    reason: str
    until: datetime.date | None = None
    gem: str = ""
    version: str = ""
    lockfile: str = ""
    path: str = ""
    line: int = 0


class Policy(Struct, frozen=True, kw_only=True):
    """The gate and the ignores.

    Findings of at least `fail_on`, status `affected` and a kind outside `tolerated` fail the run;
    with `strict`, so do those under investigation. `fail_on` is None where nothing shall fail.
    """

    fail_on: Severity | None = "medium"
    strict: bool = False
    tolerated: tuple[str, ...] = ("leak", "notice")
    ignores: tuple[Ignore, ...] = ()


class UnusedIgnore(Struct, frozen=True, kw_only=True):
    """An ignore that hides nothing, and why."""

    ignore: Ignore
    reason: str
