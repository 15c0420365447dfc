"""The pages as production serves them: sheets and scripts put together, compressed, with names that have a hash."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.screenshots import served_demo, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# The page, its sheet, htmx, the scripts and the wordmark. The icon and the dictionary are asked for once, when nothing waits.
MOST_REQUESTS = 5
_LATER = re.compile("favicon|/dictionary/")
# SPEC, "Speed": what is aimed at.
REPEAT_VISIT = 6 * 1024
_SHIFTS = """() => new Promise((done) => new PerformanceObserver((list) =>
  done(list.getEntries().reduce((sum, entry) => sum + entry.value, 0))).observe({ type: "layout-shift", buffered: true })
  || setTimeout(() => done(0), 300))"""


@pytest.fixture(scope="module")
def opened(browser: Browser) -> Iterator[Page]:
    """Return a page of the demo account, on the list."""
    with served_demo() as (address, email, password):
        context = browser.new_context(base_url=address, storage_state=sign_in(browser, address, email, password))
        page = context.new_page()
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.problems = problems  # type: ignore[attr-defined]
        yield page
        context.close()


def test_a_first_visit_takes_five_requests(opened):
    requests: list[str] = []
    opened.on("request", lambda request: requests.append(request.url) if not _LATER.search(request.url) else None)
    opened.goto("/tokens/", wait_until="networkidle")
    assert len(requests) <= MOST_REQUESTS, requests


def test_a_repeat_visit_takes_what_the_list_has_of_its_own(opened):
    # The browser gets the dictionary when it likes to, and does not say so.
    for _ in range(20):
        answer = opened.goto("/tokens/", wait_until="networkidle")
        if answer.headers["content-encoding"] == "dcz":
            break
    assert answer.headers["content-encoding"] == "dcz"
    assert int(answer.headers["content-length"]) < REPEAT_VISIT
    expect(opened.get_by_role("heading", name="Data Tokens")).to_be_visible()


def test_nothing_on_the_page_moves_while_it_loads(opened):
    opened.goto("/tokens/", wait_until="networkidle")
    assert opened.evaluate(_SHIFTS) == 0


def test_everything_that_scripts_do_works(opened):
    opened.goto("/tokens/")
    opened.get_by_role("link", name=re.compile("Create data token")).click()
    dialog = opened.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Roof display")
    opened.get_by_role("tab", name=re.compile("^Expiry")).click()
    dialog.get_by_role("radio", name=re.compile("30 days")).check()
    expect(dialog.get_by_text(re.compile("until|expires", re.IGNORECASE)).first).to_be_visible()
    opened.once("dialog", lambda question: question.accept())
    opened.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    opened.locator(".menu__dots").first.click()
    expect(opened.locator("details.menu[open]")).to_have_count(1)
    opened.keyboard.press("Escape")
    expect(opened.locator("details.menu[open]")).to_have_count(0)
    assert opened.problems == []
