"""The environments of a lockfile with everything that is known of them, for people."""

from collections.abc import Iterable, Iterator, Mapping

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.environment import Environment, Fact
from gemaudit.reporting.diagnostics import render_diagnostic
from gemaudit.reporting.page import Page
from gemaudit.reporting.sanitize import sanitized
from gemaudit.reporting.style import Style
from gemaudit.reporting.words import count, place
from gemaudit.reporting.wrap import cells, pad, shorten

_UNKNOWN_MATTERS = ("ruby", "os", "libc")


def render_doctor(
    path: str,
    environments: tuple[Environment, ...],
    shipped: Mapping[str, Mapping[str, str]],
    diagnostics: tuple[Diagnostic, ...],
    style: Style,
) -> str:
    """A table of facts for each environment, each with the line it was read from.

    `shipped` holds, for environments by id, the default gems that the Ruby there brings and the lockfile does not list.
    """
    page = Page.of(style)
    sections = [page.lines(f"{page.paint(sanitized(path), 'strong')}: {count(len(environments), 'environment')}")]
    sections += [
        [*_environment(environment, page), *_shipped(shipped.get(environment.id, {}), page)]
        for environment in sanitized(environments)
    ]
    sections += [[render_diagnostic(diagnostic, color=page.color)] for diagnostic in diagnostics]
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _environment(environment: Environment, page: Page) -> Iterator[str]:
    yield from page.heading(environment.id)
    rows = [(fact.name, _value(fact), place(fact.path, fact.line), fact.text) for fact in environment.facts]
    name, value, where = (max((cells(row[column]) for row in rows), default=0) for column in range(3))
    for row in rows:
        start = f"  {pad(row[0], name)}  {pad(row[1], value)}  {pad(row[2], where)}"
        quote = shorten(row[3], page.width - cells(start) - 2)
        yield f"{start}  {page.paint(quote, 'faint')}".rstrip() if len(quote) > 1 else start.rstrip()
    yield from _unknown(environment, page)


def _value(fact: Fact) -> str:
    return fact.value if fact.exact else f"{fact.value} (floating)"


def _unknown(environment: Environment, page: Page) -> Iterable[str]:
    names = [name for name in _UNKNOWN_MATTERS if environment.fact(name) is None]
    if environment.value("os") not in {None, "linux"} and "libc" in names:
        names.remove("libc")
    if environment.value("engine") not in {None, "ruby"} and environment.fact("engine_version") and "ruby" in names:
        names.remove("ruby")
    return page.lines(f"not known: {', '.join(names)}", lead="  ") if names else ()


def _shipped(gems: Mapping[str, str], page: Page) -> Iterable[str]:
    if not gems:
        return ()
    listed = ", ".join(f"{name}\N{NO-BREAK SPACE}{version}" for name, version in sorted(gems.items()))
    return page.lines(f"default gems it ships and the lockfile does not list: {listed}", lead="  ", indent=4)
