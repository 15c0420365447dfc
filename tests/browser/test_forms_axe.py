"""The forms and the secret page have nothing that axe-core finds, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.factories import token
from tokens.domain.policies.policy import Policy

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def problems(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page).response["violations"]
    return [(problem["id"], [node["html"] for node in problem["nodes"]]) for problem in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(signed_in: Page, alice, scheme):
    made = token(alice, name="Roof", policy=Policy(node_ids=(101,), source_ids=("a",)))
    page = signed_in
    page.on("dialog", lambda question: question.accept())
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for path in (
        "new/user/",
        "new/data/",
        f"{made.token_id}/edit/",
        f"{made.token_id}/rotate/",
        f"{made.token_id}/try/?node=102",
    ):
        page.goto(f"/tokens/{path}")
        assert problems(page) == [], path
    page.goto("/tokens/new/data/")
    page.get_by_role("tab", name="API Paths").click()
    page.get_by_label("API Paths").fill("datum, /typo/**")
    page.get_by_text("Try a request on this draft").click()
    page.get_by_role("button", name="Generate Security Token").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert problems(page) == [], "errors"
    page.get_by_label("API Paths").fill("/datum/**")
    page.get_by_role("button", name="Generate Security Token").click()
    expect(page.get_by_text("Heads up!")).to_be_visible()
    assert problems(page) == [], "secret"
    page.reload()
    assert problems(page) == [], "gone"
