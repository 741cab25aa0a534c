"""The HTML page in a real browser: opened from disk, used with mouse, keyboard and without a script, and printed.

Every test also holds that the page loads nothing and that its console stays empty.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from chromium import AXE, DESK, PHONE, RULES, started, until
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

sys.path.insert(0, str(Path(__file__).parents[1] / "reporting"))

from report_sample import affected, main_audit, report

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.baseline import past
from gemaudit.model.finding import Finding
from gemaudit.model.report import Audit, Report
from gemaudit.reporting import Style, render

Open = Callable[..., Page]


def ordinary() -> Report:
    return replace(report(), audits=(main_audit(),), unused_ignores=())


def crowded() -> Report:
    """Three hundred findings of thirty packages, one of them with a name that goes on and on."""
    names = [f"gem-{number}" for number in range(29)] + ["x" * 500]

    def finding(number: int) -> Finding:
        model = affected()[0]
        name = names[number % len(names)]
        identity = replace(
            model.advisory,
            id=f"GMSA-2026-{1000 + number}",
            title=f"Defect {number} reads what another thread has freed",
            severity=SEVERITIES[number % 4],
        )
        package = replace(model.package, name=name, version=f"1.{number}")
        return replace(model, advisory=identity, package=package, line=number + 1, paths=((name,), ("rails", name)))

    audit = replace(main_audit(), findings=tuple(map(finding, range(300))))
    return replace(report(), audits=(audit, Audit(path="docs/Gemfile.lock", sha256="", status="audited", packages=1)))


def compared() -> Report:
    """A report in which one of the findings is new and one was fixed."""

    def told(finding: Finding) -> Finding:
        if finding.status not in {"affected", "under_investigation"}:
            return finding
        return replace(finding, state="new" if finding.advisory.id == "GMSA-2024-0001" else "unchanged")

    audit = replace(main_audit(), findings=tuple(map(told, main_audit().findings)))
    return replace(ordinary(), audits=(audit,), baseline="git:main", fixed=(past(main_audit().findings[0]),))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a report from disk; afterwards no page may have said, thrown or asked for anything."""
    complaints: list[str] = []

    def listen(page: Page, address: str) -> None:
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: complaints.append(request.url) if request.url.partition("#")[0] != address else None,
        )

    with ExitStack() as stack:

        def opened(shown: Report, *, width: int = DESK, fragment: str = "", **options: Any) -> Page:
            file = tmp_path / "report.html"
            file.write_text(render("html", shown, Style()), encoding="utf-8")
            context = browser.new_context(viewport={"width": width, "height": 900}, **options)
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(10_000)
            listen(page, file.as_uri())
            page.goto(file.as_uri() + fragment)
            return page

        yield opened
        assert [text for text in complaints if not text.startswith("data:image/svg+xml,")] == []


def visible_ids(page: Page) -> set[str]:
    ids: list[str] = page.eval_on_selector_all(
        "details.finding:not([hidden])", "all => all.map(one => one.querySelector('.body').id)"
    )
    return set(ids)


def ids_of(status: str) -> set[str]:
    return {one.advisory.id for one in main_audit().findings if one.status == status and not one.suppression}


def test_the_page_opens_with_what_applies_and_what_is_undecided(open_page: Open) -> None:
    page = open_page(ordinary())

    expect(page).to_have_title("fail: memory safety of Gemfile.lock")
    expect(page.get_by_role("heading", level=1)).to_have_text("Fail 4 findings at or above the gate (medium)")
    assert visible_ids(page) == ids_of("affected") | ids_of("under_investigation")
    expect(page.locator("#matches")).to_have_text("14 of 18 findings shown")


