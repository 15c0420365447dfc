"""The administration: it shows no secret, and every change is audited."""

import json
import re
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from tests.factories import PASSWORD, NodeFactory, UserFactory, issue, token
from tokens import conf
from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import AuditEvent, Node, SecurityToken
from tokens.services.audit import Actor
from tokens.services.lifecycle import changes

TOKENS = reverse("admin:tokens_securitytoken_changelist")
NODES = reverse("admin:tokens_node_changelist")
ACCOUNTS = reverse("admin:accounts_user_changelist")
EVENTS = reverse("admin:tokens_auditevent_changelist")


def change_url(row):
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])


def delete_url(row):
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_delete", args=[row.pk])


def token_form(row, **fields):
    return {"name": row.name, "description": row.description, "status": row.status, "policy": json.dumps(row.policy), **fields}


def last_event():
    return AuditEvent.objects.order_by("-pk").first()


class TestSigningIn:
    def test_an_anonymous_visitor_is_sent_to_the_portals_own_sign_in(self, client, db):
        response = client.get(TOKENS, follow=True)
        assert response.redirect_chain[-1][0].startswith(reverse("account_login"))

    def test_a_superuser_made_by_the_command_signs_in_and_arrives(self, client, db, monkeypatch):
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
        call_command("createsuperuser", email="root@example.org", interactive=False, verbosity=0)
        login = f"{reverse('account_login')}?next={TOKENS}"
        response = client.post(login, {"login": "root@example.org", "password": PASSWORD, "next": TOKENS})
        assert response["Location"] == TOKENS
        assert client.get(TOKENS).status_code == 200

    def test_a_superuser_signs_in_whatever_the_case_of_the_letters_that_made_the_account(self, client, db):
        UserFactory(email="Root@Example.org")
        assert client.post(reverse("account_login"), {"login": "ROOT@example.org", "password": PASSWORD}).status_code == 302

    def test_an_account_without_permission_is_denied(self, alice_client):
        assert alice_client.get(TOKENS, follow=True).status_code == 403

    def test_an_administrator_is_redirected_to_the_index(self, carol_client):
        assert carol_client.get(reverse("admin:login"))["Location"] == reverse("admin:index")

    @pytest.mark.parametrize("name", ["account_emailaddress", "auth_group", "tokens_tokensecret", "tokens_reveal"])
    def test_no_model_is_registered_that_is_not_audited_or_has_a_secret(self, name):
        from solarnet_portal.admin_site import site

        assert name not in {f"{model._meta.app_label}_{model._meta.model_name}" for model in site._registry}

    @pytest.mark.parametrize("url", [TOKENS, NODES, ACCOUNTS, EVENTS, reverse("admin:index")])
    def test_every_page_opens(self, carol_client, alice, url):
        token(alice)
        assert carol_client.get(url).status_code == 200

    @pytest.mark.parametrize("url", [TOKENS, NODES, ACCOUNTS, EVENTS])
    def test_a_search_for_unusual_characters_works(self, carol_client, url):
        assert carol_client.get(url, {"q": "%\x00'\"<script>‮"}).status_code == 200


