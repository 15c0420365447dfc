"""The account's audit trail: a page, and the same as a file."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from tokens.domain.dates import to_microseconds
from tokens.forms.activity import ActivityForm
from tokens.forms.filters import is_tidy, tidy
from tokens.models import AuditEvent, SecurityToken
from tokens.presentation.activity import Subject, describe
from tokens.presentation.downloads.activity import COLUMNS, Described, objects_of, rows_of
from tokens.presentation.downloads.tables import csv_response, json_response
from tokens.services.lists.activity import LATEST_FIRST, find_activity
from tokens.services.lists.orders import Place
from tokens.web.actors import UserRequest
from tokens.web.paging import Asked, format_place, load_page, page_number, parse_place

_PAGE = 50
# How many entries of a file are described at a time, with one look for their tokens.
_CHUNK = 500


@login_required
@require_safe
def activity(request: UserRequest) -> HttpResponse:
    """Show the entries that the address asks for, newest first."""
    if not is_tidy(request.GET):
        return HttpResponseRedirect(request.path + tidy(request.GET))
    form = ActivityForm(request.GET)
    view = form.read()
    page = load_page(find_activity(request.user, view), LATEST_FIRST, _asked(request.GET), _PAGE)
    context = {
        "form": form,
        "is_filtered": view.is_filtered,
        "entries": list(_describe(request.user, page.rows)),
        "page": page,
        "query": form.query,
        "before": _place(page.rows[0]) if page.rows else "",
        "after": _place(page.rows[-1]) if page.rows else "",
    }
    return render(request, "tokens/activity.html", context)


@login_required
@require_safe
def activity_csv(request: UserRequest) -> StreamingHttpResponse:
    """Send the entries as a table."""
    return csv_response(f"activity-{timezone.now():%Y-%m-%d}.csv", COLUMNS, rows_of(_find(request)))


@login_required
@require_safe
def activity_json(request: UserRequest) -> StreamingHttpResponse:
    """Send the entries as a list of objects."""
    return json_response(f"activity-{timezone.now():%Y-%m-%d}.json", objects_of(_find(request)))


def _asked(query: QueryDict) -> Asked:
    places = (parse_place(query.get(name, "")) for name in ("after", "before"))
    return Asked(page_number(query.get("page", "")), *places)


def _place(event: AuditEvent) -> str:
    return format_place(Place(to_microseconds(event.at), event.pk))


def _find(request: UserRequest) -> Iterator[Described]:
    events = iter(find_activity(request.user, ActivityForm(request.GET).read()).iterator(_CHUNK))
    while chunk := list(islice(events, _CHUNK)):
        yield from _describe(request.user, chunk)


def _describe(owner: User, events: Sequence[AuditEvent]) -> Iterable[Described]:
    """Describe some entries, with one look for the tokens that still exist."""
    names = {event.token_id for event in events if event.token_id}
    tokens = {token.token_id: token for token in SecurityToken.objects.filter(token_id__in=names).among_them_of(owner)}
    for event in events:
        subject = Subject.of(event, tokens.get(event.token_id))
        yield Described(event, subject, describe(event, subject))
