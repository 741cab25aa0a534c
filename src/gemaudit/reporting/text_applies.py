"""Where a finding applies, and which facts decided it."""

from collections.abc import Iterator

from gemaudit.model.advisory import Status
from gemaudit.model.finding import Answer, Finding, PackageKind, Truth, Verdict
from gemaudit.reporting.conditions import clause, demand
from gemaudit.reporting.ordering import production_first
from gemaudit.reporting.page import Page
from gemaudit.reporting.words import count, listing, place, unique

_DECISIVE: dict[Status, Truth] = {"affected": "true", "not_affected": "false", "under_investigation": "unknown"}
_MOST_NAMES = 4
_MOST_GROUPS = 4


def applies(finding: Finding, page: Page) -> Iterator[str]:
    """A sentence for every group of environments that the same facts decide alike."""
    groups = _grouped(finding)
    if not page.show_all and groups and groups[0][0] == "affected":
        groups = [group for group in groups if group[0] == "affected"]
    limit = len(groups) if page.show_all or len(groups) <= _MOST_GROUPS else _MOST_GROUPS - 1
    for status, verdicts in groups[:limit]:
        yield _sentence(status, verdicts, finding, page)
    if rest := sum(len(verdicts) for _, verdicts in groups[limit:]):
        yield f"decided in {count(rest, 'environment')} more (--all)"


def _grouped(finding: Finding) -> list[tuple[Status, list[Verdict]]]:
    """The verdicts that differ in nothing but their environments and the evidence, the worst first."""
    groups: dict[tuple[Status, tuple[tuple[str, str, str], ...]], list[Verdict]] = {}
    for verdict in sorted(finding.verdicts, key=lambda verdict: production_first(verdict.environment)):
        answers = tuple(
            (answer.name, answer.expected, answer.actual) for answer in _deciding(verdict, finding.package.kind)
        )
        groups.setdefault((verdict.status, answers), []).append(verdict)
    order = ("affected", "under_investigation", "not_affected", "fixed")
    return sorted(((status, group) for (status, _), group in groups.items()), key=lambda group: order.index(group[0]))


def _deciding(verdict: Verdict, kind: PackageKind) -> list[Answer]:
    """The answers that made the status what it is; that an interpreter is itself goes without saying."""
    given = [answer for answer in verdict.answers if answer.answer == _DECISIVE.get(verdict.status)]
    return [answer for answer in given if (kind, answer.name, answer.answer) != ("ruby", "engine", "true")]


def _sentence(status: Status, verdicts: list[Verdict], finding: Finding, page: Page) -> str:
    kind, total = finding.package.kind, len(finding.verdicts)
    where = _environments([verdict.environment for verdict in verdicts], total)
    reasons = [
        _reason(list(answers), status, page)
        for answers in zip(*(_deciding(verdict, kind) for verdict in verdicts), strict=True)
    ]
    if status == "under_investigation":
        return f"not known in {where}: whether {listing(reasons)}" if reasons else f"not known in {where}"
    text = f"applies in {where}" if status == "affected" else f"does not apply in {where}"
    if reasons:
        return f"{text}: {listing(reasons)}"
    return f"{text}, unconditionally" if status == "affected" else text


def _environments(names: list[str], total: int) -> str:
    if len(names) == total and total > _MOST_NAMES:
        return f"all {count(total, 'environment')}"
    return listing(names, limit=_MOST_NAMES)


def _reason(answers: list[Answer], status: Status, page: Page) -> str:
    """The clause that all the answers share, with the evidence of each."""
    if status == "under_investigation":
        return demand(answers[0])
    evidence = ", ".join(unique(place(answer.path, answer.line) for answer in answers))
    text = clause(answers[0])
    return f"{text} {page.paint(f'({evidence})', 'faint')}" if evidence else text
