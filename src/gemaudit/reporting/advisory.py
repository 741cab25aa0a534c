"""One advisory, whole, for people."""

from collections.abc import Iterator

from gemaudit.model.advisory import Advisory, Affected, Conditions
from gemaudit.model.claims import spell
from gemaudit.reporting.page import Page
from gemaudit.reporting.sanitize import sanitized
from gemaudit.reporting.style import Style
from gemaudit.reporting.words import listing


def render_advisory(advisory: Advisory, style: Style) -> str:
    """The advisory in lines of the style's width: what, where, under which conditions, how to see it, who says so."""
    page = Page.of(style)
    paragraphs = {
        "description": tuple(" ".join(part.split()) for part in advisory.description.split("\n\n")),
        "workaround": (" ".join(advisory.workaround.split()),),
    }
    confirm = tuple(advisory.confirm.strip().splitlines())
    clean = sanitized(advisory)
    sections = [
        _head(clean, page),
        *(page.lines(sanitized(text)) for text in paragraphs["description"]),
        _section("Affected", (line for affected in clean.affected for line in _affected(affected, page)), page),
        _section("Upgrading", _upgrades(clean, page), page),
        _section("Meanwhile", page.lines(sanitized(paragraphs["workaround"][0]), lead="  "), page),
        _section("You would see", _signatures(clean, page), page),
        _section("To see it happen", (f"  {sanitized(line)}" for line in confirm), page),
        _section("Evidence", _evidence(clean, page), page),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _head(advisory: Advisory, page: Page) -> list[str]:
    axes = [f"{page.paint(advisory.severity, advisory.severity)} severity", f"{advisory.confidence} confidence"]
    facts = [*axes, advisory.kind, advisory.class_, *filter(None, (advisory.cwe, advisory.cvss))]
    dates = f"published {advisory.published}, modified {advisory.modified}"
    lines = [*page.lines(page.paint(f"{advisory.id}  {advisory.title}", "strong")), *page.lines(" · ".join(facts))]
    if advisory.aliases:
        lines += page.lines(f"also known as {listing(advisory.aliases)}")
    lines += page.lines(page.paint(dates, "faint"))
    if advisory.withdrawn:
        lines += page.lines(f"withdrawn on {advisory.withdrawn}: this advisory turned out wrong")
    return lines


def _section(title: str, lines: Iterator[str] | list[str], page: Page) -> list[str]:
    body = [line for line in lines if line.strip()]
    return [page.paint(title, "strong"), *body] if body else []


def _affected(affected: Affected, page: Page) -> Iterator[str]:
    name = affected.gem or affected.engine
    yield from page.lines(f"{name} {spell(affected)}", lead="  ", indent=4)
    for claimed in affected.ranges:
        if claimed.fixed is False:
            yield from page.lines(f"from {claimed.introduced} on no release has the fix", lead="    ")
        if claimed.introduced == "unknown":
            yield from page.lines("nobody established in which release it came in", lead="    ")
        if claimed.presumed:
            yield from page.lines(f"presumed for {claimed.introduced} and later, not verified", lead="    ")
    if affected.reported:
        yield from page.lines(f"public reports say {affected.reported}; the code says otherwise", lead="    ")
    if conditions := tuple(_conditions(affected.when)):
        yield from page.lines(f"only where {listing(conditions)}", lead="    ")


def _conditions(when: Conditions) -> Iterator[str]:
    for name in when.__struct_fields__:
        value = getattr(when, name)
        if value:
            yield f"{name} is {value if isinstance(value, str) else listing(value, word='or')}"


def _upgrades(advisory: Advisory, page: Page) -> Iterator[str]:
    for upgrade in advisory.upgrade:
        requires = upgrade.requires
        asked = [
            f"{label} {requirement}"
            for label, requirement in (
                ("Ruby", requires.ruby),
                ("RubyGems", requires.rubygems),
                ("Bundler", requires.bundler),
            )
            if requirement
        ]
        where = f" on {listing(upgrade.platform, word='or')}" if upgrade.platform else ""
        text = f"{upgrade.gem or upgrade.engine} {upgrade.version}{where} needs {listing(asked)}"
        yield from page.lines(
            f"{text}; otherwise {upgrade.otherwise}" if upgrade.otherwise else text, lead="  ", indent=4
        )


def _signatures(advisory: Advisory, page: Page) -> Iterator[str]:
    for signature in advisory.signature:
        parts = [part for part in (signature.text, signature.regex) if part]
        if signature.frames:
            parts.append(f"in {listing(signature.frames)}")
        yield from page.lines(" · ".join(parts), lead="  ", indent=4)


def _evidence(advisory: Advisory, page: Page) -> Iterator[str]:
    for item in advisory.evidence:
        yield from page.lines(f"{item.type}: {item.url}", lead="  ", indent=4)
        if item.note:
            yield from page.lines(page.paint(item.note, "faint"), lead="    ")
