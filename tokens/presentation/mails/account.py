"""The words of mails about the account itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tokens.domain.dates import format_minute
from tokens.presentation.mails.letters import Letter

_CHANGES = {
    "account.password_changed": "Your password was changed",
    "account.password_reset": "Your password was reset",
    "account.email_changed": "Your email addresses were changed",
    "account.factor_added": "A second factor was added to your account",
    "account.factor_removed": "A second factor was removed from your account",
    "account.factor_renewed": "You have new recovery codes",
    "account.secrets_exported": "The private passwords of your tokens were exported",
    "account.recovery_code_used": "A recovery code was used to prove who you are",
}


def write_sign_in(detail: Mapping[str, Any]) -> Letter:
    """Return the letter about a sign-in from somewhere new."""
    lines = [f"It was on {_when(detail)}{_where(detail)}.", "If it was you, there is nothing to do."]
    return Letter("A new sign-in to your account", lines, ("See your sessions", "account_sessions"), is_change=True)


def write_change(detail: Mapping[str, Any]) -> Letter:
    """Return the letter about a change of what signs in."""
    subject = _CHANGES.get(str(detail.get("action")), "Your account was changed")
    lines = [f"{detail['who']} did this on {_when(detail)}{_where(detail)}.", *_particulars(detail)]
    return Letter(subject, lines, ("See what can sign in", "mfa_index"), is_change=True)


def _particulars(detail: Mapping[str, Any]) -> list[str]:
    texts = {
        "count": "Tokens: {}.",
        "factor": "It is about: {}.",
        "added": "Added: {}.",
        "removed": "Removed: {}.",
        "primary": "Messages now go to {}.",
    }
    return [text.format(detail[name]) for name, text in texts.items() if detail.get(name)]


def _when(detail: Mapping[str, Any]) -> str:
    return format_minute(datetime.fromisoformat(detail["at"]))


def _where(detail: Mapping[str, Any]) -> str:
    address = f" from {detail['address']}" if detail.get("address") else ""
    return f"{address}, with {detail['client']}" if detail.get("client") else address
