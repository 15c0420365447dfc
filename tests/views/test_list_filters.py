"""The list's address carries its view: search, filters, order and counts (SPEC, "The pages")."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.factories import NodeFactory, note_use
from tests.factories import token as make_token
from tests.views.test_listing import make_many, names, page
from tokens.domain.dates import to_milliseconds
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import SecurityToken
from tokens.services.lists import views
from tokens.services.lists.counts import MOST_COUNTED, count_tokens
from tokens.services.lists.orders import SORTS
from tokens.services.lists.views import ListView, find_tokens


def ends_in(days, now):
    return Policy(not_after=to_milliseconds(now + timedelta(days=days)))


def used(token, days_ago, now):
    note_use(token, at=now - timedelta(days=days_ago))
    return token


def data_names(client, query):
    return names(page(client, query).split('id="data-tokens"')[1])


@pytest.fixture
def states(alice, noon):
    """A token in each state."""
    make_token(alice, name="active")
    make_token(alice, name="expiring", policy=ends_in(10, noon))
    make_token(alice, name="later", policy=ends_in(100, noon))
    make_token(alice, name="disabled", disabled=True)
    make_token(alice, name="expired", policy=ends_in(-1, noon), now=noon - timedelta(days=20))


class TestSearch:
    @pytest.fixture(autouse=True)
    def _tokens(self, alice):
        NodeFactory(owner=alice, node_id=4711)
        self.roof = make_token(alice, name="Roof meter", description="For Ann", policy=Policy(source_ids=("/pv/1", "/wärme/*")))
        self.barn = make_token(alice, name="Barn", description="100 % of it", policy=Policy(node_ids=(101, 4711)))

    @pytest.mark.parametrize("word", ["roof", "METER", "ann", "/pv", "/wärme", "roof ann"])
    def test_finds_name_description_and_source_by_a_part_in_any_case(self, alice_client, word):
        assert data_names(alice_client, f"?q={word}") == ["Roof meter"]

    def test_finds_a_node(self, alice_client):
        assert data_names(alice_client, "?q=4711") == ["Barn"]

    def test_finds_an_identifier_by_a_part(self, alice_client):
        assert data_names(alice_client, f"?q={self.roof.token_id[3:12]}") == ["Roof meter"]

    def test_every_word_must_be_there(self, alice_client):
        assert data_names(alice_client, "?q=roof barn") == []

    @pytest.mark.parametrize("word", ["%25", "100 %25"])
    def test_a_percent_sign_is_no_wildcard(self, alice_client, word):
        assert data_names(alice_client, f"?q={word}") == ["Barn"]

    def test_the_policy_s_own_words_are_not_searched(self, alice_client):
        assert data_names(alice_client, "?q=sourceIds") == []

    def test_nothing_found_is_told_with_what_to_take_away(self, alice_client):
        html = page(alice_client, "?q=nowhere&status=active")
        assert "No data token matches." in html
        assert 'href="?status=active">Search: nowhere' in html
        assert 'href="?q=nowhere">Status: active' in html

    def test_a_surrogate_or_nul_is_told_and_filters_nothing(self, alice_client):
        assert len(data_names(alice_client, "?q=%00")) == 2

    def test_another_account_s_tokens_are_not_found(self, bob_client):
        assert data_names(bob_client, "?q=roof") == []


@pytest.mark.usefixtures("states")
class TestFilters:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("status=active", {"active", "expiring", "later"}),
            ("status=expiring", {"expiring"}),
            ("status=disabled", {"disabled"}),
            ("status=expired", {"expired"}),
            ("expires=9", set()),
            ("expires=10", {"expiring"}),
            ("expires=200", {"expiring", "later"}),
            ("unrestricted=1", {"active", "disabled"}),
            ("status=disabled&unrestricted=1", {"disabled"}),
        ],
    )
    def test_by_state(self, alice_client, query, found):
        assert set(data_names(alice_client, f"?{query}")) == found

    def test_a_value_that_cannot_be_read_is_told_and_filters_nothing(self, alice_client):
        html = page(alice_client, "?status=sleeping&expires=soon")
        assert len(names(html)) == 5
        assert "Select a valid choice. sleeping is not one of the available choices." in html
        assert "Enter a whole number." in html

    def test_an_address_with_empty_parts_is_tidied(self, alice_client):
        assert alice_client.get("/tokens/?q=&status=active&node=")["Location"] == "/tokens/?status=active"

    def test_a_view_of_no_section_s_first_page_is_kept_by_the_other_s_pages(self, alice_client, alice):
        for number in range(30):
            make_token(alice, name=f"roof {number}")
        html = page(alice_client, "?q=roof")
        assert re.search(r'href="\?q=roof&amp;data_page=2&amp;data_after=[0-9.]+#data-tokens"', html)


class TestUnused:
    def test_is_older_and_not_used_since(self, alice_client, alice, noon):
        long_ago = noon - timedelta(days=200)
        make_token(alice, name="never", now=long_ago)
        make_token(alice, name="new")
        used(make_token(alice, name="lately", now=long_ago), 3, noon)
        used(make_token(alice, name="once", now=long_ago), 100, noon)
        assert set(data_names(alice_client, "?unused=90")) == {"never", "once"}
        assert set(data_names(alice_client, "?unused=1")) == {"never", "once", "lately"}


class TestReaches:
    @pytest.fixture(autouse=True)
    def _tokens(self, alice):
        make_token(alice, name="all")
        make_token(alice, name="101", policy=Policy(node_ids=(101,)))
        make_token(alice, name="both", policy=Policy(node_ids=(101, 102), source_ids=("/pv/*",)))
        make_token(alice, name="meter", policy=Policy(source_ids=("/meter/1",)))
        make_token(alice, name="acts", type=TokenType.USER)

    def test_a_node_by_name_or_because_nothing_restricts_it(self, alice_client):
        assert set(names(page(alice_client, "?node=102"))) == {"all", "both", "meter", "acts"}

    def test_a_node_of_another_account_is_reached_by_none(self, alice_client, bob):
        assert names(page(alice_client, "?node=201")) == []

    def test_a_node_is_not_taken_for_one_that_begins_like_it(self, alice_client, alice):
        NodeFactory(owner=alice, node_id=10)
        assert set(data_names(alice_client, "?node=10")) == {"all", "meter"}

    @pytest.mark.parametrize(
        ("source", "found"),
        [
            ("/pv/1", {"all", "101", "both"}),
            ("/meter/1", {"all", "101", "meter"}),
            ("/meter", {"all", "101"}),
        ],
    )
    def test_a_source_by_name_or_by_a_pattern(self, alice_client, source, found):
        assert set(data_names(alice_client, f"?source={source}")) == found

    def test_a_source_limits_a_download_as_well(self, alice_client):
        told = alice_client.get("/tokens/export.json?source=/meter/1").getvalue().decode()
        assert '"meter"' in told
        assert '"acts"' in told
        assert '"both"' not in told

    @pytest.mark.parametrize("sort", ["", "&sort=name"])
    def test_each_token_that_reaches_a_source_is_on_one_page(self, alice_client, alice, sort, monkeypatch):
        monkeypatch.setattr(views, "_FIRST_READ", 3)
        for number in range(60):
            make_token(alice, name=f"n{number:02}", policy=Policy(source_ids=("/pv/*" if number % 2 else "/other/*",)))
        seen, address = [], f"?source=/pv/1{sort}"
        while address:
            html = page(alice_client, address)
            seen += [name for name in names(html) if name != "acts"]
            link = re.search(r'href="([^"]*data_page=[^"]*)" rel="next"', html)
            address = unescape(link[1]) if link else ""
        assert sorted(seen) == sorted(["all", "101", "both", *(f"n{number:02}" for number in range(1, 60, 2))])

    def test_a_source_is_reached_by_every_user_token(self, alice_client):
        assert "acts" in names(page(alice_client, "?source=/pv/1"))


class TestOrder:
    @pytest.fixture(autouse=True)
    def _tokens(self, alice, noon):
        make_token(alice, name="b", description="Mill", now=noon - timedelta(days=3), policy=ends_in(5, noon))
        used(make_token(alice, name="C", description="barn", now=noon - timedelta(days=2)), 1, noon)
        ends_soon = Policy(not_after=to_milliseconds(noon + timedelta(days=1)), node_ids=(101,), refresh_allowed=True)
        used(make_token(alice, name="a", now=noon - timedelta(days=1), policy=ends_soon), 2, noon)

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("created", "bCa"),
            ("name", "abC"),
            ("-name", "Cba"),
            ("description", "aCb"),
            ("-description", "bCa"),
            ("policy", "Cba"),
            ("-policy", "abC"),
            ("expires", "abC"),
            ("-expires", "Cba"),
            ("used", "baC"),
            ("-used", "Cab"),
        ],
    )
    def test_by_each_column_both_ways(self, alice_client, sort, order):
        assert "".join(data_names(alice_client, f"?sort={sort}")) == order

    def test_a_grant_is_no_restriction(self, alice_client, alice):
        make_token(alice, name="g", policy=Policy(refresh_allowed=True))
        assert data_names(alice_client, "?sort=policy")[:2] == ["C", "g"]

    @pytest.mark.parametrize("column", SORTS)
    def test_each_column_s_heading_and_the_form_offer_it(self, alice_client, column):
        html = page(alice_client, "?q=a")
        assert re.search(rf'<a class="sort" href="\?q=a&amp;sort=-?{column}"', html) or column == "created"
        assert f'<option value="{column}">' in html

    def test_the_newest_is_the_first_without_asking(self, alice_client):
        assert "".join(data_names(alice_client, "")) == "aCb"

    @pytest.mark.parametrize("query", ["", "?unrestricted=1"])
    def test_the_box_for_unrestricted_tokens_is_in_the_address_as_1(self, alice_client, query):
        box = re.search(r'<input[^>]*name="unrestricted"[^>]*>', page(alice_client, query))[0]
        assert box.count('value="1"') == 1
        assert ("checked" in box) == bool(query)

    def test_the_address_does_not_say_the_default(self, alice_client):
        assert alice_client.get("/tokens/?sort=-created&q=a")["Location"] == "/tokens/?q=a"

    def test_a_heading_says_how_the_list_is_sorted_and_turns_it_round(self, alice_client):
        html = page(alice_client, "?sort=name")
        assert 'aria-sort="ascending"' in html
        assert 'href="?sort=-name"' in html

    def test_sorted_pages_follow_one_another(self, alice_client, alice):
        for number in range(60):
            make_token(alice, name=f"n{number:02}")
        seen = [name for number in (1, 2, 3) for name in data_names(alice_client, f"?sort=name&data_page={number}")]
        assert seen == ["a", "b", "C", *(f"n{number:02}" for number in range(60))]

    def test_behind_the_last_sorted_page_is_the_last(self, alice_client):
        assert data_names(alice_client, "?sort=name&data_page=9") == ["a", "b", "C"]


class TestCounts:
    @pytest.mark.usefixtures("states")
    def test_are_those_of_the_filters_and_none_is_zero(self, alice, noon):
        counts = {count.label: count.number for count in count_tokens(alice, noon)[TokenType.DATA]}
        assert counts == {"Active": 3, "Expiring": 1, "Unrestricted": 2, "Disabled": 1, "Expired": 1}
        assert count_tokens(alice, noon)[TokenType.USER] == []

    @pytest.mark.usefixtures("states")
    def test_each_leads_to_as_many_tokens_as_it_says(self, alice, noon):
        for count in count_tokens(alice, noon)[TokenType.DATA]:
            value = bool(count.value) if count.parameter == "unrestricted" else count.value
            view = ListView(**{count.parameter: int(value) if count.parameter == "unused" else value})
            assert len(find_tokens(alice, TokenType.DATA, view, noon)) == count.number

    def test_unused_tokens_are_those_of_the_filter(self, alice, noon):
        for made_days_ago in (89, 90, 91):
            make_token(alice, name=f"never, {made_days_ago}", now=noon - timedelta(days=made_days_ago))
        for days_ago in (89, 90, 91):
            used(make_token(alice, name=f"used, {days_ago}", now=noon - timedelta(days=200)), days_ago, noon)
        (unused,) = [count for count in count_tokens(alice, noon)[TokenType.DATA] if count.label == "Unused"]
        found = find_tokens(alice, TokenType.DATA, ListView(unused=90), noon)
        assert {token.name for token in found} == {"never, 91", "used, 91"}
        assert unused.number == 2

    @pytest.mark.usefixtures("states")
    def test_the_one_in_use_leads_back(self, alice_client):
        assert 'href="?#data-tokens" aria-current="true">Disabled' in page(alice_client, "?status=disabled")

    def test_a_large_number_is_not_counted_to_its_end(self, alice, noon, monkeypatch):
        monkeypatch.setattr("tokens.services.lists.counts.MOST_COUNTED", 2)
        for _ in range(4):
            make_token(alice)
        assert [count.text for count in count_tokens(alice, noon)[TokenType.DATA]] == ["2+", "2+"]
        assert MOST_COUNTED == 999


class TestCost:
    @pytest.mark.parametrize(
        "query", ["q=roof", "status=expired", "unused=90", "unrestricted=1", "sort=used", "sort=-expires&q=a"]
    )
    def test_a_view_takes_six_queries_at_most(self, alice_client, alice, query, django_assert_max_num_queries):
        make_token(alice)
        with django_assert_max_num_queries(6):
            page(alice_client, f"?{query}")

    @pytest.mark.parametrize("query", ["", "q=token", "status=active", "node=101", "sort=-used"])
    def test_a_view_takes_as_many_queries_for_300_tokens_as_for_30(self, alice_client, alice, query):
        def count():
            with CaptureQueriesContext(connection) as queries:
                page(alice_client, f"?{query}")
            return len(queries)

        make_many(alice, 30)
        few = count()
        SecurityToken.objects.all().delete()
        make_many(alice, 300)
        assert count() == few

    def test_reaching_a_node_and_a_source_takes_one_more(self, alice_client, django_assert_max_num_queries):
        with django_assert_max_num_queries(7):
            page(alice_client, "?node=101&source=/pv/1")

    @pytest.mark.parametrize("number", [2, 9])
    def test_a_page_by_its_number_takes_eight(self, alice_client, alice, number, django_assert_max_num_queries):
        for token_type in TokenType:
            make_many(alice, 60, token_type)
        with django_assert_max_num_queries(8):
            page(alice_client, f"?user_page={number}&data_page={number}")


_entries = st.lists(st.text(alphabet="ab/*?", min_size=1, max_size=6), min_size=1, max_size=3)


@given(_entries, st.text(alphabet="ab/", min_size=1, max_size=6))
def test_a_list_of_sources_reaches_what_its_patterns_match(entries, source):
    from tokens.domain.matching.texts import matches  # the rule that judging uses

    assert views._matches(json.loads(json.dumps(entries)), source) == any(
        entry == source or matches(entry, source) for entry in entries
    )


@given(
    st.text(alphabet='aä"\\/', min_size=1, max_size=6),
    st.integers(0, 6),
    st.integers(0, 2),
    st.sampled_from(["*", "?", "**", "/**", "*/"]),
    st.booleans(),
)
def test_no_list_is_left_out_of_which_a_pattern_matches(source, start, length, wildcard, ascii_only):
    from tokens.domain.matching.texts import matches  # the rule that judging uses

    pattern = source[:start] + wildcard + source[start + length :]
    assume(matches(pattern, source))
    assert views._may_match(json.dumps(["/other", pattern], ensure_ascii=ascii_only), source)


def test_a_list_of_which_no_entry_begins_like_a_source_is_left_out():
    assert not views._may_match('["/pv/2", "/meter/*", "pv?"]', "/pv/1")
