"""Ids, file names and dates agree."""

import re
from collections.abc import Iterator

from gemaudit.advisories.numbering import PLACEHOLDER
from gemaudit.advisories.rules.entry import Entry
from gemaudit.model.diagnostic import Diagnostic

_ID = re.compile(r"GMSA-(\d{4})-\d{4}")


def check(entry: Entry) -> Iterator[Diagnostic]:
    """Yield what is wrong with the id, its place and its dates."""
    advisory = entry.advisory
    match = _ID.fullmatch(advisory.id)
    if advisory.id == PLACEHOLDER:
        pass  # `gemaudit db assign` gives it a number
    elif match is None:
        yield entry.problem("malformed-id", f"`{advisory.id}` is no id; one reads GMSA-YYYY-NNNN", "id")
    elif int(match[1]) != advisory.published.year:
        yield entry.problem("id-year", f"the year of `{advisory.id}` is not that of `published`", "id")
    yield from _place(entry)
    if advisory.modified < advisory.published:
        yield entry.problem("dates", "`modified` lies before `published`", "modified")
    if advisory.withdrawn and advisory.withdrawn < advisory.published:
        yield entry.problem("dates", "`withdrawn` lies before `published`", "withdrawn")
    if len({alias.casefold() for alias in advisory.names()}) < len(advisory.names()):
        yield entry.problem("duplicate-alias", "an alias stands twice, or repeats the id", "aliases")


def _place(entry: Entry) -> Iterator[Diagnostic]:
    """The file lies in the folder of a gem or an engine that it speaks of, under its own id."""
    *_, kind, folder, file = ("", "", *entry.document.path.split("/"))
    if file != f"{entry.advisory.id}.toml":
        yield entry.problem("file-name", f"the file must be called `{entry.advisory.id}.toml`", "id")
    attribute = {"gems": "gem", "rubies": "engine"}.get(kind)
    names = {getattr(affected, attribute) for affected in entry.advisory.affected} if attribute else set()
    if folder not in names:
        yield entry.problem("folder", f"no `[[affected]]` speaks of the folder's `{folder}`", "affected", 0)
