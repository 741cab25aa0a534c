"""Ignores and the gate."""

import datetime
from unittest.mock import Mock

import pytest
from msgspec.structs import replace

from builders import DAY, advisory, affected, database, findings, linux, lockfile, on_engine, on_gem, releases
from gemaudit.matching import apply_policy, policy
from gemaudit.model.advisory import Conditions, Kind, Severity, Status
from gemaudit.model.finding import Finding, Suppression
from gemaudit.model.gate import gating
from gemaudit.model.policy import Ignore, Policy

KNOWN = database(
    advisory("GMSA-2026-0001", affected("ffi", "0...2"), aliases=("CVE-2026-1", "Bug #1")),
    on_gem("oj", id_="GMSA-2026-0002"),
    on_gem("pg", id_="GMSA-2026-0003", when=Conditions(os=("windows",))),
    on_engine("ruby", "0...9", id_="GMSA-2026-0501"),
)
FOUND = findings(
    lockfile("ffi 1.16.3", "oj 1.0", "pg 1.0", path="web/Gemfile.lock"),
    linux(ruby="~> 3.4.0"),
    *KNOWN,
    rubies=releases("3.4.0", "3.4.1"),
)


def suppressed(*ignores: Ignore, today: datetime.date = DAY) -> list[str]:
    decided, _ = apply_policy(FOUND, ignores, today, KNOWN.find)
    assert [replace(one, suppression=None) for one in decided] == list(FOUND)
    return [one.advisory.id for one in decided if one.suppression]


def unused(*ignores: Ignore, today: datetime.date = DAY) -> list[tuple[str, str]]:
    _, left = apply_policy(FOUND, ignores, today, KNOWN.find)
    return [(one.ignore.id, one.reason) for one in left]


def ignore(id_: str = "GMSA-2026-0001", *, gem: str = "", version: str = "", lockfile: str = "") -> Ignore:
    return Ignore(id=id_, reason="because", gem=gem, version=version, lockfile=lockfile)


@pytest.mark.parametrize(
    ("one", "is_covered"),
    [
        (ignore(), True),
        (ignore("gmsa-2026-0001"), True),
        (ignore("CVE-2026-1"), True),
        (ignore("bug #1"), True),
        (ignore("GMSA-2026-0004"), False),
        (ignore(gem="ffi"), True),
        (ignore(gem="FFI"), False),
        (ignore(gem="oj"), False),
        (ignore(version="~> 1.16.0"), True),
        (ignore(version=">= 1, != 1.16.3"), False),
        (ignore(lockfile="web/*"), True),
        (ignore(lockfile="web/Gemfile.lock"), True),
        (ignore(lockfile="*.lock"), True),
        (ignore(lockfile="Gemfile.lock"), False),
        (ignore(lockfile="api/*"), False),
        (ignore(gem="ffi", version="> 1", lockfile="web/*"), True),
        (ignore(gem="ffi", version="> 2", lockfile="web/*"), False),
    ],
)
def test_what_an_ignore_covers(one: Ignore, is_covered: bool) -> None:
    assert suppressed(one) == (["GMSA-2026-0001"] if is_covered else [])


def test_an_ignore_of_a_ruby_that_floats() -> None:
    assert suppressed(ignore("GMSA-2026-0501", gem="ruby")) == ["GMSA-2026-0501"]
    assert suppressed(ignore("GMSA-2026-0501", version=">= 0")) == []


@pytest.mark.parametrize(("today", "is_covered"), [("2026-02-28", True), ("2026-03-01", True), ("2026-03-02", False)])
def test_the_last_day_still_counts(today: str, is_covered: bool) -> None:
    one = replace(ignore(), until=datetime.date(2026, 3, 1))
    assert bool(suppressed(one, today=datetime.date.fromisoformat(today))) == is_covered
    reasons = unused(one, today=datetime.date.fromisoformat(today))
    assert reasons == ([] if is_covered else [("GMSA-2026-0001", "it expired on 2026-03-01")])


def test_the_first_that_covers_a_finding_is_quoted() -> None:
    expired = replace(ignore(), until=datetime.date(2025, 1, 1))
    first = Ignore(id="CVE-2026-1", reason="first", until=DAY, path=".gemaudit.toml", line=3)
    decided, left = apply_policy(FOUND, [expired, first, ignore()], DAY, KNOWN.find)
    assert [one.suppression for one in decided if one.suppression] == [
        Suppression(id="CVE-2026-1", reason="first", until=DAY, path=".gemaudit.toml", line=3)
    ]
    assert [one.reason for one in left] == [
        "it expired on 2025-01-01",
        "an earlier ignore covers what it matches; remove it",
    ]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (ignore("GMSA-2026-9999"), "no advisory has this id or alias"),
        (ignore("GMSA-2026-9999", gem="ffi"), "no advisory has this id or alias"),
        (ignore("GMSA-2026-0002", version="> 5"), "it matches no finding; remove it"),
        (ignore("GMSA-2026-0003"), "what it matches does not apply here; remove it"),
    ],
)
def test_why_an_ignore_is_unused(one: Ignore, reason: str) -> None:
    assert suppressed(one) == []
    assert unused(one) == [(one.id, reason)]


def test_unused_ignores_keep_their_order() -> None:
    ignores = [ignore("B"), ignore(), ignore("A"), ignore("B")]
    assert [id_ for id_, _ in unused(*ignores)] == ["B", "A", "B"]


def finding(status: Status, severity: Severity, kind: Kind, *, is_suppressed: bool = False) -> Finding:
    known = replace(FOUND[0].advisory, severity=severity, kind=kind)
    suppression = Suppression(id="x", reason="y") if is_suppressed else None
    return replace(FOUND[0], advisory=known, status=status, suppression=suppression)


@pytest.mark.parametrize(
    ("one", "policy", "fails"),
    [
        (finding("affected", "medium", "unsound"), Policy(), True),
        (finding("affected", "critical", "unsound"), Policy(), True),
        (finding("affected", "low", "unsound"), Policy(), False),
        (finding("affected", "low", "unsound"), Policy(fail_on="low"), True),
        (finding("affected", "high", "unsound"), Policy(fail_on="critical"), False),
        (finding("affected", "critical", "unsound"), Policy(fail_on=None), False),
        (finding("affected", "critical", "leak"), Policy(), False),
        (finding("affected", "critical", "notice"), Policy(), False),
        (finding("affected", "critical", "leak"), Policy(tolerated=()), True),
        (finding("under_investigation", "high", "crash"), Policy(), False),
        (finding("under_investigation", "high", "crash"), Policy(strict=True), True),
        (finding("not_affected", "high", "crash"), Policy(strict=True), False),
        (finding("affected", "high", "crash", is_suppressed=True), Policy(strict=True), False),
    ],
)
def test_the_gate(one: Finding, policy: Policy, fails: bool) -> None:
    assert gating((one,), policy) == ((one,) if fails else ())


def test_ignores_of_other_advisories_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    covers = Mock(wraps=policy._covers)
    monkeypatch.setattr(policy, "_covers", covers)
    others = [ignore(f"GMSA-2020-{number:04}") for number in range(1_000)]
    assert suppressed(*others, ignore()) == ["GMSA-2026-0001"]
    covers.assert_called_once_with(ignore(), FOUND[0])
