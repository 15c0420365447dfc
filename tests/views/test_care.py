"""Looking after tokens: a later expiry, the review, and a leak."""

from datetime import date, timedelta

import pytest

from tests.factories import issue, note_use
from tests.factories import token as make_token
from tests.views.access import AccessRow
from tokens.domain.policies.policy import Policy, last_instant_of
from tokens.domain.policies.table import TokenType
from tokens.models import AuditEvent, Caller, SecurityToken, TokenSecret
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.lifecycle import rotation
from tokens.services.lists.review import review


def ends_on(day):
    return Policy(not_after=last_instant_of(day), node_ids=(101,))


def last_day(token):
    token.refresh_from_db()
    return token.read_policy().expires_at().date()


class TestExtendAccess(AccessRow):
    route = "extend"
    methods = ("GET", "POST", "HEAD")


class TestLeakedAccess(AccessRow):
    route = "leaked"
    methods = ("GET", "POST", "HEAD")


class TestExtend:
    @pytest.mark.parametrize(("ends_in", "days", "until"), [(10, "90", 100), (10, "365", 375), (-5, "30", 30)])
    def test_counts_from_the_last_day_or_today_if_that_is_over(self, alice_client, alice, noon, ends_in, days, until):
        today = noon.date()
        token = make_token(alice, policy=ends_on(today + timedelta(days=ends_in)), now=noon - timedelta(days=20))
        response = alice_client.post(f"/tokens/{token.token_id}/extend/", {"days": days})
        assert response.status_code == 303
        assert last_day(token) == today + timedelta(days=until)

    def test_changes_nothing_else(self, alice_client, alice, noon):
        token = make_token(alice, name="Roof", policy=ends_on(noon.date() + timedelta(days=1)))
        alice_client.post(f"/tokens/{token.token_id}/extend/", {"days": "30"})
        token.refresh_from_db()
        assert token.read_policy().node_ids == (101,)
        assert token.name == "Roof"

    def test_is_an_edit_that_made_it_wider(self, alice_client, alice, noon):
        token = make_token(alice, policy=ends_on(noon.date() + timedelta(days=1)))
        alice_client.post(f"/tokens/{token.token_id}/extend/", {"days": "30"})
        assert AuditEvent.objects.get(action="token.edited").detail["became_wider"]

    def test_counts_no_further_than_the_last_day_there_is(self, alice_client, alice):
        token = make_token(alice, policy=ends_on(date.max - timedelta(days=1)))
        assert alice_client.get(f"/tokens/{token.token_id}/extend/").status_code == 200
        alice_client.post(f"/tokens/{token.token_id}/extend/", {"days": "30"})
        assert last_day(token) == date.max

    def test_one_that_never_expires_has_nothing_to_extend(self, alice_client, alice):
        token = make_token(alice)
        assert "never expires" in alice_client.get(f"/tokens/{token.token_id}/extend/").content.decode()
        assert alice_client.post(f"/tokens/{token.token_id}/extend/", {"days": "30"}).status_code == 409

    @pytest.mark.parametrize("days", ["", "31", "9999999"])
    def test_other_days_are_refused(self, alice_client, alice, noon, days):
        token = make_token(alice, policy=ends_on(noon.date()))
        assert alice_client.post(f"/tokens/{token.token_id}/extend/", {"days": days}).status_code == 422
        assert last_day(token) == noon.date()

    def test_comes_back_to_the_review(self, alice_client, alice, noon):
        token = make_token(alice, policy=ends_on(noon.date()))
        response = alice_client.post(f"/tokens/{token.token_id}/extend/", {"days": "30", "next": "/tokens/review/"})
        assert response["Location"] == "/tokens/review/"


