"""Advisories as OSV records (https://ossf.github.io/osv-schema/, version 1.6).

A reader of OSV has no third answer. So only verified ranges of gems become `affected`; what it would misread,
interpreters and ranges that are presumed, stands in `database_specific`, and conditions in `ecosystem_specific`.
"""

import datetime
import json
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from gemaudit.model.advisory import Advisory, Affected, EvidenceType, Range

SCHEMA = "1.6.0"

_REFERENCES: dict[EvidenceType, str] = {
    "fix": "FIX",
    "introduced": "INTRODUCED",
    "report": "REPORT",
    "changelog": "WEB",
    "reproduction": "EVIDENCE",
    "article": "ARTICLE",
    "condition": "EVIDENCE",
}
_ELSEWHERE = re.compile(r"(?:CVE|GHSA|OSV|RUSTSEC)-[\w-]+", re.IGNORECASE)


def render_osv(advisory: Advisory) -> str:
    """Return the record as JSON text, the same for equal advisories."""
    return json.dumps(osv(advisory), indent=2, ensure_ascii=False) + "\n"


def osv(advisory: Advisory) -> dict[str, Any]:
    """Return the record; keys without a value are left out.

    Aliases that are no ids of another database, such as `Bug #20169`, are in `database_specific`.
    """
    record = {
        "schema_version": SCHEMA,
        "id": advisory.id,
        "modified": _time(advisory.modified),
        "published": _time(advisory.published),
        "withdrawn": _time(advisory.withdrawn) if advisory.withdrawn else None,
        "aliases": [name for name in advisory.aliases if _ELSEWHERE.fullmatch(name)],
        "summary": advisory.title,
        "details": _details(advisory),
        "severity": _severity(advisory.cvss),
        "affected": [_affected(one) for one in advisory.affected if one.gem and _verified(one)],
        "references": [{"type": _REFERENCES[item.type], "url": item.url} for item in advisory.evidence],
        "database_specific": _database_specific(advisory),
    }
    return _filled(record)


def _time(day: datetime.date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _details(advisory: Advisory) -> str:
    parts = [advisory.description.strip()]
    if advisory.workaround:
        parts.append(f"Workaround: {advisory.workaround.strip()}")
    return "\n\n".join(parts)


def _severity(vector: str) -> list[dict[str, str]]:
    kind = {"CVSS:3": "CVSS_V3", "CVSS:4": "CVSS_V4"}.get(vector[:6])
    return [{"type": kind, "score": vector}] if kind else []


def _verified(affected: Affected) -> tuple[Range, ...]:
    return tuple(one for one in affected.ranges if not one.presumed)


def _affected(affected: Affected) -> dict[str, Any]:
    verified = _verified(affected)
    unknown = [range_ for range_ in verified if range_.introduced == "unknown"]
    return _filled(
        {
            "package": {"ecosystem": "RubyGems", "name": affected.gem, "purl": f"pkg:gem/{affected.gem}"},
            "ranges": _ranges(verified),
            "ecosystem_specific": _when(affected),
            "database_specific": _filled({"reported": affected.reported, "introduced_unknown": bool(unknown)}),
        }
    )


def _ranges(ranges: Iterable[Range]) -> list[dict[str, Any]]:
    """One OSV range for each of ours, because `fixed` and `last_affected` may not meet in one."""
    return [{"type": "ECOSYSTEM", "events": _events(one)} for one in ranges]


def _events(claimed: Range) -> list[dict[str, str]]:
    events = [{"introduced": "0" if claimed.introduced == "unknown" else claimed.introduced}]
    if claimed.last_affected:
        events.append({"last_affected": claimed.last_affected})
    elif claimed.fixed:
        events.append({"fixed": claimed.fixed})
    return events


def _when(affected: Affected) -> dict[str, Any]:
    return _filled({"when": msgspec.to_builtins(affected.when)})


def _database_specific(advisory: Advisory) -> dict[str, Any]:
    interpreters = [
        _filled({"engine": one.engine, "ranges": _ranges(_verified(one)), "reported": one.reported, **_when(one)})
        for one in advisory.affected
        if one.engine and _verified(one)
    ]
    presumed = [
        {"name": one.gem or one.engine, "ranges": _ranges(claims)}
        for one in advisory.affected
        if (claims := [claimed for claimed in one.ranges if claimed.presumed])
    ]
    return _filled(
        {
            "kind": advisory.kind,
            "class": advisory.class_,
            "severity": advisory.severity,
            "confidence": advisory.confidence,
            "cwe_ids": [advisory.cwe] if advisory.cwe else [],
            "also_called": [name for name in advisory.aliases if not _ELSEWHERE.fullmatch(name)],
            "interpreters": interpreters,
            "presumed": presumed,
        }
    )


def _filled(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if value}
