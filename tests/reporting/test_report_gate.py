from collections.abc import Iterable
from itertools import pairwise

import pytest
from msgspec.structs import replace
from report_sample import affected, main_audit, others, report

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.finding import Finding
from gemaudit.model.gate import gating, passes
from gemaudit.model.policy import Policy
from gemaudit.model.report import Audit, Report

FINDINGS = (*affected(), *others())


def ids(findings: Iterable[Finding]) -> set[str]:
    return {finding.advisory.id for finding in findings}


def with_audits(*audits: Audit, fail_on_nothing: bool = True) -> Report:
    policy = Policy(fail_on=None) if fail_on_nothing else Policy()
    return replace(report(), audits=audits, diagnostics=(), policy=policy)


def test_the_default_gate_is_medium_and_tolerates_leaks() -> None:
    assert ids(gating(FINDINGS, Policy())) == {"GMSA-2024-0001", "GMSA-2025-0007", "GMSA-2026-0012", "GMSA-2026-0031"}


def test_a_stricter_gate_lets_nothing_more_through() -> None:
    found = [ids(gating(FINDINGS, Policy(fail_on=severity, tolerated=()))) for severity in SEVERITIES]

    assert all(stricter <= laxer for stricter, laxer in pairwise(found))


def test_strict_counts_what_is_undecided() -> None:
    more = ids(gating(FINDINGS, Policy(strict=True))) - ids(gating(FINDINGS, Policy()))

    assert more == {"GMSA-2025-0003", "GMSA-2024-0010", "GMSA-2024-0011", "GMSA-2021-0002"}


def test_what_is_suppressed_or_ruled_out_never_counts() -> None:
    counted = gating(FINDINGS, Policy(fail_on="low", strict=True, tolerated=()))

    assert {finding.status for finding in counted} == {"affected", "under_investigation"}
    assert "GMSA-2022-0009" not in ids(counted)


def test_no_gate_counts_nothing() -> None:
    assert gating(FINDINGS, Policy(fail_on=None, strict=True)) == ()


def test_an_audit_passes_when_nothing_fails_it() -> None:
    assert passes(with_audits(main_audit()))
    assert not passes(with_audits(main_audit(), fail_on_nothing=False))


def test_an_empty_lockfile_beside_another_changes_nothing() -> None:
    problem = Diagnostic(code="empty-lockfile", message="it names no gem", path="b/Gemfile.lock")
    empty = Audit(path="b/Gemfile.lock", sha256="", status="empty", diagnostics=(problem,))

    assert passes(with_audits(main_audit(), empty))


@pytest.mark.parametrize(
    "audits",
    [
        (),
        (Audit(path="a", sha256="", status="empty"),),
        (main_audit(), Audit(path="a", sha256="", status="unreadable")),
        (replace(main_audit(), diagnostics=(Diagnostic(code="x", message="x", path="a"),)),),
    ],
    ids=["nothing", "only-empty", "unreadable", "error"],
)
def test_what_was_not_audited_never_passes(audits: tuple[Audit, ...]) -> None:
    assert not passes(with_audits(*audits))
