"""Findings that one more fact would decide, grouped by that fact."""

from collections.abc import Iterable

from msgspec import Struct

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.finding import Answer, Finding
from gemaudit.reporting.conditions import demand
from gemaudit.reporting.declare import declaration
from gemaudit.reporting.words import unique

_PRESUMED = "this branch has the defect too, which nobody has checked"
_OTHER = "what the advisory leaves open is so"


class Open(Struct, frozen=True, kw_only=True):
    """Findings that would apply if all of `demands` held; `hints` say how to state each of them, the `answers`."""

    demands: tuple[str, ...]
    hints: tuple[str, ...]
    answers: tuple[Answer, ...]
    findings: tuple[Finding, ...]


def grouped(findings: Iterable[Finding]) -> tuple[Open, ...]:
    """The findings by what would decide them: those with the worst first, then those with the most."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    hints: dict[tuple[str, ...], tuple[str, ...]] = {}
    asked: dict[tuple[str, ...], tuple[Answer, ...]] = {}
    for finding in findings:
        answers = _missing(finding)
        key = tuple(map(demand, answers)) or ((_PRESUMED if finding.basis == "presumed" else _OTHER),)
        groups.setdefault(key, []).append(finding)
        asked[key] = answers
        hints[key] = tuple(unique(map(declaration, answers))) or _upgrade(key)
    keys = sorted(groups, key=lambda key: (_worst(groups[key]), -len(groups[key]), key))
    return tuple(Open(demands=key, hints=hints[key], answers=asked[key], findings=tuple(groups[key])) for key in keys)


def _missing(finding: Finding) -> tuple[Answer, ...]:
    """The fewest facts that would make the finding apply somewhere; none where its range is only presumed."""
    if finding.basis == "presumed":
        return ()
    candidates = [
        sorted((answer for answer in verdict.answers if answer.answer == "unknown"), key=demand)
        for verdict in finding.verdicts
        if verdict.status == "under_investigation"
    ]
    fewest = min(candidates, key=lambda answers: (len(answers), [demand(answer) for answer in answers]), default=[])
    return tuple(fewest)


def _upgrade(key: tuple[str, ...]) -> tuple[str, ...]:
    is_presumed = key == (_PRESUMED,)
    return ("an upgrade settles it; `gemaudit explain ID` says what is known",) if is_presumed else ()


def _worst(findings: list[Finding]) -> int:
    return min(SEVERITIES.index(finding.advisory.severity) for finding in findings)
