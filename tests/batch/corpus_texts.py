"""Lockfiles for corpora, and what `gemaudit.audit` says of each, in the shape of a row."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from msgspec.structs import asdict

from gemaudit import audit
from gemaudit.adapters.database import load_database
from gemaudit.advisories.database import Database
from gemaudit.batch import Row
from gemaudit.reporting.json_v1 import render
from gemaudit.reporting.style import Style

#: A small database, of gems that there are not.
ADVISORIES = Path(__file__).parent.parent / "cli" / "transcripts" / "advisories"

_VERSIONS = ("0.9.0", "1.0.0", "1.4.2", "1.9.9", "2.0.0", "2.3.1", "3.0.0.rc1", "9.9.9")
_GEMS = ("nokogiri", "ffi", "json", "oj", "bcrypt", "rack", "rails", "sqlite3", "ember", "flint", "basalt")
_PLATFORMS = ("", "-x86_64-linux", "-x86_64-linux-musl", "-java")


def lockfile(number: int) -> str:
    """A lockfile that is like no other of another number."""
    specs = []
    for position, name in enumerate(_GEMS):
        version = _VERSIONS[(number * 7 + position * (number % 5 + 1)) % len(_VERSIONS)]
        platform = _PLATFORMS[(number + position) % len(_PLATFORMS)]
        specs.append(f"    {name} ({version}{platform})\n")
    ruby = f"\nRUBY VERSION\n   ruby 3.{number % 5}.{number % 4}\n" if number % 3 else ""
    named = "".join(f"  {name}\n" for name in _GEMS)
    own = f"    own (0.{number})\n"
    return (
        f"GEM\n  remote: https://rubygems.org/\n  specs:\n{''.join(specs)}{own}"
        f"\nPLATFORMS\n  ruby\n  x86_64-linux\n\nDEPENDENCIES\n{named}  own\n{ruby}"
    )


def texts(count: int) -> list[str | None]:
    """A corpus as they are: some repetition, some holes, and some that nobody can read."""
    some: list[str | None] = [lockfile(number % max(count * 3 // 4, 1)) for number in range(count)]
    for position, odd in (
        (3, None),
        (5, ""),
        (7, "<html>"),
        (11, lockfile(1).replace("json", "<<<<<<< HEAD\njson", 1)),
    ):
        if position < count:
            some[position] = odd
    return some


def small_database() -> Database:
    return load_database(ADVISORIES)


def said_by_audit(text: str, **stated: Any) -> dict[str, Any]:
    """What the JSON report of `gemaudit.audit` says, with the names of a row."""
    report = audit(text, **stated)
    document = json.loads(render(report, Style()))
    found = [
        {
            "advisory": one["advisory"],
            "kind": one["kind"],
            "severity": one["severity"],
            "confidence": one["confidence"],
            "status": one["status"],
            "package_kind": one["package"]["kind"],
            "package": one["package"]["name"],
            "version": one["package"]["version"],
        }
        for one in document["findings"]
    ]
    statuses = document["summary"]["status"]
    only = document["inputs"][0]
    return {
        "status": only["status"],
        "error": document["errors"][0]["code"] if document["errors"] else None,
        "sha256": only["sha256"],
        "packages": only["packages"],
        "unaudited": len(document["unaudited"]),
        **document["summary"]["severity"],
        "undecided": statuses["under_investigation"],
        "not_affected": statuses["not_affected"],
        "findings": _counted([one for one in found if one["status"] in {"affected", "under_investigation"}]),
        "database": document["database"]["revision"],
    }


def as_said(row: Row) -> dict[str, Any]:
    """A row in the same shape."""
    return {**asdict(row), "findings": _counted([asdict(one) for one in row.findings])}


def _counted(findings: list[dict[str, str]]) -> "Counter[tuple[tuple[str, str], ...]]":
    return Counter(tuple(sorted(one.items())) for one in findings)
