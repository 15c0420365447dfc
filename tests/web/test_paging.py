"""Pages of a list: each row is on one page, in each order, whichever way one goes, and however many rows lie before it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import UserFactory, note_use, token
from tokens.domain.dates import to_microseconds, to_milliseconds
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import LastUse, SecurityToken
from tokens.services.lists.orders import NEWEST_FIRST, SORTS, Place, find_order
from tokens.services.lists.views import ListView, find_tokens
from tokens.web.paging import Asked, format_place, load_page, load_sieved_page, parse_place

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
SIZE = 3
BOTH_WAYS = [sign + sort for sort in SORTS for sign in ("", "-")]


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def make(owner):
    """Make tokens that are as many seconds old as is said, the first with the highest key."""

    def make(*ages: int) -> list[SecurityToken]:
        return [token(owner, now=NOW - timedelta(seconds=age)) for age in reversed(ages)][::-1]

    return make


def tokens(owner, sort=NEWEST_FIRST):
    return find_tokens(owner, TokenType.DATA, ListView(sort=sort), NOW)


def place_of(row, sort=NEWEST_FIRST):
    """What the list's links say of a row."""
    values = {
        "created": to_microseconds(row.created_at),
        "used": to_microseconds(row.last_used_at) if row.last_used_at else None,
        "expires": row.not_after,
    }
    return Place(values.get(sort.removeprefix("-")), row.pk)


def key_of(row):
    return row.created_at, row.pk


def ask(owner, number=1, sort=NEWEST_FIRST, **place):
    return load_page(tokens(owner, sort), find_order(owner, sort), Asked(number, **place), SIZE)


def forward(owner, sort=NEWEST_FIRST):
    """Walk from the first page to the last by the links; return the pages."""
    pages = [ask(owner, sort=sort)]
    while pages[-1].has_older:
        pages.append(ask(owner, pages[-1].number + 1, sort, after=place_of(pages[-1].rows[-1], sort)))
    return pages


def backward(owner, sort=NEWEST_FIRST):
    """Walk from the last page to the first by the links; return the pages."""
    pages = [ask(owner, 1_000, sort)]
    while pages[-1].has_newer:
        pages.append(ask(owner, pages[-1].number - 1, sort, before=place_of(pages[-1].rows[0], sort)))
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
    last_seen = place_of(made[5])
    SecurityToken.objects.filter(pk=made[6].pk).delete()
    assert ask(owner, 3, after=last_seen).rows == made[3:6]


@pytest.mark.django_db
def test_a_newer_page_that_is_not_full_any_more_is_the_first_one(owner, make):
    made = make(*range(7))
    SecurityToken.objects.filter(pk=made[1].pk).delete()
    page = ask(owner, 2, before=place_of(made[3]))
    assert (page.number, page.rows) == (1, [made[0], made[2], made[3]])


