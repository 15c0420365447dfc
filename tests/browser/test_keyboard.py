"""The whole product by keyboard alone: Tab, arrow keys, Enter, Space and Escape, with the focus always in sight."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.factories import PASSWORD
from tests.factories import token as make_token
from tokens.models import SecurityToken

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECRET = re.compile(r"^snts_[A-Za-z0-9]{38}$")
# More than any page has to stop at.
MOST_TABS = 80
_IS_SEEN = """() => {
  const here = document.activeElement;
  if (here === document.body) return true;
  const style = getComputedStyle(here), box = here.getBoundingClientRect();
  const isMarked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const isInView = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return isMarked && isInView;
}"""
_FOCUSED = "document.activeElement.outerHTML.slice(0, 200)"


class Keyboard:
    """A hand that has no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def tab(self) -> None:
        """Go on by one stop, where the focus must be seen."""
        self.press("Tab")
        assert self.page.evaluate(_IS_SEEN), self.page.evaluate(_FOCUSED)

    def tab_to(self, goal: Locator) -> None:
        """Press Tab until something has the focus. A trap before it would end this in failure."""
        expect(goal).to_be_visible()
        # Before its style sheets are there, a page shows its words and no focus.
        self.page.wait_for_load_state()
        for _ in range(MOST_TABS):
            if goal.evaluate("(element) => element === document.activeElement"):
                return
            self.tab()
        pytest.fail(f"{goal} is out of reach; the focus is on {self.page.evaluate(_FOCUSED)}")

    def use(self, goal: Locator, key: str = "Enter") -> None:
        """Go to a control and press a key on it."""
        self.tab_to(goal)
        self.press(key)


@pytest.fixture
def keyboard(page: Page, context: BrowserContext, alice) -> Keyboard:
    """The keyboard of a person who is about to sign in as alice."""
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/tokens/")
    return Keyboard(page)


def sign_in(keyboard: Keyboard) -> None:
    page = keyboard.page
    keyboard.tab_to(page.get_by_label("Email"))
    keyboard.type("alice@example.org")
    keyboard.tab_to(page.get_by_label("Password", exact=True))
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Security Tokens")).to_be_visible()


def create(keyboard: Keyboard) -> None:
    """Create a Data token for node 101."""
    page = keyboard.page
    add = page.get_by_role("link", name="Create data token", exact=True)
    keyboard.use(add)
    form = page.get_by_role("dialog", name="Create Data Token")
    expect(form.get_by_label("Name", exact=True)).to_be_focused()
    keyboard.press("Escape")
    expect(form).to_be_hidden()
    expect(add).to_be_focused()
    keyboard.press("Enter")
    expect(form.get_by_label("Name", exact=True)).to_be_focused()
    keyboard.type("Roof")
    keyboard.tab_to(form.get_by_role("tab", selected=True))
    keyboard.press("ArrowRight")
    expect(form.get_by_role("tab", name="Node/Source IDs")).to_be_focused()
    keyboard.use(form.get_by_role("radio", name="All nodes"), "ArrowDown")
    keyboard.use(form.get_by_role("checkbox", name="101"), "Space")
    keyboard.use(form.get_by_role("button", name="Generate Security Token"))


def save_the_secret(keyboard: Keyboard, focused_then: Locator) -> None:
    """Copy the private password, and leave the page that shows it; the page behind it is loaded again, and focuses something."""
    page = keyboard.page
    expect(page.get_by_text(SECRET)).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("heading", level=1)).to_be_focused()
    keyboard.use(page.get_by_role("button", name="Copy private password"), "Space")
    expect(page.get_by_role("status").filter(has_text="Copied: private password.")).to_be_attached()
    assert SECRET.match(page.evaluate("navigator.clipboard.readText()"))
    keyboard.use(page.get_by_role("link", name="I have saved it"))
    expect(page.get_by_role("dialog")).to_be_hidden()
    # Before that, Tab would start from what is about to be replaced.
    expect(focused_then).to_be_focused()


def edit(keyboard: Keyboard) -> None:
    page = keyboard.page
    keyboard.use(page.get_by_role("link", name="Edit", exact=True))
    form = page.get_by_role("dialog", name="Edit Data Token")
    keyboard.tab_to(form.get_by_label("Description", exact=True))
    keyboard.type("On the barn")
    keyboard.use(form.get_by_role("button", name="Save changes"))
    expect(form).to_be_hidden()
    expect(page.get_by_text("On the barn", exact=True)).to_be_visible()


