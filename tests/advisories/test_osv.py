"""OSV records have what their readers require, and claim nothing that we do not."""

import datetime
import json
import re
from typing import Any

import pytest
from msgspec.structs import replace

from builders import advisory, affected
from gemaudit.adapters.database import SOURCES, read_advisories
from gemaudit.advisories.osv import osv, render_osv
from gemaudit.model.advisory import Conditions, Range

FFI = replace(
    advisory(
        "GMSA-2026-0001",
        affected("ffi", "1.0...1.5", "2.0...", reported="< 3", when=Conditions(engine=("ruby",))),
        aliases=("CVE-2026-1", "GHSA-aaaa-bbbb-cccc", "Bug #1", "o/ffi#2"),
        workaround="Do not.\n",
    ),
    cvss="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
)


def test_a_record() -> None:
    assert json.loads(render_osv(FFI)) == {
        "schema_version": "1.6.0",
        "id": "GMSA-2026-0001",
        "modified": "2026-01-01T00:00:00Z",
        "published": "2026-01-01T00:00:00Z",
        "aliases": ["CVE-2026-1", "GHSA-aaaa-bbbb-cccc"],
        "summary": "Something is not marked",
        "details": "It crashes.\n\nWorkaround: Do not.",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}],
        "affected": [
            {
                "package": {"ecosystem": "RubyGems", "name": "ffi", "purl": "pkg:gem/ffi"},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "1.0"}, {"fixed": "1.5"}]},
                    {"type": "ECOSYSTEM", "events": [{"introduced": "2.0"}]},
                ],
                "ecosystem_specific": {"when": {"engine": ["ruby"]}},
                "database_specific": {"reported": "< 3"},
            }
        ],
        "references": [{"type": "FIX", "url": "https://example.org/fix"}],
        "database_specific": {
            "kind": "unsound",
            "class": "gc-mark",
            "severity": "high",
            "confidence": "high",
            "cwe_ids": ["CWE-416"],
            "also_called": ["Bug #1", "o/ffi#2"],
        },
    }


def test_interpreters_and_presumed_ranges_are_not_claimed() -> None:
    presumed = Range(introduced="unknown", last_affected="1.9", presumed=True)
    ruby = affected("ruby", Range(introduced="unknown", fixed="3.4.1"), engine=True)
    record = osv(advisory("GMSA-2026-0002", affected("ffi", presumed), ruby))
    assert "affected" not in record
    events = [{"introduced": "0"}, {"fixed": "3.4.1"}]
    assert record["database_specific"]["interpreters"] == [
        {"engine": "ruby", "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    ]
    assert record["database_specific"]["presumed"] == [
        {"name": "ffi", "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"last_affected": "1.9"}]}]}
    ]


def test_an_unknown_introduction_says_so() -> None:
    record = osv(advisory("GMSA-2026-0003", affected("ffi", Range(introduced="unknown", fixed="2"))))
    assert record["affected"][0]["database_specific"] == {"introduced_unknown": True}


def test_withdrawn_is_a_date() -> None:
    record = osv(replace(FFI, withdrawn=datetime.date(2026, 2, 1)))
    assert record["withdrawn"] == "2026-02-01T00:00:00Z"
    assert "withdrawn" not in osv(FFI)


TIME = re.compile(r"\d{4}-\d\d-\d\dT00:00:00Z")


def check(record: dict[str, Any]) -> None:
    """What the schema requires, and its rules about ranges."""
    assert TIME.fullmatch(record["modified"])
    assert TIME.fullmatch(record["published"])
    for one in record.get("affected", ()):
        assert one["package"]["ecosystem"] == "RubyGems"
        assert one["package"]["name"]
        for claimed in one["ranges"]:
            keys = [key for event in claimed["events"] for key in event]
            assert keys in (["introduced"], ["introduced", "fixed"], ["introduced", "last_affected"])
    assert all(reference["url"].startswith("https://") for reference in record["references"])


def test_every_advisory_of_this_repository() -> None:
    for _, one in read_advisories([SOURCES]):
        record = json.loads(render_osv(one))
        assert (record["schema_version"], record["id"]) == ("1.6.0", one.id)
        check(record)


@pytest.mark.parametrize("vector", ["", "AV:N/AC:L"])
def test_other_scores_are_left_out(vector: str) -> None:
    assert "severity" not in osv(replace(FFI, cvss=vector))
