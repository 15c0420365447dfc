"""Who acts, and from where."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from tokens.services.audit import Actor

_MAX_CLIENT_LENGTH = 200


class UserRequest(HttpRequest):
    """A request of somebody who has signed in."""

    user: User
    htmx: HtmxDetails


def browser_actor(request: HttpRequest) -> Actor:
    """Return who acts in a browser, and from where.

    Raises:
        PermissionDenied: nobody is signed in.
    """
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return Actor(label=user.email, user=user, address=address_of(request), client=client_of(request))


def address_of(request: HttpRequest) -> str:
    """Return the client's address; TrustedProxyMiddleware has put it right."""
    return str(request.META.get("REMOTE_ADDR", ""))


def client_of(request: HttpRequest) -> str:
    """Return the client's own name for itself, shortened, without what cannot be shown or stored."""
    text = str(request.META.get("HTTP_USER_AGENT", ""))
    return (text if text.isprintable() else "".join(character for character in text if character.isprintable()))[
        :_MAX_CLIENT_LENGTH
    ]
