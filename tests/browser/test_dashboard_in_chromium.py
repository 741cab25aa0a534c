"""The dashboard in a real browser: opened from disk, used with mouse, keyboard and without a script, and printed.

Every test also holds that the page loads nothing and that its console stays empty.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from chromium import AXE, DESK, PHONE, RULES, started, until
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

sys.path.insert(0, str(Path(__file__).parents[1] / "reporting" / "org"))

from survey_sample import EVIL, FORMULA, RTL, Sample, large, small, survey

from gemaudit.model.survey import Held, Result
from gemaudit.reporting.org import Style, render
from gemaudit.reporting.org.tally import Tally, standing
from gemaudit.reporting.sanitize import visible

#: In milliseconds. An idle machine takes a tenth of that; a page that does its work again for each row takes more.
AT_ONCE = 4_000

Open = Callable[..., Page]


def crowd() -> Sample:
    """Twenty thousand repositories, made of few that are told apart by their names."""
    _, models = large(200, findings=6)
    results = tuple(
        replace(model, repository=replace(model.repository, name=f"{model.repository.name}-{copy:03}"))
        for model in models
        for copy in range(100)
    )
    return survey(results[:400], days=10), results


def few() -> Sample:
    surveyed, results = large(8, findings=3)
    return replace(surveyed, trend=surveyed.trend[-5:]), results


SAMPLES: dict[str, Callable[[], Sample]] = {
    "small": small,
    "few": few,
    "some": partial(large, 130),
    "thousands": partial(large, 2000),
    "crowd": crowd,
}


@cache
def sample(name: str) -> Sample:
    return SAMPLES[name]()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The page of a sample on disk, written once."""
    folder = tmp_path_factory.mktemp("dashboard")

    def written(name: str) -> Path:
        file = folder / f"{name}.html"
        if not file.exists():
            file.write_text("".join(render("html", *sample(name), Style())), encoding="utf-8")
        return file

    return written


@pytest.fixture
def open_page(browser: Browser, page_file: Callable[[str], Path]) -> Iterator[Open]:
    """Opens the page of a sample; afterwards no page may have said, thrown or asked for anything."""
    complaints: list[str] = []

    def listen(page: Page, address: str) -> None:
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on(
            "request",
            lambda request: complaints.append(request.url) if request.url.partition("#")[0] != address else None,
        )

    with ExitStack() as stack:

        def opened(name: str, *, width: int = DESK, fragment: str = "", **options: Any) -> Page:
            address = page_file(name).as_uri()
            context = browser.new_context(
                viewport={"width": width, "height": 900}, **{"reduced_motion": "reduce", **options}
            )
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(10_000)
            listen(page, address)
            page.goto(address + fragment)
            return page

        yield opened
        assert [text for text in complaints if not text.startswith("data:image/svg+xml,")] == []


def query(**view: Any) -> str:
    return f"#repositories?{urlencode(view)}"


def shown(page: Page) -> list[str]:
    names: list[str] = page.eval_on_selector_all("#table tbody .name", "all => all.map(one => one.textContent)")
    return names


def names(results: tuple[Result, ...]) -> list[str]:
    return [result.repository.name for result in results]


def in_view(one: Result, view: dict[str, str]) -> bool:
    """Whether the filter shall show the repository: the same question, asked of the model."""
    state, about = standing(one, Tally.of(one.held)), one.repository
    words = view.get("q", "").lower().split()
    texts = [about.name, *about.topics, *(f"{held.advisory}\n{held.title}\n{held.package}" for held in one.held)]
    return (
        view.get("state", state) in {state, *(["audited"] if one.outcome == "audited" else [])}
        and view.get("ruby", "") in {"", *(runs.ruby for runs in one.runs)}
        and view.get("libc", "") in {"", *(runs.libc for runs in one.runs)}
        and view.get("visibility", about.visibility) == about.visibility
        and view.get("topic", "") in {"", *about.topics}
        and all(any(word in text.lower() for text in texts) for word in words)
        and (
            not {"severity", "advisory", "package", "new"} & set(view) or any(_wanted(held, view) for held in one.held)
        )
    )


