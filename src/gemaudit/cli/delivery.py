"""Reports to stdout and to files, and the policy that decides what they fail for."""

import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from gemaudit.cli.console import refuse, say, style_of, write
from gemaudit.model.advisory import SEVERITIES, Severity
from gemaudit.model.policy import Ignore, Policy
from gemaudit.model.report import Report
from gemaudit.reporting import FORMAT_NAMES, render
from gemaudit.reporting.style import Style


def wanted_reports(
    format_: str, reports: list[str], *, quiet: bool, names: Sequence[str] = FORMAT_NAMES
) -> tuple[tuple[str, str], ...]:
    """The wanted reports as pairs of format and file, `-` for stdout; exit code 2 for one that there is not."""
    wanted = [] if quiet else [(format_, "-")]
    for text in reports:
        name, separator, file = text.partition("=")
        if not separator or not file:
            refuse(f"`{text}` is no report", "write `--report json=FILE`")
        wanted.append((name, file))
    for name, _ in wanted:
        if name not in names:
            refuse(f"`{name}` is no report format", f"choose one of {', '.join(names)}")
    return tuple(wanted)


def gate_of(word: str) -> Severity | None:
    """The severity that a word names, None for `none`; exit code 2 for one without meaning."""
    if word not in {*SEVERITIES, "none"}:
        refuse(f"`{word}` is no severity", f"choose one of {', '.join(SEVERITIES)} or none")
    return next((severity for severity in SEVERITIES if severity == word), None)


def policy_of(policy: Policy, fail_on: str | None, ignored: list[str], *, strict: bool) -> Policy:
    """The project's policy with what the command line adds; exit code 2 for a word without meaning."""
    said = tuple(Ignore(id=id_, reason="given on the command line", path="<command line>") for id_ in ignored)
    return replace(
        policy,
        fail_on=policy.fail_on if fail_on is None else gate_of(fail_on),
        strict=policy.strict or strict,
        ignores=(*policy.ignores, *said),
    )


def deliver(report: Report, wanted: tuple[tuple[str, str], ...], style: Style) -> None:
    """Write each report where it is wanted; the run ends with exit code 2 where a file cannot be written."""
    for name, file in wanted:
        if file == "-":
            write(render(name, report, style))
            continue
        try:
            Path(file).write_text(render(name, report, replace(style, color=False)), encoding="utf-8", newline="")
        except OSError as error:
            refuse(f"the report `{file}` cannot be written: {error.strerror}", "give a file in a folder that exists")
    if not any(file == "-" for _, file in wanted):
        _say_errors(report)


def _say_errors(report: Report) -> None:
    """What could not be read, for a run that prints no report."""
    from gemaudit.reporting.diagnostics import render_diagnostic  # noqa: PLC0415 - only for quiet runs

    for diagnostic in (*report.diagnostics, *(found for audit in report.audits for found in audit.diagnostics)):
        if diagnostic.level == "error":
            say(render_diagnostic(diagnostic, color=style_of(sys.stderr).color))
