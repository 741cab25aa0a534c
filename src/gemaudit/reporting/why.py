"""Who brings a gem into the bundle, for people."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from gemaudit.model.plan import Blocker
from gemaudit.reporting.page import Page
from gemaudit.reporting.sanitize import sanitized
from gemaudit.reporting.style import Style
from gemaudit.reporting.words import place


class Reason(Struct, frozen=True, kw_only=True):
    """A gem of a lockfile: its versions with their lines, the chains to it, and who asks for it."""

    lockfile: str
    name: str
    versions: tuple[tuple[str, str, int], ...]  # version, platform, line
    paths: tuple[tuple[str, ...], ...]
    asked_by: tuple[Blocker, ...]
    advisories: tuple[tuple[str, str, str], ...]  # id, title, status


def render_why(reason: Reason, style: Style) -> str:
    """What is locked and where, the shortest chains from the Gemfile, every requirement, and the advisories."""
    page = Page.of(style)
    clean = sanitized(reason)
    sections = [
        [line for row in clean.versions for line in _version(clean, *row, page)],
        _titled("Brought in by", (" > ".join(chain) for chain in clean.paths), page),
        _titled("Asked for by", (_asker(asked) for asked in clean.asked_by), page),
        _titled("Advisories", (f"{status}  {id_}  {title}" for id_, title, status in clean.advisories), page),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _version(reason: Reason, version: str, platform: str, line: int, page: Page) -> Iterator[str]:
    variant = "" if platform == "ruby" else f" for {platform}"
    title = page.paint(f"{reason.name} {version}", "strong")
    yield from page.lines(f"{title}{variant} ({place(reason.lockfile, line)})", indent=2)


def _titled(title: str, rows: Iterable[str], page: Page) -> list[str]:
    lines = [line for row in rows for line in page.lines(row, lead="  ", indent=4)]
    return [*page.heading(title), *lines] if lines else []


def _asker(asked: Blocker) -> str:
    name = f"{asked.name} {asked.version}".strip()
    return f"{name}: {asked.requirement} ({place(asked.path, asked.line)})"
