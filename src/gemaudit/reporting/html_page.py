"""The report as one HTML page that needs nothing beside itself: no server, no network, and no script to be read.

The page may run its own script and style and load nothing: its Content-Security-Policy names both by their hash.
Every string is made harmless for terminals first, as in every report, and escaped by the template second.
"""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from gemaudit.model.advisory import SEVERITIES, Status
from gemaudit.model.finding import Truth
from gemaudit.model.report import Report
from gemaudit.reporting.conditions import clause, demand
from gemaudit.reporting.html_findings import Group
from gemaudit.reporting.html_plan import by_severity
from gemaudit.reporting.html_view import described, overview, sorted_facts
from gemaudit.reporting.sanitize import PROSE, mapped, prose, sanitized, visible
from gemaudit.reporting.style import Style
from gemaudit.reporting.words import NBSP, count, listing, place

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
_LINK = re.compile(r"https?://[^\s\"'<>\\`]+", re.IGNORECASE)
_CODE = re.compile(r"`([^`]+)`")


def render(report: Report, _style: Style) -> str:
    """The report as a page, whole whatever the style asks for; every list of it can be filtered there."""
    css, script = _source("page.css"), _source("page.js")
    page = _templates().get_template("page.html")
    text = page.render(
        view=overview(mapped(report, _harmless)),
        css=Markup(css),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - likewise
        policy=_policy(css, script),
    )
    return text + "\n"


def marked(text: str) -> Markup:
    """The text with what stands in backticks as code."""
    parts = _CODE.split(plain(text))
    return Markup().join(
        Markup("<code>{}</code>").format(part) if position % 2 else escape(part) for position, part in enumerate(parts)
    )


def plain(text: str) -> str:
    """The text with ordinary spaces, which a browser may break and a reader may copy."""
    return text.replace(NBSP, " ")


def breakable(path: str) -> Markup:
    """The path, which may go on in a new line after a slash."""
    return Markup("/<wbr>").join(path.split("/"))


def is_link(url: str) -> bool:
    """Whether a browser may be sent there: an absolute address of the web, without anything that needs quoting."""
    return _LINK.fullmatch(url) is not None


def _policy(css: str, script: str) -> str:
    """What the page may do: run what is in it, show its own icon, and nothing else."""
    rules = {
        "default-src": "'none'",
        "script-src": _hash(script),
        "style-src": _hash(css),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _harmless(name: str, text: str) -> str:
    """What `sanitized` makes of the text, but with its paragraphs kept."""
    if name in _PARAGRAPHED:
        return "\n\n".join(map(prose, _BLANK_LINES.split(text)))
    if name in PROSE:
        return prose(text)
    return visible(text) if name == "commands" else sanitized(text)


def _source(name: str) -> str:
    return files("gemaudit.reporting").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(marked=marked, path=breakable, plain=plain, severities=by_severity)
    environment.tests.update(link=is_link)
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
