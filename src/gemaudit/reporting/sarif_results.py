"""Findings as results of SARIF."""

from collections.abc import Iterator, Sequence
from typing import Any

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.finding import Answer, Finding, Suppression
from gemaudit.reporting import sarif_shape as shape
from gemaudit.reporting.conditions import clause, demand
from gemaudit.reporting.entries import Entry, plain
from gemaudit.reporting.ordering import production_first
from gemaudit.reporting.sarif_rules import level, variant
from gemaudit.reporting.words import count, place

#: GitHub rejects a result with more than 1,000 locations and shows 100.
MOST_LOCATIONS = 100

_DECISIVE = {"affected": "true", "under_investigation": "unknown"}
_DIAGNOSTIC_LEVELS: dict[str, shape.Level] = {"error": "error", "warning": "warning", "notice": "note"}
# Whatever is neither unreserved nor a slash: https://www.rfc-editor.org/rfc/rfc3986#section-2.3
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
#: Where the name of a gem begins in a lockfile: Bundler writes four spaces before it.
_NAME_COLUMN = 5


def result(entry: Entry, index: int) -> shape.Result:
    """The result of a finding that applies or may apply; `index` is that of its rule."""
    finding, kind = entry.finding, variant(entry)
    related = _related(finding)
    return shape.Result(
        rule_id=f"{finding.advisory.id}{kind}",
        rule_index=index,
        level=level(finding.advisory, kind),
        message=shape.Message(text=_message(entry, list(related))),
        locations=(_location(finding.path, finding.line, _columns(finding)),),
        related_locations=tuple(related.values())[: MOST_LOCATIONS - 1],
        partial_fingerprints={
            "primaryLocationLineHash": f"{entry.fingerprint}:1",
            "gemauditFinding/v1": entry.fingerprint,
        },
        suppressions=tuple(_suppression(entry, one) for one in (finding.suppression,) if one),
        # GitHub would show a result that is `absent` as an open alert: what is fixed is left out.
        baseline_state=finding.state,
        properties=_properties(entry),
    )


def notification(diagnostic: Diagnostic) -> shape.Notification:
    """What a diagnostic says, at its place."""
    hint = f"\nhint: {diagnostic.hint}" if diagnostic.hint else ""
    has_place = diagnostic.path and not diagnostic.path.startswith("<")
    columns = (diagnostic.column or 1, (diagnostic.column or 1) + diagnostic.length)
    return shape.Notification(
        level=_DIAGNOSTIC_LEVELS[diagnostic.level],
        message=shape.Message(text=literal(f"{diagnostic.message}{hint}")),
        descriptor=shape.Descriptor(id=diagnostic.code) if diagnostic.code else None,
        locations=(_location(diagnostic.path, diagnostic.line, columns),) if has_place else (),
    )


def literal(text: str) -> str:
    """The text of a message in which nothing is a link."""
    return plain(text).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def uri(path: str) -> str:
    """The path as an address: relative as it is, absolute as a file of this machine."""
    quoted = "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in path.encode())
    return f"file://{quoted}" if quoted.startswith("/") else quoted.removeprefix("./") or "."


def _message(entry: Entry, places: Sequence[str]) -> str:
    """A sentence that stands alone where there is little room, then why, then what to run."""
    hidden = f"Suppressed: {entry.justification}" if entry.finding.suppression else ""
    lines = [f"{entry.package}: {entry.finding.advisory.title}.", hidden, *entry.sentences]
    lines += [f"Run: {command}" for command in entry.commands]
    shown = places[: MOST_LOCATIONS - 1]
    links = ", ".join(f"[{literal(name)}]({number})" for number, name in enumerate(shown, 1))
    more = f" and {count(len(places) - len(shown), 'place')} more" if places[len(shown) :] else ""
    return plain("\n".join([*(literal(line) for line in lines if line), *([f"See {links}{more}"] if links else [])]))


def _related(finding: Finding) -> dict[str, shape.Location]:
    """The lines that decide where the finding applies, by the names that a message gives them."""
    places: dict[tuple[str, int], list[str]] = {}
    for environment, answer in _deciding(finding):
        said = clause(answer) if answer.answer == "true" else f"open is whether {demand(answer)}"
        places.setdefault((answer.path, answer.line), []).append(f"{said} in {environment}")
    return {
        place(path, line): _location(path, line, text=", ".join(dict.fromkeys(said)), number=number)
        for number, ((path, line), said) in enumerate(places.items(), 1)
    }


def _deciding(finding: Finding) -> Iterator[tuple[str, Answer]]:
    """The answers that rest on a line of a file, with their environments, production first."""
    for verdict in sorted(finding.verdicts, key=lambda verdict: production_first(verdict.environment)):
        for answer in verdict.answers:
            is_stated = answer.path and not answer.path.startswith("<")
            if is_stated and answer.answer in {"true", _DECISIVE.get(verdict.status)}:
                yield verdict.environment, answer


def _location(
    path: str, line: int, columns: tuple[int, int] = (1, 1), *, text: str = "", number: int | None = None
) -> shape.Location:
    start, end = columns
    # GitHub shows no result without a line.
    region = shape.Region(start_line=line or 1, start_column=start, end_line=line or 1, end_column=end)
    return shape.Location(
        physical_location=shape.PhysicalLocation(
            artifact_location=shape.ArtifactLocation(uri=uri(path)), region=region
        ),
        id=number,
        message=shape.Message(text=literal(text)) if text else None,
    )


def _columns(finding: Finding) -> tuple[int, int]:
    """The name of a gem in its lockfile; of other lines, whose text is not known, the beginning."""
    if finding.package.kind != "gem" or finding.path != finding.lockfile or not finding.line:
        return (1, 1)
    return (_NAME_COLUMN, _NAME_COLUMN + len(finding.package.name))


def _suppression(entry: Entry, hidden: Suppression) -> shape.Suppression:
    has_place = hidden.path and not hidden.path.startswith("<")
    return shape.Suppression(
        kind="external",
        status="accepted",
        justification=entry.justification,
        location=_location(hidden.path, hidden.line) if has_place else None,
    )


def _properties(entry: Entry) -> dict[str, Any]:
    """What SARIF has no word for."""
    finding, remedy = entry.finding, entry.remedy
    return {
        "status": finding.status,
        "severity": finding.advisory.severity,
        "confidence": finding.confidence,
        "failsGate": entry.fails,
        "package": {"kind": finding.package.kind, "name": finding.package.name, "version": finding.package.version},
        "environments": {verdict.environment: verdict.status for verdict in finding.verdicts},
        "remediation": remedy.outcome if remedy else None,
        "commands": list(entry.commands),
    }
