"""What a token's page and the list show of its use and its refusals."""

import re
from datetime import timedelta

import pytest

from tests.factories import issue
from tests.factories import token as make_token
from tokens.models import Caller, UseDay, UseScope
from tokens.presentation.use.charts import HEIGHT, draw_days, draw_spark
from tokens.presentation.use.refusals import load_refusals
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.use.reading import SHOWN_DAYS, DayCount, load_sparks, load_use


@pytest.fixture
def issued(alice, noon):
    issued = issue(alice, name="Roof", now=noon - timedelta(days=50))
    today = noon.date()
    for days, allowed, refused in ((0, 8, 2), (3, 100, 0), (SHOWN_DAYS, 50, 0)):
        day = today - timedelta(days=days)
        UseDay.objects.create(token=issued.token, day=day, secret_key=issued.secret.pk, allowed=allowed, refused=refused)
        UseScope.objects.create(
            token=issued.token, day=day, scope_key=str(days), method="GET", path="/datum/list/x", allowed=allowed
        )
    UseDay.objects.create(token=issued.token, day=today, secret_key=0, allowed=1)
    Caller.objects.create(token=issued.token, address="192.0.2.7", client="meter/1", first_at=noon, last_at=noon, calls=9)
    return issued


def refuse(token, at, *, rule="apiPaths", value="/datum/stream", count=1, message="Not among the API paths."):
    detail = {"rule": rule, "value": value, "entry": "", "message": message, "method": "GET", "path": "/x"}
    event = audit.record(Action.REFUSED, token=token, actor=Actor(label=f"token {token.token_id}"), at=at, **detail)
    event.count = count
    event.save()


class TestLoading:
    def test_has_thirty_days_by_day_secret_and_group_of_paths(self, issued, noon):
        use = load_use(issued.token, [issued.secret], noon.date())
        assert len(use.days) == SHOWN_DAYS
        assert use.days[-1] == DayCount(noon.date(), 9, 2)
        assert (use.allowed, use.refused) == (109, 2)
        assert [tuple(secret) for secret in use.secrets] == [("Current", 108, 2), ("Retired", 1, 0)]
        assert [tuple(group) for group in use.groups] == [("/datum/list", 108, 0)]

    def test_the_lines_of_many_tokens_take_one_query(self, issued, noon, django_assert_num_queries):
        with django_assert_num_queries(1):
            sparks = load_sparks([issued.token.pk, 0], noon.date())
        assert sparks[issued.token.pk][-4:] == (100, 0, 0, 9)


class TestDrawing:
    def test_the_tallest_day_fits_and_a_single_request_can_be_seen(self, noon):
        chart = draw_days([DayCount(noon.date(), 1, 1), DayCount(noon.date(), 900, 100)])
        assert all(bar.above >= 0 for bar in chart.bars)
        assert chart.bars[0].allowed == chart.bars[0].refused == 2
        assert chart.bars[1].allowed > HEIGHT * 0.8

    def test_no_use_is_no_line(self):
        assert draw_spark([0] * 30) == ""


class TestPage:
    def test_shows_the_chart_the_figures_and_the_callers(self, alice_client, issued):
        html = alice_client.get(f"/tokens/{issued.token.token_id}/").content.decode()
        assert "109 requests allowed, 2 refused after a right signature." in html
        assert re.search(r"<th[^>]*>192\.0\.2\.7</th><td[^>]*>meter/1</td>", html)
        assert html.count("<rect") == 3

    def test_a_token_that_was_never_used_has_no_chart(self, alice_client, alice):
        html = alice_client.get(f"/tokens/{make_token(alice).token_id}/").content.decode()
        assert 'class="chart"' not in html

    def test_the_list_has_a_small_line(self, alice_client, issued, noon):
        from tests.factories import note_use

        note_use(issued.token, at=noon)
        assert "<polyline" in alice_client.get("/tokens/").content.decode()


class TestRefusals:
    def test_of_one_reason_are_one_with_their_number(self, issued, noon):
        for minutes, count in ((1, 3), (2, 1)):
            refuse(issued.token, noon - timedelta(minutes=minutes), count=count)
        refuse(issued.token, noon, value="/datum/other")
        assert [(one.value, one.count) for one in load_refusals(issued.token, noon)] == [
            ("/datum/other", 1),
            ("/datum/stream", 4),
        ]

    @pytest.mark.parametrize(
        ("rule", "value", "text", "field"),
        [
            ("apiPaths", "/datum/stream", "Allow /datum/stream too?", "api_paths"),
            ("nodeIds", "102", "Allow node 102 too?", "node_ids"),
            ("sourceIds", "", "Change Source IDs", "source_ids"),
            ("notAfter", "", "Give it a later expiry date?", "not_after"),
        ],
    )
    def test_lead_to_the_field_to_change(self, issued, noon, rule, value, text, field):
        refuse(issued.token, noon, rule=rule, value=value)
        (found,) = load_refusals(issued.token, noon)
        assert (found.link.text, found.link.url) == (text, f"/tokens/{issued.token.token_id}/edit/#id_{field}")

    def test_are_on_the_page(self, alice_client, issued, noon):
        refuse(issued.token, noon)
        assert "Allow /datum/stream too?" in alice_client.get(f"/tokens/{issued.token.token_id}/").content.decode()

    def test_older_than_a_month_are_left_out(self, issued, noon):
        refuse(issued.token, noon - timedelta(days=31))
        assert load_refusals(issued.token, noon) == []
