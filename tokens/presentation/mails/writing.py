"""Makes the message of a mail: text and HTML, with links that lead to what can be done."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from tokens.domain.dates import format_day, format_minute
from tokens.models import Mail
from tokens.presentation.mails.account import write_change, write_sign_in
from tokens.presentation.mails.letters import Letter
from tokens.services.mails.kinds import Kind


def write(mail: Mail) -> EmailMultiAlternatives:
    """Return the message of a mail, to its owner."""
    detail, kind = mail.detail, Kind(mail.kind)
    letter = _LETTERS[kind](detail)
    words, route = letter.act
    token_id = detail.get("token_id", "")
    is_about_account = kind in _ABOUT_ACCOUNT
    query = f"?token={token_id}" if token_id else ""
    context = {
        "letter": letter,
        "act": words,
        "link": _link(route, detail),
        "not_me_link": _link(_NOT_ME.get(kind, "leaked"), detail) if letter.is_change and kind is not Kind.DELETED else "",
        "activity_link": f"{_link('activity', detail)}{'' if is_about_account else query}",
        "choices_link": _link("account_mails", detail),
        "token_id": "" if is_about_account else token_id,
    }
    subject = f"SolarNet Portal: {' '.join(letter.subject.split())}"
    # An address that was replaced is told as well: it may be its owner's no more by somebody else's act.
    to = [address for address in (mail.owner.email, detail.get("before")) if address]
    message = EmailMultiAlternatives(subject, render_to_string("mails/mail.txt", context), to=to)
    message.attach_alternative(render_to_string("mails/mail.html", context), "text/html")
    return message


def _link(route: str, detail: Mapping[str, Any]) -> str:
    if route.startswith(("account_", "mfa_")):
        path = reverse(route)
    else:
        path = reverse(f"tokens:{route}", args=[] if route == "activity" else [detail["token_id"]])
    return f"{settings.PORTAL_URL.rstrip('/')}{path}"


def _instant(detail: Mapping[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(detail[name])


def _expiring(detail: Mapping[str, Any]) -> Letter:
    ends_at = _instant(detail, "ends_at")
    day = format_day(ends_at)
    lines = [f"Its last instant is {format_minute(ends_at)}. From then on its requests are refused, whoever sends them."]
    return Letter(f"“{detail['name']}” expires on {day}", lines, ("Extend it", "extend"))


def _expired_called(detail: Mapping[str, Any]) -> Letter:
    lines = [
        f"It expired on {format_day(_instant(detail, 'ends_at'))}, and some program still sends requests, which are refused.",
        "Extend it if the program is still needed, or stop the program.",
    ]
    return Letter(f"“{detail['name']}” is expired and still called", lines, ("Extend it", "extend"))


def _change(verb: str, what: str, act: tuple[str, str]) -> Callable[[Mapping[str, Any]], Letter]:
    def letter(detail: Mapping[str, Any]) -> Letter:
        where = f" from {detail['address']}" if detail.get("address") else ""
        lines = [f"{detail['who']} did this on {format_minute(_instant(detail, 'at'))}{where}.", *([what] if what else [])]
        return Letter(f"“{detail['name']}” {verb}", lines, act, is_change=True)

    return letter


def _reported(detail: Mapping[str, Any]) -> Letter:
    place = f" Where: {detail['place']}" if detail.get("place") else ""
    lines = [f"Somebody found its {detail['found']} and reported it.{place}"]
    if detail.get("disabled"):
        lines.append("The private password works, so the token was disabled at once: every request of it is refused.")
        return Letter(f"“{detail['name']}” leaked and is disabled", lines, ("See what to do", "leaked"))
    return Letter(f"“{detail['name']}” was reported as leaked", lines, ("See what to do", "leaked"))


def _new_caller(detail: Mapping[str, Any]) -> Letter:
    client = f", by {detail['client']}" if detail.get("client") else ""
    lines = [f"On {format_minute(_instant(detail, 'at'))} it was used from {detail['address'] or 'an unknown address'}{client}."]
    return Letter(f"“{detail['name']}” was used by somebody new", lines, ("Look at its use", "detail"), is_change=True)


def _awake(detail: Mapping[str, Any]) -> Letter:
    latest = datetime.fromisoformat(detail["latest"])
    lines = [f"Before that it was last used on {format_day(latest)}."]
    return Letter(f"“{detail['name']}” is used again", lines, ("Look at its use", "detail"), is_change=True)


_WIDER = "It may do more than before. The entry in its activity says what."
_LETTERS: dict[Kind, Callable[[Mapping[str, Any]], Letter]] = {
    Kind.EXPIRING: _expiring,
    Kind.EXPIRED_CALLED: _expired_called,
    Kind.CREATED: _change("was created", "", ("Look at it", "detail")),
    Kind.ROTATED: _change("has a new private password", "", ("Look at it", "detail")),
    Kind.WIDENED: _change("may do more", _WIDER, ("Look at it", "detail")),
    Kind.DELETED: _change("was deleted", "Nobody can use it any more.", ("Look at what happened", "activity")),
    Kind.REPORTED: _reported,
    Kind.NEW_CALLER: _new_caller,
    Kind.AWAKE: _awake,
    Kind.SIGNED_IN: write_sign_in,
    Kind.ACCOUNT: write_change,
}
_ABOUT_ACCOUNT = (Kind.SIGNED_IN, Kind.ACCOUNT)
# Where "This wasn't me" leads; about a token, to what is done when it has leaked. A new password ends all sessions.
_NOT_ME = dict.fromkeys(_ABOUT_ACCOUNT, "account_reset_password")
