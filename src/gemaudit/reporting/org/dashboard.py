"""A scan as one HTML page that needs nothing beside itself: no server and no network.

Without a script it tells every number, every table and the worst repositories. The script lets the reader look for
others, and puts what is looked at into the address. Every text is made harmless for terminals first, as in every
report, and then either escaped by the template or handed to the script as data that never becomes markup.
"""

from collections.abc import Iterable, Iterator
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.survey import Result, Survey
from gemaudit.reporting.html_shell import plain, policy, sources, templates
from gemaudit.reporting.org.dashboard_data import STANDINGS
from gemaudit.reporting.org.dashboard_view import (
    FEW,
    FEW_NEWS,
    HEIGHT,
    MOST,
    MOST_REPOSITORIES,
    WIDTH,
    overview,
    widths,
)
from gemaudit.reporting.org.words import by_severity, counted, day, life, moment, number, subject
from gemaudit.reporting.style import Style
from gemaudit.reporting.words import plural

NAME = "html"

_STYLES = ("base.css", "org/dashboard.css", "org/details.css")
_SCRIPTS = ("org/model.js", "org/filter.js", "org/elements.js", "org/details.js", "org/table.js", "org/main.js")
_STANDINGS = {"nothing": "nothing to audit"}
_COLUMNS = (*SEVERITIES, "undecided", "new", "fixable")


def render(survey: Survey, results: Iterable[Result], _style: Style) -> Iterator[str]:
    """The scan as a page, whole whatever the style asks for."""
    css, script = sources(_STYLES), sources(_SCRIPTS)
    view = overview(survey, results)
    yield (
        _templates()
        .get_template("org/dashboard.html")
        .render(
            view=view,
            data=Markup(view.data),  # noqa: S704 - nothing in it means something to a reader of HTML
            css=Markup(css),  # noqa: S704 - our own files
            script=Markup(script),  # noqa: S704 - likewise
            policy=policy(css, script),
        )
    )
    yield "\n"


@cache
def _templates() -> Environment:
    environment = templates()
    environment.filters.update(
        number=number,
        moment=lambda text: plain(moment(text)),
        day=day,
        severities=lambda numbers: plain(by_severity(numbers)),
    )
    environment.globals.update(
        COLUMNS=_COLUMNS,
        FEW=FEW,
        FEW_NEWS=FEW_NEWS,
        HEIGHT=HEIGHT,
        MOST=MOST,
        MOST_REPOSITORIES=MOST_REPOSITORIES,
        SEVERITIES=SEVERITIES,
        STANDINGS=[(name, _STANDINGS.get(name, name)) for name in STANDINGS],
        WIDTH=WIDTH,
        counted=lambda value, word: plain(counted(value, word)),
        life=life,
        plural=plural,
        subject=lambda scan: plain(subject(scan)),
        widths=widths,
    )
    return environment