class TestTheTokenList:
    def test_its_queries_do_not_grow_with_the_tokens(self, carol_client, django_assert_max_num_queries):
        for _ in range(12):
            token(UserFactory())
        with django_assert_max_num_queries(7):
            assert carol_client.get(TOKENS).status_code == 200

    @pytest.mark.parametrize("by", ["token_id", "name", "owner"])
    def test_a_token_is_found_by_identifier_name_and_owner(self, carol_client, alice, bob, by):
        wanted, other = token(alice, name="Wallbox"), token(bob, name="Dashboard")
        term = {"token_id": wanted.token_id, "name": "wallb", "owner": "alice@"}[by]
        page = carol_client.get(TOKENS, {"q": term}).content.decode()
        assert wanted.token_id in page
        assert other.token_id not in page

    @pytest.mark.parametrize(("kind", "found"), [("expired", "past"), ("expires", "coming"), ("never", "free")])
    def test_tokens_are_filtered_by_expiry(self, carol_client, alice, kind, found):
        past = datetime(2026, 1, 1, tzinfo=UTC)
        rows = {
            "past": token(alice, policy=Policy(not_after=int(past.timestamp() * 1000)), now=past - timedelta(days=1)),
            "coming": token(alice, policy=Policy(not_after=int((timezone.now() + timedelta(days=9)).timestamp() * 1000))),
            "free": token(alice),
        }
        page = carol_client.get(TOKENS, {"expiry": kind}).content.decode()
        assert [name for name, row in rows.items() if row.token_id in page] == [found]

    @pytest.mark.parametrize("query", [{"type__exact": "User"}, {"status__exact": "Disabled"}])
    def test_tokens_are_filtered_by_type_and_status(self, carol_client, alice, query):
        wanted, other = token(alice, type=TokenType.USER, disabled=True), token(alice)
        page = carol_client.get(TOKENS, query).content.decode()
        assert wanted.token_id in page
        assert other.token_id not in page

    @pytest.mark.parametrize(("action", "status"), [("disable", "Disabled"), ("enable", "Active")])
    def test_an_action_changes_the_status_and_names_the_administrator(self, carol, carol_client, alice, action, status):
        row = token(alice, disabled=action == "enable")
        carol_client.post(TOKENS, {"action": action, "_selected_action": [row.pk]})
        row.refresh_from_db()
        assert row.status == status
        assert (last_event().action, last_event().actor) == ("token.status", carol)

    def test_deleting_many_writes_an_entry_for_each(self, carol_client, alice):
        rows = [token(alice), token(alice)]
        form = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
        carol_client.post(TOKENS, form)
        assert not SecurityToken.objects.exists()
        assert AuditEvent.objects.filter(action="token.deleted").count() == 2


