"""What a reader of the text must find, and must not be told."""

from msgspec.structs import replace
from report_sample import affected, main_audit, others, plan, report

from gemaudit.model.finding import Finding, Suppression, Unaudited
from gemaudit.model.plan import Edit, Move, Plan
from gemaudit.model.policy import Policy
from gemaudit.model.report import Audit, Report
from gemaudit.reporting import Style, render


def text_of(*audits: Audit, show_all: bool = False, policy: Policy | None = None, width: int = 100) -> str:
    shown = replace(report(), audits=audits, unused_ignores=(), policy=policy or Policy())
    return render("text", shown, Style(width=width, show_all=show_all))


def clean_audit(**changes: object) -> Audit:
    return replace(Audit(path="Gemfile.lock", sha256="", status="audited", packages=48), **changes)


def last_line(report_: Report) -> str:
    return render("text", report_, Style(width=500)).splitlines()[-1]


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_a_clean_result_says_what_was_checked() -> None:
    text = text_of(clean_audit())

    assert "no known memory-safety defect reaches these 48 packages\n" in text
    assert "no findings" in text
    assert text.rstrip().endswith("gate medium: pass")


def test_a_clean_result_says_what_it_leaves_open() -> None:
    open_one = replace(others()[0])
    hidden = replace(others()[1], suppression=Suppression(id="x", reason="y"))
    missing = Unaudited(kind="ruby", name="ruby", version="", reason="no version is stated")
    text = text_of(clean_audit(findings=(open_one, hidden), unaudited=(missing,)))

    expected = "these 48 packages, but 1 finding is undecided, 1 is suppressed and 1 package is not audited"
    assert expected in one_line(text)


def test_an_unreadable_lockfile_is_never_called_clean() -> None:
    text = one_line(text_of(Audit(path="Gemfile.lock", sha256="", status="unreadable")))

    assert "no known" not in text
    assert "fail (input that could not be used)" in text


def test_nothing_to_audit_is_no_success() -> None:
    assert last_line(replace(report(), audits=())).endswith("gate medium: fail (nothing to audit)")


def test_low_findings_take_a_line_each() -> None:
    lines = text_of(clean_audit(findings=affected())).splitlines()

    assert sum(line.startswith("low ") for line in lines) == 3
    assert sum("bcrypt" in line for line in lines) == 1


def test_low_findings_are_told_in_full_where_the_gate_is_low() -> None:
    text = text_of(clean_audit(findings=affected()), policy=Policy(fail_on="low"))

    assert "bcrypt 3.1.18 (Gemfile.lock:7), named in the Gemfile" in text


def test_a_wall_of_medium_findings_is_cut_down_to_lines() -> None:
    medium = affected()[2]
    many = tuple(
        replace(medium, advisory=replace(medium.advisory, id=f"GMSA-2026-{number:04}")) for number in range(100, 160)
    )
    text = text_of(clean_audit(findings=many))

    assert text.count("applies in") == 2
    assert sum(finding.advisory.id in text for finding in many) == 6
    assert "and 54 medium more" in one_line(text)
    assert text_of(clean_audit(findings=many), show_all=True).count("applies in") == 60


def test_every_finding_names_its_remedy() -> None:
    text = one_line(text_of(main_audit()))

    assert "fixed by step 1: ffi 1.17.4" in text
    assert "fixed by step 2: ruby 3.4.9" in text
    assert "fixed in rdkafka 0.19.0, which is blocked by the Gemfile and waterdrop 2.6.1" in text
    assert "no release has the fix; see the plan" in text


def test_what_an_upgrade_leaves_open_is_said() -> None:
    step = replace(plan().steps[0], remains=("GMSA-2024-0001",), closes=(), note="1.18.0 closes it too")
    text = one_line(text_of(clean_audit(findings=affected()[:1], plan=Plan(steps=(step,)))))

    assert "not closed by step 1; see the plan" in text
    assert "does not close GMSA-2024-0001" in text
    assert "1.18.0 closes it too" in text
    assert "Plan: 1 step, unverified" in text


def test_a_finding_that_a_step_passes_over_is_named_as_left_open() -> None:
    first, second = affected()[0], replace(affected()[0], advisory=affected()[1].advisory)
    text = one_line(text_of(clean_audit(findings=(first, second), plan=Plan(steps=plan().steps[:1]))))

    assert "not closed by step 1; see the plan" in text
    assert "does not close GMSA-2025-0007" in text
    assert "1 step closes 1 of 2 findings" in text


def test_a_blocked_step_keeps_its_findings_blocked() -> None:
    step = replace(plan().steps[2], closes=(), remains=("GMSA-2025-0007",))
    text = one_line(text_of(clean_audit(findings=affected()[1:2], plan=Plan(steps=(step,)))))

    assert "which is blocked by the Gemfile and waterdrop 2.6.1" in text
    assert "leaves open GMSA-2025-0007" in text
    assert "Plan: nothing can be upgraded yet" in text