def _wanted(held: Held, view: dict[str, str]) -> bool:
    return (
        not held.is_suppressed
        and ("severity" not in view or (held.severity == view["severity"] and held.status == "affected"))
        and view.get("advisory", held.advisory) == held.advisory
        and view.get("package", held.package) == held.package
        and ("new" not in view or held.since == "2026-11-21T02:00:04Z")
    )


def test_the_page_opens_with_the_worst_repositories(open_page: Open) -> None:
    page = open_page("some")
    _, results = sample("some")

    expect(page.get_by_role("heading", level=1)).to_contain_text("audited repositories are affected")
    expect(page.locator("#matches")).to_have_text("130 of 130 repositories")
    assert shown(page) == names(results)[:50]
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("50 of 130")


VIEWS: tuple[dict[str, str], ...] = (
    {"q": "shop"},
    {"q": "TIER-1 freed gmsa-2024"},
    {"q": "nothing like it"},
    {"state": "failed"},
    {"state": "audited"},
    {"state": "high"},
    {"state": "undecided"},
    {"severity": "critical"},
    {"severity": "low", "state": "medium"},
    {"advisory": "GMSA-2019-0008"},
    {"package": "ffi-ext", "severity": "high"},
    {"new": "1"},
    {"new": "1", "severity": "medium", "q": "ledger"},
    {"ruby": "2.7.8", "libc": "musl"},
    {"visibility": "public", "topic": "rails"},
    {"package": "nobody-has-it"},
)


def test_every_filter_shows_what_the_model_says(open_page: Open) -> None:
    page = open_page("some")
    _, results = sample("some")
    found = 0
    for view in VIEWS:
        page.evaluate("hash => { location.hash = hash }", query(**view, size=250))
        expected = [result.repository.name for result in results if in_view(result, view)]
        expect(page.locator("#matches")).to_have_text(f"{len(expected)} of 130 repositories")
        assert shown(page) == expected, view
        found += bool(expected)
    assert found > len(VIEWS) / 2


def test_the_form_narrows_and_the_address_keeps_it(open_page: Open) -> None:
    page = open_page("some")
    matching = [one for one in sample("some")[1] if in_view(one, {"q": "shop", "severity": "critical"})]
    ruby = next(one.runs[0].ruby for one in matching if one.runs[0].ruby)
    page.get_by_label("Search").fill("shop a&b=c #é")
    page.get_by_label("Search").fill("shop")
    page.get_by_label("Holds").select_option("critical")
    page.get_by_text("More filters").click()
    page.get_by_role("combobox", name="Ruby").select_option(ruby)
    page.get_by_role("button", name="High", exact=True).click()
    told, address = shown(page), page.url

    again = open_page("some", fragment="#" + address.partition("#")[2])
    assert told
    assert shown(again) == told
    expect(again.get_by_label("Search")).to_have_value("shop")
    expect(again.get_by_role("combobox", name="Ruby")).to_have_value(ruby)
    again.get_by_role("button", name="Reset").click()
    expect(again).to_have_url(address.partition("#")[0])
    expect(again.locator("#matches")).to_have_text("130 of 130 repositories")


def test_columns_sort_both_ways_and_say_so(open_page: Open) -> None:
    page = open_page("some", fragment=query(size=250))
    _, results = sample("some")
    head = page.get_by_role("columnheader", name="High")
    high = {result.repository.name: Tally.of(result.held).affected["high"] for result in results}

    page.get_by_role("button", name="High", exact=True).click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert [high[name] for name in shown(page)] == sorted(high.values(), reverse=True)
    page.get_by_role("button", name="High", exact=True).click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert [high[name] for name in shown(page)] == sorted(high.values())
    page.get_by_role("button", name="Repository", exact=True).click()
    expect(page.locator("[aria-sort]")).to_have_count(1)
    assert shown(page) == sorted(high)


