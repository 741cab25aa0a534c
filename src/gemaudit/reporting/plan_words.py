"""What the text report and the page both say about a plan, and say alike."""

from collections.abc import Iterable

from gemaudit.model.plan import Blocker, Move, Need, Step
from gemaudit.reporting.remedy import blocker_name
from gemaudit.reporting.words import count, place, together

_ANYTHING = ">= 0"


def headline(steps: int, closed: int, total: int) -> str:
    """How many steps close how much, as in `2 steps close 3 of 4 findings`."""
    if not steps:
        return "nothing can be upgraded yet"
    if not closed:
        return count(steps, "step")
    return f"{count(steps, 'step')} {'closes' if steps == 1 else 'close'} {closed} of {count(total, 'finding')}"


def change(step: Step) -> str:
    """Where a step takes its package, as in `ffi 1.16.3 -> 1.17.4`."""
    return in_words(Move(name=step.name, current=step.current, target=step.target))


def in_words(move: Move) -> str:
    """What becomes of a package: it moves, comes in or goes."""
    if not move.current:
        return f"{together(f'{move.name} {move.target}')} comes in"
    if not move.target:
        return f"{together(f'{move.name} {move.current}')} leaves the bundle"
    return f"{together(f'{move.name} {move.current}')} -> {together(move.target)}"


def who(blocker: Blocker) -> str:
    """Somebody who asks for a package, with what they ask for and where."""
    requirement = "" if blocker.requirement == _ANYTHING else together(blocker.requirement)
    asked = ", ".join(filter(None, (requirement, place(blocker.path, blocker.line))))
    return f"{blocker_name(blocker)} ({asked})" if asked else blocker_name(blocker)


def alike(needs: Iterable[Need]) -> tuple[tuple[Need, ...], ...]:
    """The needs, those that differ in nothing but the environment and the evidence together."""
    groups: dict[tuple[str, str, str, bool | None, str], list[Need]] = {}
    for need in needs:
        groups.setdefault((need.name, need.requirement, need.actual, need.met, need.otherwise), []).append(need)
    return tuple(map(tuple, groups.values()))


def by_workaround(step: Step) -> dict[str, list[str]]:
    """The workarounds, each with the advisories that it is for."""
    texts: dict[str, list[str]] = {}
    for advisory, text in step.workarounds:
        texts.setdefault(text, []).append(advisory)
    return texts
