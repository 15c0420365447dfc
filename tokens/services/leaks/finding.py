"""Which token a private password belongs to, by its fingerprint: no sealed box is opened."""

from typing import NamedTuple

from accounts.models import User
from tokens import conf
from tokens.models import RetiredSecret, SecurityToken, TokenSecret


class Found(NamedTuple):
    """The token that a private password belongs to, and whether it still signs requests (if the token works)."""

    token: SecurityToken
    is_live: bool


def find_by_secret(secret: str) -> Found | None:
    """Return whose private password this is, `None` if it is nobody's. Takes two queries for each outcome but the first."""
    return find_by_fingerprints(conf.get_fingerprinter().make_all(secret))


def find_by_fingerprints(fingerprints: list[str]) -> Found | None:
    """Return whose private password has one of these fingerprints."""
    live = TokenSecret.objects.filter(fingerprint__in=fingerprints).select_related("token").first()
    retired = RetiredSecret.objects.filter(fingerprint__in=fingerprints).select_related("token").first()
    if live is not None:
        return Found(live.token, is_live=True)
    return Found(retired.token, is_live=False) if retired else None


def find_own(owner: User, secret: str) -> Found | None:
    """Return which of an account's tokens a private password belongs to. Another account's is as unknown as any."""
    found = find_by_secret(secret)
    return found if found and found.token.owner_id == owner.pk else None