def test_a_partly_readable_lockfile_is_called_that() -> None:
    text = one_line(text_of(replace(main_audit(), status="unreadable")))

    assert "could only be read in part, 48 packages of it" in text
    assert "GMSA-2024-0001" in text


def test_that_an_interpreter_is_itself_is_no_reason() -> None:
    verdicts = affected()[0].verdicts
    text = text_of(clean_audit(findings=(replace(affected()[2], verdicts=verdicts),)))

    assert "applies in production and ci/test, unconditionally" in text


def test_a_gem_that_goes_leaves_the_bundle() -> None:
    moves = (Move(name="ffi", current="1.16.3"), Move(name="rake", current="13.0"))
    step = replace(plan().steps[0], target="", moves=moves, allowed_by=())
    text = one_line(text_of(clean_audit(findings=affected()[:1], plan=Plan(steps=(step,)))))

    assert "ended by step 1: ffi 1.16.3 leaves the bundle" in text
    assert "bundle update --conservative ffi ffi 1.16.3 leaves the bundle; with it rake 13.0 leaves the bundle" in text
    assert "1 step closes 1 of 1 finding" in text


def test_edits_come_before_the_command_that_needs_them() -> None:
    edit = Edit(path="Gemfile", line=3, before='gem "ffi", "~> 1.16.0"', after='gem "ffi", ">= 1.17.4"')
    step = replace(plan().steps[0], edits=(edit,))
    lines = text_of(clean_audit(findings=affected()[:1], plan=Plan(steps=(step,)))).splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("Plan:"))

    assert lines[start + 1] == '  1  edit Gemfile:3: gem "ffi", "~> 1.16.0" -> gem "ffi", ">= 1.17.4"'
    assert lines[start + 2] == "     bundle update --conservative ffi"


def test_a_command_is_never_broken() -> None:
    command = "bundle update --conservative " + " ".join(f"a-rather-long-gem-name-{number}" for number in range(20))
    step = replace(plan().steps[0], commands=(command,))
    text = text_of(clean_audit(findings=affected()[:1], plan=Plan(steps=(step,))), width=40)

    assert any(line.endswith(command) for line in text.splitlines())


def test_ignored_findings_are_counted_and_listed_on_demand() -> None:
    assert "Suppressed: 1 finding (`--all` lists it)" in text_of(main_audit())

    everything = text_of(main_audit(), show_all=True)
    assert "GMSA-2022-0009  redcarpet 3.5.0 (Gemfile.lock:99)" in everything
    assert "Markdown is ours and reviewed, until 2027-01-31 (.gemaudit.toml:12)" in everything


def test_what_was_ruled_out_is_shown_on_demand_with_the_fact_that_did_it() -> None:
    assert "GMSA-2022-0003" not in text_of(main_audit())
    assert "the system is linux, not windows (Dockerfile:1)" in text_of(main_audit(), show_all=True)


def test_what_only_the_public_report_names_is_a_note() -> None:
    text = one_line(text_of(main_audit()))

    assert "note the public report names this version, the code does not have the defect: GMSA-2019-0008" in text


def test_a_cve_is_named_beside_our_id() -> None:
    finding: Finding = affected()[0]
    aliases = ("CVE-2024-1234", "Bug #1", "CVE-2024-1235")
    known = replace(finding, advisory=replace(finding.advisory, aliases=aliases))
    text = one_line(text_of(clean_audit(findings=(known,))))

    assert "garbage collector (CVE-2024-1234 and CVE-2024-1235)" in text
    assert "Bug #1" not in text


def test_many_environments_are_counted() -> None:
    audit = main_audit()
    first = audit.environments[0]
    environments = tuple(
        replace(
            first,
            id=f"ci/test-{number}",
            facts=tuple(replace(fact, value=f"3.4.{number}") if fact.name == "ruby" else fact for fact in first.facts),
        )
        for number in range(12)
    )
    text = text_of(replace(audit, environments=environments))

    assert "and 7 environments more (--all)" in text
    assert "ci/test-11" in text_of(replace(audit, environments=environments), show_all=True)


def test_environments_in_which_the_same_holds_share_a_line() -> None:
    audit = main_audit()
    environments = tuple(replace(audit.environments[0], id=f"ci/test-{number}") for number in range(5))
    lines = text_of(replace(audit, environments=environments)).splitlines()

    assert sum("ci/test-" in line for line in lines[:6]) == 1
    assert any("ci/test-0, ci/test-1, ci/test-2 and 2 more:" in line for line in lines)
