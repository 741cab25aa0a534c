"""The report as test results, in the dialect that Jenkins and Maven Surefire read.

The schema is `junit-10.xsd` of the Jenkins xUnit plugin: no attribute is written that it does not name.
A run passes exactly where no result is a failure or an error.
"""

import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.policy import UnusedIgnore
from gemaudit.model.report import Report
from gemaudit.reporting.diagnostics import diagnostic_line
from gemaudit.reporting.entries import Entry, Section, harmless, plain, sections
from gemaudit.reporting.sanitize import prose, sanitized
from gemaudit.reporting.style import Style
from gemaudit.reporting.words import count, place

NAME = "junit"

# https://www.w3.org/TR/xml/#charsets: what is left of the characters that XML cannot hold, controls being spelled out.
_NO_XML = re.compile("[\ufffe\uffff]")


def render(report: Report, _style: Style) -> str:
    """A suite for each lockfile and one for the run, each finding a test case, failed where it fails the gate."""
    suites = [_suite(section, report) for section in sections(report)]
    root = ET.Element("testsuites", name="gemaudit")
    root.extend([*suites, _suite_of_the_run(report)])
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(section: Section, report: Report) -> ET.Element:
    path = section.audit.path
    return _counted(path, report, [*_audit(section), *map(_finding, section.entries)])


def _suite_of_the_run(report: Report) -> ET.Element:
    """What concerns no lockfile: what could not be found or read, and that nothing was audited."""
    diagnostics = harmless(report.diagnostics)
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.level == "error"]
    case = ET.Element("testcase", name="run")
    if not any(audit.status == "audited" for audit in report.audits) and not errors:
        _add(case, "error", "nothing was audited", kind="nothing-audited")
    unused = sorted(map(_unused, map(sanitized, report.unused_ignores)))
    _say(case, [*map(diagnostic_line, diagnostics), *unused])
    return _counted("gemaudit", report, [case, *map(_error, errors)])


def _counted(name: str, report: Report, cases: list[ET.Element]) -> ET.Element:
    """The suite of the cases with its numbers and with what judged."""
    suite = ET.Element("testsuite", name=_said(name), tests=str(len(cases)))
    for plural, result in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(plural, str(sum(case.find(result) is not None for case in cases)))
    properties = ET.SubElement(suite, "properties")
    facts = {"version": report.version, "database": f"{report.database.revision} of {report.database.built}"}
    facts |= {"fail-on": report.policy.fail_on or "none", "strict": "yes" if report.policy.strict else "no"}
    facts |= {} if report.baseline is None else {"baseline": report.baseline}
    for key, value in facts.items():
        ET.SubElement(properties, "property", name=key, value=_said(prose(value)))
    for case in cases:
        case.set("classname", _said(name))
    suite.extend(cases)
    return suite


def _audit(section: Section) -> Iterator[ET.Element]:
    """Whether the lockfile could be audited, then what could not be read."""
    audit = section.audit
    errors = [diagnostic for diagnostic in section.diagnostics if diagnostic.level == "error"]
    case = ET.Element("testcase", name="audit")
    if audit.status == "empty":
        _add(case, "skipped", "it names no gem, so there was nothing to judge")
    elif audit.status == "unreadable" and not errors:
        _add(case, "error", "it could not be read", kind="unreadable")
    left_out = (f"not audited: {one.name} {one.version}: {one.reason}" for one in audit.unaudited)
    _say(case, [count(audit.packages, "package"), *map(diagnostic_line, section.diagnostics), *sorted(left_out)])
    yield case
    if audit.status != "empty":
        yield from map(_error, errors)


def _error(diagnostic: Diagnostic) -> ET.Element:
    where = place(diagnostic.path, diagnostic.line)
    case = ET.Element("testcase", name=_said(f"{diagnostic.code} {where}".strip()))
    lines = [where, diagnostic.text.strip(), diagnostic.hint and f"hint: {diagnostic.hint}"]
    _add(case, "error", diagnostic.message, lines, kind=diagnostic.code)
    return case


def _finding(entry: Entry) -> ET.Element:
    finding, advisory = entry.finding, entry.finding.advisory
    case = ET.Element("testcase", name=_said(f"{advisory.id} {entry.package}: {advisory.title}"))
    run = [f"run {command}" for command in entry.commands]
    lines = [f"{advisory.severity}, {finding.status}, confidence {finding.confidence}", *entry.sentences, *run]
    if finding.suppression:
        _add(case, "skipped", f"suppressed: {entry.justification}", lines)
    elif entry.fails:
        message = f"{advisory.severity}: {advisory.title} ({entry.package}, {entry.place})"
        _add(case, "failure", message, [*lines, "", *entry.description], kind=advisory.id)
    elif entry.is_old:
        _say(case, ["unchanged: it was there before", *lines])
    elif finding.status == "under_investigation":
        _add(case, "skipped", entry.sentences[1], lines)
    else:
        _say(case, lines)
    return case


def _add(case: ET.Element, result: str, message: str, lines: Iterable[str] = (), *, kind: str = "") -> None:
    element = ET.SubElement(case, result, {"type": _said(kind)} if kind else {}, message=_said(message))
    element.text = _said("\n".join(filter(None, lines))) or None


def _say(case: ET.Element, lines: Iterable[str]) -> None:
    if text := "\n".join(filter(None, lines)):
        ET.SubElement(case, "system-out").text = _said(text)


def _unused(unused: UnusedIgnore) -> str:
    ignore = unused.ignore
    return f"unused ignore {ignore.id} ({place(ignore.path, ignore.line)}): {unused.reason}"


def _said(text: str) -> str:
    """The text as XML can hold it."""
    return _NO_XML.sub(lambda match: ascii(match.group())[1:-1], plain(text))
