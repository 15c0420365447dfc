"""The administration's lists in large tables: nothing counts or searches all rows."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from tests.factories import token
from tokens.admin import lists
from tokens.admin.lists import BoundedPaginator, beginning_with
from tokens.admin.tokens import TokenAdmin
from tokens.models import AuditEvent, SecurityToken

pytestmark = pytest.mark.django_db
TOKENS = reverse("admin:tokens_securitytoken_changelist")
EVENTS = reverse("admin:tokens_auditevent_changelist")
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own words for a plan")


@pytest.fixture
def root() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.org", "p"))
    return client


@pytest.fixture
def _few(monkeypatch) -> None:
    monkeypatch.setattr(lists, "MAX_LISTED", 3)


def plans_of(client, address, **query):
    """Return the query plans of all queries of a page that read tokens or entries."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address, query).status_code == 200
    plans = []
    for one in captured.captured_queries:
        if 'FROM "tokens_' in one["sql"]:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {one['sql']}")
                plans += [row[-1] for row in cursor.fetchall()]
    return plans


@pytest.mark.usefixtures("_few")
class TestCounting:
    def test_a_short_list_is_counted(self, alice):
        for _ in range(3):
            token(alice)
        paginator = BoundedPaginator(SecurityToken.objects.order_by("pk"), 2)
        assert (paginator.count, paginator.is_cut, paginator.num_pages) == (3, False, 2)

    def test_a_long_list_is_cut(self, alice):
        for _ in range(5):
            token(alice)
        paginator = BoundedPaginator(SecurityToken.objects.order_by("pk"), 2)
        assert (paginator.count, paginator.is_cut, paginator.num_pages) == (3, True, 2)

    @pytest.mark.parametrize("url", [TOKENS, EVENTS])
    def test_a_page_says_that_there_are_more(self, root, alice, url):
        for _ in range(5):
            token(alice)
        assert "Only the first 3 are listed. Search or filter to find others." in root.get(url).content.decode()

    @pytest.mark.parametrize("url", [TOKENS, EVENTS])
    def test_a_page_that_has_all_says_nothing(self, root, alice, url):
        token(alice)
        assert "Only the first" not in root.get(url).content.decode()


@pytest.mark.usefixtures("_few")
class TestActingOnAll:
    def act(self, root, count, alice):
        made = [token(alice) for _ in range(count)]
        data = {"action": "disable", "select_across": "1", "index": "0", "_selected_action": [made[0].pk]}
        return root.post(TOKENS, data, follow=True).content.decode()

    def test_nothing_that_is_not_listed_is_changed(self, root, alice):
        html = self.act(root, 4, alice)
        assert "Nothing was changed: more than 3 are found." in html
        assert not SecurityToken.objects.filter(status="Disabled").exists()

    def test_all_are_changed_where_the_list_has_them_all(self, root, alice):
        assert "3 changed to" in self.act(root, 3, alice)
        assert SecurityToken.objects.filter(status="Disabled").count() == 3

    def test_deleting_is_held_in_the_same_way(self, root, alice):
        made = [token(alice) for _ in range(4)]
        data = {"action": "delete_selected", "select_across": "1", "post": "yes", "_selected_action": [made[0].pk]}
        assert "Nothing was changed" in root.post(TOKENS, data, follow=True).content.decode()
        assert SecurityToken.objects.count() == 4

    def test_all_is_not_offered(self, root, alice, monkeypatch):
        monkeypatch.setattr(TokenAdmin, "list_per_page", 2)
        for _ in range(4):
            token(alice)
        assert "Select all 3" not in root.get(TOKENS).content.decode()

    def test_all_is_offered_where_the_list_has_them_all(self, root, alice, monkeypatch):
        monkeypatch.setattr(TokenAdmin, "list_per_page", 2)
        for _ in range(3):
            token(alice)
        assert "Select all 3" in root.get(TOKENS).content.decode()


class TestSearch:
    @pytest.mark.parametrize("term", ["Wallbox", "wall", "WALL", "  wallb "])
    def test_the_beginning_of_a_name_finds_it_whatever_the_case(self, root, alice, term):
        wanted, other = token(alice, name="Wallbox"), token(alice, name="The wallbox")
        html = root.get(TOKENS, {"q": term}).content.decode()
        assert wanted.token_id in html
        assert other.token_id not in html

    def test_a_name_in_another_script_is_found(self, root, alice):
        wanted = token(alice, name="Überdach")
        assert wanted.token_id in root.get(TOKENS, {"q": "Überd"}).content.decode()

    @pytest.mark.parametrize("term", ["alice@example.org", "ALICE@example.org", "alice@ex"])
    def test_an_owners_email_finds_the_tokens(self, root, alice, bob, term):
        wanted, other = token(alice), token(bob)
        html = root.get(TOKENS, {"q": term}).content.decode()
        assert wanted.token_id in html
        assert other.token_id not in html

    def test_entries_are_found_by_token_owner_and_actor(self, root, alice, bob):
        wanted, other = token(alice), token(bob)
        actor = AuditEvent.objects.get(token_id=wanted.token_id).actor_label
        for term in (wanted.token_id, "Alice@example.org", actor):
            html = root.get(EVENTS, {"q": term}).content.decode()
            assert wanted.token_id in html
            assert other.token_id not in html

    def test_a_percent_sign_is_no_wildcard(self, alice):
        token(alice, name="100 % sun")
        token(alice, name="100 days")
        assert [one.name for one in beginning_with(SecurityToken.objects.all(), "name", "100 %")] == ["100 % sun"]

    @on_sqlite
    @pytest.mark.parametrize("term", ["wall", "alice@example.org", "nothing-is-called-this"])
    def test_no_search_reads_all_tokens(self, root, alice, term):
        token(alice, name="Wallbox")
        plans = plans_of(root, TOKENS, q=term)
        assert plans
        assert not [plan for plan in plans if plan.startswith("SCAN tokens_securitytoken")]

    @on_sqlite
    @pytest.mark.parametrize("term", ["alice@example.org", "nobody", "x" * 20])
    def test_no_search_reads_all_entries(self, root, alice, term):
        token(alice)
        plans = plans_of(root, EVENTS, q=term)
        assert plans
        assert not [plan for plan in plans if plan.startswith("SCAN tokens_auditevent")]


@pytest.mark.parametrize("path", ["tokens/node", "tokens/securitytoken", "accounts/user", "tokens/auditevent"])
class TestNonsenseInLists:
    def test_a_number_that_no_database_knows_is_told(self, carol_client, path):
        response = carol_client.get(f"/admin/{path}/?owner={'9' * 30}", follow=True)
        assert response.status_code in {200, 400}

    def test_what_is_no_key_is_not_acted_on(self, carol_client, path):
        sent = {"action": "delete_selected", "_selected_action": ["x", "9" * 30], "index": "0"}
        assert carol_client.post(f"/admin/{path}/", sent, follow=True).status_code == 200
