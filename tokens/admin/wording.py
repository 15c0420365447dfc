"""Texts that are written for an account's owner, as an administrator reads them."""

from datetime import datetime

from tokens.domain.dates import format_minute

_SAID_OF_THE_OWNER = (
    ("your account's", "the account's"),
    ("your account", "the account"),
    ("on your behalf", "on the owner's behalf"),
    ("You have", "The account has"),
)


def about_the_owner(text: str) -> str:
    """Return a text that speaks to the owner as one that speaks of the account."""
    for said, told in _SAID_OF_THE_OWNER:
        text = text.replace(said, told)
    return text


def instant(value: datetime | None) -> str:
    """Return an instant as every list of the administration writes it, in UTC; "Never" for none."""
    return format_minute(value) if value else "Never"