def test_pages_lead_through_all(open_page: Open) -> None:
    page = open_page("some")
    told = shown(page)
    expect(page.get_by_role("button", name="Previous")).to_be_disabled()
    for _ in range(2):
        page.get_by_role("button", name="Next").click()
        told += shown(page)

    assert told == names(sample("some")[1])
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    assert "page=3" in page.url
    page.get_by_label("Rows").select_option("250")
    assert len(shown(page)) == 130


def test_a_click_on_a_number_an_advisory_or_a_ruby_filters(open_page: Open) -> None:
    page = open_page("some")
    surveyed, results = sample("some")
    spread = surveyed.advisories[0]

    page.locator(".standings").get_by_role("link", name="failed").click()
    expect(page.get_by_role("heading", name="Repositories", exact=True)).to_be_in_viewport()
    assert len(shown(page)) == surveyed.counts.failed
    page.locator("#advisories a").first.click()
    expect(page.locator("#matches")).to_have_text(f"{spread.repositories + spread.undecided} of 130 repositories")
    expect(page.get_by_label("Advisory")).to_have_value(spread.advisory)
    page.locator("#runs a", has_text="2.7.8").click()
    assert set(shown(page)) == {one.repository.name for one in results if one.runs and one.runs[0].ruby == "2.7.8"}
    page.locator("#upgrades a").first.click()
    expect(page.get_by_label("Package")).to_have_value(surveyed.levers[0].package)


@pytest.mark.parametrize(
    "fragment",
    [
        "#",
        "#?",
        "#repositories?page=-7&size=x&sort=none",
        "#%E0%A4%A?q=%",
        "#nowhere",
        "#repositories?page=1e9&open=no",
    ],
)
def test_no_address_breaks_the_page(open_page: Open, fragment: str) -> None:
    page = open_page("small", fragment=fragment)
    page.get_by_role("button", name="Reset").click()

    assert len(shown(page)) == 8


def test_a_repository_opens_tells_all_and_closes(open_page: Open) -> None:
    page = open_page("small")
    dialog = page.get_by_role("dialog", name="acme/payments")
    page.get_by_role("rowheader", name="acme/payments").get_by_role("link").click()

    expect(dialog).to_be_visible()
    for text in (
        "GMSA-2025-0107 new",
        "Heap overflow in the bundled libxml2 when an entity is replaced",
        "redcarpet 3.5.0",
        "suppressed",
        "blocked",
        "bundle update --ruby",
        "ruby 3.3.5 · x86_64-linux-musl",
        "the lockfile has 41 MB",
    ):
        expect(dialog).to_contain_text(text)
    line = dialog.get_by_role("link", name="line 88")
    head = sample("small")[1][0].repository.head
    expect(line).to_have_attribute("href", f"https://github.com/acme/payments/blob/{head}/Gemfile.lock#L88")
    assert "open=acme%2Fpayments" in page.url
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert "open=" not in page.url
    expect(page.get_by_role("rowheader", name="acme/payments").get_by_role("link")).to_be_focused()


def test_a_deep_link_opens_a_repository_and_going_back_closes_it(open_page: Open) -> None:
    page = open_page("some", fragment=query(state="failed"))
    name = shown(page)[0]
    page.get_by_role("link", name=name, exact=True).first.click()
    expect(page.get_by_role("dialog", name=name)).to_contain_text("It was never audited.")
    address = page.url

    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    again = open_page("some", fragment="#" + address.partition("#")[2])
    expect(again.get_by_role("dialog", name=name)).to_be_visible()
    again.get_by_role("button", name="Close").click()
    assert len(shown(again)) == sample("some")[0].counts.failed


def test_what_failed_is_told_with_what_was_known_before(open_page: Open) -> None:
    page = open_page("small", fragment=query(open="acme/shop"))
    dialog = page.get_by_role("dialog")

    expect(dialog).to_contain_text("failed forge-unavailable the forge answered 502 to four attempts")
    expect(dialog).to_contain_text("What follows is as of 2026-11-20 02:00 UTC.")
    expect(dialog).to_contain_text("GMSA-2024-0001")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("acme/api", "Nothing known applies."),
        ("acme/api", "Fixed since the last scan"),
        ("acme/.github", "There is nothing to audit."),
    ],
)
def test_a_repository_without_findings_says_what_that_means(open_page: Open, name: str, text: str) -> None:
    expect(open_page("small", fragment=query(open=name)).get_by_role("dialog")).to_contain_text(text)


