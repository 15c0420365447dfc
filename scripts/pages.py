"""Every page that a browser shows, and how to reach it: for the pictures (scripts/screenshots.py) and for the tests.

The pages are those of the demo account (`manage.py seed_demo`), which is the same in both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # The list is also compared with the routes, where there is no browser.
    from playwright.sync_api import Page

Reach = Callable[["Page"], None]


class Who(Enum):
    """Who looks at a page."""

    VISITOR = "nobody signed in"
    OWNER = "the owner of the demo account"
    ADMIN = "an administrator, without tokens"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page in one of its states.

    Attributes:
        name: of its pictures, which add the look ("list-dark.png").
        route: the name of its view in the URLconf, or the template of an error page.
        caption: what a picture of it shows.
        reach: brings a browser to it.
        who: whose browser that is.
        in_all_looks: also in the dark, and on a phone.
    """

    name: str
    route: str
    caption: str
    reach: Reach
    who: Who = Who.OWNER
    in_all_looks: bool = False


def at(path: str) -> Reach:
    """Return the way to an address."""

    def reach(page: Page) -> None:
        page.goto(path)

    return reach


def at_token(name: str, tail: str = "") -> Reach:
    """Return the way to a token's page, or to one below it ("edit/")."""

    def reach(page: Page) -> None:
        page.goto(_path_of(page, name) + tail)

    return reach


def _path_of(page: Page, name: str) -> str:
    page.goto("/tokens/")
    path = page.get_by_role("rowheader", name=name).get_by_role("link").first.get_attribute("href")
    assert path
    return path


def _refused_sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("nobody@example.org")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").first.wait_for()


def _create_dialog(page: Page, kind: str = "data") -> None:
    page.goto("/tokens/")
    page.get_by_role("link", name=f"Create {kind} token", exact=True).click()
    page.get_by_role("dialog").wait_for()


def _filled_dialog(page: Page) -> None:
    _create_dialog(page)
    page.get_by_label("Name", exact=True).fill("Visitor screen")
    page.get_by_label("Description", exact=True).fill("Power of the roof, by the hour.")
    page.get_by_role("tab", name="Node/Source IDs").click()
    page.get_by_role("checkbox", name="101").check()
    page.locator("#preview-sentence", has_text="101").wait_for()


def _refused_form(page: Page) -> None:
    _create_dialog(page)
    page.get_by_role("tab", name="API Paths").click()
    page.get_by_label("API Paths", exact=True).fill("datum, /typo/**")
    page.get_by_role("button", name="Generate Security Token").click()
    page.get_by_role("dialog").get_by_role("alert").filter(has_text="API Paths").first.wait_for()


def _new_secret(page: Page) -> None:
    _filled_dialog(page)
    page.get_by_role("button", name="Generate Security Token").click()
    page.get_by_text("Heads up!").wait_for()


def _new_secret_on_a_page(page: Page) -> None:
    page.goto("/tokens/new/user/")
    page.get_by_label("Name", exact=True).fill("Battery controller")
    page.get_by_role("button", name="Generate Security Token").click()
    page.get_by_text("Heads up!").wait_for()


def _review(page: Page) -> None:
    at_token("Public dashboard", "edit/")(page)
    page.get_by_role("tab", name="Node/Source IDs").click()
    page.get_by_label("Source IDs", exact=True).fill("/inverter/*, /meter/1, /meter/2")
    page.get_by_role("tab", name="Aggregate").click()
    page.get_by_label("Minimum Aggregation").select_option(label="Day")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_role("button", name="Save these changes").wait_for()


def _bulk(page: Page) -> None:
    page.goto("/tokens/")
    page.get_by_role("checkbox", name="Choose Public dashboard").check()
    page.get_by_role("checkbox", name="Choose Old laptop").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("heading", name="Delete 2 tokens?").wait_for()


def _key(page: Page) -> None:
    at_token("Public dashboard", "key/")(page)
    page.get_by_role("button", name="Show the key").click()
    page.get_by_role("heading", name="Signing key", exact=True).wait_for()


def _explanation(page: Page) -> None:
    at_token("Public dashboard", "debug/?example=snws2")(page)
    page.get_by_role("button", name="Explain").click()
    page.get_by_role("heading", name="Refused").first.wait_for()


