"""Does what a list needs before anybody asks for one, so that a new process's first page takes hardly longer than the next."""

from datetime import UTC, datetime

from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.http import QueryDict
from django.template.loader import get_template
from django.utils import timezone

from accounts.models import User
from tokens.domain.policies.table import TokenType
from tokens.domain.states import State
from tokens.forms.filters import FilterForm
from tokens.presentation.rows import TokenRow, render_row_with, select_rows
from tokens.services.lists.counts import count_tokens
from tokens.services.lists.views import ListView, find_tokens
from tokens.services.use.reading import load_sparks

_AT = datetime(2026, 1, 1, tzinfo=UTC)
# A row with everything that a row may have.
_ROW = TokenRow(
    pk=0,
    token_id="0",  # noqa: S106 -- no secret, and nobody's
    type=TokenType.DATA.value,
    name="Roof",
    description="The display in the hall",
    policy='{"sourceIds": ["/roof/**"], "notAfter": 1798761599999, "minAggregation": "Hour"}',
    created_at=_AT,
    last_used_at=_AT,
    state=State.ACTIVE,
    ending=None,
    status=State.ACTIVE,
    used="2 hours ago",
    expires="in 11 months",
    spark="0,14 60,0",
)


def draw_once() -> str:
    """Draw a list and a row of nobody, without a database, and return them: what templates do at their first use is done then."""
    empty = {"sections": [], "columns": {}, "form": FilterForm(QueryDict()), "view": ListView(), "here": "/", "has_tokens": True}
    return get_template("tokens/list.html").render(empty) + render_row_with(_ROW, None)


def ask_once() -> None:
    """Ask PostgreSQL, if that is the database, for a list of nobody, and leave the connection in the pool.

    With its first queries a new connection reads which tables and indexes there are. If there is no database, nothing happens:
    the first request will tell.
    """
    if connection.vendor != "postgresql":
        return
    nobody, now = User(pk=0), timezone.now()
    try:
        Session.objects.filter(pk="").first()
        User.objects.filter(pk=nobody.pk).first()
        for token_type in TokenType:
            list(select_rows(find_tokens(nobody, token_type, ListView(), now)))
        load_sparks([0], now.date())
        count_tokens(nobody, now)
    except DatabaseError:
        pass
    finally:
        connection.close()
