"""Keeps the values of a form whose session has ended, so that they are restored after the user has signed in again.

They are stored for 30 minutes in the session of the browser that sent them. The form contains the signed ID of its user, so that
they are not restored for another user. A form never contains a secret.
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

USER_FIELD = "rendered_for"
_SALT = "tokens.form-for-user"
_SESSION_KEY = "stored_form"
_LIFETIME_SECONDS = 30 * 60
_MAX_LENGTH = 400_000
_IGNORED_FIELDS = frozenset({"csrfmiddlewaretoken", USER_FIELD})


def sign_user(user: User) -> str:
    """Return the signed ID of a form's user, for the field `USER_FIELD`."""
    return signing.dumps(user.pk, salt=_SALT)


def redirect_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to the sign-in page and back; if a form was posted, keep its values."""
    if request.method == "POST":
        _store_form(request)
    url = redirect_to_login(request.get_full_path())["Location"]
    return see_other(url)


def restore_form(request: UserRequest) -> QueryDict | None:
    """Return, once, the values that the user had entered on this page before the session ended, or `None`."""
    stored = request.session.get(_SESSION_KEY)
    if stored is None:
        return None
    is_expired = timezone.now().timestamp() - stored["at"] > _LIFETIME_SECONDS
    if is_expired or stored["user"] != request.user.pk:
        del request.session[_SESSION_KEY]
        return None
    if stored["path"] != request.path:
        return None
    del request.session[_SESSION_KEY]
    messages.info(request, "You were signed out in the meantime. What you typed is still here, but it is not saved yet.")
    return _to_query_dict(stored["fields"])


def _store_form(request: HttpRequest) -> None:
    try:
        user = signing.loads(request.POST.get(USER_FIELD, ""), salt=_SALT, max_age=60 * 60 * 24)
    except signing.BadSignature:
        return
    fields = {name: request.POST.getlist(name) for name in request.POST if name not in _IGNORED_FIELDS}
    if sum(len(name) + sum(map(len, values)) for name, values in fields.items()) > _MAX_LENGTH:
        return
    request.session[_SESSION_KEY] = {"user": user, "path": request.path, "fields": fields, "at": timezone.now().timestamp()}
    request.session.set_expiry(_LIFETIME_SECONDS)


def _to_query_dict(fields: dict[str, list[Any]]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, values in fields.items():
        query.setlist(name, values)
    return query
