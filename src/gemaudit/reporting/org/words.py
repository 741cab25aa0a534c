"""Numbers, times and names as all reports about a scan spell them."""

import re
from collections.abc import Mapping

from gemaudit.model.advisory import SEVERITIES, Severity
from gemaudit.model.survey import Lever, Scan, Share
from gemaudit.reporting.words import NBSP, listing, plural

#: A time of ISO 8601 in UTC, of which seconds say nothing to people.
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|\+00:?00)")


def number(value: int) -> str:
    """The number with its thousands set apart, as in `12,345`."""
    return f"{value:,}"


def counted(value: int, word: str) -> str:
    """The number and its word, as in `1 repository` or `2,013 repositories`, kept on one line."""
    return f"{number(value)}{NBSP}{plural(value, word)}"


def moment(text: str) -> str:
    """The time to the minute, as in `2026-11-21 02:00 UTC`; a text that is no time as it stands."""
    return _MOMENT.sub(rf"\1{NBSP}\2{NBSP}UTC", text)


def day(text: str) -> str:
    """The day of the time."""
    return text[:10]


def by_severity(severities: Mapping[Severity, int]) -> str:
    """How many of which severity, the worst first, as in `2 critical, 1 low`; empty where there is none."""
    found = [severity for severity in SEVERITIES if severities.get(severity)]
    return ", ".join(f"{number(severities[severity])}{NBSP}{severity}" for severity in found)


def subject(scan: Scan) -> str:
    """Whose repositories were scanned, and where they are."""
    shard = f", shard {scan.shard}" if scan.shard else ""
    host = f" on {scan.host}" if scan.host else ""
    return f"{listing(scan.sources, limit=5) or 'repositories'}{host}{shard}"


def origin(lever: Lever) -> str:
    """What tells a gem that Ruby ships from one of the same name in lockfiles; empty for the latter."""
    return "as Ruby ships it" if lever.package_kind == "default-gem" else ""


def runtime(engine: str, version: str) -> str:
    """A Ruby, as in `3.4.5` or `jruby 9.4.8`; CRuby goes without saying."""
    return version if engine in {"", "ruby"} or version.startswith(engine) else f"{engine} {version}".strip()


def share_name(share: Share) -> str:
    """What a share is of, as `runtime` spells it; `not stated` where nobody says."""
    name = "" if share.name in {"ruby", "libc"} else share.name
    return runtime(name, share.value) or "not stated"


def life(share: Share) -> str:
    """When the life of a Ruby ends or ended; empty where that is not known."""
    if share.is_over:
        return f"end of life since {share.end_of_life}" if share.end_of_life else "end of life"
    return f"until {share.end_of_life}" if share.end_of_life else ""
