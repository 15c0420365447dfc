"""What a signed request claims, whatever its scheme, and which key of a secret made its signature."""

from datetime import date as day
from datetime import datetime
from typing import NamedTuple, Protocol


class KeyUsed(NamedTuple):
    """Which key of a private password made a signature.

    `day` is the UTC day that the signing key was derived for; `None` if the private password itself was the key.
    """

    day: day | None

    def __str__(self) -> str:
        return "the private password itself as the key" if self.day is None else f"the signing key of {self.day}"


class Claim(Protocol):
    """What a signed request claims, read but not yet checked against a secret."""

    @property
    def token_id(self) -> str:
        """The identifier of the token that is said to have signed; well formed, maybe unknown."""

    @property
    def date(self) -> datetime:
        """The request's date (UTC); whether it is close enough to now is for others to judge."""

    @property
    def expires(self) -> datetime | None:
        """The last instant (UTC) at which the signature is to be accepted; `None` if it names none."""

    @property
    def content_sha256(self) -> str | None:
        """The signed SHA-256 (lower-case hex) of a body that is not at hand; `None` if it is, or if there is no body."""

    @property
    def canonical(self) -> str:
        """The request in the form that the scheme signs, for explanations."""

    @property
    def string_to_sign(self) -> str:
        """The text that the signature was made of, for explanations; `canonical` itself where the scheme signs that."""

    @property
    def mismatch(self) -> str:
        """One sentence for explanations: which keys were tried, where none made the signature."""

    def matches(self, secret: str) -> KeyUsed | None:
        """Return which key of a private password made the signature, `None` if none did; constant time."""
