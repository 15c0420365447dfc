"""The browser's session."""

from django.http import HttpRequest


def session_key_of(request: HttpRequest) -> str:
    """Return the key of the browser's session, which a session that was never saved gets now."""
    if not request.session.session_key:
        request.session.save()
    return str(request.session.session_key)
