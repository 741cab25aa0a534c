"""Findings that apply, in full where they matter and in one line where they hardly do."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.finding import Finding
from gemaudit.model.plan import FEASIBLE
from gemaudit.model.policy import Policy
from gemaudit.reporting.page import Page
from gemaudit.reporting.plan_words import change
from gemaudit.reporting.remedy import Remedies, Remedy, blocker_name, unmet_needs
from gemaudit.reporting.text_applies import applies
from gemaudit.reporting.words import BULLET, NBSP, listing, literal, place, together, unique
from gemaudit.reporting.wrap import cells, shorten

#: Where everything but the severity begins.
MARGIN = 10
_MOST_CHAINS = 2
_MOST_SIGNATURES = 2
_LEAST_TITLE = 14

#: A wall of detail hides what matters: so many findings are told in full, and of one package so many.
_MOST_IN_FULL = 20
_MOST_OF_A_PACKAGE = {"critical": 4, "high": 4, "medium": 2, "low": 2}
#: And of one package so many get a line.
_MOST_LINES = 4


def in_full(findings: Sequence[Finding], policy: Policy, page: Page) -> tuple[list[Finding], list[Finding]]:
    """The findings that are worth several lines, and the others: low ones, and those that come after too many.

    The findings stand in the order of their severity, so what is left out is never worse than what is told.
    """
    full: list[Finding] = []
    brief: list[Finding] = []
    told: Counter[tuple[str, str]] = Counter()
    for finding in findings:
        severity, package = finding.advisory.severity, (finding.package.name, finding.package.version)
        is_relevant = severity != "low" or policy.fail_on == "low"
        has_room = told[package] < _MOST_OF_A_PACKAGE[severity] and len(full) < _MOST_IN_FULL
        if page.show_all or (is_relevant and has_room):
            told[package] += 1
            full.append(finding)
        else:
            brief.append(finding)
    return full, brief


def is_remark(finding: Finding, policy: Policy) -> bool:
    """Whether a finding is no defect, only worth knowing; not where the project lets notices fail a run."""
    return finding.advisory.kind == "notice" and "notice" in policy.tolerated


def alike(findings: Iterable[Finding], page: Page) -> list[list[Finding]]:
    """The findings, those of one advisory that apply in the same places for the same reasons taken together."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.advisory.id, *applies(finding, page)), []).append(finding)
    return list(groups.values())


def detailed(findings: Sequence[Finding], policy: Policy, remedies: Remedies, page: Page) -> list[str]:
    """What is wrong, where, why here, how it looks, what to do; for findings that are `alike`."""
    finding = findings[0]
    advisory = finding.advisory
    numbers = listing([together(alias) for alias in advisory.aliases if alias.startswith("CVE-")])
    title = f"{together(advisory.id)}  {page.paint(advisory.title, 'strong')}" + (f" ({numbers})" if numbers else "")
    lines = page.lines(title, lead=label(finding, page), indent=MARGIN)
    closings = [_closing(found, policy, remedies) for found in findings]
    is_same = len(set(closings)) == 1
    packages = [
        _package(found) if is_same or not closing else BULLET.join((_package(found), closing))
        for found, closing in zip(findings, closings, strict=True)
    ]
    said = (*packages, *applies(finding, page), *_looks(finding, page), closings[0] if is_same else "")
    for paragraph in filter(None, said):
        lines += page.lines(paragraph, lead=" " * MARGIN, indent=MARGIN + 2)
    return lines


def _closing(finding: Finding, policy: Policy, remedies: Remedies) -> str:
    """How sure it is, whether it counts, and what ends it."""
    return BULLET.join([*_caveats(finding, policy), *map(_fix, filter(None, [remedies.get(finding)]))])


def compact(findings: list[Finding], page: Page) -> list[str]:
    """One line for each finding, the worst first, below the package it is in; of many, some are only counted."""
    packages: dict[str, list[Finding]] = {}
    for finding in findings:
        packages.setdefault(_short_name(finding), []).append(finding)
    lines = []
    for name, found in packages.items():
        if len(found) == 1:
            lines += _row(found[0], page, name)
            continue
        shown = found if page.show_all or len(found) <= _MOST_LINES + 1 else found[:_MOST_LINES]
        lines += page.lines(f"{page.paint(together(name), 'strong')}:", lead="also in ".ljust(MARGIN), indent=MARGIN)
        lines += [line for finding in shown for line in _row(finding, page)]
        lines += _counted(found[len(shown) :], page)
    return lines


