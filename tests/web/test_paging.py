"""Pages of a list: each row is on one page, whichever way one goes, and however many rows lie before it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import UserFactory, token
from tokens.domain.policies.table import TokenType
from tokens.models import SecurityToken
from tokens.web.paging import Asked, Key, load_page, load_sieved_page, parse_key

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
SIZE = 3


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def make(owner):
    """Make tokens that are as many seconds old as is said, the first with the highest key."""

    def make(*ages: int) -> list[SecurityToken]:
        return [token(owner, now=NOW - timedelta(seconds=age)) for age in reversed(ages)][::-1]

    return make


def tokens(owner):
    return SecurityToken.objects.owned_by(owner).of_type(TokenType.DATA)


def key_of(row):
    return Key(row.created_at, row.pk)


def ask(owner, number=1, **key):
    return load_page(tokens(owner), Asked(number, **key), SIZE)


def forward(owner):
    """Walk from the first page to the last by the links; return the pages."""
    pages = [ask(owner)]
    while pages[-1].has_older:
        pages.append(ask(owner, pages[-1].number + 1, after=key_of(pages[-1].rows[-1])))
    return pages


def backward(owner):
    """Walk from the last page to the first by the links; return the pages."""
    pages = [ask(owner, 1_000)]
    while pages[-1].has_newer:
        pages.append(ask(owner, pages[-1].number - 1, before=key_of(pages[-1].rows[0])))
    return pages


# Several of one instant, as an import makes them.
AGES = [(), (0,), (0, 1, 2), (0, 1, 2, 3), (5, 5, 5, 5, 5, 5, 5), (0, 1, 1, 1, 1, 1, 2, 2, 3, 9), tuple(range(17))]


@pytest.mark.django_db
@pytest.mark.parametrize("ages", AGES, ids=len)
def test_walking_forward_shows_each_row_once(owner, make, ages):
    made = make(*ages)
    pages = forward(owner)
    assert [row for page in pages for row in page.rows] == sorted(made, key=key_of, reverse=True)
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))


@pytest.mark.django_db
@pytest.mark.parametrize("ages", AGES, ids=len)
def test_walking_backward_ends_at_the_first_page(owner, make, ages):
    made = make(*ages)
    pages = backward(owner)
    first = sorted(made, key=key_of, reverse=True)[:SIZE]
    assert (pages[-1].number, pages[-1].rows, pages[-1].has_newer) == (1, first, False)
    assert {row for page in pages for row in page.rows} == set(made)


@pytest.mark.django_db
def test_a_number_alone_is_the_same_page_as_by_the_links(owner, make):
    make(*range(17))
    for page in forward(owner):
        assert ask(owner, page.number) == page


@pytest.mark.django_db
def test_a_number_beyond_the_end_is_the_last_page(owner, make):
    make(*range(8))
    assert ask(owner, 1_000) == ask(owner, 3)
    assert len(ask(owner, 3).rows) == 2


@pytest.mark.django_db
def test_a_page_whose_rows_are_gone_is_the_last_one(owner, make):
    made = make(*range(7))
    last_seen = key_of(made[5])
    SecurityToken.objects.filter(pk=made[6].pk).delete()
    assert ask(owner, 3, after=last_seen).rows == made[3:6]


@pytest.mark.django_db
def test_a_newer_page_that_is_not_full_any_more_is_the_first_one(owner, make):
    made = make(*range(7))
    SecurityToken.objects.filter(pk=made[1].pk).delete()
    page = ask(owner, 2, before=key_of(made[3]))
    assert (page.number, page.rows) == (1, [made[0], made[2], made[3]])


@pytest.mark.django_db
def test_a_link_neither_counts_nor_skips_rows(owner, make):
    made = make(*range(12))
    for key in ({"after": key_of(made[8])}, {"before": key_of(made[8])}):
        with CaptureQueriesContext(connection) as captured:
            ask(owner, 3, **key)
        (query,) = [one["sql"] for one in captured]
        assert "COUNT(" not in query
        assert "OFFSET" not in query


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own words for a plan")
@pytest.mark.parametrize("key", ["after", "before"])
def test_a_link_is_answered_by_the_lists_index(owner, make, key):
    made = make(*range(4))
    with CaptureQueriesContext(connection) as captured:
        ask(owner, 2, **{key: key_of(made[2])})
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {captured[0]['sql']}")
        plan = " ".join(row[-1] for row in cursor.fetchall())
    assert "USING INDEX token_list (owner_id=? AND type=? AND created_at" in plan
    assert "TEMP B-TREE" not in plan


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)), st.integers(0, 2**63 - 1))  # noqa: DTZ001 -- with `timezones`
def test_a_key_is_read_as_it_was_written(at, pk):
    assert parse_key(str(Key(at, pk))) == Key(at, pk)


@pytest.mark.parametrize(
    "text", ["", ".", "1", "1.", ".1", "a.b", "-1.2", "1.2.3", "²." + "1", "9" * 39 + ".1", "1." + "9" * 60, "9" * 30 + ".1"]
)
def test_what_is_no_key_is_none(text):
    assert parse_key(text) is None


@given(st.text())
def test_any_text_is_a_key_or_none(text):
    assert isinstance(parse_key(text), Key | None)


@pytest.mark.django_db
class TestASieve:
    """Every second row passes."""

    @pytest.fixture
    def passing(self, make):
        made = make(*AGES[5], *range(20, 40))
        return sorted(made, key=key_of, reverse=True)[::2]

    @pytest.fixture
    def ask(self, owner, passing):
        keys = {row.pk for row in passing}
        self.asked = []

        def sieve(rows):
            for key in rows.values_list("pk", flat=True):
                self.asked.append(key)
                if key in keys:
                    yield key

        return lambda number=1, **key: load_sieved_page(tokens(owner), sieve, Asked(number, **key), SIZE)

    def test_walking_forward_shows_each_row_once(self, ask, passing):
        pages = [ask()]
        while pages[-1].has_older:
            pages.append(ask(pages[-1].number + 1, after=key_of(pages[-1].rows[-1])))
        assert [row for page in pages for row in page.rows] == passing
        assert [page.number for page in pages] == list(range(1, len(pages) + 1))

    def test_walking_backward_ends_at_the_first_page(self, ask, passing):
        pages = [ask(1_000)]
        while pages[-1].has_newer:
            pages.append(ask(pages[-1].number - 1, before=key_of(pages[-1].rows[0])))
        assert pages[-1].number == 1
        assert pages[-1].rows == passing[:SIZE]
        assert [row for page in reversed(pages[:-1]) for row in page.rows] == passing[SIZE:]

    def test_a_number_is_counted_to(self, ask, passing):
        assert ask(2).rows == passing[SIZE : 2 * SIZE]

    def test_a_page_is_filled_and_no_more_is_asked_for(self, ask):
        ask()
        assert len(self.asked) <= 2 * (SIZE + 1)

    def test_where_nothing_passes_there_is_one_empty_page(self, owner):
        page = load_sieved_page(tokens(owner), lambda rows: iter(()), Asked(3), SIZE)
        assert (page.rows, page.number, page.has_newer, page.has_older) == ([], 1, False, False)
