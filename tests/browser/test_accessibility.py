"""axe-core finds nothing on any page, light and dark, wide and narrow."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from tests.browser.rows import action
from tests.factories import token as make_token
from tokens.domain.policies.policy import Policy, last_instant_of
from tokens.domain.policies.table import TokenType
from tokens.models import SecurityToken
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.lifecycle import rotation

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PUBLIC = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/inactive/",
]
PAGES = [
    "/tokens/",
    "/tokens/new/user/",
    "/tokens/new/data/",
    "/tokens/{id}/",
    "/tokens/{id}/edit/",
    "/tokens/{id}/rotate/",
    "/tokens/{id}/delete/",
    "/tokens/{id}/secret/",
    "/tokens/{id}/try/?path=/datum/list&node=7",
    "/tokens/{broken}/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/service/",
    "/accounts/logout/",
    "/nothing/",
]
SCHEMES = [("light", 1440), ("dark", 1440), ("dark", 360)]


@pytest.fixture
def cast(alice) -> dict[str, str]:
    """Tokens in every state: one with everything set, one whose policy cannot be read."""
    actor, now = Actor(label=alice.email), timezone.now()
    policy = Policy(node_ids=(101,), source_ids=tuple(f"/s/{n}" for n in range(9)), refresh_allowed=True)
    full = make_token(alice, name="Full", description="All there is", policy=policy)
    rotation.rotate(full, rotation.Grace.DAY, actor=actor, now=now)
    detail = {"rule": "nodeIds", "entry": "101", "value": "7", "message": "Denied.", "method": "GET", "path": "/x"}
    audit.record(Action.REFUSED, actor=actor, at=now, token=full, **detail)
    past = Policy(not_after=1000)
    make_token(alice, type=TokenType.USER, policy=past, now=timezone.datetime.fromtimestamp(0, timezone.get_current_timezone()))
    make_token(alice, disabled=True)
    make_token(alice, name="Ending", policy=Policy(not_after=last_instant_of(timezone.now().date() + timedelta(days=3))))
    broken = make_token(alice)
    SecurityToken.objects.filter(pk=broken.pk).update(policy={"x": 1})
    return {"id": full.token_id, "broken": broken.token_id}


def findings(page) -> list[str]:
    # Colours are final only when the transition has ended.
    page.emulate_media(reduced_motion="reduce")
    results = Axe().run(page)
    return [f"{found['id']}: {[node['html'][:160] for node in found['nodes']]}" for found in results.response["violations"]]


@pytest.mark.parametrize(("scheme", "width"), SCHEMES)
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(signed_in, cast, path, scheme, width):
    signed_in.emulate_media(color_scheme=scheme)
    signed_in.set_viewport_size({"width": width, "height": 800})
    signed_in.goto(path.format(**cast))
    assert findings(signed_in) == []


@pytest.mark.parametrize(("scheme", "width"), SCHEMES)
@pytest.mark.parametrize("path", PUBLIC)
def test_axe_finds_nothing_before_signing_in(page, live_server, transactional_db, path, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)
    assert findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("link", ["Create user token", "Create data token", "Edit Full", "Delete Full"])
def test_axe_finds_nothing_in_dialogs(signed_in, cast, link, scheme):
    signed_in.emulate_media(color_scheme=scheme)
    signed_in.goto("/tokens/")
    opens = signed_in.get_by_role("link", name=link, exact=True) if link.startswith("Create") else action(signed_in, link)
    opens.click()
    signed_in.get_by_role("dialog").wait_for()
    assert findings(signed_in) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_form_with_errors(signed_in, cast, scheme):
    signed_in.emulate_media(color_scheme=scheme)
    signed_in.goto("/accounts/password/change/")
    signed_in.get_by_label("Current Password").fill("x")
    signed_in.get_by_label("New Password", exact=True).fill("1")
    signed_in.get_by_label("New Password (again)").fill("2")
    signed_in.get_by_role("button", name="Change password").click()
    assert findings(signed_in) == []


@pytest.mark.parametrize(("scheme", "width"), SCHEMES)
def test_axe_finds_nothing_after_disabling_in_the_list(signed_in, cast, scheme, width):
    signed_in.emulate_media(color_scheme=scheme)
    signed_in.set_viewport_size({"width": width, "height": 800})
    signed_in.goto("/tokens/")
    action(signed_in, "Disable Ending").click()
    signed_in.get_by_role("button", name="Enable again").wait_for()
    assert findings(signed_in) == []
    assert signed_in.evaluate("document.documentElement.scrollWidth <= innerWidth")
