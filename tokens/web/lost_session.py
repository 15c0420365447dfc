"""A session that ends in the middle of a form: the typed values wait, for the same person, at most 30 minutes.

They wait in the session of the browser that sent them. The form carries a signed note for whom it was made, so that the values
come back to nobody else. A form holds no secret.
"""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone

from accounts.models import User
from tokens.web.actors import UserRequest
from tokens.web.redirects import see_other

FOR_USER = "rendered_for"
_SALT = "tokens.form-for-user"
_KEY = "kept_form"
_SECONDS = 30 * 60
_LONGEST = 400_000
_LEFT_OUT = frozenset({"csrfmiddlewaretoken", FOR_USER})


def note_for(user: User) -> str:
    """Return the signed note that says for whom a form is made."""
    return signing.dumps(user.pk, salt=_SALT)


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send somebody who is signed out to sign in and come back; keep what was typed where the form was made for somebody."""
    if request.method == "POST":
        _keep(request)
    url = redirect_to_login(request.get_full_path())["Location"]
    return see_other(url)


def take_kept(request: UserRequest) -> QueryDict | None:
    """Return, once, what this person had typed on this page before the session ended."""
    kept = request.session.get(_KEY)
    if kept is None:
        return None
    is_late = timezone.now().timestamp() - kept["at"] > _SECONDS
    if is_late or kept["user"] != request.user.pk:
        del request.session[_KEY]
        return None
    if kept["path"] != request.path:
        return None
    del request.session[_KEY]
    messages.info(request, "You were signed out in the meantime. What you had typed is still here; nothing was saved yet.")
    return _as_query(kept["fields"])


def _keep(request: HttpRequest) -> None:
    try:
        user = signing.loads(request.POST.get(FOR_USER, ""), salt=_SALT, max_age=60 * 60 * 24)
    except signing.BadSignature:
        return
    fields = {name: request.POST.getlist(name) for name in request.POST if name not in _LEFT_OUT}
    if sum(len(name) + sum(map(len, values)) for name, values in fields.items()) > _LONGEST:
        return
    request.session[_KEY] = {"user": user, "path": request.path, "fields": fields, "at": timezone.now().timestamp()}
    request.session.set_expiry(_SECONDS)


def _as_query(fields: dict[str, list[Any]]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, values in fields.items():
        query.setlist(name, values)
    return query