@pytest.fixture
def unlike(owner):
    """Tokens of which several share each value that a list is sorted by, and some have none."""
    texts = ("", "Roof", "roof", "barn", "Ärmel", "mill%")
    for number in range(20):
        ends = to_milliseconds(NOW + timedelta(days=1 + number % 3)) if number % 5 < 2 else None
        policy = Policy(not_after=ends, source_ids=("/a",) if number % 4 else None)
        made = token(
            owner,
            name=texts[number * 7 % 6],
            description=texts[number * 5 % 6],
            policy=policy,
            now=NOW - timedelta(seconds=number // 3),
        )
        if number % 2:
            note_use(made, at=NOW - timedelta(microseconds=number // 4))


@pytest.mark.django_db
@pytest.mark.usefixtures("unlike")
@pytest.mark.parametrize("sort", BOTH_WAYS)
class TestEachOrder:
    def test_walking_forward_shows_each_row_once_in_its_order(self, owner, sort):
        pages = forward(owner, sort)
        assert [row for page in pages for row in page.rows] == list(tokens(owner, sort))
        assert [page.number for page in pages] == [1, 2, 3, 4, 5, 6, 7]

    def test_walking_backward_shows_the_same_pages(self, owner, sort):
        assert backward(owner, sort)[::-1] == forward(owner, sort)

    def test_a_number_alone_is_the_same_page_as_by_the_links(self, owner, sort):
        for page in forward(owner, sort):
            assert ask(owner, page.number, sort) == page

    @pytest.mark.parametrize("link", ["after", "before"])
    def test_a_link_takes_one_query_that_neither_counts_nor_skips_rows(self, owner, sort, link):
        place = place_of(tokens(owner, sort)[10], sort)
        with CaptureQueriesContext(connection) as captured:
            ask(owner, 3, sort, **{link: place})
        (query,) = [one["sql"] for one in captured]
        assert "COUNT(" not in query
        assert "OFFSET" not in query

    @pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own words for a plan")
    @pytest.mark.parametrize("link", ["after", "before"])
    def test_an_index_leads_to_the_row_that_a_link_names(self, owner, sort, link):
        middle = tokens(owner, sort)[10]
        place, order = place_of(middle, sort), find_order(owner, sort)
        follow = order.after if link == "after" else order.before
        for part in follow(tokens(owner, sort), place):
            plan = part.values("pk")[:SIZE].explain()
            assert INDEXES[sort.removeprefix("-")] in plan
            assert "TEMP B-TREE" not in plan

    def test_where_the_row_is_gone_a_page_still_is_what_its_number_says(self, owner, sort):
        gone = tokens(owner, sort)[5]
        place = place_of(gone, sort)
        gone.delete()
        is_asked_for_its_value = SORTS[sort.removeprefix("-")].read is None
        assert ask(owner, 3, sort, after=place).rows == list(tokens(owner, sort)[6 if is_asked_for_its_value else 5 :][:SIZE])


# The first of what an index is asked beyond the account and the type.
INDEXES = {
    "created": "token_list (owner_id=? AND type=? AND created_at",
    "name": "token_by_name (owner_id=? AND type=? AND <expr>",
    "description": "token_by_description (owner_id=? AND type=? AND <expr>",
    "policy": "token_by_restrictions (owner_id=? AND type=? AND restriction_count",
    "expires": "token_ends (owner_id=? AND type=? AND not_after",
    "used": "last_use_order (owner_id=? AND type=? AND at",
}


@pytest.mark.django_db
@pytest.mark.parametrize("sort", ["used", "-used"])
def test_what_is_used_while_one_reads_neither_repeats_nor_hides_another_token(owner, sort, make):
    made = make(*range(9))
    for number, one in enumerate(made):
        note_use(one, at=NOW + timedelta(hours=number if sort == "used" else -number))
    first = ask(owner, sort=sort)
    place = place_of(first.rows[-1], sort)
    LastUse.objects.filter(token=first.rows[-1]).update(at=NOW + timedelta(days=1))
    assert ask(owner, 2, sort, after=place).rows == made[3:6]


@pytest.mark.django_db
@pytest.mark.parametrize("sort", ["name", "-name", "description", "policy"])
def test_nobody_learns_where_another_account_s_token_would_stand(owner, sort):
    for name in "acegik":
        token(owner, name=name, description=name)
    others = token(name="f", description="f")
    for link in ("after", "before"):
        assert ask(owner, 2, sort, **{link: Place(None, others.pk)}) == ask(owner, 2, sort)


@pytest.mark.django_db
@pytest.mark.parametrize("sort", ["created", "-created"])
@pytest.mark.parametrize("value", [None, 2**63 - 1])
@pytest.mark.parametrize("link", ["after", "before"])
def test_a_place_without_an_instant_is_none(owner, make, sort, value, link):
    make(*range(7))
    assert ask(owner, 2, sort, **{link: Place(value, 1)}) == ask(owner, 2, sort)


@pytest.mark.django_db
@pytest.mark.parametrize("sort", BOTH_WAYS)
def test_where_no_token_can_be_found_there_is_one_empty_page(owner, sort):
    found = tokens(owner, sort).filter(pk__in=[])
    for place in ({}, {"after": Place(1, 1)}, {"before": Place(None, 1)}):
        page = load_page(found, find_order(owner, sort), Asked(2 if place else 1, **place), SIZE)
        assert (page.rows, page.number, page.has_newer, page.has_older) == ([], 1, False, False)


@given(st.none() | st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_a_place_is_read_as_it_was_written(value, pk):
    assert parse_place(format_place(Place(value, pk))) == Place(value, pk)


@pytest.mark.parametrize(
    "text", ["", ".", "1", "1.", "a.b", "-1.2", "1.2.3", "².1", "9" * 39 + ".1", "1." + "9" * 60, "9" * 30 + ".1", ". 1"]
)
def test_what_is_no_place_is_none(text):
    assert parse_place(text) is None


def test_a_number_too_large_for_a_database_is_the_largest():
    assert parse_place("9999999999999999999.9999999999999999999") == Place(2**63 - 1, 2**63 - 1)


@given(st.text())
def test_any_text_is_a_place_or_none(text):
    assert isinstance(parse_place(text), Place | None)


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

        order = find_order(owner, NEWEST_FIRST)
        return lambda number=1, **key: load_sieved_page(tokens(owner), order, sieve, Asked(number, **key), SIZE)

    def test_walking_forward_shows_each_row_once(self, ask, passing):
        pages = [ask()]
        while pages[-1].has_older:
            pages.append(ask(pages[-1].number + 1, after=place_of(pages[-1].rows[-1])))
        assert [row for page in pages for row in page.rows] == passing
        assert [page.number for page in pages] == list(range(1, len(pages) + 1))

    def test_walking_backward_ends_at_the_first_page(self, ask, passing):
        pages = [ask(1_000)]
        while pages[-1].has_newer:
            pages.append(ask(pages[-1].number - 1, before=place_of(pages[-1].rows[0])))
        assert pages[-1].number == 1
        assert pages[-1].rows == passing[:SIZE]
        assert [row for page in reversed(pages[:-1]) for row in page.rows] == passing[SIZE:]

    @pytest.mark.usefixtures("unlike")
    @pytest.mark.parametrize("sort", BOTH_WAYS)
    def test_in_each_order_walking_there_and_back_shows_each_row_once(self, owner, sort):
        def sieve(rows):
            return (row.pk for row in rows if row.pk % 3)

        def ask(number, **place):
            return load_sieved_page(tokens(owner, sort), find_order(owner, sort), sieve, Asked(number, **place), SIZE)

        pages = [ask(1)]
        while pages[-1].has_older:
            pages.append(ask(pages[-1].number + 1, after=place_of(pages[-1].rows[-1], sort)))
        assert [row for page in pages for row in page.rows] == [row for row in tokens(owner, sort) if row.pk % 3]
        for page, next_one in pairwise(pages[1:]):
            assert ask(page.number, before=place_of(next_one.rows[0], sort)).rows == page.rows

    def test_a_number_is_counted_to(self, ask, passing):
        assert ask(2).rows == passing[SIZE : 2 * SIZE]

    def test_a_page_is_filled_and_no_more_is_asked_for(self, ask):
        ask()
        assert len(self.asked) <= 2 * (SIZE + 1)

    def test_where_nothing_passes_there_is_one_empty_page(self, owner):
        page = load_sieved_page(tokens(owner), find_order(owner, NEWEST_FIRST), lambda rows: iter(()), Asked(3), SIZE)
        assert (page.rows, page.number, page.has_newer, page.has_older) == ([], 1, False, False)