def test_a_command_is_copied_letter_by_letter(open_page: Open) -> None:
    page = open_page("small", fragment=query(open="acme/payments"), permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy", exact=True).first.click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "bundle update --conservative nokogiri"
    page.get_by_role("button", name="Copy all").click()
    expect(page.get_by_role("button", name="Copied").first).to_be_visible()
    until(page, "navigator.clipboard.readText().then((text) => text.includes('\\n'))")
    assert page.evaluate("navigator.clipboard.readText()") == "\n".join(
        command for step in small()[1][0].upgrades for command in step.commands
    )


def test_a_command_is_selected_where_copying_is_forbidden(open_page: Open) -> None:
    page = open_page("small", fragment=query(open="acme/payments"))
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    page.get_by_role("button", name="Copy", exact=True).first.click()

    until(page, "getSelection().toString() !== ''")
    assert page.evaluate("getSelection().toString()").strip() == "bundle update --conservative nokogiri"


def test_the_keyboard_is_enough(open_page: Open) -> None:
    page = open_page("some")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the report")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("shop/")
    expect(page.get_by_label("Search")).to_have_value("shop/")
    page.get_by_label("Search").fill("")
    page.get_by_role("button", name="Critical", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Critical")).to_have_attribute("aria-sort", "descending")
    page.locator("#table tbody .name").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).not_to_be_focused()


def test_hostile_texts_are_shown_and_run_nothing(open_page: Open) -> None:
    page = open_page("small", fragment=query(q=EVIL, sort=EVIL, state=EVIL, open=EVIL))
    page.get_by_role("button", name="Reset").click()
    told = shown(page)

    assert [f"acme/{visible(EVIL)}", f"acme/{RTL}", FORMULA] == [told[2], told[3], told[7]]
    assert told[4].startswith("acme/nnn")
    assert len(told[4]) == 400
    for name in told:
        page.evaluate("hash => { location.hash = hash }", query(open=name))
        expect(page.get_by_role("dialog")).to_be_visible()
        expect(page.locator("#details-title")).to_have_text(name)
    page.evaluate("hash => { location.hash = hash }", query(open=told[2]))
    expect(page.locator("#details-title")).to_have_text(told[2])
    expect(page.locator("img, iframe, object, base")).to_have_count(0)
    expect(page.locator("script")).to_have_count(2)
    assert page.eval_on_selector_all("a:not([href^='#'])", "all => all.length") == 0
    page.evaluate("hash => { location.hash = hash }", query(open=told[0]))
    assert set(page.eval_on_selector_all("a:not([href^='#'])", "all => all.map(one => one.origin)")) == {
        "https://github.com"
    }


def test_without_a_script_numbers_tables_and_the_worst_can_be_read(open_page: Open) -> None:
    page = open_page("some", java_script_enabled=False)

    expect(page.get_by_role("search")).to_be_hidden()
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_text("The 50 worst of 130")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text=sample("some")[1][49].repository.name)).to_be_visible()
    expect(page.get_by_role("img", name="critical findings over 45 scans")).to_be_visible()
    page.get_by_text("All 45 scans as a table").click()
    expect(page.get_by_role("region", name="Scans")).to_be_visible()


def test_thousands_paint_and_answer_at_once(open_page: Open) -> None:
    page = open_page("thousands")
    until(page, "performance.getEntriesByName('first-contentful-paint').length")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    ready = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    took = page.evaluate(
        """() => {
          const start = performance.now();
          for (const [name, value] of [["q", "freed ledger"], ["severity", "critical"], ["new", "1"]]) {
            const field = document.getElementById("filter").elements[name];
            if (field.type === "checkbox") field.checked = true; else field.value = value;
            field.dispatchEvent(new Event("input", { bubbles: true }));
          }
          document.querySelector("[data-sort=high] button").click();
          document.getElementById("matches").getBoundingClientRect();
          return (performance.now() - start) / 4;
        }"""
    )

    assert painted < AT_ONCE
    assert ready < 2 * AT_ONCE
    assert took < AT_ONCE / 4


