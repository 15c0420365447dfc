"""The list as a file: what its filters leave, in its order."""

from collections.abc import Iterator
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from tokens.domain.policies.table import TokenType
from tokens.forms.filters import FilterForm
from tokens.models import SecurityToken
from tokens.presentation.downloads.tables import csv_response, json_response
from tokens.presentation.downloads.tokens import COLUMNS, objects_of, rows_of
from tokens.services.lists.views import find_tokens, reaches_source
from tokens.web.actors import UserRequest

# How many tokens are in memory at a time.
_CHUNK = 500


@login_required
@require_safe
def export_csv(request: UserRequest) -> StreamingHttpResponse:
    """Send the tokens as a table."""
    now = timezone.now()
    return csv_response(f"security-tokens-{now:%Y-%m-%d}.csv", COLUMNS, rows_of(_find(request, now), now))


@login_required
@require_safe
def export_json(request: UserRequest) -> StreamingHttpResponse:
    """Send the tokens as a list of objects."""
    now = timezone.now()
    return json_response(f"security-tokens-{now:%Y-%m-%d}.json", objects_of(_find(request, now), now))


def _find(request: UserRequest, now: datetime) -> Iterator[SecurityToken]:
    view = FilterForm(request.GET).read()
    for token_type in TokenType:
        is_sieved = view.source and token_type is TokenType.DATA
        for token in find_tokens(request.user, token_type, view, now).select_related("stored_use").iterator(_CHUNK):
            if not is_sieved or reaches_source(token.source_text, view.source):
                yield token