def _counted(findings: list[Finding], page: Page) -> list[str]:
    """How many more findings a package has, by severity."""
    severities = Counter(finding.advisory.severity for finding in findings)
    counts = [f"{severities[severity]}{NBSP}{severity}" for severity in SEVERITIES if severities[severity]]
    return page.lines(f"and {listing(counts)} more", lead=" " * MARGIN, indent=MARGIN) if counts else []


def label(finding: Finding, page: Page) -> str:
    """The severity in a column of its own."""
    severity = finding.advisory.severity
    return page.paint(severity, severity) + " " * (MARGIN - len(severity))


def _short_name(finding: Finding) -> str:
    """The package and its line; the file only where it is another than the lockfile."""
    is_here = finding.path == finding.lockfile and finding.line
    where = f"line {finding.line}" if is_here else place(finding.path, finding.line)
    return ", ".join(filter(None, (f"{finding.package.name} {finding.package.version}".strip(), where)))


def _row(finding: Finding, page: Page, name: str = "") -> list[str]:
    """The finding in one line, its title cut to what is left of it, or left out where that is next to nothing."""
    where = f"  {name}" if name else ""
    doubt = "" if finding.confidence == "high" else f" (confidence {finding.confidence})"
    room = page.width - MARGIN - cells(f"{finding.advisory.id}{where}") - 2 - len(doubt)
    title = f"  {shorten(finding.advisory.title, room)}" if room >= _LEAST_TITLE else ""
    return page.lines(together(f"{finding.advisory.id}{where}{title}{doubt}"), lead=label(finding, page))


def _package(finding: Finding) -> str:
    package = finding.package
    name = together(f"{package.name} {package.version}".strip())
    text = f"{name} ({place(finding.path, finding.line)})"
    if package.kind == "default-gem":
        return f"{text}, shipped with the interpreter"
    if package.kind != "gem" or not finding.paths:
        return text
    chains = sorted(finding.paths, key=lambda path: (len(path), path))
    if chains[0][1:] == ():
        return f"{text}, named in the Gemfile"
    shown = [f"{NBSP}> ".join(map(together, path)) for path in chains]
    return f"{text}, brought in by {listing(shown, limit=_MOST_CHAINS)}"


def _looks(finding: Finding, page: Page) -> Iterator[str]:
    """The messages that a user of the application would see, or the C functions where there is no message."""
    signatures = finding.advisory.signature
    texts = unique(signature.text for signature in signatures)
    frames = unique(frame for signature in signatures for frame in signature.frames)
    shown = texts if page.show_all else texts[:_MOST_SIGNATURES]
    if texts:
        yield f"you would see {listing(list(map(literal, shown)), word='or')}"
    elif frames:
        names = listing(list(map(literal, frames)), limit=0 if page.show_all else _MOST_SIGNATURES + 1)
        yield f"you would see {names} in the C backtrace"


def _caveats(finding: Finding, policy: Policy) -> Iterator[str]:
    if finding.confidence != "high":
        yield together(f"confidence {finding.confidence}")
    if finding.advisory.kind in policy.tolerated:
        yield f"a {finding.advisory.kind}, which the gate tolerates"


def _fix(remedy: Remedy) -> str:
    if remedy.outcome == "configure":
        return f"ended by step {remedy.number}"
    if remedy.number and remedy.outcome in FEASIBLE:
        if not remedy.step.target:
            return f"ended by step {remedy.number}: {change(remedy.step)}"
        return f"fixed by step {remedy.number}: {together(f'{remedy.step.name} {remedy.step.target}')}"
    if remedy.outcome == "no_fix":
        return (
            f"not closed by step {remedy.number}; see the plan"
            if remedy.number
            else "no release has the fix; see the plan"
        )
    blockers = unique(blocker_name(blocker) for blocker in remedy.step.blocked_by)
    by = f" by {listing(blockers, limit=_MOST_CHAINS)}" if blockers else ""
    fixed = f"fixed in {together(f'{remedy.step.name} {remedy.step.target}'.strip())}"
    if remedy.outcome != "blocked":
        return f"{fixed}, which {unmet_needs(remedy.step)}"
    return f"{fixed}, which is blocked{by}"
