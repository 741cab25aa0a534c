"""Rubies whose branch gets no more fixes."""

import datetime
from collections.abc import Iterable, Iterator

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.environment import Environment, Fact
from gemaudit.model.requirement import Requirement
from gemaudit.model.rubies import Branch, RubyReleases

#: How long before the end it is worth a word.
_SOON = datetime.timedelta(days=90)


def ruby_end_of_life(
    environments: Iterable[Environment], releases: RubyReleases, today: datetime.date
) -> tuple[Diagnostic, ...]:
    """A notice for each branch of CRuby in use that has ended, or will within 90 days, at the line that names it.

    A floating version counts where all releases that it stands for are of one branch.
    """
    found: dict[str, Diagnostic] = {}
    for environment in sorted(environments, key=lambda one: (one.id != "production", one.id)):
        fact = environment.fact("ruby")
        if fact is None or (environment.value("engine") or "ruby") != "ruby":
            continue
        if environment.value("build") == "distribution":  # which goes on mending it
            continue
        branch = releases.branch(_branch_of(fact, releases))
        if branch is not None and branch.name not in found:
            found.update((branch.name, notice) for notice in _notices(branch, fact, releases, today))
    return tuple(found.values())


def _branch_of(fact: Fact, releases: RubyReleases) -> str:
    """The only branch that a version may be of; empty where there are several."""
    return releases.branch_of(fact.value) if fact.exact else releases.only_branch(Requirement.parse(fact.value))


def _notices(branch: Branch, fact: Fact, releases: RubyReleases, today: datetime.date) -> Iterator[Diagnostic]:
    end = branch.end_of_life
    if end is None or today < end - _SOON:
        return
    is_over = end <= today
    if branch.end_is_expected:
        what = f"was expected to get no more fixes from {end} on" if is_over else f"is expected to end on {end}"
    else:
        what = f"has had no fixes since {end}" if is_over else f"ends on {end}"
    yield Diagnostic(
        code="ruby-end-of-life" if is_over else "ruby-end-of-life-soon",
        message=f"ruby {branch.name} {what}" + (f"; its last release is {branch.newest}" if is_over else ""),
        path=fact.path,
        level="notice",
        line=fact.line,
        text=fact.text,
        hint=_successor(branch.name, releases, today),
    )


def _successor(name: str, releases: RubyReleases, today: datetime.date) -> str:
    """The next branch that still gets fixes, with its newest release."""
    while (name := releases.next_branch(name) or "") and (branch := releases.branch(name)):
        if branch.end_of_life is None or branch.end_of_life > today:
            return f"move to ruby {branch.newest}" if branch.newest else ""
    return ""
