"""The report as one HTML page that needs nothing beside itself: no server, no network, and no script to be read.

Every string is made harmless for terminals first, as in every report, and escaped by the template second.
"""

import re
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from gemaudit.model.advisory import SEVERITIES, Status
from gemaudit.model.finding import Truth
from gemaudit.model.report import Report
from gemaudit.reporting.conditions import clause, demand
from gemaudit.reporting.html_findings import Group
from gemaudit.reporting.html_plan import by_severity
from gemaudit.reporting.html_shell import plain, policy, source, sources, templates
from gemaudit.reporting.html_view import described, overview, sorted_facts
from gemaudit.reporting.sanitize import PROSE, mapped, prose, sanitized, visible
from gemaudit.reporting.style import Style
from gemaudit.reporting.words import count, listing, place

NAME = "html"

_STATUSES: dict[Status, str] = {
    "affected": "affected",
    "under_investigation": "undecided",
    "not_affected": "not affected",
    "fixed": "fixed",
}
_GROUPS: dict[Group, str] = {
    "affected": "affected",
    "note": "worth knowing",
    "undecided": "undecided",
    "ruled-out": "ruled out",
    "suppressed": "suppressed",
}
#: What the filter does not show until it is asked to.
_HIDDEN: frozenset[Group] = frozenset({"ruled-out", "suppressed"})
_ANSWERS: dict[Truth, str] = {"true": "holds", "false": "does not hold", "unknown": "not known"}

#: Fields of several paragraphs.
_PARAGRAPHED = frozenset({"description", "workaround", "confirm"})
_BLANK_LINES = re.compile(r"\n\s*\n")


def render(report: Report, _style: Style) -> str:
    """The report as a page, whole whatever the style asks for; every list of it can be filtered there."""
    css, script = sources(("base.css", "page.css")), source("page.js")
    page = _templates().get_template("page.html")
    text = page.render(
        view=overview(mapped(report, _harmless)),
        css=Markup(css),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - likewise
        policy=policy(css, script),
    )
    return text + "\n"


def _harmless(name: str, text: str) -> str:
    """What `sanitized` makes of the text, but with its paragraphs kept."""
    if name in _PARAGRAPHED:
        return "\n\n".join(map(prose, _BLANK_LINES.split(text)))
    if name in PROSE:
        return prose(text)
    return visible(text) if name == "commands" else sanitized(text)


@cache
def _templates() -> Environment:
    environment = templates()
    environment.filters.update(severities=by_severity)
    environment.globals.update(
        ANSWERS=_ANSWERS,
        GROUPS=tuple(_GROUPS.items()),
        HIDDEN=_HIDDEN,
        SEVERITIES=SEVERITIES,
        STATUSES=_STATUSES,
        clause=clause,
        count=lambda number, word: plain(count(number, word)),
        demand=demand,
        described=described,
        facts=sorted_facts,
        listing=listing,
        place=lambda path, line: plain(place(path, line)),
    )
    return environment
