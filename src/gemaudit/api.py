"""The audit for Python programs."""

import datetime as dt
from collections.abc import Sequence

from gemaudit import __version__
from gemaudit.adapters.database import open_database
from gemaudit.adapters.tables import ruby_releases, shipped_gems
from gemaudit.advisories.database import Database
from gemaudit.environments import Stated, stated_facts
from gemaudit.model.document import Document
from gemaudit.model.policy import Policy
from gemaudit.model.report import Report
from gemaudit.pipeline import Input, Knowledge, advise, judge


def audit(
    lockfile_text: str,
    *,
    ruby: str | None = None,
    platform: str | None = None,
    features: Sequence[str] = (),
    documents: Sequence[Document] = (),
    policy: Policy | None = None,
    database: Database | None = None,
    today: dt.date | None = None,
    path: str = "Gemfile.lock",
) -> Report:
    """Return the report on one lockfile.

    `ruby`, `platform` and `features` are read as the options of the command line are; `documents` are the files around
    the lockfile that say where it runs. Without `database`, the bundled one judges.
    Raises ValueError for a Ruby, a platform or a feature that has no meaning, DatabaseError where there is no database.
    """
    facts = stated_facts(ruby=ruby, platforms=(platform,) if platform else (), features=features)
    knowledge = Knowledge(
        database=database if database is not None else open_database(),
        releases=ruby_releases(),
        shipped=shipped_gems(),
    )
    given = Input(path=path, content=lockfile_text.encode(), documents=tuple(documents))
    judgement = judge(given, Stated(command_line=facts), knowledge)
    day = today or dt.datetime.now(tz=dt.UTC).date()
    return advise([judgement], policy or Policy(), day, knowledge, version=__version__)
