"""The administration in a real browser: it works under its own Content Security Policy."""

import pytest
from django.urls import reverse

from tests.factories import token
from tokens.models import Node

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def administration(context, live_server, transactional_db, carol, sign_in):
    """A page in which carol is signed in, and every error that the browser reported."""
    sign_in(context, carol)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None)
    page.on(
        "response", lambda response: complaints.append(f"{response.status} {response.url}") if response.status >= 400 else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


def test_no_page_of_it_is_stopped_by_the_content_security_policy(administration, live_server, alice):
    page, complaints = administration
    row = token(alice)
    for name, key in [
        ("index", None),
        ("tokens_securitytoken_changelist", None),
        ("tokens_securitytoken_change", row.pk),
        ("tokens_securitytoken_delete", row.pk),
        ("tokens_node_add", None),
        ("accounts_user_add", None),
        ("accounts_user_change", alice.pk),
        ("tokens_auditevent_changelist", None),
    ]:
        page.goto(live_server.url + reverse(f"admin:{name}", args=[key] if key else None))
        assert complaints == [], name


def test_a_nodes_owner_is_searched_and_chosen(administration, live_server, alice):
    page, complaints = administration
    page.goto(live_server.url + reverse("admin:tokens_node_add"))
    page.get_by_label("Node ID").fill("77")
    page.locator(".select2-selection").click()
    page.locator(".select2-search__field").fill("alice")
    page.get_by_role("option", name="alice@example.org").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".messagelist").wait_for()
    assert Node.objects.get(node_id=77).owner == alice
    assert complaints == []