def disable_and_enable(keyboard: Keyboard) -> None:
    page = keyboard.page
    keyboard.use(page.get_by_role("button", name="Disable", exact=True))
    expect(page.get_by_text("“Roof” is disabled.")).to_be_visible()
    keyboard.use(page.get_by_role("button", name="Enable again"), "Space")
    expect(page.get_by_text("“Roof” is enabled.")).to_be_visible()


def rotate(keyboard: Keyboard) -> None:
    page = keyboard.page
    keyboard.use(page.get_by_role("link", name="Rotate", exact=True))
    dialog = page.get_by_role("dialog", name="Rotate Data Token")
    expect(dialog.get_by_role("heading", level=1)).to_be_focused()
    # Of a group of radio buttons Tab stops at the one that is chosen, or else at the first.
    chosen = dialog.get_by_role("radio", checked=True)
    keyboard.use(chosen if chosen.count() else dialog.get_by_role("radio").first, "ArrowDown")
    expect(chosen).to_have_count(1)
    keyboard.use(dialog.get_by_role("button", name="Rotate"))


def delete(keyboard: Keyboard) -> None:
    page = keyboard.page
    keyboard.use(page.get_by_role("link", name="Delete", exact=True))
    dialog = page.get_by_role("dialog", name="Delete this token?")
    keyboard.tab_to(dialog.get_by_label("To delete it"))
    keyboard.type("Roof")
    keyboard.use(dialog.get_by_role("button", name="Delete for good"))
    expect(page.get_by_text("“Roof” is deleted.")).to_be_visible()


def sign_out(keyboard: Keyboard) -> None:
    page = keyboard.page
    keyboard.use(page.get_by_role("button", name="alice@example.org"))
    keyboard.use(page.get_by_role("link", name="Log out"))
    keyboard.use(page.get_by_role("main").get_by_role("button", name="Log out"), "Space")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_a_token_s_whole_life_needs_no_mouse(keyboard):
    page = keyboard.page
    sign_in(keyboard)
    create(keyboard)
    made = page.get_by_role("rowheader").get_by_role("link", name="Roof")
    save_the_secret(keyboard, made)
    keyboard.use(made)
    expect(page.get_by_role("heading", level=1, name="Roof")).to_be_visible()
    edit(keyboard)
    disable_and_enable(keyboard)
    rotate(keyboard)
    save_the_secret(keyboard, page.get_by_role("main"))
    delete(keyboard)
    assert not SecurityToken.objects.exists()
    sign_out(keyboard)


def stops_until(keyboard: Keyboard, goal: Locator, key: str) -> list[str]:
    """Press a key until something has the focus again; returns the names of the stops on the way."""
    stops = []
    for _ in range(MOST_TABS):
        keyboard.press(key)
        if goal.evaluate("(element) => element === document.activeElement"):
            return stops
        stops.append(keyboard.page.evaluate("document.activeElement.innerText ?? ''").strip())
    pytest.fail(f"{key} does not come back; the focus is on {keyboard.page.evaluate(_FOCUSED)}")


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_the_dialog_holds_the_focus_in_a_circle_with_its_buttons(dialog: Page, key):
    name = dialog.get_by_label("Name", exact=True)
    expect(name).to_be_focused()
    stops = stops_until(Keyboard(dialog), name, key)
    assert {"Close", "Generate Security Token"} <= set(stops)
    assert "Create user token" not in stops


def test_the_menu_of_a_row_opens_closes_and_acts(signed_in: Page, alice):
    make_token(alice, name="Roof")
    signed_in.goto("/tokens/")
    keyboard = Keyboard(signed_in)
    menu = signed_in.get_by_label("Actions for Roof", exact=True)
    disable = signed_in.get_by_role("button", name="Disable Roof")
    keyboard.use(menu)
    expect(disable).to_be_visible()
    keyboard.press("Escape")
    expect(disable).to_be_hidden()
    expect(menu).to_be_focused()
    keyboard.press("Space")
    keyboard.use(disable)
    keyboard.use(signed_in.get_by_role("button", name="Enable again"))
    expect(signed_in.get_by_text("“Roof” is enabled.")).to_be_visible()
    assert SecurityToken.objects.get().status == "Active"