class TestOneToken:
    def test_it_is_not_made_here(self, carol_client):
        assert carol_client.get(reverse("admin:tokens_securitytoken_add")).status_code == 403

    def test_no_page_shows_the_secret_or_its_ciphertext(self, carol_client, alice):
        issued = issue(alice)
        pages = [change_url(issued.token), delete_url(issued.token), TOKENS, EVENTS]
        shown = "".join(carol_client.get(url).content.decode() for url in pages)
        assert issued.value not in shown
        assert "sealed" not in shown

    def test_type_and_identifier_cannot_be_changed(self, carol_client, alice):
        row = token(alice)
        carol_client.post(change_url(row), token_form(row, name="New", type="User", token_id="Q" * 20, owner=""))
        after = SecurityToken.objects.get()
        assert (after.name, after.type, after.token_id, after.owner) == ("New", row.type, row.token_id, alice)

    def test_a_change_of_the_policy_is_audited_with_before_and_after(self, carol, carol_client, alice):
        row = token(alice)
        response = carol_client.post(change_url(row), token_form(row, policy='{"nodeIds": [101]}'))
        assert response.status_code == 302
        assert SecurityToken.objects.get().policy == {"nodeIds": [101]}
        event = last_event()
        assert (event.action, event.actor, event.detail["after"]) == ("token.edited", carol, {"policy": {"nodeIds": [101]}})

    def test_a_policy_that_allows_more_is_marked_in_the_list_of_events(self, carol_client, alice):
        row = token(alice, policy=Policy(node_ids=(101,)))
        carol_client.post(change_url(row), token_form(row, policy="{}"))
        assert "Edited, became wider" in carol_client.get(EVENTS).content.decode()

    def test_a_change_of_the_status_is_audited(self, carol_client, alice):
        row = token(alice)
        carol_client.post(change_url(row), token_form(row, status="Disabled"))
        assert last_event().action == "token.status"

    def test_saving_without_a_change_writes_no_entry(self, carol_client, alice):
        row = token(alice, name="Same")
        before = AuditEvent.objects.count()
        carol_client.post(change_url(row), token_form(row))
        assert AuditEvent.objects.count() == before

    @pytest.mark.parametrize(
        ("policy", "message"),
        [
            ("{", "This is not JSON"),
            ("[]", "A policy is a JSON object"),
            ('{"nodeIds": []}', "An empty list"),
            ('{"nodeIds": [201]}', "Node 201 is not a node of this account"),
            ('{"nodes": [1]}', "nodes is not a policy"),
            ('{"notAfter": 1}', "in the past"),
        ],
    )
    def test_an_invalid_policy_is_a_form_error(self, carol_client, alice, bob, policy, message):
        row = token(alice)
        response = carol_client.post(change_url(row), token_form(row, policy=policy))
        assert message in response.content.decode()
        assert SecurityToken.objects.get().policy == {}

    def test_a_restriction_that_does_not_apply_is_rejected(self, carol_client, alice):
        row = token(alice, type=TokenType.USER)
        response = carol_client.post(change_url(row), token_form(row, policy='{"sourceIds": ["a"]}'))
        assert "does not apply" in response.content.decode()
        assert SecurityToken.objects.get().policy == {}

    def test_an_invalid_policy_is_shown_and_can_be_replaced(self, carol_client, alice):
        row = token(alice)
        SecurityToken.objects.filter(pk=row.pk).update(policy={"nodeIds": "all"})
        assert "cannot be read" in carol_client.get(change_url(row)).content.decode()
        carol_client.post(change_url(row), token_form(row, policy="{}"))
        assert SecurityToken.objects.get().policy == {}

    def test_deleting_is_audited(self, carol, carol_client, alice):
        carol_client.post(delete_url(token(alice)), {"post": "yes"})
        assert not SecurityToken.objects.exists()
        assert (last_event().action, last_event().actor) == ("token.deleted", carol)

    @pytest.mark.parametrize("error", [SecurityToken.DoesNotExist(), PolicyError([Problem("nodeIds", "Node 101 has left.")])])
    def test_a_concurrent_change_is_an_error_message(self, carol_client, alice, monkeypatch, error):
        row = token(alice)
        monkeypatch.setattr("tokens.services.lifecycle.changes.edit_token", Mock(side_effect=error))
        response = carol_client.post(change_url(row), token_form(row, name="New"), follow=True)
        assert "The token was not saved" in response.content.decode()


class TestNodes:
    def test_a_new_node_is_audited(self, carol_client, alice):
        carol_client.post(reverse("admin:tokens_node_add"), {"node_id": 7, "name": "Roof", "owner": alice.pk})
        assert Node.objects.get(node_id=7).owner == alice
        assert last_event().detail == {"before": None, "after": {"node": 7, "name": "Roof", "owner": "alice@example.org"}}

    def test_a_transfer_is_audited_with_both_owners(self, carol_client, alice, bob):
        node = Node.objects.get(node_id=101)
        carol_client.post(change_url(node), {"node_id": 101, "name": node.name, "owner": bob.pk})
        detail = last_event().detail
        assert (detail["before"]["owner"], detail["after"]["owner"]) == ("alice@example.org", "bob@example.org")

    def test_removing_is_audited(self, carol_client, alice):
        carol_client.post(delete_url(Node.objects.get(node_id=101)), {"post": "yes"})
        assert last_event().action == "node.removed"

    def test_removing_many_writes_an_entry_for_each(self, carol_client, alice):
        chosen = [node.pk for node in Node.objects.all()]
        carol_client.post(NODES, {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})
        assert AuditEvent.objects.filter(action="node.removed").count() == 2

    @pytest.mark.parametrize("owner", ["alice", "", "-1", "1.5", "\0", "9" * 40, "é", "99999999"])
    def test_what_is_no_owner_is_a_form_error(self, carol_client, alice, owner):
        response = carol_client.post(reverse("admin:tokens_node_add"), {"node_id": 7, "name": "", "owner": owner})
        assert response.status_code == 200
        assert response.context["adminform"].form.errors["owner"]

    @pytest.mark.parametrize("node_id", ["0", "-1", "x", "101", str(2**63)])
    def test_an_invalid_or_taken_node_id_is_a_form_error(self, carol_client, alice, node_id):
        response = carol_client.post(reverse("admin:tokens_node_add"), {"node_id": node_id, "name": "", "owner": alice.pk})
        assert response.status_code == 200
        assert Node.objects.count() == 2

    def test_the_lists_queries_do_not_grow(self, carol_client, django_assert_max_num_queries):
        for _ in range(12):
            NodeFactory()
        with django_assert_max_num_queries(7):
            page = carol_client.get(NODES)
        assert len(page.context["cl"].result_list) == 12


