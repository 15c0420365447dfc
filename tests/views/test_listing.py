import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import note_use
from tests.factories import token as make_token
from tokens.converters import TokenIdConverter
from tokens.domain.dates import format_day, format_minute, format_timestamp
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy, last_instant_of
from tokens.domain.policies.table import TokenType
from tokens.models import SecurityToken
from tokens.views.lists.listing import page_number

LIST = "/tokens/"


def make_many(owner, count, token_type=TokenType.DATA):
    now = timezone.now()
    SecurityToken.objects.bulk_create(
        SecurityToken(
            owner=owner, type=token_type, token_id=f"{token_type}{n:05}", name=f"Token {n}", created_at=now - timedelta(minutes=n)
        )
        for n in range(count)
    )


def page(client, query=""):
    response = client.get(LIST + query)
    assert response.status_code == 200
    return response.content.decode()


def names(html):
    return re.findall(r'class="token-row__token"><input[^>]+><a dir="auto" href="[^"]+" title="[^"]*">([^<]*)</a>', html)


class TestAccess:
    def test_home_leads_to_the_list(self, client):
        assert client.get("/")["Location"] == LIST

    def test_an_anonymous_visitor_is_redirected_to_sign_in(self, client):
        assert client.get(f"{LIST}?data_page=2")["Location"] == "/accounts/login/?next=/tokens/%3Fdata_page%3D2"

    def test_posting_is_not_allowed(self, alice_client):
        assert alice_client.post(LIST).status_code == 405

    def test_another_account_s_tokens_are_not_shown(self, bob_client, alice):
        make_token(alice, name="Alice's own")
        assert "own" not in page(bob_client)


class TestSections:
    def test_an_empty_account_sees_both_empty_states(self, alice_client):
        html = page(alice_client)
        assert "You have no user tokens yet." in html
        assert "You have no data tokens yet." in html

    def test_each_section_leads_to_its_create_form(self, alice_client):
        html = page(alice_client)
        for kind in ("user", "data"):
            assert f'href="/tokens/new/{kind}/"' in html
            assert f"Create {kind} token" in html

    def test_a_token_is_listed_in_the_section_of_its_type(self, alice_client, alice):
        make_token(alice, type=TokenType.USER, name="Mine")
        user, data = page(alice_client).split('id="data-tokens"')
        assert "Mine" in user
        assert "You have no data tokens yet." in data

    def test_the_newest_comes_first(self, alice_client, alice):
        make_many(alice, 3)
        assert names(page(alice_client)) == ["Token 0", "Token 1", "Token 2"]


