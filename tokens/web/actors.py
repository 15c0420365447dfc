"""Who sends a request, and from where."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from accounts.security import proof
from tokens.domain.secrets.credentials import redact
from tokens.services.audit import Actor


class UserRequest(HttpRequest):
    """A request of a signed-in user."""

    user: User
    htmx: HtmxDetails


def browser_actor(request: HttpRequest) -> Actor:
    """Return the signed-in user as an actor, with the request's address and client.

    Raises:
        PermissionDenied: if nobody is signed in.
    """
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    is_proved = proof.is_proved(request, user)
    return Actor(label=user.email, user=user, address=address_of(request), client=client_of(request), is_proved=is_proved)


def address_of(request: HttpRequest) -> str:
    """Return the client's address; `TrustedProxyMiddleware` has set it if there is a proxy in between."""
    return str(request.META.get("REMOTE_ADDR", ""))


def client_of(request: HttpRequest) -> str:
    """Return the client's `User-Agent` without characters that cannot be shown or stored, and without a private password."""
    text = redact(str(request.META.get("HTTP_USER_AGENT", "")))
    return text if text.isprintable() else "".join(character for character in text if character.isprintable())
