"""Searching by parts of words, with the database's index for them and without."""

from importlib import import_module

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from tests.factories import token as make_token
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import SecurityToken
from tokens.services.lists import search, views
from tokens.services.lists.views import ListView, find_tokens

migration = import_module("tokens.migrations.0018_search_by_account")
before = import_module("tokens.migrations.0016_search")
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's index is a table")
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's index is in an extension")
NAMES = (
    "Roof meter",
    "roof display",
    "Barn",
    "Wärmepumpe",
    'The "old" one',
    "100 %",
    "a_b",
    "back\\slash",
    "AND OR NOT",
    "<b>&amp;</b>",
)
SOURCES = ("/roof/inverter/1", "/wärme/*", 'a"b', "c\\d", "ROOF?", "/**/meter")


@pytest.fixture
def various(alice):
    """Tokens with whatever a search could stumble over."""
    for place, name in enumerate(NAMES):
        sources = (SOURCES[place % len(SOURCES)],)
        make_token(alice, name=name, description=NAMES[-place], policy=Policy(source_ids=sources, node_ids=(101,)))


def find(owner, words, now):
    return set(find_tokens(owner, TokenType.DATA, ListView(q=words), now).values_list("name", flat=True))


def look_up(owner, word, token_type=TokenType.DATA):
    return set(SecurityToken.objects.filter(pk__in=search.look_up(owner, token_type, word)).values_list("name", flat=True))


def pieces():
    texts = st.sampled_from(
        [*NAMES, *SOURCES, "101", "no such", "***", "tokens_search:roof", "NEAR(roof)", "-roof", "^roof", "roof*"]
    )
    part = st.tuples(texts, st.integers(0, 12), st.integers(1, 12)).map(lambda cut: cut[0][cut[1] :][: cut[2]])
    return st.lists(part | part.map(str.upper), min_size=1, max_size=3).map(" ".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(words=pieces())
def test_the_index_leaves_nothing_out(various, alice, clock, words):
    narrowed = find(alice, words, clock)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "look_up", lambda *_: None)
        assert narrowed == find(alice, words, clock)


def test_a_word_that_nothing_has_finds_nothing(various, alice, clock):
    assert find(alice, "nothing-has-this", clock) == set()


@pytest.mark.parametrize("token_type", TokenType)
def test_only_what_a_type_has_a_policy_for_is_searched(alice, clock, token_type):
    query = str(find_tokens(alice, token_type, ListView(q="12"), clock).values("pk").query)
    assert ("source_text" in query) == ("node_text" in query) == (token_type is TokenType.DATA)


