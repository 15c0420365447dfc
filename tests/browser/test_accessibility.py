"""axe-core finds nothing on any page that a browser shows, light and dark, wide and narrow."""

import io
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import User
from scripts.pages import PAGES, Shown, Who, at_token
from tests.browser.rows import action
from tests.factories import UserFactory
from tokens.management.commands.seed_demo import DEMO_EMAIL
from tokens.models import SecurityToken
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.lifecycle import rotation

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDE, PHONE = ({"width": width, "height": 800} for width in (1440, 360))
_BOXES = "[document.documentElement, ...document.querySelectorAll('dialog[open]')]"


def findings(page: Page, *rules: str) -> list[str]:
    """Return what axe-core finds on a page by all of its rules or some, and whether the page is wider than the window."""
    # Colours are final only when the transition has ended.
    page.emulate_media(reduced_motion="reduce")
    # The search of a list in the administration is Django's own: it has a placeholder for a label.
    context = {"exclude": [["#changelist-search"]]}
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = Axe().run(page, context=context, options=options).response["violations"]
    problems = [f"{one['id']}: {[node['html'][:160] for node in one['nodes']]}" for one in found]
    if page.evaluate(f"{_BOXES}.some((box) => box.scrollWidth > box.clientWidth)"):
        problems.append("wider than the window")
    return problems


def disabled_in_the_list(page: Page) -> None:
    page.goto("/tokens/")
    action(page, "Disable Nightly export").click()
    page.get_by_role("button", name="Enable again").wait_for()


def dialog_of_a_row(label: str):
    def reach(page: Page) -> None:
        page.goto("/tokens/")
        action(page, label).click()
        page.get_by_role("dialog").wait_for()

    return reach


def open_menu(page: Page) -> None:
    page.goto("/tokens/")
    action(page, "Edit Nightly export").wait_for()


def key_in_the_dialog(page: Page) -> None:
    at_token("Public dashboard")(page)
    page.get_by_role("link", name="Get a signing key").click()
    page.get_by_role("button", name="Show the key").click()
    page.get_by_role("dialog", name="Signing key", exact=True).wait_for()


def refused_password(page: Page) -> None:
    page.goto("/accounts/password/change/")
    page.get_by_label("Current Password").fill("x")
    page.get_by_label("New Password", exact=True).fill("1")
    page.get_by_label("New Password (again)").fill("2")
    page.get_by_role("button", name="Change password").click()
    page.locator("[aria-invalid=true]").first.wait_for()


def from_a_letter(path: str, address: str = DEMO_EMAIL):
    """Return the way to the page that a link in an email leads to."""

    def reach(page: Page) -> None:
        page.goto(path)
        page.get_by_label("Email", exact=False).last.fill(address)
        page.get_by_role("main").get_by_role("button").last.click()
        page.wait_for_load_state()
        page.goto(re.search(r"https?://[^/\s]+(/accounts/\S+)", mail.outbox[-1].body)[1])

    return reach


# States that the pictures do not show.
MORE = [
    Shown("reset-new", "account_reset_password_from_key", "", from_a_letter("/accounts/password/reset/"), Who.VISITOR),
    Shown("confirm", "account_confirm_email", "", from_a_letter("/accounts/email/", "second@example.org")),
    Shown("security-refused", "account_change_password", "", refused_password),
    Shown("unreadable", "tokens:detail", "", at_token("Broken")),
    Shown("unreadable-edit", "tokens:edit", "", at_token("Broken", "edit/")),
    Shown("rotated", "tokens:detail", "", at_token("Node provisioning")),
    Shown("list-menu", "tokens:list", "", open_menu),
    Shown("edit-dialog", "tokens:edit", "", dialog_of_a_row("Edit Public dashboard")),
    Shown("delete-dialog", "tokens:delete", "", dialog_of_a_row("Delete Public dashboard")),
    Shown("key-dialog", "tokens:key", "", key_in_the_dialog),
    Shown("list-disabled", "tokens:list", "", disabled_in_the_list),
]


@pytest.fixture
def accounts(transactional_db, settings, tmp_path) -> dict[Who, User | None]:
    """The demo account, with a rotated token, a refused request and a policy that cannot be read beside what it has."""
    settings.VAR_DIR, settings.SIGNUP_OPEN = tmp_path, True
    call_command("seed_demo", stdout=io.StringIO())
    owner, now = User.objects.get(email=DEMO_EMAIL), timezone.now()
    tokens = SecurityToken.objects.owned_by(owner)
    actor = Actor(label=owner.email)
    rotated = tokens.get(name="Node provisioning")
    rotation.rotate(rotated, rotation.Grace.DAY, actor=actor, now=now)
    detail = {"rule": "nodeIds", "entry": "101", "value": "7", "message": "Denied.", "method": "GET", "path": "/x"}
    audit.record(Action.REFUSED, actor=actor, at=now, token=rotated, **detail)
    tokens.filter(name="").update(name="Broken", policy={"x": 1})
    admin = UserFactory(is_staff=True, is_superuser=True)
    return {Who.VISITOR: None, Who.OWNER: owner, Who.ADMIN: admin}


@pytest.fixture
def walk(new_context, sign_in, accounts):
    """Yield every page as `scheme` and `viewport` show it. One browser walks: signing in for each page would take minutes."""

    def through(scheme: str, viewport: dict[str, int]) -> Iterator[tuple[str, Page]]:
        pages = {}
        for who, account in accounts.items():
            context = new_context(color_scheme=scheme, viewport=viewport)
            if account:
                sign_in(context, account)
            pages[who] = context.new_page()
            pages[who].on("dialog", lambda question: question.accept())
        for shown in (*PAGES, *MORE):
            shown.reach(pages[shown.who])
            yield shown.name, pages[shown.who]

    return through


def test_axe_finds_nothing_and_nothing_overflows_in_the_light(walk):
    found = {name: problems for name, page in walk("light", WIDE) if (problems := findings(page))}
    assert found == {}


def test_axe_finds_nothing_and_nothing_overflows_in_the_dark_on_a_phone_and_on_a_desktop(walk):
    found = {}
    for name, page in walk("dark", PHONE):
        problems = findings(page)
        # Only the colours were not seen by daylight.
        page.set_viewport_size(WIDE)
        if problems := [*problems, *findings(page, "color-contrast")]:
            found[name] = problems
        page.set_viewport_size(PHONE)
    assert found == {}