class TestReview:
    def found(self, owner, now):
        return {finding.key: {token.name for token in finding.tokens} for finding in review(owner, now)}

    def test_finds_each_kind(self, alice, noon):
        long_ago = noon - timedelta(days=200)
        make_token(alice, name="open", type=TokenType.USER)
        make_token(alice, name="unused", policy=Policy(node_ids=(101,)), now=long_ago)
        make_token(alice, name="soon", policy=ends_on(noon.date() + timedelta(days=3)))
        make_token(alice, name="over", policy=ends_on(noon.date() - timedelta(days=3)), now=noon - timedelta(days=9))
        make_token(alice, name="off", disabled=True, now=long_ago)
        assert self.found(alice, noon) == {
            "expiring": {"soon"},
            "unused": {"unused"},
            "unrestricted": {"open"},
            "expired": {"over"},
        }

    def test_finds_old_private_passwords_that_are_used(self, alice, noon):
        issued = issue(alice, name="rotated", policy=Policy(node_ids=(101,)))
        rotation.rotate(issued.token, rotation.Grace.WEEK, actor=Actor(label="x"), now=noon)
        assert self.found(alice, noon) == {}
        TokenSecret.objects.filter(ends_at=None).update(last_used_at=noon)
        assert self.found(alice, noon) == {}
        TokenSecret.objects.exclude(ends_at=None).update(last_used_at=noon)
        assert self.found(alice, noon) == {"old-secrets": {"rotated"}}

    def test_nothing_to_look_at_is_told(self, alice_client):
        assert "Nothing wants looking at" in alice_client.get("/tokens/review/").content.decode()

    def test_another_account_s_tokens_are_not_in_it(self, bob_client, alice):
        make_token(alice, name="Roof")
        assert "Roof" not in bob_client.get("/tokens/review/").content.decode()

    def test_acting_leads_back_to_it(self, alice_client, alice):
        token = make_token(alice)
        response = alice_client.post(f"/tokens/{token.token_id}/status/", {"status": "Disabled", "next": "/tokens/review/"})
        assert response["Location"] == "/tokens/review/"

    @pytest.mark.parametrize("count", [1, 40])
    def test_takes_seven_queries(self, alice_client, alice, count, django_assert_num_queries):
        for _ in range(count):
            make_token(alice)
        with django_assert_num_queries(7):
            html = alice_client.get("/tokens/review/").content.decode()
        assert ("All of them in the list" in html) == (count > 25)

    def test_a_visitor_is_asked_to_sign_in(self, client, db):
        assert client.get("/tokens/review/").status_code == 302


class TestLeaked:
    @pytest.fixture
    def issued(self, alice, noon):
        issued = issue(alice, name="Roof", type=TokenType.USER)
        note_use(issued.token, at=noon)
        Caller.objects.create(token=issued.token, address="203.0.113.9", client="thief/1", first_at=noon, last_at=noon, calls=3)
        return issued

    def act(self, client, issued, act):
        return client.post(f"/tokens/{issued.token.token_id}/leaked/", {"act": act})

    def test_disabling_stops_it(self, alice_client, issued):
        assert self.act(alice_client, issued, "disable").status_code == 303
        issued.token.refresh_from_db()
        assert issued.token.status == "Disabled"

    def test_rotating_leaves_no_old_private_password_and_shows_the_new_one(self, alice_client, issued, noon):
        rotation.rotate(issued.token, rotation.Grace.WEEK, actor=Actor(label="x"), now=noon)
        response = self.act(alice_client, issued, "rotate")
        assert response["Location"] == f"/tokens/{issued.token.token_id}/secret/"
        assert TokenSecret.objects.filter(token=issued.token).count() == 1
        assert "snts_" in alice_client.get(response["Location"]).content.decode()

    @pytest.mark.parametrize("act", ["", "explode"])
    def test_another_act_does_nothing(self, alice_client, issued, act):
        assert self.act(alice_client, issued, act).status_code == 422

    def test_tells_from_where_it_was_used_and_what_it_changed(self, alice_client, issued, alice, noon):
        other = make_token(alice, name="Barn")
        holder = Actor(label=f"token {issued.token.token_id}", address="203.0.113.9")
        audit.record(Action.STATUS, token=other, actor=holder, at=noon, before="Active", after="Disabled")
        audit.record(Action.KEY_REFRESHED, token=issued.token, actor=holder, at=noon)
        html = alice_client.get(f"/tokens/{issued.token.token_id}/leaked/").content.decode()
        assert "203.0.113.9" in html
        assert "thief/1" in html
        assert "Active → Disabled" in html
        assert "It fetched 1 signing key." in html

    def test_is_one_link_away_from_the_token(self, alice_client, issued):
        html = alice_client.get(f"/tokens/{issued.token.token_id}/").content.decode()
        assert f'href="/tokens/{issued.token.token_id}/leaked/">It leaked</a>' in html

    def test_of_a_disabled_token_says_to_rotate_before_it_is_enabled(self, alice_client, alice):
        token = make_token(alice, disabled=True)
        assert "enable it again, rotate it" in alice_client.get(f"/tokens/{token.token_id}/leaked/").content.decode()
        assert SecurityToken.objects.count() == 1
