"""The signing keys that the portal gives out: one kind for each signing scheme (SPEC, "Signing keys")."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from tokens.domain.dates import from_milliseconds
from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policies.policy import last_instant_of
from tokens.domain.signing.rfc9421 import keys as rfc9421
from tokens.domain.signing.rfc9421.keys import KeyId
from tokens.domain.signing.snws2 import keys as snws2


class KeyKind(StrEnum):
    """The kinds of signing keys, as the refresh call names them; a key of one kind signs nothing in the other scheme."""

    SNWS2 = "snws2"
    SNWS3 = "snws3"

    @property
    def label(self) -> str:
        """The scheme that a key of this kind signs in, for people."""
        return _KINDS[self][0]

    def names_token(self, token_id: str) -> bool:
        """Return whether a signature of this kind can name the token; an imported identifier may hold a colon."""
        # A `keyid` is split at its first colon: it would name another token.
        return self is KeyKind.SNWS2 or ":" not in token_id

    def derive(self, secret: str, on: date) -> bytes:
        """Return the key (32 raw bytes) of a private password for a UTC day."""
        return _KINDS[self][1](secret, on)


_KINDS: dict[KeyKind, tuple[str, Callable[[str, date], bytes]]] = {
    KeyKind.SNWS2: ("SNWS2", snws2.signing_key),
    KeyKind.SNWS3: ("HTTP Message Signatures (RFC 9421)", rfc9421.signing_key),
}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A signing key in plain text, for the one response that contains it.

    Attributes:
        kind: the scheme that it signs in.
        token_id: the token that it signs for.
        on: the UTC day that it was made for.
        ends_at: see `key_ends_at`.
        value: 32 raw bytes.
    """

    kind: KeyKind
    token_id: str
    on: date
    ends_at: datetime
    value: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """What a request names the key by: `keyid` of a message signature, `Credential` of SNWS2."""
        return str(KeyId(self.token_id, self.on)) if self.kind is KeyKind.SNWS3 else self.token_id


def check_names_token(kind: KeyKind, token_id: str) -> None:
    """Refuse a key that no signature could name.

    Raises:
        PolicyError: for `scheme`.
    """
    if not kind.names_token(token_id):
        message = "The token's identifier has a colon, so a message signature cannot name it. Sign with SNWS2."
        raise PolicyError([Problem("scheme", message, kind.value)])


def key_ends_at(on: date, expires_at: datetime | None) -> datetime:
    """Return the last instant (UTC, to the millisecond) at which a key of a day signs, as far as time alone decides.

    Args:
        on: the UTC day that the key is made for.
        expires_at: the last instant at which its token works, `None` for never.

    Source: SNWS2, "Key and signature".
    """
    last = from_milliseconds(last_instant_of(on + timedelta(days=snws2.KEY_DAYS - 1)))
    return last if expires_at is None else min(last, expires_at)