def test_twenty_thousand_still_work(open_page: Open) -> None:
    page = open_page("crowd")
    page.get_by_label("Search").fill("-077 freed")
    _, results = sample("crowd")
    expected = [one.repository.name for one in results if in_view(one, {"q": "-077 freed"})]

    expect(page.locator("#matches")).to_have_text(f"{len(expected)} of 20,000 repositories")
    assert shown(page) == expected[:50]
    page.locator("#table tbody .name").first.click()
    expect(page.get_by_role("dialog", name=expected[0])).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_paper_tells_the_tables_and_no_controls(open_page: Open, *, javascript: bool) -> None:
    page = open_page("some", java_script_enabled=javascript)
    page.emulate_media(media="print")

    expect(page.get_by_role("search")).to_be_hidden()
    expect(page.locator("#pager")).to_be_hidden()
    expect(page.get_by_role("columnheader", name="Undecided", exact=True)).to_be_visible()
    expect(page.locator("#table tbody tr")).to_have_count(50)
    assert page.pdf().startswith(b"%PDF-")


def test_paper_tells_the_repository_that_is_open(open_page: Open) -> None:
    page = open_page("small", fragment=query(open="acme/payments"))
    page.emulate_media(media="print")

    expect(page.get_by_text("bundle update --ruby", exact=True)).to_be_visible()
    expect(page.locator("h1")).to_be_hidden()
    expect(page.get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize("name", ["small", "some"])
@pytest.mark.parametrize("width", [320, DESK])
def test_the_page_never_scrolls_sideways(open_page: Open, name: str, width: int) -> None:
    page = open_page(name, width=width)
    wide = """(root) => [...document.querySelectorAll(root + " *")].filter((one) => !one.closest(".aloud, .scroll")
        && one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 200))"""
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(wide, "main") == []
    beyond = """(form) => [...form.querySelectorAll("input, select, button")].filter((one) =>
        one.getBoundingClientRect().right > form.getBoundingClientRect().right).length"""
    assert page.locator("#filter").evaluate(beyond) == 0
    for one in sample(name)[1][:5]:
        page.evaluate("hash => { location.hash = hash }", query(open=visible(one.repository.name)))
        assert page.evaluate(wide, "dialog") == []


@pytest.mark.parametrize(
    ("name", "scheme", "width", "opened"),
    [
        ("few", "light", DESK, ""),
        ("few", "dark", PHONE, ""),
        ("small", "dark", DESK, "acme/payments"),
        ("small", "light", PHONE, "acme/shop"),
    ],
)
def test_the_page_is_accessible(open_page: Open, name: str, scheme: str, width: int, opened: str) -> None:
    page = open_page(name, width=width, color_scheme=scheme, fragment=query(open=opened) if opened else "")
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")
    page.evaluate(AXE)
    result = page.evaluate("rules => axe.run({ runOnly: rules, resultTypes: ['violations'] })", RULES)

    violations = [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in result["violations"]]
    assert violations == []
    assert len(result["passes"]) > 20


def test_dark_is_dark_and_motion_is_only_for_those_who_want_it(open_page: Open) -> None:
    def brightness(page: Page) -> int:
        color: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, color.removeprefix("rgb(").removesuffix(")").split(",")))

    def motion(page: Page) -> str:
        name: str = page.evaluate("getComputedStyle(document.querySelector('dialog')).animationName")
        return name

    dark = open_page("small", color_scheme="dark", fragment=query(open="acme/api"))
    light = open_page("small", color_scheme="light", fragment=query(open="acme/api"), reduced_motion="no-preference")
    assert brightness(dark) < brightness(light) / 4
    assert (motion(dark), motion(light)) == ("none", "appear")
