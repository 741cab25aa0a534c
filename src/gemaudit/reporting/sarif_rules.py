"""Advisories as rules of SARIF.

A rule says nothing of the project: GitHub expects the same rule in the results of every repository.
What GitHub does with each property, and how long a text may be, is in
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
"""

from collections.abc import Iterator
from typing import Literal

from gemaudit.model.advisory import Advisory, Evidence, Severity
from gemaudit.model.claims import spell
from gemaudit.reporting.entries import Entry, paragraphs
from gemaudit.reporting.markdown_text import block, code, escape, inline, link
from gemaudit.reporting.sanitize import sanitized, visible
from gemaudit.reporting.sarif_shape import Configuration, Level, Message, Rule
from gemaudit.reporting.wrap import shorten

#: What the rule of a finding ends in where it is no alert: GitHub takes the severity of an alert from its rule.
Variant = Literal["", "/undecided", "/suppressed"]

#: The middle of each band that GitHub knows: over 9.0, from 7.0, from 4.0, from 0.1.
SECURITY_SEVERITY: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
LEVELS: dict[Severity, Level] = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_PROBLEMS: dict[Level, str] = {"error": "error", "warning": "warning", "note": "recommendation"}
_MOST_TEXT = 1024
_MOST_NAME = 255
_MOST_TAGS = 10


def variant(entry: Entry) -> Variant:
    """Whether a finding is an alert, a question, or hidden by the project."""
    if entry.finding.suppression:
        return "/suppressed"
    return "/undecided" if entry.finding.status == "under_investigation" else ""


def level(advisory: Advisory, kind: Variant) -> Level:
    """How a result is shown: by the severity of what applies; what may apply, or is no defect, is a note."""
    return "note" if kind or advisory.kind == "notice" else LEVELS[advisory.severity]


def rule(source: Advisory, kind: Variant) -> Rule:
    """The rule of an advisory, or the one of its findings that are undecided or suppressed."""
    advisory = sanitized(source)
    description = paragraphs(source.description)
    title = f"{advisory.title} ({kind.strip('/')})" if kind else advisory.title
    own = level(advisory, kind)
    return Rule(
        id=f"{advisory.id}{kind}",
        name=_name(advisory),
        short_description=Message(text=shorten(title, _MOST_TEXT)),
        full_description=Message(text=shorten("\n".join(description) or advisory.title, _MOST_TEXT)),
        help=Message(
            text="\n\n".join(_help(source, advisory, description)), markdown="\n\n".join(_markdown(source, advisory))
        ),
        default_configuration=Configuration(level=own),
        properties=_properties(advisory, kind, own),
    )


def _name(advisory: Advisory) -> str:
    subject = next((one.gem or one.engine for one in advisory.affected), "")
    return shorten("/".join(filter(None, (subject, advisory.class_))), _MOST_NAME)


def _properties(advisory: Advisory, kind: Variant, own: Level) -> dict[str, str | list[str]]:
    is_alert = not kind and advisory.kind != "notice"
    cwe = f"external/cwe/{advisory.cwe.lower()}" if advisory.cwe else ""
    aliases = sorted(alias for alias in advisory.aliases if alias.startswith(("CVE-", "GHSA-")))
    tags = ["security" if is_alert else "", "memory-safety", advisory.kind, advisory.class_, cwe, *aliases]
    properties: dict[str, str | list[str]] = {
        "tags": list(dict.fromkeys(filter(None, tags)))[:_MOST_TAGS],
        "precision": "low" if kind else advisory.confidence,
        "problem.severity": _PROBLEMS[own],
        "severity": advisory.severity,
        "kind": advisory.kind,
        "aliases": sorted(advisory.aliases),
    }
    return properties | ({"security-severity": SECURITY_SEVERITY[advisory.severity]} if is_alert else {})


def _help(source: Advisory, advisory: Advisory, description: tuple[str, ...]) -> Iterator[str]:
    """The advisory as plain paragraphs."""
    yield from description or (advisory.title,)
    yield from (f"Affected: {line}" for line in _affected(advisory))
    if advisory.workaround:
        yield f"Until it can be upgraded: {advisory.workaround}"
    if confirm := _lines(source.confirm):
        yield "\n".join(["To see it happen:", *confirm])
    for item in advisory.evidence:
        yield f"{item.type}: {item.url}{f' ({item.note})' if item.note else ''}"


def _markdown(source: Advisory, advisory: Advisory) -> Iterator[str]:
    """The advisory as Markdown."""
    yield from map(inline, paragraphs(source.description) or (advisory.title,))
    facts = (f"{advisory.severity} severity", f"{advisory.confidence} confidence", advisory.kind, advisory.class_)
    yield " · ".join(escape(fact) for fact in (*facts, advisory.cwe, advisory.cvss, *advisory.aliases) if fact)
    if affected := [f"- {inline(line)}" for line in _affected(advisory)]:
        yield from ("### Affected", "\n".join(affected))
    if advisory.workaround:
        yield from ("### Until it can be upgraded", inline(advisory.workaround))
    if confirm := _lines(source.confirm):
        yield from ("### To see it happen", "\n".join(block(confirm, "text")))
    if evidence := [_evidence(item) for item in advisory.evidence]:
        yield from ("### Evidence", "\n".join(evidence))
    yield f"{code(f'gemaudit explain {advisory.id}')} tells all that is known."


def _evidence(item: Evidence) -> str:
    return f"- {item.type}: {link(item.url)}{f', {inline(item.note)}' if item.note else ''}"


def _affected(advisory: Advisory) -> Iterator[str]:
    for one in advisory.affected:
        conditions = [name for name in one.when.__struct_fields__ if getattr(one.when, name)]
        where = f", under conditions on {', '.join(conditions)}" if conditions else ""
        yield f"{one.gem or one.engine} {spell(one)}{where}"


def _lines(text: str) -> list[str]:
    return [visible(line) for line in text.strip().splitlines()]