class TestAccounts:
    @staticmethod
    def form(user, **fields):
        rights = {name: "on" for name in ("is_active", "is_staff", "is_superuser") if getattr(user, name)}
        return {"email": user.email, **rights, **fields}

    def test_a_new_account_can_sign_in_and_is_audited(self, carol, carol_client):
        secret = "a long enough phrase 7"
        form = {"email": "New@Example.ORG", "usable_password": "true", "password1": secret, "password2": secret}
        response = carol_client.post(reverse("admin:accounts_user_add"), form)
        assert response.status_code == 302, response.context["errors"]
        signed_in = Client().post(reverse("account_login"), {"login": "new@example.org", "password": secret})
        assert signed_in.status_code == 302
        assert AuditEvent.objects.filter(action="account.saved", actor=carol, owner__email="new@example.org").exists()

    def test_an_address_of_another_account_is_rejected_in_any_letter_case(self, carol_client, alice):
        form = {"email": "ALICE@example.org", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
        assert "belongs to another account" in carol_client.post(reverse("admin:accounts_user_add"), form).content.decode()

    def test_an_account_made_inactive_is_audited_and_signed_out(self, carol_client, alice, alice_client):
        form = self.form(alice)
        del form["is_active"]
        carol_client.post(change_url(alice), form)
        assert last_event().detail["after"]["active"] is False
        assert alice_client.get(reverse("account_change_password")).status_code == 302

    def test_an_old_address_no_longer_signs_in(self, carol_client, alice):
        EmailAddress.objects.create(user=alice, email=alice.email, primary=True, verified=True)
        carol_client.post(change_url(alice), self.form(alice, email="alice@example.net"))
        response = Client().post(reverse("account_login"), {"login": "alice@example.org", "password": PASSWORD})
        assert response.status_code == 200
        assert list(EmailAddress.objects.values_list("email", flat=True)) == ["alice@example.net"]

    def test_a_password_set_by_an_administrator_is_audited_without_it(self, carol, carol_client, alice):
        secret = "a long enough phrase 7"
        url = reverse("admin:auth_user_password_change", args=[alice.pk])
        carol_client.post(url, {"usable_password": "true", "set-password": "1", "password1": secret, "password2": secret})
        assert User.objects.get(pk=alice.pk).check_password(secret)
        event = last_event()
        assert (event.action, event.actor, event.detail["changed"]) == ("account.saved", carol, ["password"])
        assert secret not in json.dumps(event.detail)

    def test_the_address_of_an_accounts_service_is_saved_and_audited(self, carol_client, alice):
        carol_client.post(change_url(alice), self.form(alice, service_url="https://data.example.org"))
        alice.refresh_from_db()
        assert alice.service_url == "https://data.example.org"
        assert last_event().detail["after"]["service_url"] == "https://data.example.org"

    @pytest.mark.parametrize("typed", ["data.example.org", "ftp://data.example.org", "https://data.example.org/solarquery"])
    def test_a_service_address_that_is_no_origin_is_refused(self, carol_client, alice, typed):
        response = carol_client.post(change_url(alice), self.form(alice, service_url=typed))
        assert "Write scheme and host in lower case" in response.content.decode()

    @pytest.mark.parametrize(("action", "before"), [("activate", False), ("deactivate", True)])
    def test_several_are_changed_at_once_each_with_an_entry(self, carol_client, alice, bob, action, before):
        User.objects.filter(pk__in=[alice.pk, bob.pk]).update(is_active=before)
        carol_client.post(ACCOUNTS, {"action": action, "_selected_action": [alice.pk, bob.pk]})
        assert set(User.objects.filter(pk__in=[alice.pk, bob.pk]).values_list("is_active", flat=True)) == {not before}
        assert AuditEvent.objects.filter(action="account.saved").count() == 2

    def test_deactivating_all_leaves_oneself(self, carol_client, carol, alice):
        page = carol_client.post(ACCOUNTS, {"action": "deactivate", "_selected_action": [alice.pk, carol.pk]}, follow=True)
        carol.refresh_from_db()
        assert carol.is_active
        assert f"Not changed, because you may not change them: {carol.email}." in page.content.decode()

    def test_staff_without_all_rights_change_nobody(self, client, alice, bob):
        bob.is_staff = True
        bob.save()
        bob.user_permissions.add(*Permission.objects.filter(content_type__app_label="accounts"))
        client.force_login(bob)
        client.post(ACCOUNTS, {"action": "deactivate", "_selected_action": [alice.pk]})
        alice.refresh_from_db()
        assert alice.is_active

    def test_nobody_is_deleted(self, carol_client, alice):
        assert carol_client.post(delete_url(alice), {"post": "yes"}).status_code == 403

    def test_administrators_cannot_lock_themselves_out(self, carol, carol_client):
        carol_client.post(change_url(carol), {"email": carol.email})
        carol.refresh_from_db()
        assert carol.is_active
        assert carol.is_superuser

    def test_staff_without_all_rights_cannot_reach_a_superusers_account(self, carol, bob):
        from django.contrib.auth.models import Permission

        bob.is_staff = True
        bob.save()
        bob.user_permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
        client = Client()
        client.force_login(bob)
        assert client.post(change_url(carol), {"email": "mine@example.org"}).status_code == 403
        assert client.post(reverse("admin:auth_user_password_change", args=[carol.pk]), {}).status_code == 403

    def test_staff_without_all_rights_cannot_give_rights(self, alice, bob):
        from django.contrib.auth.models import Permission

        bob.is_staff = True
        bob.save()
        bob.user_permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
        client = Client()
        client.force_login(bob)
        client.post(change_url(alice), self.form(alice, is_superuser="on", is_staff="on"))
        alice.refresh_from_db()
        assert not alice.is_superuser


class TestTheAuditTrail:
    def test_an_entry_is_read_in_full(self, carol_client, alice):
        token(alice, name="Wallbox")
        page = carol_client.get(change_url(AuditEvent.objects.get())).content.decode()
        assert "Wallbox" in page
        assert "Created" in page

    @pytest.mark.parametrize("act", ["change", "delete"])
    def test_no_entry_is_changed_or_deleted(self, carol_client, alice, act):
        token(alice)
        event = AuditEvent.objects.get()
        url = change_url(event) if act == "change" else delete_url(event)
        assert carol_client.post(url, {"post": "yes", "actor_label": "nobody"}).status_code == 403

    def test_no_entry_is_added(self, carol_client):
        assert carol_client.get(reverse("admin:tokens_auditevent_add")).status_code == 403

    def test_the_lists_queries_do_not_grow(self, carol_client, django_assert_max_num_queries):
        for _ in range(12):
            token(UserFactory())
        with django_assert_max_num_queries(7):
            page = carol_client.get(EVENTS)
        assert len(page.context["cl"].result_list) == 12

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("token={token}", 2),
            ("token=nothing", 0),
            ("token=%00", 0),
            ("owner=ALICE@example.org", 2),
            ("owner=bob@example.org", 1),
            ("who=carol@example.org", 1),
            ("who=command+(root)", 2),
            ("who=nobody", 0),
            ("action=token.status", 1),
            ("token={token}&action=token.status", 1),
            ("at__gte=2100-01-01T00:00:00%2B00:00", 0),
        ],
    )
    def test_entries_are_filtered(self, carol_client, carol, alice, bob, query, found):
        AuditEvent.objects.all().delete()
        made = token(alice)
        token(bob)
        AuditEvent.objects.update(actor=None, actor_label="command (root)")
        changes.set_status(made, SecurityToken.Status.DISABLED, actor=Actor(user=carol, label=carol.email), now=timezone.now())
        page = carol_client.get(f"{EVENTS}?{query.format(token=made.token_id)}")
        assert len(page.context["cl"].result_list) == found

    def test_a_filter_that_is_typed_keeps_the_others(self, carol_client, alice):
        html = carol_client.get(f"{EVENTS}?action=token.status&token=x&q=y").content.decode()
        form = html.split('id="filter-token"')[1].split("</form>")[0]
        assert '<input type="hidden" name="action" value="token.status">' in form
        assert '<input type="hidden" name="q" value="y">' in form
        assert 'name="token" value="x"' in form

    def test_dates_are_utc_and_say_so(self, carol_client, alice):
        token(alice, now=datetime(2026, 2, 3, 4, 5, tzinfo=UTC))
        assert "3 Feb 2026 04:05 UTC" in carol_client.get(EVENTS).content.decode()


