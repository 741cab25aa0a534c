"""Waiting for what a page computes; `Page.wait_for_function` evaluates in the page, which its policy forbids."""

from playwright.sync_api import Page

_MOST = 200
_STEP = 50  # milliseconds


def until(page: Page, expression: str) -> None:
    """Wait until a JavaScript expression is true. Raise AssertionError where it does not become so."""
    for _ in range(_MOST):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(_STEP)
    raise AssertionError(expression)
