"""Requests that wait on their way until a test lets them go on."""

import re

import pytest
from playwright.sync_api import Page, Route

# In steps of 50 ms: the five seconds that the rest of these tests wait.
STEPS, STEP = 100, 50


class SlowLine:
    """All requests of a page to an address (a glob, or an expression), held."""

    def __init__(self, page: Page, url: str | re.Pattern[str]) -> None:
        self.page = page
        self.waiting: list[Route] = []
        page.route(url, lambda route: self.waiting.append(route))

    def let_go(self) -> None:
        """Let the first go on. The page may say that it waits before its request gets here, so this waits for one."""
        for _ in range(STEPS):
            if self.waiting:
                return self.waiting[0].continue_()
            self.page.wait_for_timeout(STEP)
        pytest.fail("Nothing was asked for.")
