"""A real browser (Debian's chromium) in which alice is signed in."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import User

# Playwright's loop makes Django believe that it runs asynchronously.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SignIn = Callable[[BrowserContext, User], None]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """Start the chromium of the machine, and let it reach nothing but the test's server."""
    return {**browser_type_launch_args, "executable_path": os.environ.get("CHROMIUM") or shutil.which("chromium"), "args": QUIET}


@pytest.fixture(scope="session")
def base_url() -> None:
    """Stand in for the plugin's fixture, which pytest deprecates; the address is `live_server`'s."""


@pytest.fixture
def alice(transactional_db, alice: User) -> User:
    """The owner, visible to the server's thread."""
    return alice


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    """A browser context with a short timeout: everything here is local."""
    context.set_default_timeout(5_000)
    return context


@pytest.fixture
def sign_in(live_server) -> SignIn:
    """Sign an account in without the login form: by its session's cookie."""

    def put_cookie(context: BrowserContext, user: User) -> None:
        client = Client()
        client.force_login(user)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}])

    return put_cookie


@pytest.fixture
def signed_in(page: Page, context: BrowserContext, alice: User, sign_in: SignIn) -> Page:
    """A page with JavaScript in which alice is signed in."""
    sign_in(context, alice)
    return page


@pytest.fixture
def no_js(browser: Browser, live_server, alice: User, sign_in: SignIn) -> Iterator[Page]:
    """A page without JavaScript in which alice is signed in; go to paths ("/tokens/")."""
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    context.set_default_timeout(5_000)
    sign_in(context, alice)
    yield context.new_page()
    context.close()


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def page_of_alice(request: pytest.FixtureRequest) -> Page:
    """A page in which alice is signed in: each test runs with JavaScript and without it."""
    page: Page = request.getfixturevalue("signed_in" if request.param == "with JavaScript" else "no_js")
    return page


@pytest.fixture
def browser_context_args(browser_context_args: dict, live_server) -> dict:
    """Let tests name paths instead of addresses."""
    return {**browser_context_args, "base_url": live_server.url}


@pytest.fixture
def dialog(signed_in: Page) -> Page:
    """The create dialog for a Data token, over the list."""
    signed_in.goto("/tokens/")
    signed_in.get_by_role("link", name="Create data token", exact=True).click()
    expect(signed_in.get_by_role("dialog", name="Create Data Token")).to_be_visible()
    return signed_in
