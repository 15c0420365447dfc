"""The kinds of mails, which an owner can switch off one by one."""

from enum import StrEnum


class Kind(StrEnum):
    """What a mail is about. The value is stored."""

    EXPIRING = "expiring"
    EXPIRED_CALLED = "expired-called"
    CREATED = "created"
    ROTATED = "rotated"
    WIDENED = "widened"
    DELETED = "deleted"
    REPORTED = "reported"
    NEW_CALLER = "new-caller"
    AWAKE = "awake"
    SIGNED_IN = "signed-in"
    ACCOUNT = "account"

    @property
    def label(self) -> str:
        """What an owner reads beside the switch."""
        return _LABELS[self]


_LABELS = {
    Kind.EXPIRING: "A token expires in 14 days, in 3, and in 1",
    Kind.EXPIRED_CALLED: "A token is expired and still called",
    Kind.CREATED: "A token was created",
    Kind.ROTATED: "A token got a new private password",
    Kind.WIDENED: "A token may do more than before",
    Kind.DELETED: "A token was deleted",
    Kind.REPORTED: "Somebody reported a token as leaked",
    Kind.NEW_CALLER: "A token was used from a new network or by a new client",
    Kind.AWAKE: "A token was used again after 90 days",
    Kind.SIGNED_IN: "Somebody signed in to your account from a new network or with a new browser",
    Kind.ACCOUNT: "Your password, email address or second factors were changed",
}
