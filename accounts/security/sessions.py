"""Sessions in the database, by a hash of the cookie: who reads the database cannot take over a session that lives."""

import hashlib
import time

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

# What a stored key begins with, and no cookie may.
_MARK = "#"
# The length of the column.
_LENGTH = 40
# When the browser was last noted, in the session. Writing it with every page would make every page write.
SEEN_AT = "seen_at"
_SEEN_EVERY_SECONDS = 300


def stored_key(session_key: str) -> str:
    """Return what the database holds for a session's key: 156 bits of its SHA-256. A stored key is returned as it is."""
    if session_key.startswith(_MARK):
        return session_key
    return f"{_MARK}{hashlib.sha256(session_key.encode()).hexdigest()}"[:_LENGTH]


class SessionStore(DatabaseSessionStore):
    """Django's store, with hashed keys. It takes stored keys as well, by which django-allauth lists and ends sessions."""

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        key = stored_key(self._session_key or "")
        session: AbstractBaseSession | None = self.model.objects.filter(session_key=key, expire_date__gt=timezone.now()).first()
        if session is None:
            self._session_key = None
        return session

    def exists(self, session_key: str) -> bool:
        """Return whether there is a session with a key."""
        return super().exists(stored_key(session_key))

    def create_model_instance(self, data: dict[str, object]) -> AbstractBaseSession:
        """Return the row of this session."""
        row = super().create_model_instance(data)
        row.session_key = stored_key(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """Delete a session, this one if no key is given."""
        key = session_key or self.session_key
        if key:
            super().delete(stored_key(key))


class SessionMiddleware(DjangoSessionMiddleware):
    """Django's middleware; a cookie that is a stored key is none: it comes from the database, not from the browser."""

    def process_request(self, request: HttpRequest) -> None:
        """Find the session of the request."""
        super().process_request(request)
        if (request.session.session_key or "").startswith(_MARK):
            request.session = self.SessionStore(None)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Note every few minutes that a signed-in browser is still there, and store the session if it has changed."""
        session = request.session
        if session.accessed and SEEN_AT in session and time.time() - session[SEEN_AT] > _SEEN_EVERY_SECONDS:
            session[SEEN_AT] = time.time()
            note_seen(str(session.session_key))
        return super().process_response(request, response)


def note_seen(session_key: str) -> None:
    """Note that the browser of a session was there just now."""
    # Not a model's module: Django reads this one before models can be imported.
    from allauth.usersessions.models import UserSession

    UserSession.objects.filter(session_key=stored_key(session_key)).update(last_seen_at=timezone.now())
