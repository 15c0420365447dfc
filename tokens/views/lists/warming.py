"""Does what a list needs before anybody asks for one, so that a new process's first page takes hardly longer than the next."""

from datetime import UTC, datetime

from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.http import QueryDict
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from tokens.domain.policies.table import TokenType
from tokens.domain.states import State
from tokens.forms.filters import FilterForm
from tokens.presentation.rows import TokenRow, select_rows
from tokens.services.lists.counts import Count, count_tokens, find_kinds
from tokens.services.lists.views import ListView, find_tokens
from tokens.services.use.reading import load_sparks
from tokens.views.lists.listing import SECTIONS, RowsPage, Section, make_columns, make_section

_AT = datetime(2026, 1, 1, tzinfo=UTC)
_NOBODY = User(pk=0)
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
    not_after=1798761599999,
    spark="0,14 60,0",
)


def draw_once() -> str:
    """Draw the list of nobody, without a database, and return it: what templates do at their first use is done then.

    It is the same in every process of a version, and has nothing of a request.
    """
    form = FilterForm(QueryDict())
    context = {
        "has_tokens": True,
        "form": form,
        "view": ListView(),
        "columns": make_columns(form),
        "sections": [_draw_section(form, texts) for texts in SECTIONS],
        "here": reverse("tokens:list"),
        "user": _NOBODY,
    }
    return get_template("tokens/list.html").render(context)


def _draw_section(form: FilterForm, texts: tuple[TokenType, str, str]) -> Section:
    counts = [Count(kind.label, kind.parameter, kind.value, 1) for kind in find_kinds(_NOBODY, texts[0], _AT)]
    page = RowsPage([_ROW], 1, newer={}, older={"page": 2})
    return make_section(QueryDict(), form, counts, texts, page, told={})


def ask_once() -> None:
    """Ask PostgreSQL, if that is the database, for a list of nobody, and leave the connection in the pool.

    With its first queries a new connection reads which tables and indexes there are. If there is no database, nothing happens:
    the first request will tell.
    """
    if connection.vendor != "postgresql":
        return
    nobody, now = _NOBODY, timezone.now()
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
