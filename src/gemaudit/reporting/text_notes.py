"""What the report says beside the findings: what is clean, what was left out, and why."""

from collections.abc import Iterable

from gemaudit.model.finding import Finding, Unaudited
from gemaudit.model.plan import FEASIBLE
from gemaudit.model.policy import UnusedIgnore
from gemaudit.model.report import Audit
from gemaudit.reporting.page import Page
from gemaudit.reporting.remedy import Remedies
from gemaudit.reporting.text_applies import applies
from gemaudit.reporting.text_findings import MARGIN, label
from gemaudit.reporting.words import NBSP, count, listing, place, plural, together, unique

_MOST_NAMES = 12
_MOST_NAMED = 4


def clean(audit: Audit, undecided: list[Finding], page: Page) -> list[str]:
    """What exactly was found to be free of what."""
    packages = f"these {count(audit.packages, 'package')}" if audit.packages != 1 else "the only package"
    text = f"{page.paint('no known memory-safety defect', 'good')} reaches {packages}"
    limits = []
    if undecided:
        limits.append(f"{count(len(undecided), 'finding')} {plural(len(undecided), 'is')} undecided")
    if hidden := sum(finding.suppression is not None for finding in audit.findings):
        limits.append(f"{hidden} {plural(hidden, 'is')} suppressed")
    if number := left_out(audit):
        limits.append(f"{count(number, 'package')} {plural(number, 'is')} not audited")
    return page.lines(text + (f", but {listing(limits)}" if limits else ""), lead="  ", indent=4)


def left_out(audit: Audit) -> int:
    """How many packages were not judged, each counted once whatever the number of environments."""
    return len({(package.kind, package.name, package.version) for package in audit.unaudited})


def notes(findings: list[Finding], page: Page) -> list[str]:
    """What only the public report names, in one paragraph; with `show_all` also whatever was ruled out, and why."""
    reported = [finding for finding in findings if finding.basis == "reported"]
    lines: list[str] = []
    if reported:
        versions = "this version" if len(reported) == 1 else "these versions"
        text = f"the public report names {versions}, the code does not have the defect: "
        lines += page.lines(text + "; ".join(map(_what, reported)), lead="note".ljust(MARGIN))
    for finding in findings if page.show_all else ():
        if finding.basis != "reported":
            lines += page.lines(f"{_what(finding)}: {_STATUS[finding.status]}", lead="ruled out".ljust(MARGIN))
            for sentence in applies(finding, page):
                lines += page.lines(sentence, lead=" " * MARGIN, indent=MARGIN + 2)
    return lines


def remarks(findings: Iterable[Finding], remedies: Remedies, page: Page) -> list[str]:
    """A paragraph for each notice that holds somewhere, which names all that it is about."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.advisory.id, []).append(finding)
    lines: list[str] = []
    for group in groups.values():
        advisory = group[0].advisory
        numbers = {remedy.number for found in group if (remedy := remedies.get(found)) and remedy.outcome in FEASIBLE}
        text = f"{together(advisory.id)}  {advisory.title}: {_named(group)}"
        text += f"; step {min(numbers)} ends it" if len(numbers) == 1 else ""
        lines += page.lines(text, lead=page.paint("note", "faint") + " " * (MARGIN - len("note")), indent=MARGIN)
    return lines


def _named(findings: list[Finding]) -> str:
    """The packages, or the entries of a section of the lockfile, and the line of the first."""
    packages = [finding.package for finding in findings]
    names = [
        name
        for package in packages
        for name in (package.platforms if package.kind == "bundle" else (f"{package.name} {package.version}".strip(),))
    ]
    where = place(findings[0].path, findings[0].line)
    return f"{listing(list(map(together, names)), limit=_MOST_NAMED)}" + (f" ({where})" if where else "")


_STATUS = {"not_affected": f"not{NBSP}affected", "fixed": "fixed"}


def unaudited(audit: Audit, page: Page) -> list[str]:
    """Every package that was not judged, by reason; the same in several environments is said once."""
    if not audit.unaudited:
        return []
    reasons: dict[str, dict[str, Unaudited]] = {}
    places: dict[str, list[str]] = {}
    for package in sorted(audit.unaudited, key=lambda one: (one.reason, one.name, one.version, one.line)):
        reason, environment = _reason(package, audit)
        reasons.setdefault(reason, {}).setdefault(f"{package.name} {package.version}".strip(), package)
        places.setdefault(reason, []).extend([environment] if environment else [])
    lines = page.heading(f"Not audited: {count(left_out(audit), 'package')}")
    limit = 0 if page.show_all else _MOST_NAMES
    for reason, packages in reasons.items():
        named = [_located(name, package) for name, package in packages.items()]
        within = unique(places[reason])
        is_everywhere = len(within) == len(audit.environments)
        where = f" in {listing(within, limit=_MOST_NAMED)}" if within and not is_everywhere else ""
        lines += page.lines(f"{reason}: {listing(named, limit=limit)}{where}", lead="  ", indent=4)
    return lines


def _reason(package: Unaudited, audit: Audit) -> tuple[str, str]:
    """The reason, and the environment that it begins with where it is about one alone."""
    environment, colon, reason = package.reason.partition(": ")
    if colon and any(one.id == environment for one in audit.environments):
        return reason, environment
    return package.reason, ""


def _located(name: str, package: Unaudited) -> str:
    where = place(package.path, package.line)
    return together(f"{name} ({where})" if where else name)


def suppressed(findings: tuple[Finding, ...], page: Page) -> list[str]:
    """The findings that the project decided to hide: how many, or with `show_all` which, why and until when."""
    if not findings:
        return []
    number = f"{count(len(findings), 'finding')}"
    if not page.show_all:
        return page.lines(f"Suppressed: {number} (`--all` lists {plural(len(findings), 'it')})")
    lines = page.heading(f"Suppressed: {number}")
    for finding in findings:
        lines += page.lines(_what(finding), lead="  " + label(finding, page), indent=MARGIN + 2)
        lines += page.lines(_decision(finding), lead=" " * (MARGIN + 2), indent=MARGIN + 4)
    return lines


def ignores(unused: tuple[UnusedIgnore, ...], page: Page) -> list[str]:
    """The ignores that hide nothing, each with its line, so that it can be removed."""
    if not unused:
        return []
    lines = page.heading("Unused ignores" if len(unused) > 1 else "Unused ignore")
    for entry in sorted(unused, key=lambda entry: (entry.ignore.path, entry.ignore.line, repr(entry))):
        where = place(entry.ignore.path, entry.ignore.line)
        text = f"{together(entry.ignore.id)}{f' ({where})' if where else ''}: {entry.reason}"
        lines += page.lines(text, lead="  ", indent=4)
    return lines


def _what(finding: Finding) -> str:
    package = together(f"{finding.package.name} {finding.package.version}".strip())
    return f"{together(finding.advisory.id)}  {package} ({place(finding.path, finding.line)})"


def _decision(finding: Finding) -> str:
    suppression = finding.suppression
    if suppression is None:
        return ""
    until = f", until {suppression.until.isoformat()}" if suppression.until else ""
    where = place(suppression.path, suppression.line)
    return f"{suppression.reason or 'no reason given'}{until}{f' ({where})' if where else ''}"