def test_the_filter_narrows_by_severity_status_package_and_text(open_page: Open) -> None:
    page = open_page(ordinary())

    page.get_by_label("undecided").uncheck()
    assert visible_ids(page) == ids_of("affected")
    page.get_by_role("checkbox", name="low").uncheck()
    assert visible_ids(page) == {"GMSA-2024-0001", "GMSA-2025-0007", "GMSA-2026-0012", "GMSA-2026-0031"}
    page.get_by_label("Search").fill("onig_new STACKS")
    assert visible_ids(page) == {"GMSA-2025-0007"}
    page.get_by_role("combobox", name="Package").select_option("ffi")
    assert visible_ids(page) == set()
    expect(page.get_by_text("No finding matches the filter.")).to_be_visible()
    expect(page.get_by_role("heading", name="Affected 7")).to_be_hidden()
    page.get_by_role("button", name="Reset").click()
    assert len(visible_ids(page)) == 14


def test_the_filter_shows_only_what_is_new(open_page: Open) -> None:
    page = open_page(compared())
    page.get_by_label("unchanged").uncheck()
    assert visible_ids(page) == {"GMSA-2024-0001"}
    address = page.url

    again = open_page(compared(), fragment="#" + address.partition("#")[2])
    assert visible_ids(again) == {"GMSA-2024-0001"}
    again.get_by_role("button", name="Reset").click()
    assert len(visible_ids(again)) == 14
    again.get_by_role("link", name="1 new").click()
    assert visible_ids(again) == {"GMSA-2024-0001"}
    again.get_by_role("link", name="1 fixed").click()
    expect(again.get_by_role("heading", name="Fixed")).to_be_in_viewport()


def test_what_is_ruled_out_and_suppressed_is_behind_the_filter(open_page: Open) -> None:
    page = open_page(ordinary())
    hidden = page.get_by_text("Hidden by decision")

    expect(hidden).to_be_hidden()
    page.get_by_label("suppressed").check()
    expect(hidden).to_be_visible()
    page.get_by_label("ruled out").check()
    assert len(visible_ids(page)) == 18


def test_the_address_keeps_the_filter(open_page: Open) -> None:
    page = open_page(ordinary())
    page.get_by_role("checkbox", name="low").uncheck()
    page.get_by_label("Search").fill("a&b=c #é")
    shown, address = visible_ids(page), page.url

    again = open_page(ordinary(), fragment="#" + address.partition("#")[2])
    assert visible_ids(again) == shown
    expect(again.get_by_label("Search")).to_have_value("a&b=c #é")
    expect(again.get_by_role("checkbox", name="low")).not_to_be_checked()
    again.get_by_role("button", name="Reset").click()
    expect(again).to_have_url(address.partition("#")[0])


@pytest.mark.parametrize(
    "fragment", ["#", "#?", "#?severity=none", "#findings?q=%", "#%E0%A4%A?package=nobody", "#nowhere"]
)
def test_no_address_breaks_the_page(open_page: Open, fragment: str) -> None:
    page = open_page(ordinary(), fragment=fragment)
    page.get_by_role("button", name="Reset").click()

    assert len(visible_ids(page)) == 14


@pytest.mark.parametrize("javascript", [True, False])
def test_a_deep_link_opens_its_finding(open_page: Open, *, javascript: bool) -> None:
    page = open_page(crowded(), fragment="#GMSA-2026-1297", java_script_enabled=javascript)

    body = page.locator("#GMSA-2026-1297")
    expect(body).to_be_visible()
    expect(body).to_be_in_viewport()
    expect(page.locator("details.finding[open]")).to_have_count(1)


def test_a_deep_link_shows_what_the_filter_would_hide(open_page: Open) -> None:
    page = open_page(ordinary(), fragment="#GMSA-2022-0009?q=nothing-like-it")

    expect(page.locator("#GMSA-2022-0009")).to_be_in_viewport()
    expect(page.get_by_label("suppressed")).to_be_checked()


def test_a_count_of_the_summary_leads_to_its_findings(open_page: Open) -> None:
    page = open_page(ordinary())
    page.get_by_role("link", name="1 high").click()

    assert visible_ids(page) == {"GMSA-2024-0001"}
    expect(page.get_by_role("heading", name="Affected 7")).to_be_in_viewport()


def test_everything_expands_and_collapses(open_page: Open) -> None:
    page = open_page(ordinary())
    opened = page.locator("details.finding[open]")

    page.get_by_role("button", name="Expand all").click()
    expect(opened).to_have_count(14)
    page.get_by_role("button", name="Collapse all").click()
    expect(opened).to_have_count(0)