class TestTheState:
    URL = "/admin/state/"

    def page(self, client) -> str:
        response = client.get(self.URL)
        assert response.status_code == 200
        return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode().split('id="content-main"')[1]).split())

    def test_tokens_are_counted_by_type_and_state(self, carol_client, alice):
        now = timezone.now()
        day = 86_400_000
        soon = int(now.timestamp() * 1000) + 3 * day
        token(alice)
        token(alice, disabled=True)
        token(alice, policy=Policy(not_after=soon))
        token(alice, policy=Policy(not_after=soon - 5 * day), now=now - timedelta(days=9))
        token(alice, type=TokenType.USER)
        page = self.page(carol_client)
        assert "User 1 0 1 0 0 1" in page
        assert "Data 2 1 2 1 1 4" in page

    def test_refusals_of_today_are_counted_by_reason(self, carol_client, alice):
        made = token(alice)
        for code, count, ago in (("EXPIRED", 3, 0), ("EXPIRED", 1, 0), ("API_PATH", 2, 0), ("EXPIRED", 9, 2)):
            AuditEvent.objects.create(
                action="request.refused",
                token_id=made.token_id,
                owner=alice,
                detail={"code": code},
                count=count,
                at=timezone.now() - timedelta(days=ago),
            )
        assert "EXPIRED 4 API_PATH 2" in self.page(carol_client)

    def test_keys_are_told_by_their_ids_and_never_shown(self, carol_client):
        page = self.page(carol_client)
        assert f"{conf.get_vault().key_ids[0]} encrypts and decrypts" in page
        assert settings.TOKEN_KEYS not in page

    def test_its_queries_do_not_grow(self, carol_client, alice, django_assert_max_num_queries):
        for _ in range(5):
            token(alice)
        with django_assert_max_num_queries(6):
            self.page(carol_client)

    def test_it_is_linked_from_the_index(self, carol_client):
        assert f'href="{self.URL}"' in carol_client.get(reverse("admin:index")).content.decode()

    def test_staff_who_may_not_see_tokens_may_not_see_it(self, client, bob):
        bob.is_staff = True
        bob.save()
        client.force_login(bob)
        assert client.get(self.URL).status_code == 403
        assert self.URL not in client.get(reverse("admin:index")).content.decode()

    def test_others_are_sent_to_sign_in(self, client, db):
        assert client.get(self.URL).status_code == 302


class TestContentSecurity:
    def test_no_page_violates_the_content_security_policy(self, carol_client, alice):
        row = token(alice)
        for url in (reverse("admin:index"), TOKENS, change_url(row), change_url(alice), reverse("admin:accounts_user_add")):
            page = carol_client.get(url).content.decode()
            assert " style=" not in page, url
            assert "<style" not in page, url
            assert " onclick=" not in page, url
            assert "<script>" not in page, url
