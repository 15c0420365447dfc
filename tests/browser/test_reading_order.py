"""The list, the form and the private password in the order in which a screen reader reads them."""

import pytest
from playwright.sync_api import Page, expect

from tests.factories import token as make_token

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LIST = """
- link "Skip to the content"
- banner:
  - navigation "Main"
- main:
  - heading "Security Tokens" [level=1]
  - search:
    - searchbox
    - button "Search"
  - region "User Tokens":
    - heading "User Tokens" [level=2]
    - link "Create user token"
  - region "Data Tokens":
    - heading "Data Tokens" [level=2]
    - link "Create data token"
    - table "Data Tokens":
      - rowgroup:
        - row:
          - columnheader "Security Token"
          - columnheader "Status"
          - columnheader "Actions"
      - rowgroup:
        - row /Roof/:
          - rowheader /Roof/:
            - link "Roof"
          - cell "Active"
- contentinfo
"""
FORM = """
- dialog "Create Data Token":
  - heading "Create Data Token" [level=1]
  - tablist:
    - tab "Info" [selected]
    - tab "Node/Source IDs"
    - tab "API Paths"
  - tabpanel:
    - group "Info":
      - textbox "Name"
      - textbox "Description"
  - heading "What the token will be able to do" [level=2]
  - status "What the token will be able to do":
    - paragraph: /never expires/
  - button "Close"
  - button "Generate Security Token"
"""
SECRET = """
- dialog "Data Token Created":
  - heading "Data Token Created" [level=1]
  - term: Security Token
  - definition:
    - code: /^[A-Za-z0-9]{20}$/
    - button "Copy security token"
  - term: Private Password
  - definition:
    - code: /^snts_/
    - button "Copy private password"
  - strong: Heads up!
  - link "I have saved it"
"""


def test_the_list(signed_in: Page, alice):
    make_token(alice, name="Roof")
    signed_in.goto("/tokens/")
    expect(signed_in.locator("body")).to_match_aria_snapshot(LIST)


def test_the_form(dialog: Page):
    expect(dialog.locator("body")).to_match_aria_snapshot(FORM)


def test_the_private_password(dialog: Page):
    dialog.get_by_role("button", name="Generate Security Token").click()
    expect(dialog.locator("body")).to_match_aria_snapshot(SECRET)


def test_what_the_draft_can_do_is_announced_as_it_changes(dialog: Page):
    dialog.get_by_role("tab", name="Node/Source IDs").click()
    dialog.get_by_role("checkbox", name="101").check()
    expect(dialog.get_by_role("status").filter(has_text="of node 101")).to_be_visible()
    expect(dialog.get_by_role("checkbox", name="101")).to_be_focused()
