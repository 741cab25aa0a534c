"""The sample report, and beside it everything that an input, a setting or an advisory can say, each out to do harm."""

from collections.abc import Iterable

from hypothesis import strategies as st
from msgspec.structs import replace
from report_sample import EVIL, everywhere, hostile_audit, report, undecided

from gemaudit.model.advisory import Advisory, Evidence
from gemaudit.model.diagnostic import Diagnostic, Level
from gemaudit.model.finding import Finding, Suppression
from gemaudit.model.policy import Ignore, UnusedIgnore
from gemaudit.model.report import Audit, Report
from gemaudit.reporting.sanitize import mapped

#: What each of the formats takes for more than text.
MARKUP = "=cmd() @team #1 [x](https://evil.example) ![i](//e) www.evil.example ##[error]x ]]> &lt; {0} $x$ ~~~ ; -- :x:"
HOSTILE = f"{EVIL}{MARKUP}\u2028\ufffe\u200b"
SNIPPETS = (
    "\n",
    "\r\n::error::x",
    "##[error]x",
    "%0A::notice::x",
    "|",
    "\\|",
    "`",
    "``` ",
    "<script>",
    "<!--",
    "</details>",
    "]]>",
    "&amp;",
    "[a](https://evil.example)",
    "![a](b)",
    "https://evil.example",
    "@team",
    "#1",
    "GH-1",
    "1. ",
    "- ",
    "    x",
    "=1+1",
    ";=1+1",
    '"',
    ",",
    "\u202e",
    "\x1b[31m",
    "\x00",
    "\ud800",
    "\ufffe",
    "\U0001f600",
)
POISON = st.one_of(st.sampled_from(SNIPPETS), st.text(st.characters(), max_size=8), st.sampled_from([HOSTILE]))

#: Fields that an input, a setting or an advisory may fill with anything.
FREE = frozenset(
    {"version", "path", "lockfile", "text", "value", "actual", "expected", "reason", "requirement", "target", "current"}
    | {"commands", "before", "after", "note", "otherwise", "message", "hint", "code", "title", "workarounds", "paths"}
    | {"aliases", "environment", "platforms", "id", "frames", "workaround", "confirm", "url", "description", "name"}
)
#: `name` is also what facts, answers and needs are looked up by.
_NAMES = frozenset({"ffi", "rdkafka", "json", "nokogiri", "bcrypt", "oj", "puma", "redcarpet", "private", "waterdrop"})


def poisoned(poison: str, fields: Iterable[str] = FREE) -> Report:
    """The sample report with the poison in every text of those fields."""
    chosen = frozenset(fields)

    def changed(name: str, text: str) -> str:
        return f"{text}{poison}{text}" if name in chosen and (name != "name" or text in _NAMES) else text

    return mapped(rich(), changed)


def rich() -> Report:
    """The sample report with hostile text in every place of every part."""
    original = report()
    ignore = Ignore(id=HOSTILE, reason=HOSTILE, path=HOSTILE, line=2)
    return replace(
        original,
        audits=(*original.audits[:-1], _hostile()),
        unused_ignores=(*original.unused_ignores, UnusedIgnore(ignore=ignore, reason=HOSTILE)),
        diagnostics=(_diagnostic("warning"), _diagnostic("notice")),
    )


def _hostile() -> Audit:
    audit = hostile_audit()
    finding = audit.findings[0]
    hidden = Suppression(id=HOSTILE, reason=HOSTILE, path=HOSTILE, line=9)
    others = (
        _another(finding, 1, suppression=hidden),
        _another(finding, 2, status="under_investigation", verdicts=undecided(HOSTILE, HOSTILE)),
        _another(finding, 3, status="not_affected", verdicts=()),
        _another(finding, 4, verdicts=everywhere(), path="<stdin>", line=0, paths=()),
    )
    main = replace(finding, advisory=_advisory(finding.advisory, 0))
    return replace(audit, findings=(main, *others), diagnostics=(_diagnostic("warning"), _diagnostic("notice")))


def _another(finding: Finding, number: int, **changes: object) -> Finding:
    return replace(finding, advisory=_advisory(finding.advisory, number), **changes)


def _advisory(advisory: Advisory, number: int) -> Advisory:
    return replace(
        advisory,
        id=f"GMSA-2024-009{9 - number}",
        title=HOSTILE,
        description=f"{HOSTILE}\n\n{HOSTILE}",
        workaround=HOSTILE,
        confirm=f"{HOSTILE}\n{HOSTILE}",
        aliases=(HOSTILE, "CVE-2024-1"),
        evidence=(
            Evidence(type="fix", url=f"https://example.org/{HOSTILE}", note=HOSTILE),
            Evidence(type="report", url=f"javascript:{HOSTILE}", note=HOSTILE),
        ),
    )


def _diagnostic(level: Level) -> Diagnostic:
    return Diagnostic(
        code=HOSTILE, message=HOSTILE, path=HOSTILE, level=level, line=7, column=2, length=3, text=HOSTILE, hint=HOSTILE
    )