def _stale_form(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.context.clear_cookies(name="csrftoken")
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    page.get_by_role("heading", name="can no longer be sent").wait_for()


def _admin_token(page: Page) -> None:
    page.goto("/admin/tokens/securitytoken/")
    path = page.get_by_role("row").filter(has_text="Public dashboard").get_by_role("link").first.get_attribute("href")
    assert path
    page.goto(path)


PAGES: tuple[Shown, ...] = (
    Shown("sign-in", "account_login", "Sign in", at("/accounts/login/"), Who.VISITOR),
    Shown("sign-in-refused", "account_login", "A wrong password", _refused_sign_in, Who.VISITOR),
    Shown("sign-up", "account_signup", "Create an account, where sign-up is open", at("/accounts/signup/"), Who.VISITOR),
    Shown("reset", "account_reset_password", "Ask for a new password", at("/accounts/password/reset/"), Who.VISITOR),
    Shown("reset-sent", "account_reset_password_done", "The link is sent", at("/accounts/password/reset/done/"), Who.VISITOR),
    Shown("reset-stale", "account_reset_password_from_key", "An old link", at("/accounts/password/reset/key/1-a/"), Who.VISITOR),
    Shown(
        "reset-done",
        "account_reset_password_from_key_done",
        "The password is changed",
        at("/accounts/password/reset/key/done/"),
        Who.VISITOR,
    ),
    Shown("inactive", "account_inactive", "An account that was deactivated", at("/accounts/inactive/"), Who.VISITOR),
    Shown("list", "tokens:list", "The tokens of an account", at("/tokens/"), in_all_looks=True),
    Shown("list-empty", "tokens:list", "An account without tokens", at("/tokens/"), Who.ADMIN),
    Shown("detail", "tokens:detail", "One token", at_token("Public dashboard"), in_all_looks=True),
    Shown("detail-expiring", "tokens:detail", "A token that expires soon", at_token("Nightly export")),
    Shown("detail-disabled", "tokens:detail", "A token that is disabled", at_token("Old laptop")),
    Shown("detail-expired", "tokens:detail", "A token that is expired", at_token("Research partner")),
    Shown("list-found", "tokens:list", "What a search finds", at("/tokens/?q=dash&status=active&sort=name")),
    Shown("list-nothing", "tokens:list", "A search that finds nothing", at("/tokens/?q=nothing&unrestricted=1")),
    Shown("nodes", "tokens:nodes", "The account's nodes", at("/nodes/")),
    Shown("node", "tokens:node", "Who reaches a node, and how far", at("/nodes/101/")),
    Shown("activity", "tokens:activity", "What happened in the account", at("/activity/")),
    Shown("review", "tokens:review", "What wants looking at", at("/tokens/review/")),
    Shown("find", "tokens:find", "Whose is this private password?", at("/tokens/find/")),
    Shown("report", "tokens:report", "Report a leaked token", at("/report/"), Who.VISITOR),
    Shown("mails", "account_mails", "Which mails the owner gets", at("/accounts/notices/")),
    Shown("extend", "tokens:extend", "A later expiry", at_token("Nightly export", "extend/")),
    Shown("leaked", "tokens:leaked", "What to do about a leak", at_token("Public dashboard", "leaked/")),
    Shown("narrow", "tokens:narrow", "A policy made of what the token used", at_token("Public dashboard", "narrow/")),
    Shown("bulk", "tokens:bulk", "Several tokens at once", _bulk),
    Shown("edit", "tokens:edit", "Change a token", at_token("Public dashboard", "edit/")),
    Shown("edit-review", "tokens:edit", "What a change gains and loses, before it is saved", _review),
    Shown("rotate", "tokens:rotate", "A new private password for the same token", at_token("Public dashboard", "rotate/")),
    Shown("delete", "tokens:delete", "Delete a token that is disabled", at_token("Old laptop", "delete/")),
    Shown("delete-active", "tokens:delete", "Delete a token that is used", at_token("Public dashboard", "delete/")),
    Shown("key", "tokens:key", "Get a signing key", at_token("Public dashboard", "key/")),
    Shown("key-shown", "tokens:key", "A signing key", _key),
    Shown("debug", "tokens:debug", "The signature debugger", at_token("Public dashboard", "debug/")),
    Shown("debug-answer", "tokens:debug", "Why a signature does not hold", _explanation),
    Shown("try", "tokens:try", "What can this token do?", at_token("Public dashboard", "try/?path=/datum/list&node=205")),
    Shown("secret-gone", "tokens:secret", "A private password that was shown already", at_token("Old laptop", "secret/")),
    Shown("security", "account_change_password", "Change the password", at("/accounts/password/change/")),
    Shown("two-step", "mfa_index", "Second factors", at("/accounts/2fa/")),
    Shown("two-step-app", "mfa_activate_totp", "Set up an authenticator app", at("/accounts/2fa/totp/activate/")),
    Shown("two-step-passkey", "mfa_add_webauthn", "Add a passkey", at("/accounts/2fa/webauthn/add/")),
    Shown("sessions", "account_sessions", "Where the account is signed in", at("/accounts/sessions/")),
    Shown("security-email", "account_email", "Email addresses", at("/accounts/email/")),
    Shown("security-service", "account_service", "Where the account's data is", at("/accounts/service/")),
    Shown("confirm-sent", "account_email_verification_sent", "A link that confirms an address", at("/accounts/confirm-email/")),
    Shown("confirm-stale", "account_confirm_email", "An old link that confirms", at("/accounts/confirm-email/a/")),
    Shown("confirm-password", "account_reauthenticate", "A proof of identity", at("/accounts/reauthenticate/")),
    Shown("sign-out", "account_logout", "Log out", at("/accounts/logout/")),
    Shown("api", "api_docs", "The API, to read", at("/api/docs/"), Who.VISITOR),
    Shown("denied", "403", "Permission denied", at("/admin/")),
    Shown("stale-form", "403_csrf", "A form that was open for too long", _stale_form),
    Shown("not-found", "404", "Nothing is at this address", at("/nothing/")),
    Shown("design", "design", "The design system, in development", at("/design/"), Who.VISITOR),
    Shown("admin", "admin:index", "Administration", at("/admin/"), Who.ADMIN),
    Shown(
        "admin-tokens",
        "admin:tokens_securitytoken_changelist",
        "The tokens of all accounts",
        at("/admin/tokens/securitytoken/"),
        Who.ADMIN,
    ),
    Shown("admin-token", "admin:tokens_securitytoken_change", "One token, for administrators", _admin_token, Who.ADMIN),
    Shown("admin-audit", "admin:tokens_auditevent_changelist", "The audit trail", at("/admin/tokens/auditevent/"), Who.ADMIN),
    Shown("admin-accounts", "admin:accounts_user_changelist", "Accounts", at("/admin/accounts/user/"), Who.ADMIN),
    Shown("admin-nodes", "admin:tokens_node_changelist", "Nodes", at("/admin/tokens/node/"), Who.ADMIN),
    Shown("admin-state", "admin_state", "The state of the portal", at("/admin/state/"), Who.ADMIN),
    # What makes tokens is last, so that every look shows the same list.
    Shown("create-user", "tokens:create", "Create a User token", lambda page: _create_dialog(page, "user")),
    Shown("create-filled", "tokens:create", "A form that a link filled in", at("/tokens/new/data/?name=Roof&node_ids=101")),
    Shown("create-page", "tokens:create", "The form on a page of its own", at("/tokens/new/data/")),
    Shown("create-refused", "tokens:create", "What is wrong with a form, and where", _refused_form),
    Shown("create", "tokens:create", "Create a Data token", _filled_dialog, in_all_looks=True),
    Shown("secret", "tokens:secret", "The private password, shown once", _new_secret, in_all_looks=True),
    Shown("secret-page", "tokens:secret", "The private password on a page of its own", _new_secret_on_a_page),
)

# Routes without a page in the list, by name or pattern, each with the reason.
NOT_SHOWN: dict[str, str] = {
    "home": "leads to the list",
    "healthz": "for programs",
    "readyz": "for programs",
    "metrics": "for programs",
    "dictionary": "for browsers",
    "authorize": "for programs",
    "openapi": "for programs",
    "api": "for programs",
    "tokens:preview-*": "a part of the form",
    "tokens:first-use": "a part of the token's page",
    "tokens:export-*": "a file",
    "tokens:activity-*": "a file",
    "tokens:status": "takes a POST only, and leads back",
    "tokens:end-old-secrets": "takes a POST only, and leads back",
    "account_set_password": "for accounts that an administrator made without a password",
    "mfa_authenticate": "only for accounts with a second factor, which the demo account does not have",
    "mfa_reauthenticate*": "only for accounts with a second factor, which the demo account does not have",
    "mfa_deactivate_totp": "only for accounts with a second factor, which the demo account does not have",
    "mfa_*recovery_codes": "only for accounts with a second factor, which the demo account does not have",
    "mfa_*_webauthn": "only for accounts with a passkey, which the demo account does not have",
    "mfa_login_webauthn": "leads to the sign-in page",
    "429": "the page of 404 in other words; only who guesses gets it",
    "account_confirm_login_code": "leads to the sign-in page: codes are not sent by email",
    "admin:*_add": "Django's form, as in admin-token",
    "admin:*_delete": "Django's question",
    "admin:*_history": "Django's list",
    "admin:*_change": "Django's form, as in admin-token",
    "admin:app_list": "a part of the index",
    "admin:None": "leads to another page",
    "admin:login": "leads to the sign-in page",
    "admin:logout": "leads to the sign-out page",
    "admin:password_change*": "leads to account_change_password",
    "admin:auth_user_password_change": "Django's form",
    "admin:autocomplete": "for programs",
    "admin:jsi18n": "for programs",
    "admin:view_on_site": "leads to another page",
    "400": "the page of 404 in other words; browsers send nothing that gets it",
    "500": "the page of 404 in other words; only a broken portal shows it",
    "503": "the page of 404 in other words; only a broken portal shows it",
}
