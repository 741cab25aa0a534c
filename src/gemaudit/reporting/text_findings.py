"""Findings that apply, in full where they matter and in one line where they hardly do."""

from collections.abc import Iterator

from gemaudit.model.finding import Finding
from gemaudit.model.policy import Policy
from gemaudit.reporting.page import Page
from gemaudit.reporting.remedy import Remedies, Remedy
from gemaudit.reporting.text_applies import applies
from gemaudit.reporting.words import listing, place, together, unique
from gemaudit.reporting.wrap import cells, pad, shorten

#: Where everything but the severity begins.
MARGIN = 10
_MOST_CHAINS = 2
_MOST_SIGNATURES = 2
_MOST_NAME = 28


def is_detailed(finding: Finding, policy: Policy, page: Page) -> bool:
    """Whether a finding is worth several lines."""
    return page.show_all or finding.advisory.severity != "low" or policy.fail_on == "low"


def detailed(finding: Finding, policy: Policy, remedies: Remedies, page: Page) -> list[str]:
    """What is wrong, where, why here, how it looks, what to do."""
    advisory = finding.advisory
    lead = page.paint(advisory.severity, advisory.severity) + " " * (MARGIN - len(advisory.severity))
    lines = page.lines(f"{together(advisory.id)}  {page.paint(advisory.title, 'strong')}", lead=lead, indent=MARGIN)
    for paragraph in (_package(finding), *applies(finding, page), *_looks(finding, page), *_caveats(finding, policy)):
        lines += page.lines(paragraph, lead=" " * MARGIN, indent=MARGIN + 2)
    lines += page.lines(_fix(remedies.get(finding)), lead=" " * MARGIN, indent=MARGIN + 2)
    return lines


def compact(findings: list[Finding], page: Page) -> list[str]:
    """One line for each finding, in columns."""
    names = [together(f"{finding.package.name} {finding.package.version}") for finding in findings]
    width = min(max(map(cells, names), default=0), _MOST_NAME)
    return [line for finding, name in zip(findings, names, strict=True) for line in _row(finding, name, width, page)]


def label(finding: Finding, page: Page) -> str:
    """The severity in a column of its own."""
    severity = finding.advisory.severity
    return page.paint(severity, severity) + " " * (MARGIN - len(severity))


def _row(finding: Finding, name: str, width: int, page: Page) -> list[str]:
    """The finding in one line, its title cut to what is left of it; two where the names are too long for that."""
    doubt = "" if finding.confidence == "high" else f" (confidence {finding.confidence})"
    text = f"{together(finding.advisory.id)}  {pad(name, width)}  {place(finding.path, finding.line)}"
    room = page.width - MARGIN - cells(text) - 2 - len(doubt)
    if room >= _MOST_NAME // 2:
        title = shorten(finding.advisory.title, room)
        return page.lines(together(f"{text}  {title}{doubt}"), lead=label(finding, page))
    return page.lines(text.strip() + doubt, lead=label(finding, page), indent=MARGIN)


def _package(finding: Finding) -> str:
    package = finding.package
    name = together(f"{package.name} {package.version}")
    text = f"{name} ({place(finding.path, finding.line)})"
    if package.kind == "default-gem":
        return f"{text}, shipped with the interpreter"
    if package.kind == "ruby" or not finding.paths:
        return text
    chains = sorted(finding.paths, key=lambda path: (len(path), path))
    if len(chains[0]) < 2:
        return f"{text}, named in the Gemfile"
    shown = [" > ".join(map(together, path)) for path in chains]
    return f"{text}, brought in by {listing(shown, limit=_MOST_CHAINS)}"


def _looks(finding: Finding, page: Page) -> Iterator[str]:
    """The messages that a user of the application would see, or the C functions where there is no message."""
    signatures = finding.advisory.signature
    texts = unique(signature.text for signature in signatures)
    frames = unique(frame for signature in signatures for frame in signature.frames)
    shown = texts if page.show_all else texts[:_MOST_SIGNATURES]
    if texts:
        yield "you would see " + " · ".join(shown)
    elif frames:
        yield f"you would see {listing(frames, limit=_MOST_SIGNATURES + 1)} in the C backtrace"


def _caveats(finding: Finding, policy: Policy) -> Iterator[str]:
    if finding.confidence != "high":
        yield f"confidence {finding.confidence}"
    if finding.advisory.kind in policy.tolerated:
        yield f"a {finding.advisory.kind}, which the gate tolerates"


def _fix(remedy: Remedy | None) -> str:
    if remedy is None:
        return "no upgrade was looked for"
    if remedy.outcome == "upgrade":
        return f"fixed by step {remedy.number}: {together(f'{remedy.step.name} {remedy.step.target}')}"
    if remedy.outcome == "no_fix":
        return "no release has the fix; see the plan"
    blockers = unique(together(f"{blocker.name} {blocker.version}".strip()) for blocker in remedy.step.blocked_by)
    by = f" by {listing(blockers, limit=_MOST_CHAINS)}" if blockers else ""
    return f"fixed in {together(f'{remedy.step.name} {remedy.step.target}'.strip())}, which is blocked{by}"