class TestRow:
    def test_a_token_without_a_name_shows_its_type_and_date(self, alice_client, alice):
        made = make_token(alice, now=datetime(2026, 2, 3, 4, 5, tzinfo=UTC))
        assert names(page(alice_client)) == [made.display_name] == ["Data token of 3 Feb 2026"]

    def test_dates_are_utc_and_say_so(self, alice_client, alice):
        make_token(alice, now=datetime(2026, 2, 3, 4, 5, tzinfo=UTC))
        html = page(alice_client)
        assert 'datetime="2026-02-03 04:05:00.000Z"' in html
        assert "04:05 UTC" in html

    def test_only_what_is_restricted_is_shown(self, alice_client, alice):
        make_token(alice, policy=Policy(node_ids=(101,)))
        html = page(alice_client)
        assert '<summary class="chip">1 node</summary><ul><li>101</li></ul>' in html
        assert html.count('class="chip"') == 1

    def test_a_full_policy_is_eight_labels(self, alice_client, alice, noon):
        last_day = (noon + timedelta(days=300)).date()
        policy = Policy(
            api_paths=("/datum/**", "!/datum/stream/**"),
            not_after=last_instant_of(last_day),
            min_aggregation=Aggregation.HOUR,
            node_ids=(101, 102),
            refresh_allowed=True,
            source_ids=("/meter/1",),
            node_metadata_paths=("/m/a", "/m/b"),
            user_metadata_paths=("/m/**",),
        )
        make_token(alice, policy=policy)
        assert re.findall(r'class="chip">([^<]*)<', page(alice_client)) == [
            "2 API paths",
            f"until {format_day(last_day)} · in 9 months",
            "Hourly+",
            "2 nodes",
            "Refresh allowed",
            "1 source",
            "2 node metadata paths",
            "1 user metadata path",
        ]

    @pytest.mark.parametrize(
        ("level", "label"),
        [("FiveMinute", "5 Minute+"), ("Day", "Daily+"), ("HourOfDay", "Hour Of Day+"), ("RunningTotal", "Running Total")],
    )
    def test_a_minimum_aggregation_is_one_label(self, alice_client, alice, level, label):
        make_token(alice, policy=Policy(min_aggregation=Aggregation(level)))
        assert f'<span class="chip">{label}</span>' in page(alice_client)

    def test_last_use_is_in_words_and_exact(self, alice_client, alice):
        made = make_token(alice)
        used = timezone.now() - timedelta(hours=2, minutes=5)
        note_use(made, at=used)
        html = page(alice_client)
        assert f'<time datetime="{format_timestamp(used)}">2 hours ago <span' in html
        assert f"{format_minute(used)}</span>" in html

    def test_a_long_list_is_cut_with_a_count(self, alice_client, alice):
        make_token(alice, policy=Policy(source_ids=tuple(f"/s/{n}" for n in range(40))))
        html = page(alice_client)
        assert '<summary class="chip">40 sources</summary>' in html
        assert "15 more, see the token" in html

    def test_an_unreadable_policy_is_reported(self, alice_client, alice):
        made = make_token(alice)
        SecurityToken.objects.filter(pk=made.pk).update(policy={"nodeIds": "broken"})
        assert "Cannot be read: every request is refused." in page(alice_client)

    @pytest.mark.parametrize(
        ("disabled", "expired", "state", "action"),
        [(False, False, "Active", "Disable"), (True, False, "Disabled", "Enable"), (False, True, "Expired", "Disable")],
    )
    def test_status_is_text_beside_its_action(self, alice_client, alice, disabled, expired, state, action):
        past = timezone.now() - timedelta(days=3)
        policy = Policy(not_after=int(past.timestamp() * 1000) + 1000) if expired else None
        make_token(alice, name="It", disabled=disabled, policy=policy, now=past)
        html = page(alice_client)
        assert f'<span class="status" data-status="{state}">{state}</span>' in html
        assert f'aria-label="{action} It"' in html

    @pytest.mark.parametrize(("days", "text"), [(0, "today"), (1, "in 1 day"), (3, "in 3 days"), (30, "in 30 days")])
    def test_a_token_that_expires_soon_is_active_and_says_when(self, alice_client, alice, noon, days, text):
        last_day = (noon + timedelta(days=days)).date()
        make_token(alice, policy=Policy(not_after=last_instant_of(last_day)))
        html = page(alice_client)
        assert '<span class="status" data-status="Active">Active</span>' in html
        assert f'<time class="badge" data-level="warning" datetime="{last_day} 23:59:59.999Z">Expires {text}</time>' in html

    @pytest.mark.parametrize(("days", "disabled"), [(31, False), (3, True)])
    def test_no_other_token_does(self, alice_client, alice, noon, days, disabled):
        not_after = last_instant_of((noon + timedelta(days=days)).date())
        make_token(alice, policy=Policy(not_after=not_after), disabled=disabled)
        assert "badge" not in page(alice_client)

    def test_a_token_that_expires_while_it_is_remembered_becomes_expired(self, alice_client, alice, monkeypatch):
        soon = timezone.now() + timedelta(hours=1)
        make_token(alice, policy=Policy(not_after=int(soon.timestamp() * 1000)))
        assert 'data-status="Active"' in page(alice_client)
        monkeypatch.setattr("tokens.views.lists.listing.timezone.now", lambda: soon + timedelta(seconds=1))
        assert 'data-status="Expired"' in page(alice_client)

    def test_markup_in_names_is_only_text(self, alice_client, alice):
        make_token(alice, name="<script>x</script>", description="<b>", policy=Policy(source_ids=("<i>",)))
        html = page(alice_client)
        assert "&lt;script&gt;x" in html
        assert "<script>x" not in html
        assert "<i>" not in html

    @pytest.mark.parametrize("token_id", ["a/b", "..", "new", "~x", "a?b#c%20&\"'<>\\", "quo'te"])
    def test_an_imported_identifier_opens_its_page(self, alice_client, alice, token_id):
        made = make_token(alice)
        SecurityToken.objects.filter(pk=made.pk).update(token_id=token_id)
        page(alice_client)
        assert alice_client.get(reverse("tokens:detail", args=[token_id])).status_code == 200
        assert TokenIdConverter().to_python(TokenIdConverter().to_url(token_id)) == token_id


class TestPages:
    def test_a_section_shows_25_and_leads_to_older_ones(self, alice_client, alice):
        make_many(alice, 26)
        html = page(alice_client)
        assert len(names(html)) == 25
        assert re.search(r'href="\?data_page=2&amp;data_after=\d+\.\d+#data-tokens"', html)

    @pytest.mark.parametrize(("query", "newer", "older"), [("", "Newer", "Older"), ("sort=name&", "Previous", "Next")])
    def test_the_links_say_which_way_they_lead(self, alice_client, alice, query, newer, older):
        make_many(alice, 60)
        html = page(alice_client, f"?{query}data_page=2")
        assert f'rel="prev">← {newer}</a>' in html
        assert f'rel="next">{older} →</a>' in html

    def test_25_tokens_have_no_second_page(self, alice_client, alice):
        make_many(alice, 25)
        assert "Older" not in page(alice_client)

    def test_the_pages_of_the_sections_are_kept_apart(self, alice_client, alice):
        make_many(alice, 60)
        make_many(alice, 60, TokenType.USER)
        html = page(alice_client, "?user_page=2&data_page=2")
        assert re.search(r'href="\?user_page=3&amp;user_after=\d+\.\d+&amp;data_page=2#user-tokens"', html)
        assert 'href="?user_page=2#data-tokens"' in html

    @pytest.mark.parametrize("number", ["abc", "0", "-1", "1.5", "²", "%00"])
    def test_what_is_no_page_number_is_the_first_page(self, alice_client, alice, number):
        make_many(alice, 30)
        assert names(page(alice_client, f"?data_page={number}"))[0] == "Token 0"

    @pytest.mark.parametrize("number", ["3", "99999999999999999999", "9" * 5000])
    def test_beyond_the_end_is_the_last_page(self, alice_client, alice, number):
        make_many(alice, 30)
        assert names(page(alice_client, f"?data_page={number}")) == [f"Token {n}" for n in range(25, 30)]

    def test_page_numbers_are_bounded(self):
        assert page_number("9" * 30) == 1_000_000


class TestCost:
    @pytest.mark.parametrize("count", [0, 3, 60])
    def test_the_page_takes_six_queries_however_many_tokens(self, alice_client, alice, count, django_assert_max_num_queries):
        make_many(alice, count)
        make_many(alice, count, TokenType.USER)
        with django_assert_max_num_queries(6):
            html = page(alice_client)
        assert bool(names(html)) == bool(count)
