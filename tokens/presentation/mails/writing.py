"""Makes the message of a mail: text and HTML, with links that lead to what can be done."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from tokens.domain.dates import format_day, format_minute
from tokens.models import Mail
from tokens.services.mails.kinds import Kind


class Letter(NamedTuple):
    """What a mail says: its subject, sentences, and what can be done (words and a route)."""

    subject: str
    lines: list[str]
    act: tuple[str, str]
    is_change: bool = False


def write(mail: Mail) -> EmailMultiAlternatives:
    """Return the message of a mail, to its owner."""
    detail = mail.detail
    letter = _LETTERS[Kind(mail.kind)](detail)
    words, route = letter.act
    context = {
        "letter": letter,
        "act": words,
        "link": _link(route, detail),
        "leak_link": _link("leaked", detail) if letter.is_change and mail.kind != Kind.DELETED else "",
        "activity_link": f"{settings.PORTAL_URL.rstrip('/')}{reverse('tokens:activity')}?token={detail['token_id']}",
        "choices_link": f"{settings.PORTAL_URL.rstrip('/')}{reverse('account_mails')}",
        "token_id": detail["token_id"],
    }
    subject = f"SolarNet Portal: {' '.join(letter.subject.split())}"
    message = EmailMultiAlternatives(subject, render_to_string("mails/mail.txt", context), to=[mail.owner.email])
    message.attach_alternative(render_to_string("mails/mail.html", context), "text/html")
    return message


def _link(route: str, detail: Mapping[str, Any]) -> str:
    path = reverse(f"tokens:{route}") if route == "activity" else reverse(f"tokens:{route}", args=[detail["token_id"]])
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
}
