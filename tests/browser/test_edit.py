"""Changing a token in a browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.factories import token
from tokens.domain.policies.policy import Policy
from tokens.models import SecurityToken

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def edited(alice) -> SecurityToken:
    """A token of alice's for node 101."""
    return token(alice, name="Roof", policy=Policy(node_ids=(101,), source_ids=("a",)))


def test_gains_and_losses_are_shown_during_typing_and_before_saving(signed_in: Page, edited):
    signed_in.goto(f"/tokens/{edited.token_id}/edit/")
    signed_in.get_by_role("tab", name="Node/Source IDs").click()
    signed_in.get_by_label("102 – Barn").check()
    expect(signed_in.get_by_text("Node IDs: 102 added")).to_be_visible()
    signed_in.get_by_role("button", name="Save changes").click()
    review = signed_in.get_by_role("alert")
    expect(review).to_be_focused()
    expect(review).to_contain_text("Node IDs: 102 added")
    expect(signed_in.get_by_text("Node IDs: 102 added")).to_have_count(1)
    expect(signed_in.get_by_role("tab", name="Node/Source IDs")).to_have_attribute("aria-selected", "true")
    expect(review).to_contain_text("applies from the next request")
    assert SecurityToken.objects.get().policy["nodeIds"] == [101]
    signed_in.get_by_role("button", name="Save these changes").click()
    expect(signed_in).to_have_url(re.compile(f"/tokens/{edited.token_id}/$"))
    expect(signed_in.get_by_text("The change applies from now on")).to_be_visible()
    assert SecurityToken.objects.get().policy["nodeIds"] == [101, 102]


def test_the_review_follows_what_is_typed_after_it(signed_in: Page, edited):
    signed_in.goto(f"/tokens/{edited.token_id}/edit/")
    signed_in.get_by_role("tab", name="API Paths").click()
    signed_in.get_by_label("API Paths").fill("/datum/**")
    signed_in.get_by_role("button", name="Save changes").click()
    review = signed_in.get_by_role("alert")
    expect(review).to_contain_text("API Paths: only /datum/**")
    signed_in.get_by_label("API Paths").fill("/datum/list")
    expect(review).to_contain_text("API Paths: only /datum/list")
    expect(signed_in.locator("#preview-sentence")).to_contain_text("Can use only API path /datum/list")
    expect(signed_in.get_by_label("API Paths")).to_be_focused()


def test_an_error_comes_back_to_its_group(signed_in: Page, edited):
    signed_in.goto(f"/tokens/{edited.token_id}/edit/")
    signed_in.get_by_role("tab", name="User Metadata").click()
    signed_in.get_by_label("User Metadata").fill("/x")
    signed_in.get_by_role("button", name="Save changes").click()
    expect(signed_in.get_by_role("tab", name="User Metadata has errors")).to_have_attribute("aria-selected", "true")
    expect(signed_in.get_by_text("A metadata path starts with")).to_have_count(2)


def test_without_javascript_the_same_two_steps(no_js: Page, edited):
    no_js.goto(f"/tokens/{edited.token_id}/edit/")
    no_js.get_by_label("All sources").check()
    no_js.get_by_role("button", name="Save changes").click()
    expect(no_js.get_by_role("alert")).to_contain_text("Source IDs: every source instead of only a")
    no_js.get_by_role("button", name="Save these changes").click()
    expect(no_js).to_have_url(re.compile(f"/tokens/{edited.token_id}/$"))
    assert SecurityToken.objects.get().policy == {"nodeIds": [101]}


def test_a_new_name_is_saved_in_one_step(signed_in: Page, edited):
    signed_in.goto(f"/tokens/{edited.token_id}/edit/")
    signed_in.get_by_label("Name", exact=True).fill("Barn")
    signed_in.get_by_role("button", name="Save changes").click()
    expect(signed_in).to_have_url(re.compile(f"/tokens/{edited.token_id}/$"))
    assert SecurityToken.objects.get().name == "Barn"