@on_sqlite
class TestTable:
    def test_a_word_that_nothing_has_reads_no_token(self, various, alice, clock):
        with CaptureQueriesContext(connection) as captured:
            find(alice, "nothing-has-this", clock)
        assert not [query for query in captured if "tokens_securitytoken" in query["sql"]]

    def test_a_new_token_is_known(self, alice):
        make_token(alice, name="Weathervane")
        assert look_up(alice, "weatherv") == {"Weathervane"}

    def test_another_name_replaces_the_old_one(self, alice):
        token = make_token(alice, name="Weathervane")
        token.name = "Anemometer"
        token.save(update_fields=["name"])
        assert look_up(alice, "weathervane") == set()
        assert look_up(alice, "anemometer") == {"Anemometer"}

    def test_another_policy_replaces_the_old_one(self, alice):
        token = make_token(alice, name="Roof", policy=Policy(source_ids=("/weathervane/1",)))
        SecurityToken.objects.filter(pk=token.pk).update(policy={"sourceIds": ["/anemometer/1"]})
        assert look_up(alice, "/weathervane") == set()
        assert look_up(alice, "/anemometer") == {"Roof"}

    def test_a_change_of_the_status_leaves_it_alone(self, alice):
        token = make_token(alice, name="Weathervane")
        token.status = SecurityToken.Status.DISABLED
        token.save()
        assert look_up(alice, "weathervane") == {"Weathervane"}

    def test_a_token_that_is_deleted_is_forgotten(self, alice):
        make_token(alice, name="Weathervane").delete()
        assert search.look_up(alice, TokenType.DATA, "weathervane") == []

    def test_tokens_that_are_stored_together_are_known(self, alice):
        SecurityToken.objects.bulk_create(
            SecurityToken(token_id=f"bulk{number}", owner=alice, type="User", name=f"Weathervane {number}") for number in range(3)
        )
        assert len(search.look_up(alice, TokenType.USER, "weathervane")) == 3

    def test_more_than_a_list_can_be_narrowed_by_are_not_looked_up(self, various, alice, monkeypatch):
        monkeypatch.setattr(search, "_MOST_KEYS", 1)
        assert search.look_up(alice, TokenType.DATA, "roof") is None

    def test_a_word_of_two_characters_is_not_looked_up(self, various, alice):
        assert search.look_up(alice, TokenType.DATA, "ro") is None

    def test_what_others_have_and_what_the_other_type_has_is_no_hindrance(self, alice, bob, monkeypatch):
        monkeypatch.setattr(search, "_MOST_KEYS", 1)
        for owner, token_type in ((bob, TokenType.USER), (bob, TokenType.DATA), (alice, TokenType.DATA)):
            for _ in range(2):
                make_token(owner, name="Roof", type=token_type)
        make_token(alice, name="Roof of mine", type=TokenType.USER)
        assert look_up(alice, "roof", TokenType.USER) == {"Roof of mine"}

    @pytest.mark.parametrize("number", [1, 3_199, 3_200, 20_479_999, 20_480_000, 99_999_999_999])
    @pytest.mark.parametrize("token_type", TokenType)
    def test_an_account_of_any_number_is_known(self, db, number, token_type):
        owner = User.objects.create(pk=number, email="far@example.org")
        make_token(owner, name="Weathervane", type=token_type)
        assert look_up(owner, "weathervane", token_type) == {"Weathervane"}
        assert look_up(User(pk=number + 1), "weathervane", token_type) == set()

    def test_no_account_is_read_for_the_few_tokens_that_may_have_the_words(self, various, alice, clock):
        plan = find_tokens(alice, TokenType.DATA, ListView(q="roof", sort="used"), clock).explain()
        assert "tokens_securitytoken USING INTEGER PRIMARY KEY" in plan
        assert "owner_id=?" not in plan

    def test_every_migration_leaves_its_triggers_in_place(self, db):
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'tokens_securitytoken'")
            assert {name for (name,) in cursor.fetchall()} == set(before._TRIGGERS)

    def test_without_the_table_everything_is_found_as_before(self, various, alice, clock, monkeypatch):
        monkeypatch.setattr(search, "_has_table", lambda _: False)
        assert find(alice, "roof", clock) == find(alice, "ROOF", clock) != set()


class TestMigration:
    def test_a_database_that_cannot_have_the_index_goes_without_it(self, alice, monkeypatch):
        monkeypatch.setattr(before, "make_statements", lambda *_: ("CREATE NOTHING", "CREATE TABLE half_done (id integer)"))
        migration.add_index(connection)
        assert "half_done" not in connection.introspection.table_names()
        # The transaction is as good as before.
        make_token(alice)

    def test_any_other_error_stops_it(self, alice, monkeypatch):
        monkeypatch.setattr(before, "make_statements", lambda *_: ("CREATE TABLE half_done (id integer)", "CREATE NOTHING"))
        with pytest.raises(DatabaseError):
            migration.add_index(connection)
        assert "half_done" not in connection.introspection.table_names()

    @on_sqlite
    def test_it_knows_the_tokens_that_are_there(self, various, alice, clock):
        with connection.cursor() as cursor:
            migration.remove_index(connection)
            cursor.execute("SELECT name FROM sqlite_master WHERE name LIKE 'tokens_search%'")
            assert cursor.fetchall() == []
            migration.add_index(connection)
        assert look_up(alice, "roof") >= {"Roof meter", "roof display"}

    @on_postgresql
    def test_the_index_is_there(self, db):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_indexes WHERE indexname = 'tokens_search'")
            assert cursor.fetchone()
