"""The plan: what to paste, what it moves, what it needs, and what cannot be done yet."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from gemaudit.model.finding import Finding
from gemaudit.model.plan import FEASIBLE, WAITING, Need, Plan, Step
from gemaudit.model.report import Audit
from gemaudit.reporting.page import Page
from gemaudit.reporting.plan_words import alike, by_workaround, change, headline, in_words, who
from gemaudit.reporting.remedy import TOOLS, Remedies, numbered, unmet_needs
from gemaudit.reporting.words import listing, place, together, unique
from gemaudit.reporting.wrap import cells

_MARGIN = " " * 5
_MOST_IDS = 6
#: The packages whose steps can be checked against what gem servers offer.
_FROM_SERVERS = frozenset({"gem", "default-gem"})
_UNVERIFIED = ", unverified (`--online` asks the gem servers)"
_MOST_WORKAROUNDS = 3
_URGENT = frozenset({"critical", "high"})


def plan_lines(audit: Audit, findings: list[Finding], page: Page) -> list[str]:
    """The steps in their order, then those that are blocked, then what no release fixes."""
    plan = audit.plan if page.show_all else _urgent(audit.plan, findings)
    if not plan.steps:
        return []
    lines = page.heading(_headline(plan, findings))
    for number, step in numbered(plan):
        lines += _step(number, step, _left_open(step, findings, plan), page)
        lines += _lines(_only_in(step, audit), page)
    for step in plan.steps:
        if step.outcome in WAITING:
            lines += _waiting(step, page)
    for step in plan.steps:
        if step.outcome == "no_fix":
            lines += _unfixed(step, page)
    if not page.show_all and any(step.workarounds for step in audit.plan.steps):
        lines += page.lines(page.paint("`gemaudit explain ID` tells what to do until then", "faint"), lead="  ")
    return lines


def _headline(plan: Plan, findings: list[Finding]) -> str:
    remedies, steps = Remedies.of(plan), numbered(plan)
    closed = sum(1 for finding in findings if (remedy := remedies.get(finding)) and remedy.outcome in FEASIBLE)
    is_guessed = any(step.kind in _FROM_SERVERS and not step.verified for _, step in steps)
    return f"Plan: {headline(len(steps), closed, len(findings))}{_UNVERIFIED if is_guessed else ''}"


def _urgent(plan: Plan, findings: list[Finding]) -> Plan:
    """The plan with the workarounds for what cannot wait; `gemaudit explain` has the others."""
    urgent = {finding.advisory.id for finding in findings if finding.advisory.severity in _URGENT}
    return replace(
        plan,
        steps=tuple(
            replace(step, workarounds=tuple(one for one in step.workarounds if one[0] in urgent)) for step in plan.steps
        ),
    )


def _step(number: int, step: Step, left_open: tuple[str, ...], page: Page) -> list[str]:
    """What to edit, then what to run, each command on a line of its own and never broken, then what that does."""
    lines = [*_edits(step, page), *_commands(step, page), *_lines([_change(step, page)], page)]
    closes = f"closes {_ids(step.closes, page)}" if step.closes else ""
    refusing = list(map(who, step.blocked_by))
    refused = f"not allowed yet by {listing(refusing, limit=_MOST_IDS)}" if refusing else ""
    remains = f"does not close {_ids(left_open, page)}" if left_open else ""
    lines += _lines(
        [closes, *_needs(step.needs), refused, remains, step.note, *_meanwhile(step, left_open, page)], page
    )
    return [f"{number:>3}  {lines[0].removeprefix(_MARGIN)}", *lines[1:]]


def _change(step: Step, page: Page) -> str:
    """The package that moves, or the packages that are installed in another way."""
    if not step.packages:
        return f"{change(step)}{_allowed(step)}{_moved_too(step, page)}"
    names = [together(f"{package.name} {package.version}".strip()) for package in step.packages]
    return f"for {listing(names, limit=0 if page.show_all else _MOST_IDS)}"


def _moved_too(step: Step, page: Page) -> str:
    """What else moves, each with its versions."""
    others = [one for one in step.moves if one.name != step.name]
    names = listing(list(map(in_words, others)), limit=0 if page.show_all else _MOST_IDS)
    return f"; with it {names}" if others else ""


def _left_open(step: Step, findings: list[Finding], plan: Plan) -> tuple[str, ...]:
    """The advisories that apply to the package after the whole plan, those that the step passes over included."""
    package = (step.kind, step.name, step.current)
    elsewhere = {
        id_
        for other in plan.steps
        if other.outcome == "configure" and package in {(one.kind, one.name, one.version) for one in other.packages}
        for id_ in other.closes
    }
    own = {
        finding.advisory.id
        for finding in findings
        if (finding.package.kind, finding.package.name, finding.package.version) == package
    }
    return tuple(sorted(own - set(step.closes) - elsewhere | set(step.remains)))


def _lines(details: Iterable[str], page: Page) -> list[str]:
    return [line for detail in details if detail for line in page.lines(detail, lead=_MARGIN, indent=len(_MARGIN) + 2)]


def _commands(step: Step, page: Page) -> list[str]:
    return [_MARGIN + page.paint(command, "strong") for command in step.commands]


def _allowed(step: Step) -> str:
    if not step.allowed_by:
        return ""
    return f", allowed by {listing(unique(map(who, step.allowed_by)), limit=_MOST_IDS)}"


def _ids(advisories: tuple[str, ...], page: Page) -> str:
    return listing(list(map(together, unique(advisories))), limit=0 if page.show_all else _MOST_IDS)


def _only_in(step: Step, audit: Audit) -> Iterator[str]:
    """Which environments the step is about, where it is not all of them."""
    if step.environments and not {environment.id for environment in audit.environments} <= set(step.environments):
        yield f"only for {listing(sorted(step.environments), limit=_MOST_IDS)}"


def _edits(step: Step, page: Page) -> Iterator[str]:
    """Each line that has to change: where it is, what it says, what it shall say."""
    for edit in step.edits:
        where, before, after = place(edit.path, edit.line), edit.before.strip(), edit.after.strip()
        if not edit.line and not before:
            yield f"{_MARGIN}add to {where}: {after}"
            continue
        text = f"edit {where}: {before} -> {after}"
        if before and after and len(_MARGIN) + cells(text) <= page.width:
            yield _MARGIN + text
            continue
        by_hand = "" if after else f" by hand, so that it asks for {together(step.target)}"
        yield from page.lines(f"edit {where}{by_hand}", lead=_MARGIN, indent=7)
        for sign, line in (("-", before), ("+", after)):
            yield from page.lines(line, lead=f"{_MARGIN}  {sign} ") if line else ()


def _needs(needs: tuple[Need, ...]) -> Iterator[str]:
    """What the release needs, environments that have the same named together."""
    for group in alike(needs):
        need = group[0]
        names = listing(unique(together(entry.environment) for entry in group), limit=_MOST_IDS)
        evidence = ", ".join(unique(place(entry.path, entry.line) for entry in group))
        text = f"needs {TOOLS[need.name]} {together(need.requirement)}: {_state(need, names)}"
        text += f" ({evidence})" if evidence else ""
        yield f"{text}; otherwise {need.otherwise}" if need.otherwise and not need.met else text


def _state(need: Need, environments: str) -> str:
    where = f" in {environments}" if environments else ""
    if need.met is None:
        return f"not known{where}"
    return f"{'met' if need.met else 'not met'} by {together(need.actual)}{where}"


def _waiting(step: Step, page: Page) -> list[str]:
    move = change(step) if step.target else together(f"{step.name} {step.current}")
    lines = page.lines(f"{page.paint('blocked:', 'strong')} {move}{_because(step)}", lead="  ", indent=7)
    lines += _commands(step, page)
    waiting = f"would close {_ids(step.closes, page)}" if step.closes else f"leaves open {_ids(step.remains, page)}"
    return lines + _lines(
        [waiting, *_needs(step.needs), step.note, *_meanwhile(step, (*step.closes, *step.remains), page)], page
    )


def _because(step: Step) -> str:
    if step.outcome != "blocked":
        return f", which {unmet_needs(step)}"
    blockers = listing(unique(map(who, step.blocked_by)), limit=_MOST_IDS) or "something in the bundle"
    return f", not allowed by {blockers}"


def _unfixed(step: Step, page: Page) -> list[str]:
    """What nobody has fixed yet, and what to do meanwhile."""
    ids = step.remains or step.closes
    names = [together(f"{package.name} {package.version}".strip()) for package in step.packages]
    where = listing(names, limit=_MOST_IDS) if names else together(f"{step.name} {step.current}")
    text = f"{page.paint('no fix yet:', 'strong')} {_ids(ids, page)} in {where}"
    lines = page.lines(text, lead="  ", indent=len(_MARGIN) + 2)
    return lines + _lines([step.note, *_meanwhile(step, ids, page)], page)


def _meanwhile(step: Step, advisories: tuple[str, ...], page: Page) -> Iterator[str]:
    """What to do about the advisories while they are open, those with the same answer named together."""
    meant = tuple(one for one in step.workarounds if one[0] in advisories)
    texts = by_workaround(replace(step, workarounds=meant))
    shown = list(texts.items()) if page.show_all else list(texts.items())[:_MOST_WORKAROUNDS]
    for text, ids in shown:
        names = "" if ids == list(advisories) else f" for {listing(list(map(together, ids)))}"
        yield f"until then{names}: {text}"
    if len(shown) < len(texts):
        yield f"and {len(texts) - len(shown)} more workarounds (`--all`, `gemaudit explain ID`)"