def test_the_keyboard_is_enough(open_page: Open) -> None:
    page = open_page(ordinary())

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the report")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("ffi/struct")
    expect(page.get_by_label("Search")).to_have_value("ffi/struct")
    page.get_by_label("Search").fill("")
    page.locator("details.finding > summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#GMSA-2024-0001")).to_be_visible()


def test_a_command_is_copied_letter_by_letter(open_page: Open) -> None:
    page = open_page(ordinary(), permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy", exact=True).first.click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "bundle update --conservative ffi"


def test_a_command_is_selected_where_copying_is_forbidden(open_page: Open) -> None:
    page = open_page(ordinary())
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    page.get_by_role("button", name="Copy", exact=True).first.click()

    until(page, "getSelection().toString() !== ''")
    assert page.evaluate("getSelection().toString()").strip() == "bundle update --conservative ffi"


def test_without_a_script_everything_can_be_read(open_page: Open) -> None:
    page = open_page(ordinary(), java_script_enabled=False)

    expect(page.get_by_role("search")).to_be_hidden()
    expect(page.get_by_role("button")).to_have_count(0)
    page.locator("details.finding > summary").first.click()
    expect(page.locator("#GMSA-2024-0001")).to_be_visible()
    page.get_by_role("heading", name="Suppressed 1").click()
    expect(page.get_by_text("Hidden by decision")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_paper_tells_everything(open_page: Open, *, javascript: bool) -> None:
    page = open_page(ordinary(), java_script_enabled=javascript)
    page.emulate_media(media="print")

    for body in page.locator(".list:not([hidden]) .finding:not([hidden]) > .body").all():
        expect(body).to_be_visible()
    expect(page.get_by_text("as stated").first).to_be_visible()
    expect(page.locator("#filter")).to_be_hidden()
    assert page.pdf().startswith(b"%PDF-")


@pytest.mark.parametrize(("shown", "width"), [(report, 320), (crowded, 320), (report, DESK), (ordinary, PHONE)])
def test_the_page_never_scrolls_sideways(open_page: Open, shown: Callable[[], Report], width: int) -> None:
    page = open_page(shown(), width=width)
    page.get_by_role("button", name="Expand all").click()
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = """() => [...document.querySelectorAll("main *")].filter((one) => !one.closest(".aloud")
        && one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML)"""
    assert page.evaluate(wide) == []


@pytest.mark.parametrize(("scheme", "width"), [("light", PHONE), ("dark", DESK)])
def test_the_page_is_accessible(open_page: Open, scheme: str, width: int) -> None:
    everything = replace(compared(), audits=(*compared().audits, *report().audits[1:]))
    page = open_page(everything, width=width, color_scheme=scheme)
    for label in ("ruled out", "suppressed"):
        page.get_by_label(label).check()
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")
    page.evaluate(AXE)
    result = page.evaluate("rules => axe.run({ runOnly: rules, resultTypes: ['violations'] })", RULES)

    violations = [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in result["violations"]]
    assert violations == []
    assert len(result["passes"]) > 20


def test_dark_is_dark(open_page: Open) -> None:
    def brightness(scheme: str) -> int:
        page = open_page(ordinary(), color_scheme=scheme)
        color: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, color.removeprefix("rgb(").removesuffix(")").split(",")))

    assert brightness("dark") < brightness("light") / 4


def test_three_hundred_findings_are_filtered_at_once(open_page: Open) -> None:
    page = open_page(crowded())
    page.get_by_label("Search").fill("GMSA-2026-129 FREED")

    assert visible_ids(page) == {f"GMSA-2026-{number}" for number in range(1290, 1300)}


def test_hostile_names_run_nothing(open_page: Open) -> None:
    page = open_page(report(), fragment="#?q=<script>")
    page.on("dialog", partial(pytest.fail, "a name of an input ran"))

    page.get_by_role("combobox", name="Package").select_option(index=1)
    expect(page.locator("script")).to_have_count(1)
    expect(page.get_by_text("evil\\n\\x3a:error::").first).to_be_visible()
