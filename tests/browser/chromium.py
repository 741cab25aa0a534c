"""The browser, the judge of accessibility, and how to wait in a page."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Whoever works on something else need not have a browser. In CI nothing is skipped: every test fails without one.
if CHROMIUM is None and not os.environ.get("CI"):
    pytest.skip("no chromium on PATH; `apt-get install chromium` brings it", allow_module_level=True)

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DESK = 390, 1280

_MOST = 200
_STEP = 50  # milliseconds


@contextmanager
def started() -> Iterator[Browser]:
    """The browser, until it is closed."""
    # Chromium's sandbox needs rights that a container does not give; nothing but our own page is opened.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def until(page: Page, expression: str) -> None:
    """Wait until a JavaScript expression is true. Raise AssertionError where it does not become so.

    `Page.wait_for_function` evaluates in the page, which the policy of our pages forbids.
    """
    for _ in range(_MOST):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(_STEP)
    raise AssertionError(expression)
