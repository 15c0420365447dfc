"""The create pages."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.concurrency import at_the_same_instant
from tests.factories import NodeFactory, token
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import AuditEvent, SecurityToken

DATA = "/tokens/new/data/"
USER = "/tokens/new/user/"
pytestmark = pytest.mark.django_db


def groups_of(response) -> list[str]:
    return re.findall(r"<legend>(.*?)</legend>", response.content.decode())


def open_groups_of(response) -> list[str]:
    return re.findall(r'id="([\w-]+)" data-panel data-open', response.content.decode())


def hidden(response, name: str) -> str:
    return response.context[name]


class TestWhoMayCreate:
    @pytest.mark.parametrize("url", [DATA, USER])
    def test_an_anonymous_visitor_signs_in_first(self, client, db, url):
        response = client.get(url)
        assert response.status_code == 303
        assert response["Location"] == f"/accounts/login/?next={url}"

    @pytest.mark.parametrize(("url", "title"), [(DATA, "Create Data Token"), (USER, "Create User Token")])
    def test_an_owner_sees_the_form(self, alice_client, url, title):
        response = alice_client.get(url)
        assert response.status_code == 200
        assert f"<h1>{title}</h1>" in response.content.decode()

    def test_another_kind_is_not_found(self, alice_client):
        assert alice_client.get("/tokens/new/admin/").status_code == 404

    @pytest.mark.parametrize("method", ["put", "patch", "delete"])
    def test_other_methods_are_not_allowed(self, alice_client, method):
        assert getattr(alice_client, method)(DATA).status_code == 405

    def test_a_post_without_its_csrf_token_is_refused(self, alice):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(alice)
        assert strict.post(DATA, {"name": "x"}).status_code == 403
        assert not SecurityToken.objects.exists()


class TestTheForm:
    def test_a_strangers_nodes_are_not_offered(self, alice_client, bob):
        page = alice_client.get(DATA).content.decode()
        assert "101 – Roof" in page
        assert "201" not in page

    def test_an_account_without_nodes_gets_a_sentence(self, alice, alice_client):
        alice.nodes.all().delete()
        assert "no nodes yet" in alice_client.get(DATA).content.decode()

    def test_a_user_token_has_three_groups(self, alice_client):
        assert groups_of(alice_client.get(USER)) == ["Info", "Expiry", "API Paths"]

    def test_a_data_token_has_seven_groups(self, alice_client):
        groups = groups_of(alice_client.get(DATA))
        assert groups == ["Info", "Node/Source IDs", "Expiry", "Aggregate", "Node Metadata", "User Metadata", "API Paths"]

    def test_it_contains_no_inline_script_style_or_handler(self, alice_client):
        page = alice_client.get(DATA).content.decode()
        assert "style=" not in page
        assert "<style" not in page
        assert " onclick" not in page
        assert all("src=" in tag for tag in page.split("<script")[1:])

    def test_its_number_of_queries_does_not_grow_with_nodes(self, alice, alice_client, django_assert_max_num_queries):
        for number in range(1000, 1020):
            NodeFactory(owner=alice, node_id=number)
        with django_assert_max_num_queries(8):
            page = alice_client.get(DATA).content.decode()
        assert page.count('name="node_ids"') == 22


class TestCreating:
    def test_a_plain_post_makes_the_token_and_leads_to_its_secret(self, alice, alice_client):
        fields = {
            "name": "Roof",
            "description": "For the roof",
            "node_ids": ["101"],
            "source_ids": "a, b",
            "min_aggregation": "Hour",
        }
        response = alice_client.post(DATA, fields)
        made = SecurityToken.objects.get()
        assert response.status_code == 303
        assert response["Location"] == f"/tokens/{made.token_id}/secret/"
        assert (made.owner, made.type, made.name) == (alice, "ReadNodeData", "Roof")
        assert made.policy == {"minAggregation": "Hour", "nodeIds": [101], "sourceIds": ["a", "b"]}

    def test_it_is_in_the_audit_trail_with_who_and_from_where(self, alice, alice_client):
        alice_client.post(USER, {"name": "x"}, REMOTE_ADDR="10.1.2.3", HTTP_USER_AGENT="Firefox")
        event = AuditEvent.objects.get()
        assert (event.action, event.actor, event.address, event.client) == ("token.created", alice, "10.1.2.3", "Firefox")

    def test_a_dialog_gets_the_form_alone_with_its_title(self, alice_client):
        part = alice_client.get(DATA, headers={"HX-Request": "true"}).content.decode().strip()
        assert part.startswith("<title>Create Data Token")
        assert 'name="creation_key"' in part
        assert "<html" not in part

    def test_a_dialog_gets_the_redirect_in_a_header(self, alice_client):
        response = alice_client.post(USER, {"name": "x"}, headers={"HX-Request": "true"})
        assert response.status_code == 200
        assert response["HX-Redirect"] == reverse("tokens:secret", args=[SecurityToken.objects.get().token_id])

    def test_an_error_keeps_what_was_typed_and_opens_its_group(self, alice_client):
        fields = {"name": "Kept", "source_ids": "a\nb", "node_ids": ["102"], "api_paths": "datum"}
        response = alice_client.post(DATA, fields)
        page = response.content.decode()
        assert response.status_code == 422
        assert 'role="alert"' in page
        assert 'href="#id_api_paths"' in page
        assert 'value="Kept"' in page
        assert open_groups_of(response) == ["panel-api-paths"]
        assert 'value="102" id="id_node_ids_1" checked' in page
        assert not SecurityToken.objects.exists()

    def test_one_mistake_is_told_once_beside_its_field_and_once_in_the_summary(self, alice_client):
        page = alice_client.post(DATA, {"api_paths": "datum"}).content.decode()
        message = "“datum”: An API path starts with / (or with !/ to exclude it). Write /datum instead."
        assert page.count("An API path starts with") == page.count(message) == 2
        assert f'aria-live="polite"><p>{message}</p></div>' in page
        assert "matches no API method" not in page

    def test_what_does_not_apply_is_refused_not_dropped(self, alice_client):
        response = alice_client.post(USER, {"name": "x", "node_ids": ["101"]})
        assert response.status_code == 422
        assert "does not apply to a User token" in response.content.decode()
        assert not SecurityToken.objects.exists()

    @pytest.mark.parametrize("text", ["\x00", "a" * 100_000, "<script>alert(1)</script>", "\u202eabc", "=cmd()", "%00", "\udcff"])
    @pytest.mark.parametrize(
        "field", ["name", "source_ids", "not_after", "min_aggregation", "node_ids", "creation_key", "not_after_choice"]
    )
    def test_nothing_that_a_browser_can_send_breaks_it(self, alice_client, field, text):
        body = f"{field}=".encode() + text.encode("utf-8", "surrogatepass").replace(b"%", b"%25").replace(b"=", b"%3D")
        response = alice_client.generic("POST", DATA, body, content_type="application/x-www-form-urlencoded")
        assert response.status_code in {303, 422}
        assert "<script>alert" not in response.content.decode()

    def test_a_body_that_is_too_large_gets_a_page_that_says_so(self, alice_client):
        response = alice_client.generic(
            "POST", DATA, b"name=" + b"x" * 1_100_000, content_type="application/x-www-form-urlencoded"
        )
        assert response.status_code in {400, 413}

    def test_preview_makes_nothing(self, alice_client):
        response = alice_client.post(DATA, {"preview": "1", "name": "Kept", "min_aggregation": "Hour"})
        assert response.status_code == 200
        assert "hourly or coarser" in response.content.decode()
        assert not SecurityToken.objects.exists()

    def test_the_page_shows_what_a_wildcard_matches(self, alice_client):
        page = alice_client.post(DATA, {"preview": "1", "api_paths": "/datum/**"}).content.decode()
        assert "of 31 API methods" in page


class TestPressingGenerateTwice:
    def test_makes_one_token(self, alice_client):
        key = hidden(alice_client.get(DATA), "creation_key")
        first, second = (alice_client.post(DATA, {"name": "x", "creation_key": key}) for _ in range(2))
        assert SecurityToken.objects.count() == 1
        assert first["Location"] == second["Location"]

    def test_shows_the_secret_also_when_only_the_second_response_arrives(self, alice_client):
        key = hidden(alice_client.get(DATA), "creation_key")
        alice_client.post(DATA, {"creation_key": key})
        assert "snts_" in alice_client.post(DATA, {"creation_key": key}, follow=True).content.decode()

    def test_with_other_values_says_so_instead_of_dropping_them(self, alice_client):
        key = hidden(alice_client.get(DATA), "creation_key")
        alice_client.post(DATA, {"name": "x", "creation_key": key})
        response = alice_client.post(DATA, {"name": "x", "node_ids": ["101"], "creation_key": key})
        assert response.status_code == 422
        assert "already" in response.content.decode()
        assert response.context["creation_key"] != key

    def test_two_forms_make_two_tokens(self, alice_client):
        for _ in range(2):
            alice_client.post(DATA, {"creation_key": hidden(alice_client.get(DATA), "creation_key")})
        assert SecurityToken.objects.count() == 2

    def test_another_account_may_have_the_same_key(self, alice_client, bob_client):
        for client in (alice_client, bob_client):
            assert client.post(DATA, {"creation_key": "k" * 20}).status_code == 303
        assert SecurityToken.objects.count() == 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_same_form_at_the_same_instant_makes_one_token(alice, alice_client):
    key = hidden(alice_client.get(DATA), "creation_key")

    def press() -> int:
        client = Client()
        client.cookies = alice_client.cookies
        return client.post(DATA, {"name": "x", "creation_key": key}).status_code

    assert at_the_same_instant(4, press) == [303] * 4
    assert SecurityToken.objects.count() == 1


class TestALostSession:
    def send_signed_out(self, alice_client, **fields) -> Client:
        note = hidden(alice_client.get(DATA), "rendered_for")
        stranger = Client()
        response = stranger.post(DATA, {"rendered_for": note, **fields})
        assert response["Location"] == f"/accounts/login/?next={DATA}"
        return stranger

    def test_keeps_what_was_typed_for_the_same_person(self, alice, alice_client):
        browser = self.send_signed_out(alice_client, name="Kept", node_ids=["102"])
        browser.force_login(alice)
        page = browser.get(DATA).content.decode()
        assert 'value="Kept"' in page
        assert 'value="102" id="id_node_ids_1" checked' in page
        assert "signed out in the meantime" in page
        assert "Kept" not in browser.get(DATA).content.decode()

    def test_makes_nothing(self, alice_client):
        self.send_signed_out(alice_client, name="Kept")
        assert not SecurityToken.objects.exists()

    def test_gives_nothing_to_somebody_else(self, alice, bob, alice_client):
        browser = self.send_signed_out(alice_client, name="Kept")
        browser.force_login(bob)
        assert "Kept" not in browser.get(DATA).content.decode()
        browser.force_login(alice)
        assert "Kept" not in browser.get(DATA).content.decode()

    def test_keeps_it_for_half_an_hour(self, alice, alice_client, time_machine):
        time_machine.move_to("2026-11-23T12:00:00Z", tick=False)
        browser = self.send_signed_out(alice_client, name="Kept")
        browser.force_login(alice)
        time_machine.move_to("2026-11-23T12:30:01Z", tick=False)
        assert "Kept" not in browser.get(DATA).content.decode()

    @pytest.mark.parametrize("note", ["", "forged", "\x00"])
    def test_keeps_nothing_of_a_form_that_belongs_to_nobody(self, alice, client, note):
        client.post(DATA, {"name": "Kept", "rendered_for": note})
        client.force_login(alice)
        assert "Kept" not in client.get(DATA).content.decode()


def test_a_source_that_other_tokens_name_is_a_hint_and_a_strangers_is_not(alice, bob, alice_client):
    token(alice, policy=Policy(source_ids=("/inverter/1",)))
    token(bob, policy=Policy(source_ids=("/inverter/2",)))
    token(alice, type=TokenType.USER)
    page = alice_client.post(f"{DATA}preview/", {"source_ids": "/inverter/*"}).content.decode()
    assert "matches 1 of 1 source IDs" in page
    assert "/inverter/2" not in page
