"""The browser's session."""

from django.http import HttpRequest

from accounts.models import User


def session_key_of(request: HttpRequest) -> str:
    """Return the session's key; save the session first if it has none yet."""
    if not request.session.session_key:
        request.session.save()
    return str(request.session.session_key)


def find_loaded_user(request: HttpRequest) -> User | None:
    """Return the signed-in user if this request has read it already: this needs no query. For pages about errors."""
    # Where Django's AuthenticationMiddleware keeps what `request.user` has read.
    user = getattr(request, "_cached_user", None)
    return user if isinstance(user, User) else None
