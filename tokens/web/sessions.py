"""The browser's session."""

from django.http import HttpRequest


def session_key_of(request: HttpRequest) -> str:
    """Return the session's key; save the session first if it has none yet."""
    if not request.session.session_key:
        request.session.save()
    return str(request.session.session_key)
